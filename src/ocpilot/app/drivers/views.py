"""What drivers see: stations with status and price. Read from the ports and assembled, nothing decided."""

import logging
import math
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum

from msgspec.structs import replace

from ocpilot.app.customers.driver_prices import Paying, tariffs_paid
from ocpilot.app.kept.records import ObjectKey, Record, StoredObject
from ocpilot.app.ocpi import tariffs as tariff_store
from ocpilot.app.ocpi.bodies import value_of
from ocpilot.app.ocpi.visibility import meant_for
from ocpilot.app.platform import Platform
from ocpilot.base.errors import InvalidObject, NotFound
from ocpilot.base.ids import PartyId, fold
from ocpilot.billing.power import watts_of
from ocpilot.pricing.choice import is_valid
from ocpilot.wire.v230 import EVSE, Capability, Connector, Location, PowerType, Status, Tariff, TariffType

log = logging.getLogger(__name__)

#: Kilometres around a point: the next ring is looked at when the one before holds too few. Names are sought everywhere.
_RINGS_KM = (50.0, 300.0, 3000.0)
_EVERYWHERE_KM = 20_100.0
_LOOKED_AT = 2000
_PHASES = {PowerType.AC_3_PHASE: 3, PowerType.AC_2_PHASE: 2, PowerType.AC_2_PHASE_SPLIT: 2}
_NOT_SHOWN = frozenset({Status.REMOVED, Status.PLANNED})
_EARTH_KM = 6371.0


class PriceKnown(StrEnum):
    """`missing`: the Connector names Tariffs, and we know none that holds now. `none`: it names none."""

    YES = "yes"
    MISSING = "missing"
    NONE = "none"


class Plug(Record, frozen=True):
    """A Connector and the Tariffs that hold now, those for a driver with a contract first."""

    connector: Connector
    tariffs: tuple[Tariff, ...]

    @property
    def price(self) -> PriceKnown:
        """What we know about the price here."""
        if self.tariffs:
            return PriceKnown.YES
        return PriceKnown.MISSING if self.connector.tariff_ids else PriceKnown.NONE

    @property
    def kilowatts(self) -> float:
        """What it gives at most: as stated, else from volt, ampere and phases."""
        return watts_of(self.connector) / 1000

    @property
    def is_dc(self) -> bool:
        """Direct current: a fast charger."""
        return self.connector.power_type == PowerType.DC


class ChargePoint(Record, frozen=True):
    """An EVSE as it is shown. `clash` is the status another Location gives for the same EVSE, when it differs."""

    evse: EVSE
    plugs: tuple[Plug, ...]
    clash: Status | None = None

    @property
    def is_free(self) -> bool:
        """Can somebody charge here now?"""
        return self.evse.status == Status.AVAILABLE

    @property
    def starts_from_here(self) -> bool:
        """Can a charge be started from a page of ours?"""
        return Capability.REMOTE_START_STOP_CAPABLE in self.evse.capabilities


class StationView(Record, frozen=True):
    """A Location with its EVSEs. `distance_km` is from the point that was asked for."""

    key: ObjectKey
    peer_id: int | None
    location: Location
    points: tuple[ChargePoint, ...]
    distance_km: float | None = None

    @property
    def plugs(self) -> tuple[Plug, ...]:
        """All Connectors of the Location."""
        return tuple(plug for point in self.points for plug in point.plugs)

    @property
    def free(self) -> int:
        """How many EVSEs are available."""
        return sum(point.is_free for point in self.points)

    @property
    def kilowatts(self) -> float:
        """The strongest Connector."""
        return max((plug.kilowatts for plug in self.plugs), default=0.0)


class Current(StrEnum):
    """What a search is limited to."""

    ANY = ""
    AC = "ac"
    DC = "dc"


class Search(Record, frozen=True):
    """Which stations: around a point, by words in name or address, only free ones, only AC or DC."""

    latitude: float
    longitude: float
    words: str = ""
    free_only: bool = False
    current: Current = Current.ANY
    limit: int = 40


async def stations(platform: Platform, search: Search, payer: Paying | None = None) -> tuple[StationView, ...]:
    """The stations that fit, nearest first, with what `payer` pays there (None: what operators ask)."""
    places = await _places(platform, search)
    freshest = _freshest(location for _, location in places)
    fitting = [(stored, location) for stored, location in places if _fits(location, search)]
    prices = _Prices(platform, payer)
    views = [await _view(prices, stored, location, freshest) for stored, location in fitting[: search.limit]]
    return tuple(replace(view, distance_km=_distance(search, view.location)) for view in views)


async def _places(platform: Platform, search: Search) -> list[tuple[StoredObject, Location]]:
    """Locations around the point, from as small a ring as holds enough that fit."""
    plain = not (search.words or search.free_only or search.current)
    looked_at = 2 * search.limit if plain else _LOOKED_AT
    places: list[tuple[StoredObject, Location]] = []
    for radius in (_EVERYWHERE_KM,) if search.words else _RINGS_KM:
        found = await platform.store.locations.near(search.latitude, search.longitude, radius, looked_at)
        places = list(_readable(one for one in found if meant_for(one.audience, _readers(platform))))
        enough = sum(_fits(location, search) for _, location in places) >= search.limit
        if enough or len(found) == looked_at:
            break
    return places


def _readable(found: Iterable[StoredObject]) -> Iterator[tuple[StoredObject, Location]]:
    """What can be shown: one Location that breaks the standard does not empty the map."""
    for stored in found:
        try:
            yield stored, value_of(Location, stored)
        except InvalidObject as error:
            log.warning("Location %s of %s cannot be shown: %s", stored.key.id, stored.key.party, error)


