"""CDRs: made once of a stopped transaction (operator), received once and priced again (provider) (mod_cdrs)."""

import logging
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from ocpilot.app.cdrs import terminal_invoices
from ocpilot.app.cdrs.dropped import drop
from ocpilot.app.charges import later_values, sessions, signed_charges
from ocpilot.app.charges.billable import judged
from ocpilot.app.charges.charges import Charge
from ocpilot.app.charges.finding_words import WORDS
from ocpilot.app.charges.signed_charges import Signed
from ocpilot.app.kept.charge_records import Transaction, TransactionState
from ocpilot.app.kept.peer_records import FindingKind, Peer, PeerProfile
from ocpilot.app.kept.records import CdrCheck, ObjectKey, StoredObject
from ocpilot.app.ocpi import tariffs
from ocpilot.app.ocpi.bodies import context_of, own, value_of
from ocpilot.app.ocpi.heard import count, heard
from ocpilot.app.ocpi.owned import from_peer
from ocpilot.app.ocpi.tokens import is_ours
from ocpilot.app.ocpi.unsaid import unsaid
from ocpilot.app.ocpi.visibility import require_sender
from ocpilot.app.orders import bookings
from ocpilot.app.platform import Platform
from ocpilot.app.ports import OWN_VERSION
from ocpilot.base.errors import BadRequest, InvalidObject
from ocpilot.base.ids import PartyId, derived_id
from ocpilot.base.money import RoundingPolicy
from ocpilot.base.problem import Problem
from ocpilot.base.zones import zone_named
from ocpilot.billing.cdr import make_cdr
from ocpilot.billing.check import Verdict, check_cdr
from ocpilot.billing.tolerance import Tolerance
from ocpilot.metering.findings import Oddity
from ocpilot.wire import codec
from ocpilot.wire.codec import Context
from ocpilot.wire.protocol import ModuleID, Version
from ocpilot.wire.v230 import CDR, Location, Tariff

log = logging.getLogger(__name__)


# ---- operator ------------------------------------------------------------------------------------------------------


async def make_for(platform: Platform, transaction: Transaction) -> StoredObject | None:
    """Make the CDR of a stopped transaction, once: its id follows from the Session's, and one that exists stays.

    What follows from the CDR, and calling the transaction billed, is for the caller. None when it waits for a meter
    value, or is held: a transaction without a known Token, place or price, in which nothing at all happened, or of
    which something odd was found that leaves the energy in doubt, is for a person. One that a person released is only
    held for want of a price. Time without energy makes a CDR: it may cost something (mod_sessions, "Session Object").
    """
    await sessions.write(platform, transaction)
    found = await judged(platform, transaction)
    if found.nothing:
        await drop(platform, transaction, "nothing happened in it")
        return None
    if found.waits:
        await later_values.wait(platform, transaction)
        return None
    charge = found.charge
    signed = await signed_charges.of_transaction(platform, charge) if charge else None
    held = found.held or (
        None if transaction.released else signed_charges.why_held(platform, signed.found if signed else None)
    )
    if held is not None or charge is None:
        log.warning("transaction %d is held: %s", transaction.id, held)
        await platform.store.transactions.set_state(transaction.id, TransactionState.HELD, held)
        return None
    key = ObjectKey(module=ModuleID.CDRS, party=transaction.party, id=derived_id("cdr", transaction.session_id))
    kept = await platform.store.objects.get(key)
    if kept is None:
        cdr = await bill_of(platform, charge, key.id, signed, transaction.stop_reason)
        kept = own(key, cdr, cdr.last_updated)
        await platform.store.objects.put(kept)
    if signed is not None:
        await platform.store.signed.save(key, signed.found, platform.clock())
    return kept


#: What of a meter that was not read says how the energy came about.
_TOLD = (Oddity.BEGIN_UNREAD, Oddity.END_UNREAD, Oddity.END_READ_LATER)


