"""Pages of stations: the list with its map, one station, and what the map draws."""

from starlette.responses import JSONResponse, Response

from ocpilot.app.drivers import charge_views, views
from ocpilot.app.drivers.views import Current, Search
from ocpilot.base.ids import PartyId
from ocpilot.web.driver_words import EVSE_STATUS
from ocpilot.web.links import station_path
from ocpilot.web.reader import Reader
from ocpilot.web.usual_charge import cheapest_first

_MAP_LIMIT = 400


async def start(reader: Reader) -> Response:
    """Stations around a place; of a platform without drivers, who it is."""
    if not reader.site.serves_drivers:
        return reader.page("about.html", {})
    search = _search(reader)
    payer = await reader.payer()
    found = await views.stations(reader.platform, search, payer)
    by_price = reader.request.query_params.get("sort") == "price"
    if by_price:
        found = cheapest_first(found, reader.platform.clock())
    running = await charge_views.running_charges(reader.platform, reader.known) if reader.is_driver else ()
    placed = "lat" in reader.request.query_params
    context = {
        "stations": found,
        "search": search,
        "placed": placed,
        "running": running,
        "by_price": by_price,
        "payer": payer,
    }
    return reader.page("stations.html", context, part="stations_list.html")


async def station(reader: Reader) -> Response:
    """One station, with a start button for each EVSE."""
    party = PartyId.of(reader.request.path_params["country"], reader.request.path_params["party"])
    payer = await reader.payer()
    view = await views.station(reader.platform, party, reader.request.path_params["location"], payer)
    return reader.page("station.html", {"station": view, "payer": payer}, part="station_points.html")


async def map_points(reader: Reader) -> Response:
    """GeoJSON of what the list shows, and some more."""
    search = _search(reader, _MAP_LIMIT)
    found = await views.stations(reader.platform, search)
    return JSONResponse({"type": "FeatureCollection", "features": [_feature(view) for view in found]})


def _feature(view: views.StationView) -> dict[str, object]:
    latitude, longitude = views.coordinates(view.location)
    tones = {EVSE_STATUS[point.evse.status][1] for point in view.points}
    tone = "good" if view.free else next((one for one in ("busy", "warn", "quiet", "bad") if one in tones), "quiet")
    return {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [longitude, latitude]},
        "properties": {
            "name": view.location.name or view.location.address,
            "path": station_path(view.key),
            "free": view.free,
            "all": len(view.points),
            "kilowatts": round(view.kilowatts),
            "tone": tone,
        },
    }


def _search(reader: Reader, limit: int = 40) -> Search:
    """What the query asks for; nonsense counts as not asked."""
    query, web = reader.request.query_params, reader.platform.settings.web
    current = query.get("current", "")
    return Search(
        latitude=_degrees(query.get("lat"), web.map_latitude, 90),
        longitude=_degrees(query.get("lon"), web.map_longitude, 180),
        words=query.get("q", "").strip()[:100],
        free_only=query.get("free") == "1",
        current=Current(current) if current in set(Current) else Current.ANY,
        limit=limit,
    )


def _degrees(text: str | None, otherwise: float, most: float) -> float:
    try:
        value = float(text or "")
    except ValueError:
        return otherwise
    return value if -most <= value <= most else otherwise