async def station(platform: Platform, party: PartyId, location_id: str, payer: Paying | None = None) -> StationView:
    """One Location, the freshest when several peers told us about it, with what `payer` pays there; NotFound."""
    found = [
        stored
        for stored in await platform.store.locations.find(location_id)
        if stored.key.party == party and not stored.key.sub and meant_for(stored.audience, _readers(platform))
    ]
    if not found:
        raise NotFound(f"no Location {location_id} of {party}")
    stored = max(found, key=lambda one: one.last_updated)
    location = value_of(Location, stored)
    freshest = _freshest([location, *await _sharing(platform, location, stored.key)])
    return await _view(_Prices(platform, payer), stored, location, freshest)


async def _sharing(platform: Platform, location: Location, own: ObjectKey) -> list[Location]:
    """Other Locations in which an EVSE of this one stands too."""
    keys = {
        (key.party, key.id)
        for evse in location.evses
        for key in await platform.store.locations.find_evse(evse.uid)
        if (key.party, fold(key.id)) != (own.party, fold(own.id))
    }
    stored = [one for _, place in keys for one in await platform.store.locations.find(place)]
    return [value_of(Location, one) for one in stored if (one.key.party, one.key.id) in keys]


def _freshest(locations: Iterable[Location]) -> dict[str, tuple[EVSE, ...]]:
    """EVSEs by evse_id, the newest first: national data name the same EVSE in several Locations."""
    by_id: dict[str, list[EVSE]] = {}
    for location in locations:
        for evse in location.evses:
            if evse.evse_id:
                by_id.setdefault(fold(evse.evse_id), []).append(evse)
    return {name: tuple(sorted(same, key=lambda evse: evse.last_updated)[::-1]) for name, same in by_id.items()}


async def _view(
    prices: "_Prices", stored: StoredObject, location: Location, freshest: dict[str, tuple[EVSE, ...]]
) -> StationView:
    points = []
    for evse in location.evses:
        if evse.status not in _NOT_SHOWN:
            plugs = [Plug(connector=one, tariffs=await prices.at(stored, location, one)) for one in evse.connectors]
            points.append(_point(evse, tuple(plugs), freshest))
    return StationView(key=stored.key, peer_id=stored.peer_id, location=location, points=tuple(points))


def _point(evse: EVSE, plugs: tuple[Plug, ...], freshest: dict[str, tuple[EVSE, ...]]) -> ChargePoint:
    """The EVSE with the newest status anyone gave for it, and the older one when they differ."""
    same = freshest.get(fold(evse.evse_id or ""), (evse,))
    newest = same[0].status
    other = next((one.status for one in same if one.status != newest), None)
    return ChargePoint(evse=replace(evse, status=newest), plugs=plugs, clash=other)


class _Prices:
    """The Tariffs that hold at Connectors; each is looked up once a page."""

    def __init__(self, platform: Platform, payer: Paying | None) -> None:
        self._platform = platform
        self._payer = payer
        self._known: dict[tuple[int | None, ObjectKey], Tariff | None] = {}

    async def at(self, stored: StoredObject, place: Location, connector: Connector) -> tuple[Tariff, ...]:
        now, party = self._platform.clock(), stored.key.party
        named = [await self._tariff(party, stored.peer_id, one) for one in connector.tariff_ids]
        holding = [tariff for tariff in named if tariff is not None and is_valid(tariff, now)]
        asked = tuple(sorted(holding, key=lambda tariff: tariff.type not in {None, TariffType.REGULAR}))
        return asked if self._payer is None else tariffs_paid(self._platform, self._payer, party, place.country, asked)

    async def _tariff(self, party: PartyId, peer_id: int | None, tariff_id: str) -> Tariff | None:
        key = (peer_id, tariff_store.key_of(party, tariff_id))
        if key not in self._known:
            drivers = _readers(self._platform)
            found = await tariff_store.named(self._platform, party, (tariff_id,), peer_id, drivers)
            self._known[key] = found[0] if found else None
        return self._known[key]


def _readers(platform: Platform) -> tuple[str, ...]:
    """The parties whose drivers read these pages: an object of ours that is for another party is not shown to them."""
    return tuple(party.id.key for party in platform.settings.parties)


def _distance(search: Search, location: Location) -> float:
    return kilometres(search.latitude, search.longitude, *coordinates(location))


def _fits(location: Location, search: Search) -> bool:
    evses = [evse for evse in location.evses if _has_current(evse, search.current)]
    if search.free_only:
        evses = [evse for evse in evses if evse.status == Status.AVAILABLE]
    return bool(evses) and _says(location, search.words.lower().split())


def _has_current(evse: EVSE, current: Current) -> bool:
    if current is Current.ANY:
        return True
    return any((one.power_type == PowerType.DC) == (current is Current.DC) for one in evse.connectors)


def _says(location: Location, words: Sequence[str]) -> bool:
    texts = (location.name, location.address, location.city, location.postal_code, location.id)
    text = " ".join(part for part in texts if part).lower()
    return all(word in text for word in words)


def coordinates(location: Location) -> tuple[float, float]:
    """Latitude and longitude in degrees."""
    return float(location.coordinates.latitude), float(location.coordinates.longitude)


def kilometres(latitude: float, longitude: float, to_latitude: float, to_longitude: float) -> float:
    """The distance over the globe (haversine)."""
    phi, to_phi = math.radians(latitude), math.radians(to_latitude)
    half_phi, half_lambda = (to_phi - phi) / 2, math.radians(to_longitude - longitude) / 2
    bow = math.sin(half_phi) ** 2 + math.cos(phi) * math.cos(to_phi) * math.sin(half_lambda) ** 2
    return 2 * _EARTH_KM * math.asin(math.sqrt(min(bow, 1.0)))