def _with_unread(charge: Charge, remark: str | None) -> str | None:
    """The remark, and what of its meter was not read in time: else nobody could see why the energy is what it is."""
    told = [f"{WORDS[one.kind]}: {one.found}" for one in charge.measured.findings if one.kind in _TOLD]
    return ". ".join(filter(None, (remark, *told))) or None


async def bill_of(platform: Platform, charge: Charge, cdr_id: str, signed: Signed | None, remark: str | None) -> CDR:
    """The CDR of a charge of ours, priced and checked, not stored."""
    transaction = charge.transaction
    cdr = make_cdr(
        sessions.session_of(platform, charge, transaction.cdr_token or ""),
        charge.terms.location,
        transaction.evse_uid,
        transaction.ocpi_connector_id,
        charge.tariffs,
        charge.measured,
        cdr_id=cdr_id,
        now=platform.clock(),
        remark=_with_unread(charge, remark),
        signed_data=signed.data if signed else None,
    )
    verdict = check_cdr(cdr, None, charge.terms.zone)
    if not verdict.agrees:
        log.error(
            "CDR %s of transaction %d does not agree with itself: %s", cdr_id, transaction.id, verdict.differences
        )
    booking = await bookings.of_transaction(platform, transaction)
    return msgspec.structs.replace(
        cdr,
        booking_id=booking.id if booking else None,
        invoice_reference_id=await terminal_invoices.invoice_reference(platform, transaction),
    )


# ---- provider ------------------------------------------------------------------------------------------------------


async def receive(
    platform: Platform,
    peer: Peer,
    version: Version,
    body: object,
    came_at: datetime | None = None,
    *,
    audience: str | None = None,
) -> tuple[StoredObject, bool]:
    """Keep a CDR of a peer; (what is kept, whether it is new). The same CDR again changes nothing. `came_at`: when it
    was pushed. `audience`: the member of our hub that it is for.

    Raises InvalidObject for one that breaks the standard or differs from the one kept under its id (a CDR is never
    replaced), NotFound when its party is none of the peer's, BadRequest for a Token of somebody else's driver.
    """
    context = await unsaid(platform, peer, version, ModuleID.CDRS, body)
    received = heard(platform, peer, ModuleID.CDRS, CDR, body, version=version, context=context, came_at=came_at)
    cdr = received.value
    party = require_sender(peer, ModuleID.CDRS, cdr.country_code, cdr.party_id)
    driver = PartyId.of(cdr.cdr_token.country_code, cdr.cdr_token.party_id)
    if audience is None and not is_ours(platform, driver):
        raise BadRequest(f"CDR {cdr.id}: its Token is of {driver}, who is not here")
    if cdr.credit and cdr.credit_reference_id is None:
        missing = Problem(
            path="$.credit_reference_id", found="nothing", expected="the id of the CDR it is a credit for"
        )
        raise InvalidObject([missing], "CDR")
    key = ObjectKey(module=ModuleID.CDRS, party=party, id=cdr.id)
    kept = await platform.store.objects.get(key, peer.id)
    if kept is not None:
        _require_same(platform, peer, kept, cdr, version)
        return kept, False
    stored = from_peer(peer, version, key, received.body, context, audience=audience)
    return stored, await platform.store.objects.put(stored)


def _require_same(platform: Platform, peer: Peer, kept: StoredObject, new: CDR, version: Version) -> None:
    """A CDR is never changed once it was sent (mod_cdrs, "CDR object"): the first one stays. One that comes in another
    version says what both versions can."""
    first = value_of(CDR, kept)
    oldest = min(kept.version, version)
    here, there = (_said_in(oldest, one, context_of(kept)) for one in (first, new))
    if msgspec.structs.replace(there, last_updated=here.last_updated, id=here.id) == here:
        return
    changed = [name for name in CDR.__struct_fields__ if getattr(here, name) != getattr(there, name)]
    found = ", ".join(name for name in changed if name not in {"id", "last_updated"})
    count(
        platform,
        peer,
        FindingKind.CHANGED_CDR,
        ModuleID.CDRS,
        place="$",
        expected="a CDR that stays as it was sent; a Credit CDR and a new one to mend it",
        found=f"changed after it was sent: {found}",
        named=first.id,
    )
    problem = Problem(path="$.id", found=f"another CDR under {first.id}", expected="a Credit CDR and a new id")
    raise InvalidObject([problem], "CDR")


