"""Web hooks: which there are, what they may be told of, and how an event is signed."""

import hashlib
import hmac
import secrets
from collections.abc import Collection
from datetime import datetime

from ocpilot.app.kept.clearing_records import ClearingState
from ocpilot.app.kept.hook_ports import Hook, HookAnswer, HookEvent, HookSender
from ocpilot.app.kept.records import Record
from ocpilot.app.ocpi.classes import BOOKING_LOCATIONS, BOOKINGS, CONFIRMATIONS, TERMINALS, class_of
from ocpilot.app.platform import Platform
from ocpilot.base.errors import NotFound, UserError
from ocpilot.base.ids import PartyId, new_id
from ocpilot.roaming.addresses import check_url
from ocpilot.wire import codec
from ocpilot.wire.kinds import kind_of
from ocpilot.wire.protocol import ModuleID

#: What follows the change log for hooks: while it does, what peers send is in the log too.
FOLLOWER = "hooks"
SIGNATURE = "OCPIlot-Signature"
TEST = "hook.test"

_KINDS = (
    (ModuleID.LOCATIONS, ""),
    (ModuleID.TARIFFS, ""),
    (ModuleID.SESSIONS, ""),
    (ModuleID.CDRS, ""),
    (ModuleID.TOKENS, ""),
    (ModuleID.HUB_CLIENT_INFO, ""),
    (ModuleID.INVOICE_RECONCILIATION, ""),
    (ModuleID.PAYMENTS, TERMINALS),
    (ModuleID.PAYMENTS, CONFIRMATIONS),
    (ModuleID.BOOKINGS, BOOKING_LOCATIONS),
    (ModuleID.BOOKINGS, BOOKINGS),
)
_WORDS = {kind: kind_of(class_of(*kind)).name for kind in _KINDS}
#: Every event there is; a hook may also ask for `session.*`.
EVENTS = (
    *(f"{word}.{what}" for word in (*_WORDS.values(), "evse") for what in ("updated", "deleted")),
    *("peer.invited", "peer.registered", "peer.suspended", "peer.unregistered"),
    *(f"clearing.{state}" for state in ClearingState),
    *("command.result", "command.session", "delivery.dead", "invoice.issued"),
)


class NewHook(Record, frozen=True):
    """A hook and its secret, which nobody can read again."""

    hook: Hook
    secret: str


def word_of(module: ModuleID, sub: str) -> str | None:
    """What the events of an object start with, as `session` or `evse`; None for one that nobody is told of."""
    if module is ModuleID.LOCATIONS:
        return "evse" if sub else "location"
    return _WORDS.get((module, "" if module is ModuleID.TOKENS else sub))


async def add(
    platform: Platform, name: str, url: str, events: Collection[str] = (), party: PartyId | None = None
) -> NewHook:
    """A new hook, told of what happens from now on. Conflict when the name is taken, ForbiddenAddress for a URL that
    leads inside or not over TLS."""
    check_url(url, allow_inner=platform.settings.security.allow_inner_addresses)
    if not name.strip() or len(name) > 100:
        raise UserError(f"found the name {name!r}, expected 1 to 100 characters")
    ours = [one.id for one in platform.settings.parties]
    if party is not None and party not in ours:
        raise UserError(f"found the party {party}, expected one of ours: {', '.join(map(str, ours))}")
    secret = f"whsec_{secrets.token_urlsafe(32)}"
    hook = Hook(
        name=name.strip(),
        url=url,
        secret_sealed=platform.sealing.seal(secret),
        events=_events(events),
        party=party.key if party else None,
        created_at=platform.clock(),
    )
    # Before it is there: a change of a peer that nobody follows is not in the log.
    await platform.store.changes.follow(FOLLOWER)
    return NewHook(hook=await platform.store.hooks.add(hook), secret=secret)


async def remove(platform: Platform, hook: Hook) -> None:
    """Tell it no more; what was on its way is forgotten."""
    await platform.store.hooks.remove(hook.id)
    if not await platform.store.hooks.all():
        await platform.store.changes.unfollow(FOLLOWER)


async def resume(platform: Platform, hook: Hook) -> None:
    """Go on telling a hook that was switched off, from where it was."""
    await platform.store.hooks.set_active(hook.id, True)


async def named(platform: Platform, name: str) -> Hook:
    """The hook of this name; NotFound."""
    hook = await platform.store.hooks.by_name(name)
    if hook is None:
        raise NotFound(f"no web hook is called {name!r}")
    return hook


def event_of_a_test(platform: Platform, hook: Hook) -> HookEvent:
    """An event that says nothing, to see whether events arrive."""
    return HookEvent(
        id=new_id(),
        hook_id=hook.id,
        event=TEST,
        module="hook",
        object_id=hook.name,
        at=platform.clock(),
        data=codec.dumps({"hook": hook.name}).decode(),
    )


async def replay(platform: Platform, hook: Hook, event_id: str | None = None) -> int:
    """Send dead events again, one or all; how many. NotFound when there is none."""
    count = await platform.store.hooks.replay(hook.id, event_id, platform.clock())
    if not count:
        raise NotFound(f"{hook.name} has no dead event {event_id or ''}".rstrip())
    return count


def signature(secret: str, body: bytes, at: datetime) -> str:
    """`t=...,v1=...`: HMAC-SHA256 over `t`, a dot and the body; docs/guides/back-office.md says how to check it."""
    seconds = str(int(at.timestamp()))
    digest = hmac.new(secret.encode(), seconds.encode() + b"." + body, hashlib.sha256).hexdigest()
    return f"t={seconds},v1={digest}"


async def send(platform: Platform, sender: HookSender, hook: Hook, event: HookEvent, body: bytes) -> HookAnswer:
    """One try to tell a hook. Errors as `HookSender.post`."""
    headers = {
        "Content-Type": "application/json",
        "OCPIlot-Event-Id": event.id,
        SIGNATURE: signature(platform.sealing.open(hook.secret_sealed), body, platform.clock()),
    }
    return await sender.post(hook.url, body, headers)


def _events(words: Collection[str]) -> tuple[str, ...]:
    groups = {f"{word.partition('.')[0]}.*" for word in EVENTS}
    unknown = sorted(set(words) - set(EVENTS) - groups)
    if unknown:
        raise UserError(
            f"found the event {', '.join(unknown)}, expected some of {', '.join(EVENTS)}, or such as peer.*"
        )
    return tuple(dict.fromkeys(words))
