"""Both interfaces of the bookings module, and the request of a provider of ours (mod_bookings, "Interfaces")."""

from ocpilot.app.kept.peer_records import Peer
from ocpilot.app.kept.records import ObjectKey, StoredObject
from ocpilot.app.ocpi.bodies import value_of
from ocpilot.app.ocpi.classes import BOOKING_LOCATIONS, BOOKINGS
from ocpilot.app.ocpi.exchange import Answer, Call, stored_answer
from ocpilot.app.ocpi.heard import heard
from ocpilot.app.ocpi.in_version import body_in, text_in
from ocpilot.app.ocpi.owned import check_same, checked, from_peer, kept, key_in_url, patched
from ocpilot.app.ocpi.pages import moment_in, sender_list
from ocpilot.app.ocpi.visibility import may_read, may_send, require_receiver
from ocpilot.app.orders import bookings
from ocpilot.app.platform import Platform
from ocpilot.app.ports import OWN_VERSION
from ocpilot.base import time
from ocpilot.base.errors import BadRequest, InvalidObject, NotFound, PeerNonsense, UnknownToken
from ocpilot.base.ids import PartyId, fold
from ocpilot.base.problem import Problem
from ocpilot.roaming.bookings import may_follow
from ocpilot.wire import codec
from ocpilot.wire.protocol import InterfaceRole, ModuleID
from ocpilot.wire.v230 import Booking, BookingLocation, BookingRequest, Calendar

# ---- the operator: Sender interface --------------------------------------------------------------------------------


async def location_list(platform: Platform, call: Call) -> Answer:
    """GET of our BookingLocations, only those with a timeslot in a time when one is asked for: one that has begun
    before it and lasts into it can be booked too."""
    start, end = moment_in(call.query, "timeslot_from"), moment_in(call.query, "timeslot_to")

    def has_time(stored: StoredObject) -> bool:
        slots = [slot for one in value_of(BookingLocation, stored).calendars for slot in one.available_timeslots]
        return any(
            (start is None or slot.end_date_time > start) and (end is None or slot.start_date_time < end)
            for slot in slots
        )

    if start is None and end is None:
        return await sender_list(platform, call, BOOKING_LOCATIONS)
    return await sender_list(platform, call, BOOKING_LOCATIONS, has_time)


async def location_get(platform: Platform, call: Call) -> Answer:
    """GET of one BookingLocation of ours or one of its calendars."""
    require_receiver(call.peer, call.module)
    for one in await platform.store.objects.find(call.module, call.path["id"]):
        if one.key.sub == BOOKING_LOCATIONS and may_read(call, one):
            return await _part(platform, call, one)
    raise _unknown(call)


async def booking_post(platform: Platform, call: Call) -> Answer:
    """POST of a request: the answer is the booking as it is now, accepted or not; why not is in the message.

    2003 for an unknown BookingLocation, 2004 for a Token that is not the asking platform's.
    """
    require_receiver(call.peer, call.module)
    request = call.read(BookingRequest, call.object()).value
    if PartyId.of(request.country_code, request.party_id).key not in call.peer.parties:
        found = f"{request.country_code}/{request.party_id}"
        raise InvalidObject([Problem(path="$.party_id", found=found, expected="a party of yours")], "BookingRequest")
    for token in request.tokens:
        if not may_send(call.peer, ModuleID.TOKENS, PartyId.of(token.country_code, token.party_id)):
            raise UnknownToken(f"Token {token.uid!r} of {token.country_code}/{token.party_id} is none of yours")
    booking, declined = await bookings.take(platform, request)
    body = codec.convert(Booking, codec.body_of(booking), OWN_VERSION, call.version).body
    return Answer(data=codec.dumps(body), message=f"declined: {'; '.join(declined)}" if declined else "Success")


# ---- the provider: Receiver interface ------------------------------------------------------------------------------


async def calendar_get(platform: Platform, call: Call) -> Answer:
    """GET of a calendar as this operator sent it."""
    key = key_in_url(call, BOOKING_LOCATIONS)
    stored = await platform.store.objects.get(key, call.peer.id)
    if stored is None:
        raise _unknown(call)
    return await _part(platform, call, stored)


async def calendar_put(platform: Platform, call: Call) -> Answer:
    """PUT of a calendar of a BookingLocation we have, new or changed."""
    calendar = checked(call, Calendar, call.object(), {"id": call.path["calendar_id"]})
    created = await _with_calendar(platform, call, calendar, patch=False)
    return stored_answer(created)


async def calendar_patch(platform: Platform, call: Call) -> Answer:
    """PATCH of a calendar; the BookingLocation's `last_updated` follows (mod_bookings, "PATCH Method")."""
    await _with_calendar(platform, call, call.object(), patch=True)
    return Answer()