def _said_in(version: Version, cdr: CDR, context: Context) -> CDR:
    """What is left of it in an older version."""
    if version == OWN_VERSION:
        return cdr
    body = codec.convert(CDR, codec.body_of(cdr), OWN_VERSION, version, context).body
    return codec.read(CDR, version, body, context).value


async def check(platform: Platform, stored: StoredObject) -> CdrCheck:
    """Price a received CDR again and keep what we found.

    With our copy of its Tariffs as long as that is not newer than the start of the charge, else with those in the CDR;
    amounts rounded, and differences tolerated, as the profile of the peer says.
    A Credit CDR never agrees by itself: the receipt of what it credits must be credited by a person. Nor does one whose
    signed meter values are held against it (`signed.hold`).
    """
    cdr = value_of(CDR, stored)
    peer = await platform.store.peers.get(stored.peer_id) if stored.peer_id else None
    profile = peer.profile if peer else PeerProfile()
    verdict = check_cdr(
        cdr,
        await _tariffs_of(platform, stored, cdr),
        await zone_of(platform, stored, cdr),
        Tolerance(amount=profile.tolerance, relative=profile.relative_tolerance),
        rounding=RoundingPolicy(mode=profile.rounding, decimals=profile.amount_decimals),
    )
    held = None if cdr.credit else await _held(platform, stored, cdr)
    found = CdrCheck(
        key=stored.key,
        agrees=verdict.agrees and not cdr.credit and held is None,
        our_total=_total(verdict, cdr),
        body=msgspec.json.encode(verdict).decode(),
        at=platform.clock(),
    )
    await platform.store.documents.save_check(found)
    return found


async def _held(platform: Platform, stored: StoredObject, cdr: CDR) -> str | None:
    """Why the signed meter values of a peer's CDR are not to be trusted; ours were looked at before it was made."""
    found = await signed_charges.of_cdr(platform, stored.key, cdr) if stored.peer_id else None
    because = signed_charges.why_held(platform, found)
    if because is not None:
        log.warning("CDR %s of %s is held: %s", cdr.id, stored.key.party, because)
    return because


async def _tariffs_of(platform: Platform, stored: StoredObject, cdr: CDR) -> tuple[Tariff, ...] | None:
    named = {period.tariff_id for period in cdr.charging_periods if period.tariff_id}
    ids = named or {tariff.id for tariff in cdr.tariffs}
    kept = await tariffs.named(platform, stored.key.party, sorted(ids), stored.peer_id)
    current = len(kept) == len(ids) and all(one.last_updated <= cdr.start_date_time for one in kept)
    return kept if current else None


async def zone_of(platform: Platform, stored: StoredObject, cdr: CDR) -> ZoneInfo:
    """The zone of a received CDR's Location; UTC when we do not have the Location."""
    key = ObjectKey(module=ModuleID.LOCATIONS, party=stored.key.party, id=cdr.cdr_location.id)
    location = await platform.store.locations.get(key, stored.peer_id)
    return zone_named(value_of(Location, location).time_zone if location else None)


def _total(verdict: Verdict, cdr: CDR) -> str:
    """Our total as `12.34 SEK`, with the taxes we know; empty when we do not know it."""
    total = verdict.ours.total
    return "" if total is None else f"{total.amount.shown} {cdr.currency}"


def verdict_of(found: CdrCheck) -> Verdict:
    """The whole verdict of a check."""
    return msgspec.json.decode(found.body, type=Verdict)
