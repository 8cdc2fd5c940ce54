"""What back offices do besides keeping objects: credit CDRs, look after peers and web hooks."""

import msgspec

from ocpilot.api import calls
from ocpilot.api.calls import ApiCall, Reply
from ocpilot.api.shapes import (
    Accepted,
    Credit,
    HookChange,
    HookMade,
    HookOrder,
    InvitationMade,
    Invite,
    LetterOrder,
    ProfileChange,
    Register,
    Replayed,
)
from ocpilot.app import credit_cdrs, dead_letters, hooks, our_objects, peers, pull, shown
from ocpilot.app.api_keys import require_party
from ocpilot.app.hook_ports import EventState, Hook
from ocpilot.app.peer_records import DeliveryState, Peer
from ocpilot.app.records import ObjectKey
from ocpilot.base.errors import MissingParameter, NotFound
from ocpilot.base.ids import PartyId
from ocpilot.wire.protocol import SUPPORTED, Version

# ---- CDRs ----------------------------------------------------------------------------------------------------------


async def credit_cdr(call: ApiCall) -> Reply:
    """Take a CDR of ours back: its provider gets the Credit CDR of the answer. Again: the same one."""
    credited = await credit_cdrs.credit(call.platform, call.path["id"], call.read(Credit).remark, call.party())
    return calls.held(await our_objects.held(call.platform, credited), 201)


# ---- peers ---------------------------------------------------------------------------------------------------------


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
    """Change how we talk with a peer; null goes back to the usual."""
    changes = call.read(ProfileChange).changes
    return calls.shown(shown.peer(await peers.change_profile(call.platform, await _peer(call), changes)))


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
    try:
        key = ObjectKey(module=order.module, party=PartyId.parse(order.party), id=order.id, sub=order.sub)
    except ValueError as error:
        raise MissingParameter(f"party: found {order.party[:20]!r}, expected such as SE/LAD") from error
    await dead_letters.replay(call.platform, (await _peer(call)).id, key)
    return calls.shown(Replayed(count=1))


async def _peer(call: ApiCall) -> Peer:
    return await peers.named(call.platform, call.path["name"])


def _version(text: str | None) -> Version | None:
    if text is not None and text not in SUPPORTED:
        raise MissingParameter(f"version: found {text[:20]!r}, expected one of {', '.join(SUPPORTED)}")
    return None if text is None else Version(text)


# ---- web hooks -----------------------------------------------------------------------------------------------------


async def list_hooks(call: ApiCall) -> Reply:
    """Every web hook that the key may see, by name."""
    found = [one for one in await call.platform.store.hooks.all() if _sees(call, one)]
    return calls.listed([msgspec.json.encode(shown.hook(one)) for one in found], call)


async def get_hook(call: ApiCall) -> Reply:
    """A web hook."""
    return calls.shown(shown.hook(await _hook(call)))


async def add_hook(call: ApiCall) -> Reply:
    """Add a web hook, told of what happens from now on; its secret is shown once."""
    order = call.read(HookOrder)
    party = call.key.only
    if order.party is not None:
        try:
            party = PartyId.parse(order.party)
        except ValueError as error:
            raise MissingParameter(f"party: found {order.party[:20]!r}, expected such as SE/LAD") from error
        require_party(call.key, party)
    made = await hooks.add(call.platform, order.name, order.url, order.events, party)
    return calls.shown(HookMade(hook=shown.hook(made.hook), secret=made.secret), 201)


async def patch_hook(call: ApiCall) -> Reply:
    """Switch a web hook off, or on again from where it was."""
    hook, wanted = await _hook(call), call.read(HookChange)
    because = None if wanted.active else "switched off by a back office"
    await call.platform.store.hooks.set_active(hook.id, wanted.active, because)
    return await get_hook(call)


async def remove_hook(call: ApiCall) -> Reply:
    """Remove a web hook with all that was on its way."""
    await hooks.remove(call.platform, await _hook(call))
    return Reply(status=204)


async def test_hook(call: ApiCall) -> Reply:
    """Send an event that says nothing (`hook.test`)."""
    await call.platform.store.hooks.tell(hooks.event_of_a_test(call.platform, await _hook(call)))
    return calls.shown(Accepted(state="on its way"), 202)


async def list_hook_events(call: ApiCall) -> Reply:
    """What is on its way to a web hook, or was refused (`dead`), newest first."""
    hook = await _hook(call)
    found = await call.platform.store.hooks.events(hook.id, call.limit())
    wanted = call.query.get("state")
    kept = [one for one in found if not wanted or one.state == wanted]
    return calls.listed([msgspec.json.encode(shown.hook_event(one, hook.name)) for one in kept], call)


async def replay_hook_events(call: ApiCall) -> Reply:
    """Send all dead events of a web hook again, with the newest state of their objects."""
    return calls.shown(Replayed(count=await hooks.replay(call.platform, await _hook(call))))


async def replay_hook_event(call: ApiCall) -> Reply:
    """Send one dead event again."""
    return calls.shown(Replayed(count=await hooks.replay(call.platform, await _hook(call), call.path["id"])))


async def _hook(call: ApiCall) -> Hook:
    hook = await hooks.named(call.platform, call.path["name"])
    if not _sees(call, hook):
        raise NotFound(f"no web hook is called {call.path['name']!r}")
    return hook


def _sees(call: ApiCall, hook: Hook) -> bool:
    return call.key.party in (None, hook.party)


#: The words of the `state` of an event.
EVENT_STATES = tuple(str(state) for state in EventState)
