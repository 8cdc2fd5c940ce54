"""The operator console: CDRs with their price traced, peers with what is on its way to them."""

from starlette.responses import Response

from ocpilot.app import bill_views, dead_letters, hub_members
from ocpilot.app.records import ObjectKey
from ocpilot.base.errors import NotFound
from ocpilot.base.ids import PartyId
from ocpilot.base.settings import HubMode
from ocpilot.web.console import more, number, party
from ocpilot.web.reader import Reader
from ocpilot.web.sign_in import text
from ocpilot.wire.protocol import ModuleID

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


async def peers(reader: Reader) -> Response:
    """Every platform we are connected with."""
    return reader.page("console/peers.html", {"views": await bill_views.peers(reader.platform)})


async def peer(reader: Reader) -> Response:
    """One peer with what waits for it."""
    view = await bill_views.peer(reader.platform, _peer_id(reader))
    return reader.page("console/peer.html", {"view": view})


async def hub(reader: Reader) -> Response:
    """The members of our hub with their states."""
    settings = reader.platform.settings
    members = await hub_members.states(reader.platform) if settings.hub else ()
    keeps = settings.roaming.hub_mode is HubMode.STORED
    return reader.page("console/hub.html", {"hub": settings.hub, "members": members, "keeps": keeps})


async def replay(reader: Reader) -> Response:
    """Send a dead letter again."""
    form = await reader.request.form()
    if text(form, "module") not in set(ModuleID):
        raise NotFound("no such module")
    key = ObjectKey(
        module=ModuleID(text(form, "module")),
        party=PartyId.parse(text(form, "party")),
        id=text(form, "id"),
        sub=text(form, "sub"),
    )
    await dead_letters.replay(reader.platform, _peer_id(reader), key)
    return reader.go(f"/console/peers/{_peer_id(reader)}")


def _peer_id(reader: Reader) -> int:
    given = str(reader.request.path_params["peer"])
    if not (given.isascii() and given.isdecimal() and len(given) < 10):
        raise NotFound(f"no peer {given!r}")
    return int(given)
