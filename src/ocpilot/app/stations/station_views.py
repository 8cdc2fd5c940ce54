"""What people and programs see of stations: each with its EVSEs, what they are, since when and why; and its frames."""

from collections.abc import Sequence

import msgspec

from ocpilot.app.kept.charge_records import Station, StationConnector, StationQuery, Transaction
from ocpilot.app.kept.frames import FrameList, FrameQuery
from ocpilot.app.kept.records import ObjectKey, Record
from ocpilot.app.kept.station_tariff_records import TariffAtEvse
from ocpilot.app.kept.status_records import StatusChange
from ocpilot.app.ocpi.bodies import value_of
from ocpilot.app.platform import Platform
from ocpilot.app.stations import stations
from ocpilot.base.errors import NotFound
from ocpilot.base.ids import PartyId, fold
from ocpilot.wire.v230 import EVSE


class EvseNow(Record, frozen=True):
    """One EVSE of a station: `evse` is None when the Location has it no longer, `change` what it is and why, `tariff`
    what its station was told of its Tariff (2.1, of a single station only)."""

    connector: StationConnector
    evse: EVSE | None
    change: StatusChange | None
    tariff: TariffAtEvse | None = None


class StationNow(Record, frozen=True):
    """A station of ours with its EVSEs."""

    station: Station
    evses: tuple[EvseNow, ...]


class StationPage(Record, frozen=True):
    """Stations by id, and whether there are more."""

    stations: tuple[StationNow, ...]
    more: bool


async def page(platform: Platform, query: StationQuery) -> StationPage:
    """Stations by id, as the query asks."""
    found = await platform.store.stations.page(msgspec.structs.replace(query, limit=query.limit + 1))
    shown = found[: query.limit]
    return StationPage(await now(platform, shown), len(found) > query.limit)


async def now(platform: Platform, found: Sequence[Station]) -> tuple[StationNow, ...]:
    """These stations with their EVSEs, in two looks whatever their number."""
    keys = [stations.evse_key(station, one.evse_uid) for station in found for one in station.connectors]
    evses = {
        (one.key.party, fold(one.key.id), fold(one.key.sub)): value_of(EVSE, one)
        for one in await platform.store.locations.some_evses(keys)
    }
    newest = await platform.store.status_history.newest(keys)
    changes = dict(zip(((one.party, fold(one.id), fold(one.sub)) for one in keys), newest, strict=True))
    return tuple(
        StationNow(
            station,
            tuple(
                EvseNow(one, evses.get(key), changes.get(key))
                for one in station.connectors
                for key in [(station.party, fold(station.location_id), fold(one.evse_uid))]
            ),
        )
        for station in found
    )


async def named(platform: Platform, station_id: str, only: PartyId | None = None) -> Station:
    """A station by its OCPP identity, of a party if that is all that may be seen; NotFound."""
    station = await platform.store.stations.get(station_id)
    if station is None or only not in {None, station.party}:
        raise NotFound(f"no station {station_id}")
    return station


async def one(platform: Platform, station_id: str, only: PartyId | None = None) -> StationNow:
    """A station with its EVSEs; NotFound."""
    [found] = await now(platform, [await named(platform, station_id, only)])
    told = await platform.store.station_tariffs.of(station_id)
    known = {each.evse_id: each for each in told.evses} if told else {}
    evses = (msgspec.structs.replace(each, tariff=known.get(each.connector.evse_id)) for each in found.evses)
    return msgspec.structs.replace(found, evses=tuple(evses))


async def frames(platform: Platform, query: FrameQuery) -> FrameList:
    """Frames of a query, newest first."""
    found = await platform.store.frames.find(msgspec.structs.replace(query, limit=query.limit + 1))
    shown = found[: query.limit]
    since = shown[-1].at if len(found) > query.limit else query.since
    until = query.until if query.before is None else query.before[0]
    return FrameList(frames=shown, more=len(found) > query.limit, gaps=await platform.store.frames.gaps(since, until))


def evse_key(station: Station, connector: StationConnector) -> ObjectKey:
    """The key of the EVSE of a connector."""
    return stations.evse_key(station, connector.evse_uid)


async def running(platform: Platform, station: Station) -> tuple[Transaction, ...]:
    """Transactions that run at a station."""
    numbers = dict.fromkeys(one.evse_id for one in station.connectors)
    found = [await platform.store.transactions.open_on(station.id, number) for number in numbers]
    return tuple(one for one in found if one is not None)
