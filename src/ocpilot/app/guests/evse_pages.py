"""One EVSE as whoever stands in front of it sees it: found by the EVSE id on the station, and what keeps him from
charging."""

from enum import StrEnum
from urllib.parse import quote

from msgspec.structs import replace

from ocpilot.app.customers.driver_prices import Paying
from ocpilot.app.drivers import views
from ocpilot.app.drivers.views import ChargePoint, StationView
from ocpilot.app.kept.charge_records import Station
from ocpilot.app.kept.records import Record
from ocpilot.app.platform import Platform
from ocpilot.base.errors import NotFound
from ocpilot.base.ids import fold
from ocpilot.pricing.choice import for_ad_hoc
from ocpilot.wire.v230 import EVSE, Status


class Obstacle(StrEnum):
    """Why nobody can start here now."""

    BUSY = "busy"
    RESERVED = "reserved"
    BROKEN = "broken"
    AWAY = "away"


_IN_THE_WAY = {
    Status.RESERVED: Obstacle.RESERVED,
    Status.BLOCKED: Obstacle.BROKEN,
    Status.INOPERATIVE: Obstacle.BROKEN,
    Status.OUTOFORDER: Obstacle.BROKEN,
}


class EvsePage(Record, frozen=True, kw_only=True):
    """An EVSE with its Location. `ad_hoc`: somebody without an account may start here when nothing is in the way, and
    `without_contract` is the EVSE with the prices he pays."""

    station: StationView
    point: ChargePoint
    obstacle: Obstacle | None
    ad_hoc: bool

    @property
    def without_contract(self) -> ChargePoint:
        """See above."""
        plugs = tuple(replace(plug, tariffs=for_ad_hoc(plug.tariffs)) for plug in self.point.plugs)
        return replace(self.point, plugs=plugs)


def url_of(platform: Platform, evse: EVSE) -> str | None:
    """The address of its page, as its QR code tells it; None for an EVSE without an EVSE id."""
    return f"{platform.settings.server.base_url}/evse/{quote(evse.evse_id, safe='*')}" if evse.evse_id else None


async def find(platform: Platform, evse_id: str, payer: Paying | None = None) -> EvsePage:
    """By the EVSE id on the station, in any case and with or without its `*`; NotFound for one that nobody knows or
    that is not in use. Prices are what `payer` pays (None: what the operator asks)."""
    for key in await platform.store.locations.with_evse_id(evse_id):
        station = await views.station(platform, key.party, key.id, payer)
        point = next((one for one in station.points if fold(one.evse.uid) == fold(key.sub)), None)
        if point is not None:
            return await _page(platform, station, point)
    raise NotFound(f"no EVSE {evse_id}")


async def _page(platform: Platform, view: StationView, point: ChargePoint) -> EvsePage:
    """Of a station of ours we know more than its status."""
    station = None
    if view.peer_id is None:
        station = await platform.store.stations.at_evse(view.location.id, point.evse.uid)
    obstacle = _IN_THE_WAY.get(point.evse.status)
    if obstacle is None and station is not None:
        obstacle = await _at_ours(platform, station, point)
    ad_hoc = platform.settings.web.ad_hoc and station is not None and point.starts_from_here
    return EvsePage(station=view, point=point, obstacle=obstacle, ad_hoc=ad_hoc)


async def _at_ours(platform: Platform, station: Station, point: ChargePoint) -> Obstacle | None:
    """A car that is plugged in looks like one that charges (OCPP 1.6 `Preparing`); an open transaction tells."""
    if not await platform.stations.is_connected(station.id):
        return Obstacle.AWAY
    numbers = {one.evse_id for one in station.connectors if fold(one.evse_uid) == fold(point.evse.uid)}
    for number in numbers:
        if await platform.store.transactions.open_on(station.id, number) is not None:
            return Obstacle.BUSY
    return None
