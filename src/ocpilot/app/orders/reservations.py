"""The life of a reservation at a station of ours: kept free, used, cancelled or run out (mod_sessions, "Reservation").

A reservation has its Session from the moment the station accepted it; a charge that uses it goes on in that Session.
"""

import logging
from collections.abc import Iterable
from decimal import Decimal

import msgspec

from ocpilot.app.charges.charges import NoTerms, terms_of
from ocpilot.app.charges.command_records import give_result
from ocpilot.app.kept.charge_records import CommandDirection, Reservation, ReservationState, Station, Transaction
from ocpilot.app.kept.records import ObjectKey, StoredObject
from ocpilot.app.kept.status_records import StatusReason, Why
from ocpilot.app.ocpi import tokens
from ocpilot.app.ocpi.bodies import own, parsed, value_of
from ocpilot.app.orders.expired_reservations import expired
from ocpilot.app.orders.orders import send_result
from ocpilot.app.platform import Platform
from ocpilot.app.stations import stations
from ocpilot.base.errors import NotFound, StationError, UserError
from ocpilot.wire.protocol import ModuleID
from ocpilot.wire.v230 import (
    EVSE,
    AuthMethod,
    CommandResultType,
    Session,
    SessionStatus,
    Status,
    Token,
)

log = logging.getLogger(__name__)

LIVE = frozenset({ReservationState.ASKED, ReservationState.ACTIVE})


async def accepted(platform: Platform, number: int, wanted: Reservation) -> None:
    """The station keeps it free, as `wanted` says: now the driver and everybody else may know."""
    kept = await platform.store.reservations.modify(
        number, lambda _: msgspec.structs.replace(wanted, id=number, state=ReservationState.ACTIVE)
    )
    if kept is None:
        return
    await _write_session(platform, kept, SessionStatus.RESERVATION)
    await _turn_evse(platform, kept, Status.AVAILABLE, Status.RESERVED)


async def for_start(
    platform: Platform, station: Station, evse_id: int, uid: str, number: int | None = None
) -> Reservation | None:
    """The reservation that a charge with this Token uses: the one the station names, else the one of its tag, or of a
    tag of the same group, at its EVSE."""
    store = platform.store.reservations
    named = None if number is None else await store.get(number)
    found = named or await store.on(station.id, evse_id)
    if found is None or found.state not in LIVE or found.station_id != station.id:
        return None
    return found if await tokens.act_as_one(platform, found.id_tag, uid) else None


async def used(platform: Platform, transaction: Transaction) -> None:
    """A charge goes on in the Session of a reservation: that has done its part. May be called again."""
    reservation = await platform.store.reservations.of_session(transaction.session_id)
    if reservation is not None and reservation.state in LIVE:
        await _ended(platform, reservation, ReservationState.USED)


async def end(platform: Platform, reservation: Reservation, state: ReservationState) -> None:
    """It ended without a charge: the Session is over and the EVSE is free again."""
    if await _ended(platform, reservation, state) is None:
        return
    if reservation.state == ReservationState.ACTIVE:
        await _write_session(platform, reservation, SessionStatus.COMPLETED)
        await _turn_evse(platform, reservation, Status.RESERVED, Status.AVAILABLE)


async def leave(platform: Platform, reservation: Reservation) -> None:
    """Another EVSE is kept free in its place."""
    await _turn_evse(platform, reservation, Status.RESERVED, Status.AVAILABLE)


async def run_out(platform: Platform, reservation: Reservation) -> StoredObject | None:
    """Its time is over, and the CDR when that costs anything; the station ends it by its own clock (OCPP 1.6, 5.13)."""
    over = await _ended(platform, reservation, ReservationState.EXPIRED)
    if over is None or reservation.state != ReservationState.ACTIVE:
        return None
    return await _settle(platform, reservation)


async def finish_expired(platform: Platform, reservation: Reservation) -> StoredObject | None:
    """What `run_out` was doing for an expired reservation when its process died; nothing when it was done."""
    kept = await platform.store.objects.get(_session_key(reservation))
    if kept is None or value_of(Session, kept).status != SessionStatus.RESERVATION:
        return None
    return await _settle(platform, reservation)


async def _settle(platform: Platform, reservation: Reservation) -> StoredObject | None:
    """The CDR before the Session, which says when all is done."""
    session, cdr = expired(reservation, _session(platform, reservation, SessionStatus.COMPLETED), platform.clock())
    stored = None
    if cdr is not None:
        stored = own(ObjectKey(module=ModuleID.CDRS, party=reservation.party, id=cdr.id), cdr, cdr.last_updated)
        await platform.store.objects.put(stored)
    if await platform.store.reservations.on(reservation.station_id, reservation.evse_id) is None:
        await _turn_evse(platform, reservation, Status.RESERVED, Status.AVAILABLE)
    await _put(platform, reservation, session)
    return stored


