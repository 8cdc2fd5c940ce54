"""A partner's InvoiceReconciliationRecord against our own books: what of it we agree with, and what it leaves out.

(mod_invoice_reconciliation, "Flow and Lifecycle"). A CDR, or a decision about one, may come after the record that names
it: what is open is looked at again.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from decimal import Decimal

import msgspec

from ocpilot.app.book_days import books_zone
from ocpilot.app.kept.clearing_records import ClearingState
from ocpilot.app.kept.reconciliation_records import CdrVerdict, CheckedCdr, NamedCdr, RecordCheck, RecordSum
from ocpilot.app.kept.records import StoredObject
from ocpilot.app.months import month_of
from ocpilot.app.ocpi.bodies import value_of
from ocpilot.app.platform import Platform
from ocpilot.base.ids import fold
from ocpilot.wire.v230 import InvoiceReconciliationRecord

#: CDRs left out that are named.
_MOST = 1000
_OF_STATE = {
    ClearingState.ISSUED: CdrVerdict.AGREED,
    ClearingState.ACCEPTED: CdrVerdict.AGREED,
    ClearingState.NEW: CdrVerdict.NOT_ACCEPTED,
    ClearingState.HELD: CdrVerdict.NOT_ACCEPTED,
    ClearingState.DISPUTED: CdrVerdict.DISPUTED,
    ClearingState.CREDITED: CdrVerdict.CREDITED,
    ClearingState.DROPPED: CdrVerdict.DROPPED,
}


async def reconcile(platform: Platform, stored: StoredObject) -> RecordCheck:
    """Look at a record of a peer and keep what came of it."""
    record = value_of(InvoiceReconciliationRecord, stored)
    named = await platform.store.record_checks.named(stored, record.cdrs)
    cdrs = judged(named)
    ours = any(one.ours for one in named)
    check = RecordCheck(
        key=stored.key,
        peer_id=stored.peer_id or 0,
        invoice_id=record.invoice_id,
        ours=ours,
        cdrs=cdrs,
        sums=_sums(cdrs),
        unnamed=(),
        at=platform.clock(),
    )
    # Its CDRs are kept before it is asked what no record names.
    await platform.store.record_checks.save(check, stored, record.cdrs)
    ends = [one.ended_at for one in named if one.ended_at is not None]
    if ends:
        left_out = await _unnamed(platform, check, min(ends), max(ends))
        whole = msgspec.structs.replace(check, unnamed=left_out)
        await platform.store.record_checks.save(whole, stored, record.cdrs)
        return whole
    return check


def judged(named: Sequence[NamedCdr]) -> tuple[CheckedCdr, ...]:
    """Each CDR of a record. One that was credited is right where its Credit CDR is on the record too."""
    here = {fold(one.id) for one in named}
    seen: set[str] = set()
    found = []
    for one in named:
        verdict, why = _verdict(one, here, seen)
        found.append(CheckedCdr(id=one.id, verdict=verdict, currency=one.currency, total=one.total, why=why))
        seen.add(fold(one.id))
    return tuple(found)


def _verdict(one: NamedCdr, here: Collection[str], seen: Collection[str]) -> tuple[CdrVerdict, str]:
    if fold(one.id) in seen:
        return CdrVerdict.NAMED_TWICE, ""
    if not one.known:
        return CdrVerdict.UNKNOWN, ""
    if one.other_invoice is not None:
        return CdrVerdict.BILLED_TWICE, one.other_invoice
    verdict = CdrVerdict.NOT_ACCEPTED if one.state is None else _OF_STATE[one.state]
    if verdict is CdrVerdict.CREDITED and one.credited_by is not None and fold(one.credited_by) in here:
        return CdrVerdict.AGREED, ""
    return verdict, "" if verdict is CdrVerdict.AGREED else one.credited_by or one.why


async def _unnamed(platform: Platform, check: RecordCheck, first: datetime, last: datetime) -> tuple[CheckedCdr, ...]:
    """Of the whole months that its CDRs are of."""
    zone = books_zone(platform)
    since, _ = month_of(first.astimezone(zone).date()).moments(zone)
    _, until = month_of(last.astimezone(zone).date()).moments(zone)
    found = await platform.store.record_checks.unnamed(
        check.key, check.peer_id, ours=check.ours, since=since, until=until, limit=_MOST
    )
    return tuple(
        CheckedCdr(id=one.id, verdict=CdrVerdict.AGREED, currency=one.currency, total=one.total) for one in found
    )


def _sums(cdrs: Iterable[CheckedCdr]) -> tuple[RecordSum, ...]:
    agreed: dict[str, Decimal] = {}
    known: dict[str, Decimal] = {}
    for one in cdrs:
        if not one.currency:
            continue
        known[one.currency] = known.get(one.currency, Decimal(0)) + one.total
        counted = one.total if one.verdict is CdrVerdict.AGREED else Decimal(0)
        agreed[one.currency] = agreed.get(one.currency, Decimal(0)) + counted
    return tuple(RecordSum(currency=one, agreed=agreed[one], known=known[one]) for one in sorted(known))
