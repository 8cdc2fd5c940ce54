"""The operator console: what needs attention, sessions, transactions."""

from starlette.responses import Response

from ocpilot.app.office import console_views
from ocpilot.base.ids import PartyId
from ocpilot.web.reader import Reader

_PAGE = 50
_MOST = 1000


async def overview(reader: Reader) -> Response:
    """How things stand, and what a person should do."""
    view = await console_views.overview(reader.platform)
    return reader.page("console/overview.html", {"view": view}, part="console/overview_part.html")


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
