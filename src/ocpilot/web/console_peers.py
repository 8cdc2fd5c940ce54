"""The operator console: peers, what is on its way to them, and all that a person may do with a connection."""

from collections.abc import Awaitable, Callable

from starlette.datastructures import FormData
from starlette.responses import Response

from ocpilot.app.invoicing import bill_views, dead_letters
from ocpilot.app.kept.peer_records import Peer
from ocpilot.app.kept.records import ObjectKey
from ocpilot.app.partners import peers
from ocpilot.app.partners.ready_profiles import READY, ready
from ocpilot.app.platform import Platform
from ocpilot.base.errors import NotFound, OcpilotError
from ocpilot.base.ids import PartyId
from ocpilot.web import peer_form
from ocpilot.web.reader import Handler, Reader
from ocpilot.web.sign_in import text
from ocpilot.wire.protocol import ModuleID

#: What a person did with a peer; what comes back is a peer or nothing.
Action = Callable[[Platform, Peer, FormData], Awaitable[object]]


async def listed(reader: Reader) -> Response:
    """Every platform we are connected with, and the form for another one."""
    return await _list(reader)


async def invite(reader: Reader) -> Response:
    """A token for a platform that will register with us: shown on this answer and never again."""
    form = await reader.request.form()
    name, allowed = text(form, "name").strip(), text(form, "allow").replace(",", " ").split()
    if not name:
        return await _list(reader, "A peer needs a name.", form)
    try:
        invitation = await peers.invite(reader.platform, name, allowed)
    except OcpilotError as error:
        return await _list(reader, _shown(error), form)
    return reader.page("console/invited.html", {"invitation": invitation})


async def shown(reader: Reader) -> Response:
    """One peer with what waits for it."""
    return await _peer(reader)


def acting(action: Action) -> Handler:
    """The handler of a form that does this with the peer in the path, and then shows it again."""

    async def act(reader: Reader) -> Response:
        view = await bill_views.peer(reader.platform, peer_id(reader))
        try:
            await action(reader.platform, view.peer, await reader.request.form())
        except NotFound:
            raise
        except OcpilotError as error:
            return await _peer(reader, _shown(error))
        return reader.go(f"/console/peers/{view.peer.id}")

    return act


async def _suspend(platform: Platform, peer: Peer, _: FormData) -> None:
    await peers.suspend(platform, peer)


async def _resume(platform: Platform, peer: Peer, _: FormData) -> None:
    await peers.resume(platform, peer)


async def _unregister(platform: Platform, peer: Peer, _: FormData) -> None:
    await peers.unregister(platform, peer)


async def _update(platform: Platform, peer: Peer, _: FormData) -> None:
    await peers.update(platform, peer)


async def _pull(platform: Platform, peer: Peer, _: FormData) -> None:
    """The loop that pulls looks every second; a peer that was silent is its next one."""
    await platform.store.peers.returned(peer.id, platform.clock())


async def _allow(platform: Platform, peer: Peer, form: FormData) -> None:
    await peers.allow(platform, peer, text(form, "allow").replace(",", " ").split())


async def _like(platform: Platform, peer: Peer, form: FormData) -> None:
    await peers.change_profile(platform, peer, ready(text(form, "like")).changes)


async def _profile(platform: Platform, peer: Peer, form: FormData) -> None:
    await peers.change_profile(platform, peer, peer_form.changes(form))


async def _replay(platform: Platform, peer: Peer, form: FormData) -> None:
    if text(form, "all"):
        await dead_letters.replay_all(platform, peer.id)
    else:
        await dead_letters.replay(platform, peer.id, _letter(form))


async def _drop(platform: Platform, peer: Peer, form: FormData) -> None:
    if text(form, "all"):
        await dead_letters.drop_all(platform, peer.id)
    else:
        await dead_letters.drop(platform, peer.id, _letter(form))


#: What can be done with a peer, by the last word of the path.
ACTIONS: dict[str, Action] = {
    "suspend": _suspend,
    "resume": _resume,
    "unregister": _unregister,
    "update": _update,
    "pull": _pull,
    "allow": _allow,
    "like": _like,
    "profile": _profile,
    "replay": _replay,
    "drop": _drop,
}


async def _list(reader: Reader, problem: str | None = None, form: FormData | None = None) -> Response:
    given = {name: text(form, name) if form else "" for name in ("name", "allow")}
    context = {"views": await bill_views.peers(reader.platform), "problem": problem, "given": given}
    return reader.page("console/peers.html", context, status=400 if problem else 200)


async def _peer(reader: Reader, problem: str | None = None) -> Response:
    view = await bill_views.peer(reader.platform, peer_id(reader))
    context = {
        "view": view,
        "problem": problem,
        "fields": peer_form.FIELDS,
        "filled": peer_form.filled(view.peer.profile),
        "ready": READY,
        "policies": peer_form.POLICIES,
    }
    return reader.page("console/peer.html", context, status=400 if problem else 200)


def _shown(error: OcpilotError) -> str:
    """What an operator may read: an error of ours is in the log."""
    return type(error).__name__ if error.fault == "ours" and not str(error) else error.in_full


def _letter(form: FormData) -> ObjectKey:
    if text(form, "module") not in set(ModuleID):
        raise NotFound("no such module")
    return ObjectKey(
        module=ModuleID(text(form, "module")),
        party=PartyId.parse(text(form, "party")),
        id=text(form, "id"),
        sub=text(form, "sub"),
    )


def peer_id(reader: Reader) -> int:
    """The peer in the path; NotFound for what is no number."""
    given = str(reader.request.path_params["peer"])
    if not (given.isascii() and given.isdecimal() and len(given) < 10):
        raise NotFound(f"no peer {given!r}")
    return int(given)
