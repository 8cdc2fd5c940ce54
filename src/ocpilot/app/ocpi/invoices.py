"""Invoice reconciliation: which CDRs an invoice is for, said by whoever sends it (mod_invoice_reconciliation).

Direct billing: the operator issues the record of an invoice for its CDRs. Reverse billing: the provider issues one for
CDRs it got. Either way it is about CDRs between two parties, and the other one adds them up in its own books.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal

import msgspec

from ocpilot.app.kept.records import ObjectKey, Record, StoredObject
from ocpilot.app.ocpi.bodies import own, value_of
from ocpilot.app.ocpi.exchange import Answer, Call, endpoint_url, stored_answer
from ocpilot.app.ocpi.owned import kept
from ocpilot.app.ocpi.visibility import require_sender
from ocpilot.app.platform import Platform
from ocpilot.base.errors import BadRequest, Conflict, InvalidObject, NotFound
from ocpilot.base.ids import PartyId, derived_id, fold
from ocpilot.base.problem import Problem
from ocpilot.wire.protocol import InterfaceRole, ModuleID
from ocpilot.wire.v230 import CDR, InvoiceReconciliationRecord

_MODULE = ModuleID.INVOICE_RECONCILIATION


def key_of(record: InvoiceReconciliationRecord) -> ObjectKey:
    """Where a record is kept."""
    return ObjectKey(module=_MODULE, party=PartyId.of(record.country_code, record.party_id), id=record.id)


# ---- whoever sends the invoice -------------------------------------------------------------------------------------


async def issue(platform: Platform, party: PartyId, invoice_id: str, cdr_ids: Sequence[str]) -> StoredObject:
    """Store the record of an invoice of `party`, one of ours; who gets the invoice gets the record.

    Issued again for the same invoice it is an update. InvalidObject names every CDR that is unknown, not between
    `party` and one other party, or there twice; BadRequest when there is none at all.
    """
    if not cdr_ids:
        raise BadRequest(f"invoice {invoice_id}: found no CDR, expected at least one")
    found = [await _cdr_with(platform, party, one) for one in cdr_ids]
    audience = _one_other(party, cdr_ids, found)
    return await put_record(platform, party, invoice_id, cdr_ids, audience=audience)


async def put_record(
    platform: Platform, party: PartyId, invoice_id: str, cdr_ids: Sequence[str], *, audience: str, part: int = 1
) -> StoredObject:
    """Store one of the records of an invoice, for `audience` (`SERES`). Conflict when that part is there and for
    somebody else."""
    record = InvoiceReconciliationRecord(
        country_code=party.country_code,
        party_id=party.party_id,
        id=record_id(party, invoice_id, part),
        invoice_id=invoice_id,
        cdrs=tuple(cdr_ids),
        last_updated=platform.clock(),
    )
    stored = msgspec.structs.replace(own(key_of(record), record, record.last_updated), audience=audience)
    before = await platform.store.objects.get(stored.key)
    if before is not None and before.audience != audience:
        raise Conflict(f"invoice {invoice_id} is one to {before.audience}, these CDRs are with {audience}")
    await platform.store.objects.put(stored)
    return stored


def record_id(party: PartyId, invoice_id: str, part: int = 1) -> str:
    """The id of a record of an invoice: the same whenever it is issued."""
    return derived_id("invoice record", party.key, invoice_id, *([str(part)] if part > 1 else []))


async def withdraw(platform: Platform, party: PartyId, record_id: str) -> bool:
    """Delete a record that was itself an error; True when it was there."""
    return await platform.store.objects.delete(ObjectKey(module=_MODULE, party=party, id=record_id))


def _one_other(party: PartyId, ids: Sequence[str], found: Sequence[StoredObject | None]) -> str:
    """The one party that all these CDRs are with."""
    others = [None if cdr is None else _other(party, cdr) for cdr in found]
    expected = next((other for other in others if other is not None), None)
    problems, earlier = [], set[str]()
    for index, (ident, other) in enumerate(zip(ids, others, strict=True)):
        path = f"$.cdrs[{index}]"
        if other is None:
            problems.append(Problem(path=path, found=f"{ident!r}", expected=f"a CDR of or for {party}"))
        elif other != expected:
            problems.append(Problem(path=path, found=f"a CDR with {other}", expected=f"one with {expected}"))
        elif fold(ident) in earlier:
            problems.append(Problem(path=path, found=f"{ident!r} again", expected="each CDR once"))
        earlier.add(fold(ident))
    if problems or expected is None:
        raise InvalidObject(problems, "InvoiceReconciliationRecord")
    return expected


# ---- whoever gets the invoice --------------------------------------------------------------------------------------


async def receiver_post(platform: Platform, call: Call) -> Answer:
    """POST of a new record. The same again is the same; Conflict when it differs, for that is what PUT is for."""
    received = call.read(InvoiceReconciliationRecord, call.object())
    record = received.value
    party = require_sender(call.peer, call.module, record.country_code, record.party_id)
    key = key_of(record)
    stored = kept(call, key, received.body)
    before = await platform.store.objects.get(key, call.peer.id)
    if before is not None and before.body != stored.body:
        raise Conflict(f"{key.module} {record.id!r} of {party} exists and says otherwise; use PUT to change it")
    created = await platform.store.objects.put(stored)
    url = endpoint_url(
        platform.settings,
        call.version,
        call.module,
        InterfaceRole.RECEIVER,
        party.country_code,
        party.party_id,
        record.id,
    )
    return stored_answer(created, {"Location": url})


class Total(Record, frozen=True):
    """What CDRs in one currency add up to."""

    currency: str
    before_taxes: Decimal
    cdrs: int


class Reconciliation(Record, frozen=True):
    """A record against our own books: what its CDRs cost there, and the ids it names that we have no CDR for."""

    record: InvoiceReconciliationRecord
    totals: tuple[Total, ...]
    unknown: tuple[str, ...]


async def reconcile(platform: Platform, key: ObjectKey, peer_id: int | None) -> Reconciliation:
    """Add up the CDRs of a record, ours (`peer_id` None) or a peer's; NotFound when there is no such record.

    A CDR may come after the record that names it, so an unknown one is no error yet.
    """
    stored = await platform.store.objects.get(key, peer_id)
    if stored is None:
        raise NotFound(f"{key.party} has sent no record {key.id!r}")
    record = value_of(InvoiceReconciliationRecord, stored)
    found = {one: await _cdr_with(platform, key.party, one, peer_id) for one in record.cdrs}
    cdrs = [value_of(CDR, cdr) for cdr in found.values() if cdr is not None]
    return Reconciliation(
        record=record, totals=_totals(cdrs), unknown=tuple(one for one, cdr in found.items() if cdr is None)
    )


def _totals(cdrs: Iterable[CDR]) -> tuple[Total, ...]:
    sums: dict[str, Total] = {}
    for cdr in cdrs:
        so_far = sums.get(cdr.currency, Total(currency=cdr.currency, before_taxes=Decimal(0), cdrs=0))
        sums[cdr.currency] = Total(
            currency=cdr.currency, before_taxes=so_far.before_taxes + cdr.total_cost.before_taxes, cdrs=so_far.cdrs + 1
        )
    return tuple(sums[currency] for currency in sorted(sums))


# ---- the CDRs of a party -------------------------------------------------------------------------------------------


async def _cdr_with(platform: Platform, party: PartyId, cdr_id: str, peer_id: int | None = None) -> StoredObject | None:
    """The CDR with this id that `party` issued or that was issued to it; of one peer, when the record is its."""
    found = await platform.store.objects.find(ModuleID.CDRS, cdr_id)
    for cdr in found:
        of_party = cdr.key.party == party and cdr.peer_id == peer_id
        for_party = _bearer(cdr) == party.key and (peer_id is None or cdr.peer_id is None)
        if of_party or for_party:
            return cdr
    return None


def _other(party: PartyId, cdr: StoredObject) -> str:
    """Who `party` has this CDR with: the provider of its Token when `party` issued it, else the operator."""
    return _bearer(cdr) if cdr.key.party == party else cdr.key.party.key


def _bearer(cdr: StoredObject) -> str:
    token = value_of(CDR, cdr).cdr_token
    return PartyId.of(token.country_code, token.party_id).key
