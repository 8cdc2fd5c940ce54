"""The operator console: CDRs with their price traced."""

from starlette.responses import Response

from ocpilot.app.invoicing import bill_views, disputes
from ocpilot.app.invoicing.bill_views import CdrDetail
from ocpilot.app.kept.clearing_records import ClearingState
from ocpilot.app.partners import hub_members
from ocpilot.base.settings import HubMode
from ocpilot.web.console import more, number, party
from ocpilot.web.reader import Reader

_PAGE = 50
_MOST = 1000


async def cdrs(reader: Reader) -> Response:
    """The newest CDRs."""
    shown = number(reader, "show", _PAGE, _MOST)
    rows = await bill_views.cdrs(reader.platform, shown)
    waiting = await reader.platform.store.clearings.waiting()
    return reader.page("console/cdrs.html", {"rows": rows, "more": more(len(rows), shown), "waiting": waiting})


async def cdr(reader: Reader) -> Response:
    """One CDR: its price line by line, where it differs from ours, and what became of it at each peer."""
    detail = await bill_views.cdr_detail(reader.platform, party(reader), reader.request.path_params["id"])
    return reader.page("console/cdr.html", {"detail": detail, "message": await _message(reader, detail)})


async def _message(reader: Reader, detail: CdrDetail) -> str | None:
    """What to tell the partner of one that waits for him or for us."""
    standing = detail.row.clearing
    if standing is None or standing.state not in {ClearingState.HELD, ClearingState.DISPUTED}:
        return None
    return (await disputes.message(reader.platform, detail.row.stored, reader.tongue.language)).text


async def hub(reader: Reader) -> Response:
    """The members of our hub with their states."""
    settings = reader.platform.settings
    members = await hub_members.states(reader.platform) if settings.hub else ()
    keeps = settings.roaming.hub_mode is HubMode.STORED
    return reader.page("console/hub.html", {"hub": settings.hub, "members": members, "keeps": keeps})
