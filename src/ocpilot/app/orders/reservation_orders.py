"""RESERVE_NOW and CANCEL_RESERVATION as an operator carries them out (mod_commands, "ReserveNow object")."""

import msgspec

from ocpilot.app.charges import authorize, charges
from ocpilot.app.kept.charge_records import Command, Reservation, ReservationState
from ocpilot.app.kept.station_events import StationReservation
from ocpilot.app.ocpi import tokens
from ocpilot.app.ocpi.bodies import parsed, text_of
from ocpilot.app.ocpi.places import Place, our_location, where
from ocpilot.app.orders import orders, reservations
from ocpilot.app.orders.orders import Outcome
from ocpilot.app.platform import Platform
from ocpilot.base.ids import PartyId, fold, new_id
from ocpilot.wire.v230 import (
    EVSE,
    Capability,
    CommandResponseType,
    CommandResultType,
    LocationReferences,
    ReserveNow,
    Token,
)

#: A station's word -> what came of it (OCPP 1.6, 7.41 "ReservationStatus").
_RESERVED = {
    "Accepted": CommandResultType.ACCEPTED,
    "Faulted": CommandResultType.EVSE_INOPERATIVE,
    "Occupied": CommandResultType.EVSE_OCCUPIED,
    "Rejected": CommandResultType.REJECTED,
    "Unavailable": CommandResultType.EVSE_INOPERATIVE,
    "NotSupported": CommandResultType.NOT_SUPPORTED,
}
#: (OCPP 1.6, 7.9 "CancelReservationStatus"): a station rejects what it does not have.
_CANCELLED = {
    "Accepted": CommandResultType.ACCEPTED,
    "Rejected": CommandResultType.UNKNOWN_RESERVATION,
    "NotSupported": CommandResultType.NOT_SUPPORTED,
}


async def order_reserve(platform: Platform, command: Command, request: ReserveNow) -> Command:
    """Keep a RESERVE_NOW with our response to it; when we accept it, the station is asked in the background.

    Raises UnknownLocation. The same for a driver of our own, whose command has no `response_url`.
    """
    driver = PartyId.of(request.token.country_code, request.token.party_id)
    location = await our_location(platform, request.location_id, (driver.key,))
    earlier = await _earlier(platform, command.peer_id, request)
    evse_uid = request.evse_uid or (earlier.evse_uid if earlier else None)
    place = await where(platform, location, evse_uid, fits=_reservable)
    if request.expiry_date <= platform.clock():
        return await orders.kept(platform, command, CommandResponseType.REJECTED, "expiry_date is over already")
    if not any(_reservable(evse) for evse in ([place.evse] if place else location.evses)):
        why = "no EVSE there can be reserved" if evse_uid is None else f"EVSE {evse_uid} cannot be reserved"
        return await orders.kept(platform, command, CommandResponseType.NOT_SUPPORTED, why)
    if place is None or not await platform.stations.is_connected(place.station.id):
        why = "no free station is connected there"
        return await orders.kept(platform, command, CommandResponseType.REJECTED, why)
    wanted = await _wanted(platform, command, request, place)
    number, wanted = await _numbered(platform, earlier, wanted)
    there = msgspec.structs.replace(
        command,
        evse_uid=wanted.evse_uid,
        connector_id=wanted.ocpi_connector_id,
        session_id=wanted.session_id,
    )
    kept = await orders.kept(platform, there, CommandResponseType.ACCEPTED)
    place_of = LocationReferences(location_id=location.id)
    await authorize.remember_command(platform, kept, request.token, place_of)
    orders.carry_out(platform, kept, lambda: _reserve(platform, number, wanted, earlier), _RESERVED)
    return kept


