"""Peers: invited, registered, suspended, looked after."""

import msgspec

from ocpilot.api import calls
from ocpilot.api.calls import ApiCall, Reply
from ocpilot.api.shapes import Accepted, InvitationMade, Invite, LetterOrder, Register, Replayed
from ocpilot.app import shown
from ocpilot.app.invoicing import dead_letters
from ocpilot.app.kept.peer_records import DeliveryState, Peer
from ocpilot.app.kept.records import ObjectKey
from ocpilot.app.partners import peers, pull
from ocpilot.base.errors import MissingParameter
from ocpilot.wire.protocol import SUPPORTED, Version


async def list_peers(call: ApiCall) -> Reply:
    """Every peer, by name."""
    return calls.listed([msgspec.json.encode(shown.peer(one)) for one in await call.platform.store.peers.all()], call)


async def get_peer(call: ApiCall) -> Reply:
    """A peer."""
    return calls.shown(shown.peer(await _peer(call)))


async def invite_peer(call: ApiCall) -> Reply:
    """Make the token (CREDENTIALS_TOKEN_A) with which another platform registers with us; it is shown once."""
    made = await peers.invite(call.platform, call.read(Invite).name)
    return calls.shown(InvitationMade(name=made.peer.name, versions_url=made.versions_url, token=made.token), 201)


async def register_peer(call: ApiCall) -> Reply:
    """Register with a platform that gave us a token."""
    order = call.read(Register)
    peer = await peers.register(
        call.platform, order.versions_url, order.token, call.path["name"], _version(order.version)
    )
    return calls.shown(shown.peer(peer))


async def suspend_peer(call: ApiCall) -> Reply:
    """Stop talking with a peer for now."""
    return calls.shown(shown.peer(await peers.suspend(call.platform, await _peer(call))))


async def resume_peer(call: ApiCall) -> Reply:
    """Talk with a suspended peer again."""
    return calls.shown(shown.peer(await peers.resume(call.platform, await _peer(call))))


async def unregister_peer(call: ApiCall) -> Reply:
    """End the connection on both sides."""
    return calls.shown(shown.peer(await peers.unregister(call.platform, await _peer(call))))


async def pull_peer(call: ApiCall) -> Reply:
    """Begin to fetch all that a peer offers; its `pulled_at` says when that was done."""
    peer = await _peer(call)

    async def work() -> None:
        await pull.pull(call.platform, peer)

    call.platform.background.start(work(), f"pull of {peer.name}")
    return calls.shown(Accepted(state="begun"), 202)


async def patch_profile(call: ApiCall) -> Reply:
    """Change how we talk with a peer; the other fields of its profile stay."""
    return calls.shown(shown.peer(await peers.change_profile(call.platform, await _peer(call), call.object())))


async def list_findings(call: ApiCall) -> Reply:
    """What a peer sends that is not as the standard says, the most frequent first."""
    found = await call.platform.store.leniencies.of_peer((await _peer(call)).id)
    return calls.listed([msgspec.json.encode(shown.finding(one)) for one in found], call)


async def list_dead_letters(call: ApiCall) -> Reply:
    """What a peer would not take."""
    found = await call.platform.store.deliveries.all((await _peer(call)).id)
    dead = [one for one in found if one.state is DeliveryState.DEAD]
    return calls.listed([msgspec.json.encode(shown.delivery(one)) for one in dead], call)


async def replay_dead_letter(call: ApiCall) -> Reply:
    """Send a dead letter again."""
    order = call.read(LetterOrder)
    key = ObjectKey(module=order.module, party=calls.party_of(order.party), id=order.id, sub=order.sub)
    await dead_letters.replay(call.platform, (await _peer(call)).id, key)
    return calls.shown(Replayed(count=1))


async def _peer(call: ApiCall) -> Peer:
    return await peers.named(call.platform, call.path["name"])


def _version(text: str | None) -> Version | None:
    if text is not None and text not in SUPPORTED:
        raise MissingParameter(f"version: found {text[:20]!r}, expected one of {', '.join(SUPPORTED)}")
    return None if text is None else Version(text)
