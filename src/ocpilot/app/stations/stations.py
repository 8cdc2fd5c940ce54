"""Our stations: added by an operator, let in, and what they say about themselves and their EVSEs."""

from collections.abc import Sequence

import msgspec

from ocpilot.app import passwords
from ocpilot.app.kept.charge_records import Station, StationConnector
from ocpilot.app.kept.records import ObjectKey
from ocpilot.app.kept.station_events import BootAnswer, BootInfo, StatusEvent
from ocpilot.app.kept.status_records import StatusReason, Why
from ocpilot.app.ocpi import status_history
from ocpilot.app.ocpi.bodies import value_of
from ocpilot.app.platform import Platform
from ocpilot.base.errors import UserError
from ocpilot.base.ids import PartyId
from ocpilot.wire.protocol import ModuleID
from ocpilot.wire.v230 import EVSE, LocationReferences, Status

#: OCPP 1.6 (7.7, "ChargePointStatus") -> what drivers are told (mod_locations, "Status").
_STATUS = {
    "Available": Status.AVAILABLE,
    "Preparing": Status.CHARGING,
    "Charging": Status.CHARGING,
    "SuspendedEV": Status.CHARGING,
    "SuspendedEVSE": Status.CHARGING,
    "Finishing": Status.CHARGING,
    "Occupied": Status.CHARGING,
    "Reserved": Status.RESERVED,
    "Unavailable": Status.INOPERATIVE,
    "Faulted": Status.OUTOFORDER,
}
#: Seconds after which a station that was not accepted is to boot again.
TRY_AGAIN = 60
#: Why an EVSE is that, where it is not just what the station says.
_REASONS = {
    **dict.fromkeys((word for word, status in _STATUS.items() if status is Status.CHARGING), StatusReason.SESSION),
    "Reserved": StatusReason.RESERVED,
    "Unavailable": StatusReason.UNAVAILABLE,
    "Faulted": StatusReason.FAULT,
}
_LOST = Why(reason=StatusReason.CONNECTIVITY)
#: An error code that says that there is none (OCPP 1.6, 7.6), or nothing at all (2.x has none).
_NO_ERROR = (None, "", "NoError")
#: States of connector 0, the whole station, that go for each of its EVSEs; they end reservations too.
WHOLE = frozenset({Status.INOPERATIVE, Status.OUTOFORDER})


async def add(
    platform: Platform,
    station_id: str,
    *,
    party: PartyId,
    location_id: str,
    connectors: tuple[StationConnector, ...],
    password: str | None,
    made: bool = False,
) -> Station:
    """A station that may connect, new or with other connectors than before; without a password it keeps what it had.
    `made`: the password is chance, 80 bits or more. UserError when its Location is not ours."""
    location = ObjectKey(module=ModuleID.LOCATIONS, party=party, id=location_id)
    if await platform.store.locations.get(location) is None:
        raise UserError(f"{party} has no Location {location_id}; put it first")
    known = await platform.store.stations.get(station_id)
    blank = known or Station(id=station_id, party=party, location_id=location_id, connectors=())
    password_hash = blank.password_hash if password is None else await _hash_of(password, made=made)
    station = msgspec.structs.replace(
        blank, party=party, location_id=location_id, connectors=connectors, password_hash=password_hash
    )
    await platform.store.stations.save(station)
    return station


async def _hash_of(password: str, *, made: bool) -> str:
    return passwords.hashed_key(password) if made else await passwords.hashed(password)


async def our_location(platform: Platform, location_id: str) -> ObjectKey:
    """The Location of ours with this id. UserError when there is none."""
    found = [one for one in await platform.store.locations.find(location_id) if one.peer_id is None]
    if not found:
        raise UserError(f"no Location of ours has the id {location_id}; take it over first: ocpilot load FILE")
    return found[0].key


def connectors_of(evses: Sequence[str]) -> tuple[StationConnector, ...]:
    """EVSEs 1, 2 ... of a station, each with one connector."""
    return tuple(
        StationConnector(evse_id=number, evse_uid=evse_uid, ocpi_connector_id="1")
        for number, evse_uid in enumerate(evses, start=1)
    )


async def connected(platform: Platform, station_id: str, protocol: str) -> None:
    """A connection stands."""
    await platform.store.stations.connected(station_id, protocol, platform.clock())


async def disconnected(platform: Platform, station_id: str, node: int | None = None) -> None:
    """The socket is lost, here or with the process `node`: nobody knows what its EVSEs do. A running Session stays
    ACTIVE."""
    left = await platform.store.stations.disconnected(station_id, node)
    station = await platform.store.stations.get(station_id) if left else None
    if station is None:
        return
    for connector in station.connectors:
        key = evse_key(station, connector.evse_uid)
        kept = await platform.store.locations.get(key)
        await set_evse_status(platform, key, Status.UNKNOWN, _LOST)
        # It may have come back between the two writes, and said what it is before we said that nobody knows.
        again = await platform.store.stations.get(station_id)
        if again is not None and again.connected and kept is not None:
            await set_evse_status(platform, key, value_of(EVSE, kept).status)


async def booted(platform: Platform, station_id: str, info: BootInfo) -> BootAnswer:
    """BootNotification: kept, and accepted when we know the station."""
    now, interval = platform.clock(), platform.settings.stations.heartbeat_interval
    station = await platform.store.stations.booted(station_id, info, now)
    if station is not None and station.approved:
        return BootAnswer(accepted=True, interval=interval)
    waiting = station is not None or await platform.store.newcomers.booted(station_id, info, now)
    return BootAnswer(accepted=False, interval=min(interval, TRY_AGAIN), waiting=waiting)


def status_of(word: str) -> Status | None:
    """The OCPI word for a station's; None for a word OCPP does not have."""
    return _STATUS.get(word)


async def whole_station(platform: Platform, station: Station, status: Status, why: Why) -> None:
    """A status of connector 0: a fault goes for all EVSEs, `Available` for none (each says so itself)."""
    if status in WHOLE:
        for connector in station.connectors:
            await set_evse_status(platform, evse_key(station, connector.evse_uid), status, why)


async def set_evse_status(platform: Platform, key: ObjectKey, status: Status, why: Why | None = None) -> None:
    """An EVSE of ours is this from now on, for a reason (`status_history.py`)."""
    await status_history.set_status(platform, key, status, why or Why())


def why_of(event: StatusEvent) -> Why:
    """Why a station gives its EVSE that status, as far as it says."""
    code = None if event.error_code in _NO_ERROR else event.error_code
    info = " ".join(filter(None, (event.vendor_error_code, event.info)))
    return Why(reason=_REASONS.get(event.status, StatusReason.STATION), code=code, info=info or None, said_at=event.at)


def evse_key(station: Station, evse_uid: str) -> ObjectKey:
    """The key of one EVSE of a station."""
    return ObjectKey(module=ModuleID.LOCATIONS, party=station.party, id=station.location_id, sub=evse_uid)


def place_of(station: Station) -> LocationReferences:
    """Where the station is, for a question about a Token."""
    uids = dict.fromkeys(connector.evse_uid for connector in station.connectors)
    return LocationReferences(location_id=station.location_id, evse_uids=tuple(uids))


def connector_of(station: Station, evse_id: int, connector_id: int = 1) -> StationConnector | None:
    """What a connector of an OCPP EVSE is in OCPI; the first of the EVSE when it has none such, None without EVSE."""
    there = [one for one in station.connectors if one.evse_id == evse_id]
    return next((one for one in there if one.connector_id == connector_id), next(iter(there), None))
