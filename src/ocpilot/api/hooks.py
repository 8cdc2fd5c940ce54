"""Web hooks: added, switched off and on, tested; what is on its way to them."""

import msgspec

from ocpilot.api import calls
from ocpilot.api.calls import ApiCall, Reply
from ocpilot.api.shapes import Accepted, HookChange, HookMade, HookOrder, Replayed
from ocpilot.app import shown
from ocpilot.app.kept.hook_ports import Hook
from ocpilot.app.office import hooks
from ocpilot.app.office.api_keys import require_party
from ocpilot.base.errors import NotFound


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
    party = call.key.only if order.party is None else calls.party_of(order.party)
    if party is not None:
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
