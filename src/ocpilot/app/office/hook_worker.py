"""The events for one web hook: gathered from the change log, sent with the newest state, tried again, or given up.

Before an event is sent the first time its body is kept: what is sent again is the same under the same id, and a later
change is another event behind it. So a receiver that leaves out ids it knows loses nothing.
"""

import asyncio
import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from msgspec.structs import replace

from ocpilot.app.kept.hook_ports import EventState, Hook, HookAnswer, HookEvent, HookSender
from ocpilot.app.office.hook_events import body_of, events_of
from ocpilot.app.office.hooks import send
from ocpilot.app.platform import Platform
from ocpilot.base.errors import OcpilotError, PeerRefused
from ocpilot.roaming import retry
from ocpilot.roaming.retry import BackOff

log = logging.getLogger(__name__)

#: Changes read, and events sent, at once.
_BATCH = 1000
_SENT_AT_ONCE = 64
#: Deliveries in flight to one hook.
_WINDOW = 4
#: Refusals of one event after which only a person can help; failures of the network never count here.
REFUSALS = 6
#: Seconds between two looks when nothing changes.
_LOOK = 0.5
_GONE = 410


class HookWorker:
    """Tells one hook. `chance` gives random numbers in [0, 1) for the jitter."""

    def __init__(self, platform: Platform, sender: HookSender, hook_id: int, chance: Callable[[], float]) -> None:
        self._platform = platform
        self._sender = sender
        self._hook_id = hook_id
        self._chance = chance
        self._circuit = retry.closed()
        self._quiet_until: datetime | None = None
        roaming = platform.settings.roaming
        self._back_off = BackOff(first=roaming.retry_first, longest=roaming.retry_longest)

    async def run(self) -> None:
        """Run until cancelled, or until the hook is gone or switched off."""
        while True:
            hook = await self._platform.store.hooks.get(self._hook_id)
            if hook is None or not hook.active:
                return
            if not await self.round(hook):
                await self._platform.store.changes.wait(_LOOK)

    async def round(self, hook: Hook) -> bool:
        """Gather what changed and send what is due, once; False when there was nothing to do."""
        gathered = await self._gather(hook)
        return await self._send_due(hook) or gathered

    async def _gather(self, hook: Hook) -> bool:
        changes = self._platform.store.changes
        found = await changes.after(await changes.cursor(hook.id), _BATCH)
        if found:
            await self._platform.store.hooks.note(hook.id, found[-1].at, events_of(hook, found))
        return bool(found)

    async def _send_due(self, hook: Hook) -> bool:
        """Send a batch. After a silence one event decides whether the others are tried."""
        if self._is_quiet():
            return False
        limit = 1 if self._circuit.open_until is not None else _SENT_AT_ONCE
        hooks = self._platform.store.hooks
        due = await hooks.due(hook.id, self._platform.clock(), limit)
        if not due:
            return False
        window = asyncio.Semaphore(_WINDOW)

        async def one(event: HookEvent, body: str) -> None:
            async with window:
                if not self._is_quiet():
                    await self._tell(hook, event, body.encode())

        frozen = await self._frozen(hook, due)
        async with asyncio.TaskGroup() as group:
            for event, body in frozen:
                group.create_task(one(event, body))
        return True

    def _is_quiet(self) -> bool:
        now = self._platform.clock()
        return not retry.allows(self._circuit, now) or (self._quiet_until is not None and now < self._quiet_until)

    async def _frozen(self, hook: Hook, due: tuple[HookEvent, ...]) -> list[tuple[HookEvent, str]]:
        """The events with their bodies, which are kept before anybody sees them."""
        bodies: dict[str, str] = {}
        unwanted: list[str] = []
        for event in due:
            try:
                body = event.body or await body_of(self._platform, hook, event)
            except Exception as error:
                # A broken object must not stop the others; it ends where a person sees it.
                log.exception("%s %s cannot be told to %s", event.event, event.object_id, hook.name)
                await self._keep(event, EventState.DEAD, repr(error))
                continue
            if body is None:
                unwanted.append(event.id)
            else:
                bodies[event.id] = body
        if unwanted:
            await self._platform.store.hooks.done(hook.id, unwanted, None)
        await self._platform.store.hooks.freeze(bodies)
        return [(event, bodies[event.id]) for event in due if event.id in bodies]

    # ---- one event -------------------------------------------------------------------------------------------------

    async def _tell(self, hook: Hook, event: HookEvent, body: bytes) -> None:
        try:
            answer = await send(self._platform, self._sender, hook, event, body)
        except OcpilotError as error:
            await self._failed(hook, event, error, None)
            return
        if answer.taken:
            self._circuit = retry.closed()
            await self._platform.store.hooks.done(hook.id, [event.id], self._platform.clock())
        elif answer.http_status == _GONE:
            await self._ended(hook, event)
        else:
            refused = PeerRefused(f"HTTP {answer.http_status}", answer.http_status, None, answer.retry_after)
            await self._failed(hook, event, refused, answer)

    async def _ended(self, hook: Hook, event: HookEvent) -> None:
        """410 Gone: nobody wants to hear from us there (RFC 9110, 15.5.11). What is left stays for a `resume`."""
        log.warning("%s answered 410 Gone and is switched off", hook.name)
        await self._keep(event, EventState.WAITING, "HTTP 410")
        await self._platform.store.hooks.set_active(hook.id, False, "it answered 410 Gone")
        self._quiet_until = datetime.max.replace(tzinfo=self._platform.clock().tzinfo)

    async def _failed(self, hook: Hook, event: HookEvent, error: OcpilotError, answer: HookAnswer | None) -> None:
        log.warning("%s to %s: %s", event.event, hook.name, error)
        now = self._platform.clock()
        after = answer.retry_after if answer else None
        if after is not None:
            self._quiet_until = now + timedelta(seconds=min(after, retry.LONGEST_RETRY_AFTER))
        if retry.worth_retry(error):
            self._circuit = retry.failed(self._circuit, now, self._back_off, self._chance())
            state = EventState.WAITING
        else:
            self._circuit = retry.closed()
            state = EventState.DEAD if event.attempts + 1 >= REFUSALS else EventState.WAITING
        seconds = retry.pause(event.attempts + 1, self._back_off, self._chance(), after)
        await self._keep(event, state, str(error), now + timedelta(seconds=seconds))

    async def _keep(self, event: HookEvent, state: EventState, why: str, next_at: datetime | None = None) -> None:
        if state is EventState.DEAD:
            log.error("%s %s is given up: %s", event.event, event.id, why)
            next_at = None
        kept = replace(event, state=state, attempts=event.attempts + 1, next_at=next_at, last_error=why)
        await self._platform.store.hooks.failed(kept)
