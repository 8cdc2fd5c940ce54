"""The operator console: CDRs with their price traced."""

from starlette.responses import Response

from ocpilot.app import bill_views, hub_members
from ocpilot.base.settings import HubMode
from ocpilot.web.console import more, number, party
from ocpilot.web.reader import Reader

_PAGE = 50
_MOST = 1000


async def cdrs(reader: Reader) -> Response:
    """The newest CDRs."""
    shown = number(reader, "show", _PAGE, _MOST)
    rows = await bill_views.cdrs(reader.platform, shown)
    return reader.page("console/cdrs.html", {"rows": rows, "more": more(len(rows), shown)})


async def cdr(reader: Reader) -> Response:
    """One CDR: its price line by line, where it differs from ours, and what became of it at each peer."""
    detail = await bill_views.cdr_detail(reader.platform, party(reader), reader.request.path_params["id"])
    return reader.page("console/cdr.html", {"detail": detail})


async def hub(reader: Reader) -> Response:
    """The members of our hub with their states."""
    settings = reader.platform.settings
    members = await hub_members.states(reader.platform) if settings.hub else ()
    keeps = settings.roaming.hub_mode is HubMode.STORED
    return reader.page("console/hub.html", {"hub": settings.hub, "members": members, "keeps": keeps})
