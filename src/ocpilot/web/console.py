"""The operator console: what needs attention, stations, sessions, lists of transactions."""

from starlette.responses import Response

from ocpilot.app import console_views
from ocpilot.base.ids import PartyId
from ocpilot.web.reader import Reader

_PAGE = 50
_MOST = 1000


async def overview(reader: Reader) -> Response:
    """How things stand, and what a person should do."""
    view = await console_views.overview(reader.platform)
    return reader.page("console/overview.html", {"view": view}, part="console/overview_part.html")


async def stations(reader: Reader) -> Response:
    """Stations of ours, with those that are away first when asked for."""
    known = await reader.platform.store.stations.all()
    away = reader.request.query_params.get("away") == "1"
    found = tuple(one for one in known if not (away and one.connected))
    offset = number(reader, "from", 0, len(found))
    states = await console_views.station_states(reader.platform, found[offset : offset + _PAGE])
    after = offset + _PAGE if offset + _PAGE < len(found) else None
    context = {"states": states, "total": len(found), "offset": offset, "after": after, "size": _PAGE, "away": away}
    return reader.page("console/stations.html", context)


async def station(reader: Reader) -> Response:
    """One station with its connectors."""
    state = await console_views.station_named(reader.platform, reader.request.path_params["station"])
    return reader.page("console/station.html", {"state": state}, part="console/station_part.html")


async def sessions(reader: Reader) -> Response:
    """The newest Sessions."""
    shown = number(reader, "show", _PAGE, _MOST)
    rows = await console_views.sessions(reader.platform, shown)
    return reader.page("console/sessions.html", {"rows": rows, "more": more(len(rows), shown)})


async def session(reader: Reader) -> Response:
    """One Session with its Charging Periods."""
    row = await console_views.session_row(reader.platform, party(reader), reader.request.path_params["id"])
    bill = await console_views.cdr_of_session(reader.platform, row.session)
    transaction = await reader.platform.store.transactions.by_session(row.session.id)
    return reader.page("console/session.html", {"row": row, "bill": bill, "transaction": transaction})


async def transactions(reader: Reader) -> Response:
    """Transactions of our stations that are not billed."""
    found = await console_views.transactions(reader.platform)
    return reader.page("console/transactions.html", {"transactions": found})


def party(reader: Reader) -> PartyId:
    """The party in the path."""
    return PartyId.of(reader.request.path_params["country"], reader.request.path_params["party"])


def number(reader: Reader, name: str, otherwise: int, most: int) -> int:
    """A whole number of the query, not below 0; nonsense counts as not asked."""
    text = reader.request.query_params.get(name, "")
    return min(int(text), most) if text.isascii() and text.isdecimal() else otherwise


def more(found: int, shown: int) -> int | None:
    """How many the next, longer list shows; None when this one holds all."""
    return min(shown * 2, _MOST) if found >= shown and shown < _MOST else None
