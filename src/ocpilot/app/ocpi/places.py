"""Which of our stations and connectors another platform means when it names a Location, EVSE or Connector."""

from collections.abc import Callable, Collection

from ocpilot.app.kept.charge_records import Station, StationConnector
from ocpilot.app.kept.records import Record
from ocpilot.app.ocpi.bodies import value_of
from ocpilot.app.ocpi.visibility import meant_for
from ocpilot.app.platform import Platform
from ocpilot.base.errors import UnknownLocation
from ocpilot.base.ids import fold
from ocpilot.base.problem import Problem
from ocpilot.wire.v230 import EVSE, Capability, Location, Status


class Place(Record, frozen=True):
    """A station of ours, the one connector of it that is meant, and its EVSE."""

    station: Station
    connector: StationConnector
    evse: EVSE


async def our_location(platform: Platform, location_id: str, parties: Collection[str] | None = None) -> Location:
    """The Location of ours, when it is for one of these parties (None: whoever asks); UnknownLocation otherwise."""
    for stored in await platform.store.locations.find(location_id):
        if stored.peer_id is None and meant_for(stored.audience, parties):
            return value_of(Location, stored)
    raise UnknownLocation(f"no Location {location_id} here")


def missing_in_start(location: Location, evse_uid: str | None, connector_id: str | None) -> tuple[Problem, ...]:
    """What a START_SESSION does not say and must (mod_commands, "StartSession object"): the EVSE of a Connector, and
    the Connector of an EVSE with several that demands it."""
    if evse_uid is None and connector_id is not None:
        return (Problem(path="$.evse_uid", found="nothing", expected="an EVSE.uid, for connector_id is given"),)
    evse = _evse(location, evse_uid or "")
    if evse is None or connector_id is not None or not needs_connector(evse):
        return ()
    return (Problem(path="$.connector_id", found="nothing", expected=f"one, for {evse.uid} demands it"),)


def needs_connector(evse: EVSE) -> bool:
    """Whether a start must name the Connector (mod_locations, "Capability"); of an only one it is clear."""
    return Capability.START_SESSION_CONNECTOR_REQUIRED in evse.capabilities and len(evse.connectors) > 1


async def where(
    platform: Platform,
    location: Location,
    evse_uid: str | None,
    connector_id: str | None = None,
    *,
    fits: Callable[[EVSE], bool] = lambda _: True,
) -> Place | None:
    """The place that is meant. Without `evse_uid` a free one that fits, of a connected station, is taken.

    None when there is none; UnknownLocation for an EVSE or Connector that is not there.
    """
    if evse_uid is None:
        return await _free_one(platform, location, fits)
    evse = _evse(location, evse_uid)
    if evse is None or evse.status == Status.REMOVED:
        raise UnknownLocation(f"no EVSE {evse_uid} at Location {location.id}")
    if connector_id is not None and fold(connector_id) not in {fold(one.id) for one in evse.connectors}:
        raise UnknownLocation(f"no Connector {connector_id} at EVSE {evse_uid}")
    return await _at(platform, location, evse, connector_id)


def _evse(location: Location, evse_uid: str) -> EVSE | None:
    return next((one for one in location.evses if fold(one.uid) == fold(evse_uid)), None)


async def _at(platform: Platform, location: Location, evse: EVSE, connector_id: str | None = None) -> Place | None:
    station = await platform.store.stations.at_evse(location.id, evse.uid)
    for one in station.connectors if station else ():
        same = connector_id is None or fold(one.ocpi_connector_id) == fold(connector_id)
        if station is not None and fold(one.evse_uid) == fold(evse.uid) and same:
            return Place(station=station, connector=one, evse=evse)
    return None


async def _free_one(platform: Platform, location: Location, fits: Callable[[EVSE], bool]) -> Place | None:
    for evse in location.evses:
        if evse.status == Status.AVAILABLE and fits(evse):
            found = await _at(platform, location, evse)
            if found is not None and await platform.stations.is_connected(found.station.id):
                return found
    return None
