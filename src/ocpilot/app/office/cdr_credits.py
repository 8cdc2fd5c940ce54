"""Taking back a CDR we issued, and issuing it anew (mod_cdrs, "Credit CDRs"): nothing that was sent ever changes."""

from decimal import Decimal

import msgspec

from ocpilot.app.cards import terminal_payments
from ocpilot.app.cdrs import cdrs, clearing, clearing_actions
from ocpilot.app.cdrs.clearing_moves import PLATFORM
from ocpilot.app.charges import charges, signed_charges
from ocpilot.app.kept.clearing_records import ClearingState
from ocpilot.app.kept.records import ObjectKey, Record, StoredObject
from ocpilot.app.ocpi import tariffs
from ocpilot.app.ocpi.bodies import own, value_of
from ocpilot.app.platform import Platform
from ocpilot.base.errors import Conflict, NotFound, UserError
from ocpilot.base.ids import PartyId, derived_id
from ocpilot.billing.cdr import credit_ids, credit_of
from ocpilot.metering.corrected import with_kwh
from ocpilot.wire.protocol import ModuleID
from ocpilot.wire.v230 import CDR, Tariff


class Anew(Record, frozen=True, kw_only=True):
    """How a CDR is to be issued again: why, and by another Tariff of ours, or with another energy, than before."""

    why: str
    tariff: str | None = None
    kwh: Decimal | None = None


class Reissued(Record, frozen=True):
    """The Credit CDR of the first one, and the new one."""

    credit: StoredObject
    cdr: StoredObject


def kwh_of(kwh: Decimal, given: str) -> Decimal:
    """An energy that a person said; UserError for what no CDR can say."""
    if not (kwh.is_finite() and kwh >= 0 and kwh == round(kwh, 4)):
        raise UserError(f"kWh: found {given}, expected a number from 0, with 4 decimals at most")
    return kwh


async def credit(
    platform: Platform, cdr_id: str, why: str | None = None, party: PartyId | None = None, who: str = PLATFORM
) -> StoredObject:
    """The Credit CDR of a CDR of ours (of this party): the one there is, or a new one, which is sent like every CDR.

    NotFound for a CDR that is not ours, Conflict for one that is itself a Credit CDR.
    """
    original = await _ours(platform, cdr_id, party)
    made = await _credit_of(platform, original, why)
    await platform.store.objects.add(original.key, [made])
    await _taken_back(platform, original, made, who, why)
    return await clearing_actions.named(platform, made.key.id, made.key.party)


async def reissue(
    platform: Platform, cdr_id: str, anew: Anew, party: PartyId | None = None, who: str = PLATFORM
) -> Reissued:
    """Take a CDR of ours back and issue it anew, made of its transaction once more; both are written in one
    transaction. Done again, whatever died between, it ends with the same two.

    NotFound for a CDR that is not ours and a Tariff that is not, Conflict for a Credit CDR, one of no transaction, and
    one that was issued anew in another way.
    """
    original = await _ours(platform, cdr_id, party)
    fresh = await _anew(platform, original, anew)
    new = own(ObjectKey(module=ModuleID.CDRS, party=original.key.party, id=fresh.id), fresh, fresh.last_updated)
    made = await _credit_of(platform, original, anew.why)
    await platform.store.objects.add(original.key, [made, new])
    kept = await clearing_actions.named(platform, new.key.id, new.key.party)
    _require_as_asked(original, value_of(CDR, kept), fresh)
    await _taken_back(platform, original, made, who, anew.why)
    await clearing_actions.standing(platform, kept)
    if fresh.invoice_reference_id is not None and clearing.is_issued(platform, kept):
        await terminal_payments.bill(platform, kept)
    return Reissued(await clearing_actions.named(platform, made.key.id, made.key.party), kept)


async def _ours(platform: Platform, cdr_id: str, party: PartyId | None) -> StoredObject:
    named = await platform.store.objects.find(ModuleID.CDRS, cdr_id)
    found = [one for one in named if one.peer_id is None and party in (None, one.key.party)]
    if not found:
        raise NotFound(f"no CDR {cdr_id} of ours")
    if len(found) > 1:
        raise UserError(f"several CDRs of ours have the id {cdr_id}: say whose is meant (--party)")
    if value_of(CDR, found[0]).credit:
        raise Conflict(f"CDR {cdr_id} is a Credit CDR itself")
    return found[0]


async def _credit_of(platform: Platform, original: StoredObject, why: str | None) -> StoredObject:
    """The one there is, or a new one, not stored yet."""
    there = await platform.store.objects.some(ModuleID.CDRS, original.key.party, credit_ids(original.key.id))
    if there:
        return there[0]
    made = credit_of(value_of(CDR, original), platform.clock(), why)
    return own(ObjectKey(module=ModuleID.CDRS, party=original.key.party, id=made.id), made, made.last_updated)


async def _taken_back(
    platform: Platform, original: StoredObject, made: StoredObject, who: str, why: str | None
) -> None:
    """Both stand where they should: the first one is credited."""
    await clearing_actions.standing(platform, original)
    waiting = await platform.store.clearings.get(made.key)
    if waiting is None:
        await clearing.clear(platform, made, who, why)
    elif waiting.state is ClearingState.NEW:
        await clearing.settle(platform, waiting, who, why)


# ---- anew ----------------------------------------------------------------------------------------------------------


async def _anew(platform: Platform, original: StoredObject, anew: Anew) -> CDR:
    first = value_of(CDR, original)
    transaction = await platform.store.transactions.by_session(first.session_id or "")
    if transaction is None:
        raise Conflict(f"CDR {first.id} is of no charge at a station of ours, so it cannot be made again: credit it")
    charge = await charges.charge_of(platform, transaction, await _tariff(platform, original.key.party, anew.tariff))
    if anew.kwh is not None:
        charge = charges.repriced(charge, with_kwh(charge.measured, anew.kwh))
    new_id = derived_id("cdr anew", original.key.party.key, first.id)
    signed = await signed_charges.of_transaction(platform, charge)
    return await cdrs.bill_of(platform, charge, new_id, signed, remark=f"replaces {first.id}: {anew.why}")


async def _tariff(platform: Platform, party: PartyId, tariff_id: str | None) -> Tariff | None:
    if tariff_id is None:
        return None
    found = await tariffs.named(platform, party, [tariff_id], None)
    if not found:
        raise NotFound(f"no Tariff {tariff_id} of {party}")
    return found[0]


def _require_as_asked(original: StoredObject, kept: CDR, fresh: CDR) -> None:
    same = msgspec.structs.replace(fresh, last_updated=kept.last_updated, remark=kept.remark)
    if same != kept:
        raise Conflict(f"CDR {original.key.id} was issued anew as {kept.id}, and not so: issue {kept.id} anew")
