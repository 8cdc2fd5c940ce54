"""Stations of OCPP 2.1 know the Tariff of each of their EVSEs, so that they show and count what we charge (I07).

An EVSE gets the Tariff that holds there now for everybody, in the one exact form there is of it; where there is none,
or its connectors have different ones, it gets none. Prices that a charge began under stay with it.
"""

import asyncio
import hashlib
import logging
from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime

import msgspec

from ocpilot.app.kept.charge_records import Station
from ocpilot.app.kept.records import ObjectKey
from ocpilot.app.kept.station_tariff_records import TariffAtEvse, TariffsAtStation
from ocpilot.app.leading import while_leading
from ocpilot.app.ocpi import tariffs
from ocpilot.app.ocpi.bodies import value_of
from ocpilot.app.platform import Platform
from ocpilot.app.stations import price_texts
from ocpilot.base.errors import StationError
from ocpilot.base.ids import fold
from ocpilot.base.zones import zone_named
from ocpilot.pricing import choice
from ocpilot.wire.protocol import ModuleID
from ocpilot.wire.v230 import Connector, DisplayText, Location, Tariff

log = logging.getLogger(__name__)

#: The one version that has tariffs.
_PROTOCOL = "ocpp2.1"
#: Who leads, beside the jobs (0), the local lists and the peers.
_TARIFFS = -5
#: How many stations are talked to at the same time.
_AT_ONCE = 8
#: Stands for the moment of writing, which says nothing about prices.
_WHENEVER = datetime(2000, 1, 1, tzinfo=UTC)
_NONE, _NOT_SUPPORTED = "none", "NotSupported"


class StationTariffs:
    """The loop that brings stations up to date."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._at_once = asyncio.Semaphore(_AT_ONCE)

    async def run(self) -> None:
        """Run until cancelled; of several processes only one works."""
        if self._platform.settings.stations.tariffs:
            await while_leading(self._platform, _TARIFFS, self.once, "tariffs of stations")

    async def once(self) -> None:
        """Every station that is not up to date, once."""
        due = await self._platform.store.station_tariffs.due(_PROTOCOL, self._platform.clock())
        await asyncio.gather(*(self._bring(one) for one in due))

    async def _bring(self, told: TariffsAtStation) -> None:
        async with self._at_once:
            station = await self._platform.store.stations.get(told.station_id)
            try:
                if station is not None:
                    await update(self._platform, station, told)
            except StationError as error:
                log.warning("%s: it does not know its Tariffs: %s", told.station_id, error)


async def update(platform: Platform, station: Station, told: TariffsAtStation) -> None:
    """Tell a station what it does not know and keep what it knows now. StationUnreachable, StationTimeout.

    What it took is kept before the next EVSE, for it may fall silent in between.
    """
    location = await _location(platform, station)
    known = {one.evse_id: one for one in told.evses}
    until = None
    for evse_id in dict.fromkeys(one.evse_id for one in station.connectors):
        held = [one async for one in _held(platform, station, evse_id, location)] if location else []
        until = _sooner(until, (_next_change(every, platform.clock()) for every in held))
        before = known.get(evse_id, TariffAtEvse(evse_id=evse_id))
        known[evse_id] = await _tell(platform, station.id, before, location, _usual(held, platform.clock()))
        deaf = known[evse_id].said == _NOT_SUPPORTED
        told = msgspec.structs.replace(told, evses=tuple(known.values()), deaf=deaf)
        await platform.store.station_tariffs.keep(msgspec.structs.replace(told, stamp=None))
        if deaf:
            return
    await platform.store.station_tariffs.keep(msgspec.structs.replace(told, until=until))


async def _location(platform: Platform, station: Station) -> Location | None:
    key = ObjectKey(module=ModuleID.LOCATIONS, party=station.party, id=station.location_id)
    stored = await platform.store.locations.get(key)
    return value_of(Location, stored) if stored else None


async def _held(
    platform: Platform, station: Station, evse_id: int, location: Location
) -> AsyncIterator[tuple[Tariff, ...]]:
    """For each connector of the EVSE all Tariffs that are for everybody."""
    ours = {(fold(one.evse_uid), fold(one.ocpi_connector_id)) for one in station.connectors if one.evse_id == evse_id}
    for connector in _connectors(location, ours):
        yield await tariffs.at_connector(platform, station.party, connector, None)


def _connectors(location: Location, ours: set[tuple[str, str]]) -> Iterable[Connector]:
    return (
        connector
        for evse in location.evses
        for connector in evse.connectors
        if (fold(evse.uid), fold(connector.id)) in ours
    )


def _usual(held: list[tuple[Tariff, ...]], now: datetime) -> list[Tariff]:
    """What holds at the connectors now, each once."""
    found = (choice.usual(every, now) for every in held)
    return list({one.id: one for one in found if one is not None}.values())


def _next_change(held: Iterable[Tariff], now: datetime) -> datetime | None:
    """When another of these may hold."""
    borders = (moment for one in held for moment in (one.start_date_time, one.end_date_time))
    return min((moment for moment in borders if moment is not None and moment > now), default=None)


def _sooner(until: datetime | None, others: Iterable[datetime | None]) -> datetime | None:
    return min((moment for moment in (until, *others) if moment is not None), default=None)


async def _tell(
    platform: Platform, station_id: str, before: TariffAtEvse, location: Location | None, found: list[Tariff]
) -> TariffAtEvse:
    """The EVSE has `found` afterwards, or none; nothing is said when that was said already."""
    wanted = "+".join(map(name_of, found)) or _NONE
    if before.wanted == wanted:
        return before
    now = msgspec.structs.replace(before, wanted=wanted, said=None, why=None)
    if location is None or len(found) != 1:
        why = "no Tariff holds here" if not found else "its connectors have different Tariffs"
        return await _take_back(platform, station_id, msgspec.structs.replace(now, why=why))
    texts = _texts(found[0], location)
    answer = await platform.stations.set_default_tariff(station_id, before.evse_id, found[0], wanted, texts)
    said = ": ".join(filter(None, (answer.status, answer.why)))
    log.info("%s, EVSE %d: Tariff %s: %s", station_id, before.evse_id, found[0].id, said)
    now = msgspec.structs.replace(now, said=answer.status, why=answer.why)
    if answer.status == "Accepted":
        return msgspec.structs.replace(now, has=wanted)
    return await _take_back(platform, station_id, now)


def name_of(tariff: Tariff) -> str:
    """Its tariffId. Other prices under the same id are another tariff, for a station refuses an id that it has."""
    digest = hashlib.sha256(msgspec.json.encode(msgspec.structs.replace(tariff, last_updated=_WHENEVER)))
    return f"{tariff.id}-{digest.hexdigest()[:8]}"


async def _take_back(platform: Platform, station_id: str, now: TariffAtEvse) -> TariffAtEvse:
    """The station has a Tariff at the EVSE that does not hold any more."""
    if now.has is None:
        return now
    word = await platform.stations.clear_tariff(station_id, now.evse_id, now.has)
    log.info("%s, EVSE %d: its Tariff is taken back: %s", station_id, now.evse_id, word)
    return msgspec.structs.replace(now, has=None) if word in {"Accepted", "NoTariff"} else now


def _texts(tariff: Tariff, location: Location) -> tuple[DisplayText, ...]:
    """What its operator wrote for drivers, else our sentences in each of our languages."""
    zone = zone_named(location.time_zone)
    return tariff.tariff_alt_text or price_texts.in_all_languages(tariff, zone)
