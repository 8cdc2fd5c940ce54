"""The verdict on the signed meter values of a charge: of ours before its CDR is made, of a peer's when its CDR came."""

from collections.abc import Sequence
from decimal import Decimal

from ocpilot.app.charges.charges import Charge
from ocpilot.app.charges.signed import signed_data_of
from ocpilot.app.kept.charge_records import Transaction, TransactionState
from ocpilot.app.kept.records import ObjectKey, Record
from ocpilot.app.kept.signed_records import KeySource, MeterKey, MeterPlace
from ocpilot.app.platform import Platform
from ocpilot.base.errors import UserError
from ocpilot.base.ids import PartyId, fold
from ocpilot.base.signed_verdict import SignedVerdict
from ocpilot.metering.public_keys import PublicKey
from ocpilot.metering.signed import SignedCharge, judge_charge
from ocpilot.metering.signed_texts import SignedText, texts_in
from ocpilot.wire.v230 import CDR, SignedData


class Signed(Record, frozen=True):
    """What goes into the CDR, and what we found of it."""

    data: SignedData | None
    found: SignedCharge


async def of_transaction(platform: Platform, charge: Charge) -> Signed | None:
    """Of a charge of ours; None when its station signed nothing."""
    texts = tuple(blob.text for blob in charge.signed)
    if not texts:
        return None
    begun = charge.transaction
    place = MeterPlace(party=begun.party, location_id=begun.location_id, evse_uid=begun.evse_uid)
    inner = tuple(one for text in texts for one in _within(text))
    found = await _judged(platform, place, inner, charge.measured.kwh, KeySource.STATION)
    return Signed(data=signed_data_of(texts, found.key), found=found)


async def of_cdr(platform: Platform, key: ObjectKey, cdr: CDR) -> SignedCharge | None:
    """Of a CDR of a peer, kept with it; None when nothing in it is signed."""
    if cdr.signed_data is None:
        return None
    where = cdr.cdr_location
    place = MeterPlace(party=key.party, location_id=where.id, evse_uid=where.evse_uid)
    found = await _judged(platform, place, texts_of(cdr.signed_data), cdr.total_energy, KeySource.CDR)
    await platform.store.signed.save(key, found, platform.clock())
    return found


async def _judged(
    platform: Platform, place: MeterPlace, texts: Sequence[SignedText], kwh: Decimal, source: KeySource
) -> SignedCharge:
    """By the key known of the EVSE; without one by the first that came, which is known from now on if it fits."""
    kept = await platform.store.signed.key_of(place)
    known = PublicKey.of(kept.key) if kept else None
    found = judge_charge(texts, known, billed_kwh=kwh, tolerance_kwh=platform.settings.signed.tolerance)
    fits = all(one.judged.verdict is SignedVerdict.VALID for one in found.texts)
    if kept is None and found.key is not None and fits:
        await platform.store.signed.pin(MeterKey(place=place, key=found.key, source=source, at=platform.clock()))
    return found


def texts_of(data: SignedData) -> tuple[SignedText, ...]:
    """The signed values of a CDR, out of the Base64 that the standard asks for and few write."""
    whole = (
        SignedText(text=one.signed_data, key=data.public_key, encoding=data.encoding_method, context=one.nature)
        for one in data.signed_values
    )
    return tuple(one for text in whole for one in _within(text))


def why_held(platform: Platform, found: SignedCharge | None) -> str | None:
    """Why a person must look at the charge first, as `signed.hold` says; None when nobody must."""
    against = (one for one in (found.findings if found else ()) if one.verdict in platform.settings.signed.hold)
    return next((f"{one.verdict}: {one.reason}" for one in against), None)


async def set_key(platform: Platform, place: MeterPlace, text: str | bytes) -> MeterKey:
    """A person says the key of a meter, and what was held at it is judged once more. UserError when it is no key."""
    try:
        key = PublicKey.of(text)
    except ValueError as error:
        raise UserError(str(error)) from error
    kept = MeterKey(place=place, key=key.text, source=KeySource.HAND, at=platform.clock())
    await platform.store.signed.set_key(kept)
    for held in await platform.store.transactions.in_state(TransactionState.HELD):
        if _is_held_at(place, held):
            await platform.store.transactions.set_state(held.id, TransactionState.STOPPED)
    return kept


def _is_held_at(place: MeterPlace, held: Transaction) -> bool:
    """Is this a charge there that its signed meter values speak against?"""
    there = (held.party, fold(held.location_id), fold(held.evse_uid))
    word = (held.held_because or "").partition(":")[0]
    return there == (place.party, fold(place.location_id), fold(place.evse_uid)) and word in set(SignedVerdict)


async def place_of(platform: Platform, location_id: str, evse_uid: str, party: str | None) -> MeterPlace:
    """The EVSE that a person names, of ours unless he names another party. UserError when it cannot be told whose."""
    return MeterPlace(
        party=_party(party) if party else await _owner(platform, location_id),
        location_id=location_id,
        evse_uid=evse_uid,
    )


def _party(text: str) -> PartyId:
    try:
        return PartyId.parse(text)
    except ValueError as error:
        raise UserError(f"--party: {error}") from error


async def _owner(platform: Platform, location_id: str) -> PartyId:
    """Our party that has this Location."""
    ours = {one.key.party for one in await platform.store.locations.find(location_id) if one.peer_id is None}
    if len(ours) != 1:
        raise UserError(f"{len(ours)} Locations of ours have the id {location_id}; say whose is meant: --party CC/PID")
    return ours.pop()


def _within(whole: SignedText) -> tuple[SignedText, ...]:
    """A value may be wrapped once more, such as in XML; what is told beside it holds for all in it."""
    return tuple(
        SignedText(
            text=one.text,
            key=one.key or whole.key,
            encoding=one.encoding or whole.encoding,
            context=one.context or whole.context,
        )
        for one in texts_in(whole.text) or (whole,)
    )
