"""Bookings at Locations of ours: when they are open, who asked for which time, what became of it (mod_bookings).

A request is decided at once, so a booking of ours is never PENDING. What decides about a time of a Location is read and
written under one lock, so no time is sold twice; the BookingLocation that peers see is what is left of its openings.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta

import msgspec

from ocpilot.app.kept.charge_records import Transaction
from ocpilot.app.kept.records import ObjectKey, StoredObject
from ocpilot.app.ocpi.bodies import own, parsed, value_of
from ocpilot.app.ocpi.classes import BOOKING_LOCATIONS, BOOKINGS, OPENINGS
from ocpilot.app.platform import Platform
from ocpilot.base.errors import Conflict, NotFound, UnknownLocation
from ocpilot.base.ids import PartyId, derived_id, fold
from ocpilot.roaming import bookings as rules
from ocpilot.wire.protocol import ModuleID
from ocpilot.wire.v230 import (
    Booking,
    BookingLocation,
    BookingOption,
    BookingRequest,
    CanceledReason,
    Cancellation,
    CdrToken,
    ReservationStatus,
    Role,
    Session,
)

_MODULE = ModuleID.BOOKINGS
#: How long before a charge the period of its booking may have begun, and how long after it may begin.
_LONGEST, _EARLIEST = timedelta(days=7), timedelta(days=1)
#: Sessions of the Tokens of a booking that are looked at to see whether one is of it.
_SESSIONS = 50


def key_of(party: PartyId, ident: str, sub: str = BOOKINGS) -> ObjectKey:
    """Where a booking (or BookingLocation, says `sub`) of a party is kept."""
    return ObjectKey(module=_MODULE, party=party, id=ident, sub=sub)


# ---- when we are open ----------------------------------------------------------------------------------------------


async def put_location(platform: Platform, place: BookingLocation) -> None:
    """Store a BookingLocation of ours, new or changed, with the times in which it is open at all.

    Providers see it without the times that are booked.
    """
    party = PartyId.of(place.country_code, place.party_id)
    key = key_of(party, place.id, OPENINGS)
    opening = msgspec.structs.replace(own(key, place, place.last_updated), audience=party.key)

    def decision(rows: Sequence[StoredObject]) -> Sequence[StoredObject]:
        here = [row for row in rows if row.key.sub != OPENINGS or fold(row.key.id) != fold(place.id)]
        return [opening, *_published(platform, [*here, opening], _live(here))]

    await platform.store.bookings.decide(key, place.location_id, decision)


async def opening(platform: Platform, booking_location_id: str) -> BookingLocation:
    """When a BookingLocation of ours is open at all; UnknownLocation (2003) when we have none such."""
    for stored in await platform.store.objects.find(_MODULE, booking_location_id):
        if stored.peer_id is None and stored.key.sub == OPENINGS:
            return value_of(BookingLocation, stored)
    raise UnknownLocation(f"no BookingLocation {booking_location_id!r}")


# ---- requests ------------------------------------------------------------------------------------------------------


async def take(platform: Platform, request: BookingRequest) -> tuple[Booking, tuple[str, ...]]:
    """Book, change or cancel, as a provider asks; the booking, and why the request was declined when it was.

    The provider's request_id names the booking (mod_bookings, "BookingRequest"). UnknownLocation when we have no such
    BookingLocation; BadRequest when the booking is at its end.
    """
    place = await opening(platform, request.booking_location_id)
    if fold(place.location_id) != fold(request.location_id):
        raise UnknownLocation(f"BookingLocation {place.id!r} is at Location {place.location_id!r}")
    provider = PartyId.of(request.country_code, request.party_id)
    ident = derived_id("booking", provider.key, fold(request.request_id))
    key = key_of(PartyId.of(place.country_code, place.party_id), ident)
    outcome: tuple[Booking, tuple[str, ...]] | None = None

    def decision(rows: Sequence[StoredObject]) -> Sequence[StoredObject]:
        nonlocal outcome
        known = next((value_of(Booking, row) for row in rows if row.key == key), None)
        others = [one for one in _live(rows) if one.id != ident]
        here = next((value_of(BookingLocation, row) for row in rows if _is_opening(row, place.id)), place)
        outcome = rules.answered(here, known, others, request, now=platform.clock(), booking_id=ident)
        return _kept(platform, rows, known, outcome[0])

    await platform.store.bookings.decide(key, place.location_id, decision)
    if outcome is None:
        raise Conflict(f"booking {ident} was not decided")
    return outcome


# ---- what we do with a booking -------------------------------------------------------------------------------------


async def cancel(platform: Platform, key: ObjectKey, reason: CanceledReason) -> Booking:
    """Cancel a booking of ours as its operator; the time is free again. Errors as `move`."""
    cancellation = Cancellation(cancellation_reason=reason, who_canceled=Role.CPO)
    return await _move(platform, key, ReservationStatus.CANCELED, cancellation)


async def move(platform: Platform, key: ObjectKey, status: ReservationStatus) -> Booking:
    """Move a booking of ours on; NotFound without one, Conflict where its life has no such step."""
    return await _move(platform, key, status, None)


async def assign(platform: Platform, key: ObjectKey, evse_uid: str) -> Booking:
    """Give a booking of ours its EVSE, which may be done after it was made (mod_bookings, "BookingOption").

    NotFound without the booking; Conflict when it is at its end, or the EVSE is booked by another at that time.
    """

    def given(known: Booking, others: Sequence[Booking]) -> Booking:
        if known.reservation_status in rules.FINAL:
            raise Conflict(f"booking {known.id} is {known.reservation_status}")
        if rules.is_taken(evse_uid, known, others):
            raise Conflict(f"EVSE {evse_uid} has another booking then")
        option = msgspec.structs.replace(known.booking_option or BookingOption(), evse_uid=evse_uid)
        return msgspec.structs.replace(known, booking_option=option)

    return await _change(platform, key, given)


async def _move(
    platform: Platform, key: ObjectKey, status: ReservationStatus, cancellation: Cancellation | None
) -> Booking:
    def moved(known: Booking, _: Sequence[Booking]) -> Booking:
        if not rules.may_become(known.reservation_status, status):
            raise Conflict(f"booking {known.id} is {known.reservation_status} and cannot become {status}")
        return msgspec.structs.replace(known, reservation_status=status, canceled=cancellation or known.canceled)

    return await _change(platform, key, moved)


async def _change(
    platform: Platform, key: ObjectKey, change: Callable[[Booking, Sequence[Booking]], Booking]
) -> Booking:
    """The booking as `change` makes it, which also gets the other ones that hold a time at the Location."""
    stored = await platform.store.objects.get(key)
    if stored is None:
        raise NotFound(f"{key.party} has no booking {key.id!r}")
    changed = value_of(Booking, stored)

    def decision(rows: Sequence[StoredObject]) -> Sequence[StoredObject]:
        nonlocal changed
        known = next(value_of(Booking, row) for row in rows if row.key == stored.key)
        others = [one for one in _live(rows) if one.id != known.id]
        changed = msgspec.structs.replace(change(known, others), last_updated=platform.clock())
        return _kept(platform, rows, known, changed)

    await platform.store.bookings.decide(stored.key, changed.location_id, decision)
    return changed


async def settle(platform: Platform, stored: StoredObject) -> None:
    """What has become of a booking whose time has begun: FULFILLED by a Session of ours with one of its Tokens, or
    NO_SHOW after its time-out; until then it stays as it is."""
    booking = value_of(Booking, stored)
    if booking.reservation_status is not ReservationStatus.RESERVED:
        return
    if await _has_session(platform, booking):
        await move(platform, stored.key, ReservationStatus.FULFILLED)
    elif platform.clock() >= rules.no_show_at(booking):
        await move(platform, stored.key, ReservationStatus.NO_SHOW)


async def of_transaction(platform: Platform, transaction: Transaction) -> Booking | None:
    """The booking of ours that a charge uses, whose reference and id go into its Session and CDR."""
    if transaction.cdr_token is None:
        return None
    at, token = transaction.started_at, parsed(CdrToken, transaction.cdr_token)
    found = await platform.store.bookings.around(
        transaction.party, transaction.location_id, at - _LONGEST, at + _EARLIEST
    )
    return rules.used_by([value_of(Booking, one) for one in found], token.uid, transaction.evse_uid, at)


async def _has_session(platform: Platform, booking: Booking) -> bool:
    uids = [token.uid for token in booking.booking_tokens]
    if not uids:
        return False
    found = await platform.store.objects.newest(ModuleID.SESSIONS, _SESSIONS, uids)
    sessions = [value_of(Session, one) for one in found if one.peer_id is None]
    return any(
        fold(session.location_id) == fold(booking.location_id)
        and rules.earliest_start(booking) <= session.start_date_time < rules.no_show_at(booking)
        for session in sessions
    )


# ---- what is written -----------------------------------------------------------------------------------------------


def _kept(
    platform: Platform, rows: Sequence[StoredObject], known: Booking | None, booking: Booking
) -> Sequence[StoredObject]:
    """A booking and the BookingLocations whose free times it changes; nothing when it is as it was."""
    if booking == known:
        return ()
    live = [one for one in _live(rows) if one.id != booking.id]
    if booking.reservation_status not in rules.FINAL:
        live.append(booking)
    key = key_of(PartyId.of(booking.country_code, booking.party_id), booking.id)
    return [own(key, booking, booking.last_updated), *_published(platform, rows, live)]


def _published(platform: Platform, rows: Iterable[StoredObject], live: Iterable[Booking]) -> Sequence[StoredObject]:
    """What providers see of the BookingLocations whose openings are among the rows, where it changed."""
    here = list(rows)
    booked = list(live)
    seen = {fold(row.key.id): value_of(BookingLocation, row) for row in here if row.key.sub == BOOKING_LOCATIONS}
    changed = []
    for row in here:
        if row.key.sub == OPENINGS:
            before = seen.get(fold(row.key.id))
            left = rules.left_over(value_of(BookingLocation, row), booked)
            now = rules.dated(left, before, platform.clock())
            if now != before:
                changed.append(own(key_of(row.key.party, row.key.id, BOOKING_LOCATIONS), now, now.last_updated))
    return changed


def _live(rows: Iterable[StoredObject]) -> list[Booking]:
    found = [value_of(Booking, row) for row in rows if row.key.sub == BOOKINGS]
    return [one for one in found if one.reservation_status not in rules.FINAL]


def _is_opening(row: StoredObject, booking_location_id: str) -> bool:
    return row.key.sub == OPENINGS and fold(row.key.id) == fold(booking_location_id)
