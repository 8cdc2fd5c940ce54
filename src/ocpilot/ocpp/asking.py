"""Calls of ours on a live connection: `Rpc` decides, this waits."""

import asyncio
from collections.abc import Awaitable, Callable

from ocpilot.app.kept.station_events import Payload
from ocpilot.base.errors import StationTimeout, StationUnreachable
from ocpilot.ocpp.frames import CallError, CallResult
from ocpilot.ocpp.rpc import Answered, Rpc

Send = Callable[[str], Awaitable[None]]


class Asking:
    """`whom` names the other side in errors."""

    def __init__(self, rpc: Rpc, send: Send, whom: str) -> None:
        self._rpc = rpc
        self._send = send
        self._whom = whom
        self._waiting: dict[str, asyncio.Future[CallResult | CallError]] = {}
        self._now = asyncio.get_running_loop().time
        self._gone = False

    async def ask(self, action: str, payload: Payload) -> CallResult | CallError:
        """Call the other side and wait for its answer. StationUnreachable, StationTimeout."""
        if self._gone:
            raise StationUnreachable(f"{self._whom} is not connected")
        call = self._rpc.ask(action, payload, self._now())
        answer: asyncio.Future[CallResult | CallError] = asyncio.get_running_loop().create_future()
        self._waiting[call.id] = answer
        try:
            await self._send_next()
            while not answer.done():
                await asyncio.wait({answer}, timeout=self._until_deadline())
                await self._expire()
            return answer.result()
        finally:
            self._waiting.pop(call.id, None)
            self._rpc.withdraw(call)

    async def take(self, event: Answered) -> None:
        """An answer came: wake who waits for it, and send what waited for its turn."""
        waiting = self._waiting.get(event.call.id)
        if waiting is not None and not waiting.done():
            waiting.set_result(event.answer)
        await self._send_next()

    @property
    def idle(self) -> bool:
        """Whether nobody waits for an answer."""
        return not self._waiting

    def give_up(self) -> None:
        """The connection is gone: nobody need wait any longer."""
        self._gone = True
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(StationUnreachable(f"{self._whom} disconnected before it answered"))

    async def _send_next(self) -> None:
        text = self._rpc.next_to_send(self._now())
        if text is not None:
            await self._send(text)

    def _until_deadline(self) -> float | None:
        deadline = self._rpc.deadline()
        return None if deadline is None else max(0.0, deadline - self._now())

    async def _expire(self) -> None:
        """Whoever waits wakes at the earliest deadline of all, so a call whose asker left makes room too."""
        for call in self._rpc.expire(self._now()):
            waiting = self._waiting.get(call.id)
            if waiting is not None and not waiting.done():
                waiting.set_exception(StationTimeout(f"{self._whom} did not answer {call.action} in time"))
        await self._send_next()