async def booking_put(platform: Platform, call: Call) -> Answer:
    """PUT of a booking, which never leaves the end of its life."""
    key = key_in_url(call, BOOKINGS)
    stored = kept(call, key, checked(call, Booking, call.object(), _url(key)))

    def change(here: StoredObject) -> StoredObject:
        check_life(here, stored)
        return stored

    if await platform.store.objects.modify(key, call.peer.id, change) is not None:
        return stored_answer(created=False)
    return stored_answer(await platform.store.objects.put(stored))


async def booking_patch(platform: Platform, call: Call) -> Answer:
    """PATCH of a booking, most often of its status."""
    key = key_in_url(call, BOOKINGS)
    patch = call.object()

    def change(here: StoredObject) -> StoredObject:
        changed = patched(call, Booking, here, patch, _url(key))
        check_life(here, changed)
        return changed

    if await platform.store.objects.modify(key, call.peer.id, change) is None:
        raise _unknown(call)
    return Answer()


def check_life(here: StoredObject, new: StoredObject) -> None:
    """BadRequest when a booking would leave the end of its life."""
    known, told = value_of(Booking, here).reservation_status, value_of(Booking, new).reservation_status
    if not may_follow(known, told):
        raise BadRequest(f"booking {here.key.id} is {known} and stays so; found {told}")


async def request(platform: Platform, peer: Peer, asked: BookingRequest) -> Booking:
    """Ask an operator for a booking, its change or cancellation; what he answers is kept. Errors as `Partners.call`.

    PeerNonsense when the answer is no booking of his.
    """
    answer = await platform.partners.call(
        peer,
        "POST",
        ModuleID.BOOKINGS,
        InterfaceRole.SENDER,
        body=codec.dumps(codec.body_of(asked)),
        sender=PartyId.of(asked.country_code, asked.party_id),
    )
    version = peer.version or OWN_VERSION
    try:
        read = heard(platform, peer, ModuleID.BOOKINGS, Booking, answer.data)
    except InvalidObject as error:
        raise PeerNonsense(f"{peer.name} answered a booking request: {error}") from error
    party = PartyId.of(read.value.country_code, read.value.party_id)
    if not may_send(peer, ModuleID.BOOKINGS, party):
        raise PeerNonsense(f"{peer.name} answered with a booking of {party}")
    told = from_peer(peer, version, bookings.key_of(party, read.value.id), read.body)

    def unless_ended(here: StoredObject) -> StoredObject:
        """A push may have told of the end while the answer was on its way."""
        return told if may_follow(value_of(Booking, here).reservation_status, read.value.reservation_status) else here

    if await platform.store.objects.modify(told.key, peer.id, unless_ended) is None:
        await platform.store.objects.put(told)
    return read.value


# ---- calendars -----------------------------------------------------------------------------------------------------


async def _with_calendar(platform: Platform, call: Call, given: codec.Body, *, patch: bool) -> bool:
    """A calendar of the BookingLocation in the URL, written; True when it is new. NotFound without the BookingLocation,
    or the calendar to PATCH."""
    key = key_in_url(call, BOOKING_LOCATIONS)
    created = False

    def change(stored: StoredObject) -> StoredObject:
        nonlocal created
        place = body_in(BookingLocation, stored, call.version)
        calendars = _calendars(place)
        index = _index(call, calendars)
        created = index is None
        if index is None:
            if patch:
                raise _unknown(call)
            calendars.append(given)
        else:
            calendars[index] = _patched(call, calendars[index], given) if patch else given
        updated = max(time.parse(str(one["last_updated"])) for one in (place, given))
        whole = place | {"calendars": calendars, "last_updated": time.write(updated)}
        return kept(call, key, checked(call, BookingLocation, whole, _url(key)))

    if await platform.store.objects.modify(key, call.peer.id, change) is None:
        raise _unknown(call)
    return created


def _patched(call: Call, calendar: codec.Body, patch: codec.Body) -> codec.Body:
    received = codec.read_patch(Calendar, call.version, calendar, patch)
    check_same(received.body, {"id": call.path["calendar_id"]}, "Calendar")
    return received.body


async def _part(platform: Platform, call: Call, stored: StoredObject) -> Answer:
    """The BookingLocation, or the calendar that the URL names."""
    if "calendar_id" not in call.path:
        return Answer(data=await text_in(platform, stored, call.version))
    calendars = _calendars(body_in(BookingLocation, stored, call.version))
    index = _index(call, calendars)
    if index is None:
        raise _unknown(call)
    return Answer(data=codec.dumps(calendars[index]))


def _calendars(place: codec.Body) -> list[codec.Body]:
    calendars = place.get("calendars")
    return [one for one in calendars if isinstance(one, dict)] if isinstance(calendars, list) else []


def _index(call: Call, calendars: list[codec.Body]) -> int | None:
    wanted = fold(call.path["calendar_id"])
    return next((index for index, one in enumerate(calendars) if fold(str(one.get("id"))) == wanted), None)


def _url(key: ObjectKey) -> dict[str, str]:
    return {"country_code": key.party.country_code, "party_id": key.party.party_id, "id": key.id}


def _unknown(call: Call) -> NotFound:
    return NotFound("unknown: " + "/".join(call.path.values()))