async def order_cancel(platform: Platform, command: Command, reservation_id: str, sender: PartyId | None) -> Command:
    """Keep a CANCEL_RESERVATION with our response to it; a reservation of somebody else is as unknown as none.

    `sender` tells parties of one platform apart, which may use the same ids.
    """
    found = await platform.store.reservations.named(command.peer_id, reservation_id)
    reservation = next((one for one in found if one.owner == sender), next(iter(found), None))
    if reservation is None:
        why = f"no reservation {reservation_id} of yours"
        return await orders.kept(platform, command, CommandResponseType.REJECTED, why)
    there = msgspec.structs.replace(
        command,
        location_id=reservation.location_id,
        evse_uid=reservation.evse_uid,
        connector_id=reservation.ocpi_connector_id,
        session_id=reservation.session_id,
    )
    if not await platform.stations.is_connected(reservation.station_id):
        return await orders.kept(platform, there, CommandResponseType.REJECTED, "the station is not connected")
    kept = await orders.kept(platform, there, CommandResponseType.ACCEPTED)
    orders.carry_out(platform, kept, lambda: _cancel(platform, reservation), _CANCELLED)
    return kept


async def reserved_evse(platform: Platform, location_id: str, token_uid: str) -> str | None:
    """The EVSE that is kept free for this Token at a Location."""
    reservation = await platform.store.reservations.of_token(location_id, token_uid)
    return reservation.evse_uid if reservation else None


def _reservable(evse: EVSE) -> bool:
    return Capability.RESERVABLE in evse.capabilities


async def _earlier(platform: Platform, peer_id: int, request: ReserveNow) -> Reservation | None:
    """The live reservation that this one replaces: same id, same provider, same Location."""
    owner = PartyId.of(request.token.country_code, request.token.party_id)
    return next(
        (
            one
            for one in await platform.store.reservations.named(peer_id, request.reservation_id)
            if one.owner == owner and fold(one.location_id) == fold(request.location_id)
        ),
        None,
    )


async def _wanted(platform: Platform, command: Command, request: ReserveNow, place: Place) -> Reservation:
    station, connector = place.station, place.connector
    return Reservation(
        peer_id=command.peer_id,
        owner=PartyId.of(request.token.country_code, request.token.party_id),
        reservation_id=request.reservation_id,
        command_id=command.id,
        station_id=station.id,
        evse_id=connector.evse_id,
        party=station.party,
        location_id=station.location_id,
        evse_uid=connector.evse_uid,
        ocpi_connector_id=connector.ocpi_connector_id,
        token=text_of(request.token),
        id_tag=tokens.id_tag_of(request.token.uid),
        authorization_reference=request.authorization_reference,
        session_id=new_id(),
        terms=await charges.terms_now(
            platform, station, connector, driver=PartyId.of(request.token.country_code, request.token.party_id)
        ),
        began_at=platform.clock(),
        until=request.expiry_date,
    )


async def _numbered(platform: Platform, earlier: Reservation | None, wanted: Reservation) -> tuple[int, Reservation]:
    """The number for the station. One that replaces another has its number, its beginning and its Session."""
    if earlier is None:
        added = await platform.store.reservations.add(wanted)
        return added.id, added
    return earlier.id, msgspec.structs.replace(wanted, session_id=earlier.session_id, began_at=earlier.began_at)


async def _reserve(platform: Platform, number: int, wanted: Reservation, earlier: Reservation | None) -> Outcome:
    """A refused replacement leaves the earlier reservation as it was. One that moved to another station leaves the
    first one."""
    shown = tokens.shown_as(parsed(Token, wanted.token))
    request = StationReservation(id=number, evse_id=wanted.evse_id, token=shown, until=wanted.until)
    word = await platform.stations.reserve(wanted.station_id, request)
    if word == "Accepted":
        if earlier is not None and earlier.evse_uid != wanted.evse_uid:
            await _leave(platform, earlier, wanted)
        await reservations.accepted(platform, number, wanted)
    elif earlier is None:
        await reservations.end(platform, msgspec.structs.replace(wanted, id=number), ReservationState.REFUSED)
    return Outcome(word=word)


async def _leave(platform: Platform, earlier: Reservation, wanted: Reservation) -> None:
    if earlier.station_id != wanted.station_id and await platform.stations.is_connected(earlier.station_id):
        await platform.stations.cancel_reservation(earlier.station_id, earlier.id)
    await reservations.leave(platform, earlier)


async def _cancel(platform: Platform, reservation: Reservation) -> Outcome:
    word = await platform.stations.cancel_reservation(reservation.station_id, reservation.id)
    if word in ("Accepted", "Rejected"):
        await reservations.end(platform, reservation, ReservationState.CANCELLED)
    return Outcome(word=word)
