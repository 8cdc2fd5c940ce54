"""What a web hook is told: the events that changes make, and their bodies with the newest state of the object."""

from collections.abc import Iterable

from msgspec import Raw, to_builtins

from ocpilot.app import shown
from ocpilot.app.invoicing import invoices_seen, invoices_shown
from ocpilot.app.kept.hook_ports import Hook, HookEvent
from ocpilot.app.kept.peer_records import Change
from ocpilot.app.kept.records import ObjectKey, StoredObject
from ocpilot.app.ocpi.concerns import ABOUT_TOKENS, concerns
from ocpilot.app.ocpi.homes import home
from ocpilot.app.ocpi.in_version import text_in
from ocpilot.app.office.hooks import word_of
from ocpilot.app.platform import Platform
from ocpilot.app.ports import OWN_VERSION
from ocpilot.base import time
from ocpilot.base.ids import PartyId, fold, new_id
from ocpilot.wire import codec
from ocpilot.wire.protocol import ModuleID
from ocpilot.wire.v230 import EVSE


def events_of(hook: Hook, changes: Iterable[Change]) -> list[HookEvent]:
    """The events a hook wants of these changes, the last one of each object."""
    last: dict[tuple[str, ...], HookEvent] = {}
    for change in changes:
        event = _event(hook, change)
        if event is not None:
            last[event.module, event.party, fold(event.object_id), fold(event.sub)] = event
    return list(last.values())


def _event(hook: Hook, change: Change) -> HookEvent | None:
    key = change.key
    word = word_of(key.module, key.sub)
    event = f"{word}.{'deleted' if change.deleted else 'updated'}"
    if word is None or not hook.wants(event) or not _may_concern(hook, change):
        return None
    return HookEvent(
        id=new_id(),
        hook_id=hook.id,
        event=event,
        module=key.module,
        party=key.party.key,
        object_id=key.id,
        sub=key.sub,
        peer_id=change.peer_id or 0,
        at=change.written_at,
    )


def _may_concern(hook: Hook, change: Change) -> bool:
    """As `concerns`, as far as the change log tells; what a peer sends is looked at when it is sent on."""
    if hook.only is None:
        return True
    if change.peer_id is None:
        return hook.party in (change.key.party.key, change.audience)
    return change.key.module in ABOUT_TOKENS and not change.deleted


async def body_of(platform: Platform, hook: Hook, event: HookEvent) -> str | None:
    """The body of an event with the newest state; None when the hook need not be told after all: what is gone by now is
    deleted in another event, and some objects of peers turn out to be about others."""
    said: codec.Body = {"id": event.id, "event": event.event, "time": time.write(event.at)}
    if event.module not in set(ModuleID):
        return codec.dumps(said | {"object": await _about(platform, event)}).decode()
    key = ObjectKey(module=ModuleID(event.module), party=PartyId.parse(event.party), id=event.object_id, sub=event.sub)
    text: Raw | None = None
    if not event.event.endswith(".deleted"):
        stored = await _stored(platform, key, event.peer_id or None)
        if stored is None or (hook.only is not None and not concerns(hook.only, stored)):
            return None
        text = Raw(await text_in(platform, stored, OWN_VERSION, _part(key)))
    said |= {"module": event.module, "owner": await _owner(platform, event.peer_id), "key": _named(key), "object": text}
    return codec.dumps(said).decode()


def _named(key: ObjectKey) -> dict[str, str]:
    owner = {"country_code": key.party.country_code, "party_id": key.party.party_id, "id": key.id}
    return owner | ({"sub": key.sub} if key.sub else {})


def _part(key: ObjectKey) -> type[EVSE] | None:
    return EVSE if key.module is ModuleID.LOCATIONS and key.sub else None


async def _stored(platform: Platform, key: ObjectKey, peer_id: int | None) -> StoredObject | None:
    return await home(platform, key.module).get(key, peer_id)


async def _owner(platform: Platform, peer_id: int) -> str:
    peer = await platform.store.peers.get(peer_id) if peer_id else None
    return peer.name if peer else "ours"


async def _about(platform: Platform, event: HookEvent) -> object:
    """What is told of something that is no OCPI object."""
    if event.data is not None:
        return Raw(event.data.encode())
    if event.module == "invoice":
        return to_builtins(invoices_shown.invoice_shown((await invoices_seen.one(platform, event.object_id))[0]))
    if event.module == "peer":
        peer = await platform.store.peers.get(int(event.object_id))
        return to_builtins(shown.peer(peer)) if peer else None
    command = await platform.store.commands.get(event.object_id)
    return to_builtins(shown.command(command, await platform.store.peers.all())) if command else None