async def cancel(platform: Platform, number: int, why: str) -> None:
    """We, the operator, cannot keep it: its provider is told (mod_commands, "Reservation canceled by the CPO").

    NotFound when there is none such; UserError when it is over already. A station that does not answer is no reason to
    leave the driver in the belief that he has a place.
    """
    reservation = await platform.store.reservations.get(number)
    if reservation is None:
        raise NotFound(f"no reservation {number}")
    if reservation.state not in LIVE:
        raise UserError(f"reservation {number} is {reservation.state} already")
    try:
        await platform.stations.cancel_reservation(reservation.station_id, number)
    except StationError as error:
        log.warning("reservation %d is cancelled, and the station does not know: %s", number, error)
    await _call_off(platform, reservation, why)


async def broken(platform: Platform, station: Station, evse_ids: Iterable[int], status: str) -> None:
    """A station ends reservations of an EVSE that is Faulted or Unavailable by itself (OCPP 1.6, 5.13)."""
    for evse_id in evse_ids:
        reservation = await platform.store.reservations.on(station.id, evse_id)
        if reservation is not None and reservation.state == ReservationState.ACTIVE:
            await _call_off(platform, reservation, f"the EVSE is {status}")


async def ended_by_station(platform: Platform, station_id: str, number: int, *, expired: bool) -> None:
    """A station keeps it no longer (OCPP 2.0.1, H04): by its clock the time is over, or for a reason of its own."""
    reservation = await platform.store.reservations.get(number)
    if reservation is None or reservation.station_id != station_id or reservation.state != ReservationState.ACTIVE:
        return
    if expired:
        await run_out(platform, reservation)
    else:
        await _call_off(platform, reservation, "the station keeps it no longer")


async def _call_off(platform: Platform, reservation: Reservation, why: str) -> None:
    await end(platform, reservation, ReservationState.CANCELLED)
    command = await give_result(platform, reservation.command_id, CommandResultType.CANCELED_RESERVATION, why)
    if command is not None and command.direction == CommandDirection.RECEIVED:
        platform.background.start(_tell(platform, command.id), f"cancelled reservation {reservation.id}")


async def _tell(platform: Platform, command_id: str) -> None:
    command = await platform.store.commands.get(command_id)
    if command is not None:
        await send_result(platform, command)


async def _ended(platform: Platform, reservation: Reservation, state: ReservationState) -> Reservation | None:
    """The reservation in its last state; None when it was over already."""
    ended_here = False

    def change(kept: Reservation) -> Reservation:
        nonlocal ended_here
        ended_here = kept.state in LIVE
        return msgspec.structs.replace(kept, state=state) if ended_here else kept

    kept = await platform.store.reservations.modify(reservation.id, change)
    return kept if ended_here else None


async def _write_session(platform: Platform, reservation: Reservation, status: SessionStatus) -> None:
    await _put(platform, reservation, _session(platform, reservation, status))


async def _put(platform: Platform, reservation: Reservation, session: Session) -> None:
    await platform.store.objects.put(own(_session_key(reservation), session, session.last_updated))


def _session_key(reservation: Reservation) -> ObjectKey:
    return ObjectKey(module=ModuleID.SESSIONS, party=reservation.party, id=reservation.session_id)


def _session(platform: Platform, reservation: Reservation, status: SessionStatus) -> Session:
    now = platform.clock()
    token = tokens.cdr_token_of(parsed(Token, reservation.token))
    return Session(
        country_code=reservation.party.country_code,
        party_id=reservation.party.party_id,
        id=reservation.session_id,
        start_date_time=reservation.began_at,
        end_date_time=now if status == SessionStatus.COMPLETED else None,
        kwh=Decimal(0),
        cdr_token=token,
        auth_method=AuthMethod.COMMAND,
        authorization_reference=reservation.authorization_reference,
        location_id=reservation.location_id,
        evse_uid=reservation.evse_uid,
        connector_id=reservation.ocpi_connector_id,
        currency=_currency(platform, reservation),
        status=status,
        last_updated=now,
    )


def _currency(platform: Platform, reservation: Reservation) -> str:
    try:
        tariff = terms_of(reservation).tariff_at(reservation.began_at)
    except NoTerms:
        tariff = None
    return tariff.currency if tariff else platform.settings.charging.currency


async def _turn_evse(platform: Platform, reservation: Reservation, before: Status, after: Status) -> None:
    """Unless the station has said something else of it meanwhile."""
    key = ObjectKey(
        module=ModuleID.LOCATIONS, party=reservation.party, id=reservation.location_id, sub=reservation.evse_uid
    )
    kept = await platform.store.locations.get(key)
    if kept is not None and value_of(EVSE, kept).status == before:
        reserved = Why(reason=StatusReason.RESERVED) if after is Status.RESERVED else Why()
        await stations.set_evse_status(platform, key, after, reserved)
