"""May a finished transaction be billed by itself, or must a person look first, and why."""

import logging
from decimal import Decimal

from ocpilot.app.charges.charges import Charge, NoTerms, charge_of
from ocpilot.app.charges.finding_words import WORDS
from ocpilot.app.charges.meant import NOT_AVAILABLE
from ocpilot.app.charges.righted import righted
from ocpilot.app.kept.charge_records import Transaction
from ocpilot.app.kept.records import Record
from ocpilot.app.platform import Platform
from ocpilot.metering.evidence import nothing_flowed
from ocpilot.metering.findings import JUDGED, Finding, Oddity

log = logging.getLogger(__name__)

#: What was read is sure all the same.
_BILLABLE = frozenset({Oddity.BEGIN_UNREAD, Oddity.END_UNREAD})
#: No car came in time (OCPP 2.x, "ReasonEnumType").
_NOT_PLUGGED_IN = "Timeout"
_UNREAD = _BILLABLE | {Oddity.NO_METER_VALUES}


class Judged(Record, frozen=True):
    """The charge, None where it cannot be told what it came to; `held` says why a person must look, `waits` that a
    meter value may still come, and `nothing` that there is nothing to bill or to look at."""

    charge: Charge | None = None
    held: str | None = None
    waits: bool = False
    nothing: bool = False


async def judged(platform: Platform, transaction: Transaction) -> Judged:
    """Look at a finished transaction, and keep what is odd about it."""
    if await _concerns_nobody(platform, transaction):
        return Judged(nothing=True)
    found, findings = await _judged(platform, transaction)
    await platform.store.transaction_findings.put(transaction.id, findings, instead_of=JUDGED)
    for finding in findings:
        log.warning("transaction %d: %s", transaction.id, finding)
    return found


async def _judged(platform: Platform, transaction: Transaction) -> tuple[Judged, tuple[Finding, ...]]:
    if transaction.cdr_token is not None and transaction.evse_uid == NOT_AVAILABLE:
        return Judged(held=f"it began at EVSE {transaction.evse_id}, which its station does not have"), ()
    if transaction.cdr_token is None or not transaction.accepted:
        kind = Oddity.TOKEN_REFUSED if transaction.cdr_token else Oddity.TOKEN_UNKNOWN
        finding = Finding(kind=kind, found=transaction.id_tag or "no token was named")
        return Judged(held=WORDS[kind]), (finding,)
    try:
        charge = await charge_of(platform, transaction)
    except NoTerms as error:
        return Judged(held=str(error)), ()
    findings = charge.measured.findings
    if await _is_nothing(platform, charge):
        return Judged(charge=charge, nothing=True), findings
    if _waits(charge):
        return Judged(charge=charge, waits=True), findings
    return Judged(charge=charge, held=_why_not(platform, charge)), findings


def _waits(charge: Charge) -> bool:
    """Whether it lacks nothing but a meter value that may still come, and has not waited for it."""
    transaction, measured = charge.transaction, charge.measured
    lacks = bool(measured.doubts) and measured.unread.open_end and all(one.kind in _UNREAD for one in measured.doubts)
    return lacks and charge.priced.total is not None and transaction.waits_until is None and not transaction.released


def _why_not(platform: Platform, charge: Charge) -> str | None:
    if charge.priced.total is None:
        return "no tariff holds at the connector, so the cost is not known"
    if charge.transaction.released:
        return None
    if charge.measured.doubts and not _is_given_up(platform, charge):
        doubt = charge.measured.doubts[0]
        return f"{WORDS[doubt.kind]}: {doubt.found}"
    return "no energy and no time" if _is_empty(charge) else None


def _is_given_up(platform: Platform, charge: Charge) -> bool:
    """Whether all that is not known is what flowed before the first or after the last meter value, and that is little
    enough to be given up: what was read is what is billed."""
    unread = charge.measured.unread.wh
    little = unread is not None and unread <= Decimal(platform.settings.charging.unread_most) * 1000
    return little and all(one.kind in _BILLABLE for one in charge.measured.doubts)


def _is_empty(charge: Charge) -> bool:
    return charge.measured.kwh == 0 and charge.measured.start == charge.measured.end


async def _concerns_nobody(platform: Platform, transaction: Transaction) -> bool:
    """A plug without a card, a card without a plug, a card that was refused: nobody is to pay and nothing flowed."""
    somebody = transaction.cdr_token is not None and transaction.accepted and transaction.evse_uid != NOT_AVAILABLE
    started = transaction.evse_id or transaction.station_key is not None
    if transaction.released or not started or (somebody and transaction.stop_reason != _NOT_PLUGGED_IN):
        return False
    told = righted(transaction, await platform.store.transactions.samples(transaction.id)).samples
    return nothing_flowed(told, sure=transaction.stop_reason == _NOT_PLUGGED_IN or not transaction.evse_id)


async def _is_nothing(platform: Platform, charge: Charge) -> bool:
    """One plug that a station announced twice: the transaction in which nothing happened is none."""
    noted = await platform.store.transaction_findings.of(charge.transaction.id) if _is_empty(charge) else ()
    return any(one.kind is Oddity.STARTED_TWICE for one in noted)
