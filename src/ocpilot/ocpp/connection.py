"""One live connection of one station: what it calls is handled strictly in order, what we call goes in between."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

from starlette.websockets import WebSocket, WebSocketDisconnect

from ocpilot.app.frames import FrameDirection
from ocpilot.app.station_events import Payload
from ocpilot.base.problem import Problem
from ocpilot.ocpp import schemas
from ocpilot.ocpp.asking import Asking
from ocpilot.ocpp.frames import Call, CallError, CallResult, ErrorCode, Send
from ocpilot.ocpp.rpc import Answered, Reply, Rpc, RpcLimits
from ocpilot.ocpp.version import CallRefused, Handler, OcppVersion, Station

_LOG = logging.getLogger(__name__)

#: Told of every leniency: station id, action, what was found. Must be quick and must not raise.
FindingsSink = Callable[[str, str, tuple[Problem, ...]], None]
#: Given every frame, and what became of a connection in words: station id, direction, text, when. As quick.
FrameSink = Callable[[str, FrameDirection, str, datetime], None]

#: Websocket close codes (RFC 6455, 7.4.1) of an end as it should be, and those that stand for none at all.
_GOODBYE = (1000, 1001)
_LOST = (1005, 1006)
#: OCPP-J 1.6 (4.1.1) lets a station have one call in flight; more than these and we stop reading.
_MAX_UNHANDLED = 32


class Connection:
    """Runs until the socket is gone and everything received from it is handled."""

    def __init__(  # noqa: PLR0917 - what a connection is made of; only the gateway makes one
        self,
        websocket: WebSocket,
        station: Station,
        version: OcppVersion,
        limits: RpcLimits,
        findings: FindingsSink,
        frames: FrameSink,
    ) -> None:
        self.ended = asyncio.Event()
        self._websocket = websocket
        self._station = station
        self.version = version
        self._findings = findings
        self._frames = frames
        self._rpc = Rpc(version.words, limits)
        self._calls: asyncio.Queue[Call | Send | None] = asyncio.Queue(_MAX_UNHANDLED)
        self._asking = Asking(self._rpc, self._send, f"station {station.id}")
        self._now = asyncio.get_running_loop().time

    async def run(self) -> None:
        """Read and handle until the end. A call that is being handled when the socket goes is finished."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._handle_calls())
                await self._read()
                await self._calls.put(None)
        finally:
            self._asking.give_up()
            self.ended.set()

    async def close(self, code: int, reason: str) -> None:
        """Say goodbye; `run` ends soon after."""
        with suppress(WebSocketDisconnect, RuntimeError):  # it is gone already
            await self._websocket.close(code, reason)

    async def call(self, action: str, payload: Payload) -> CallResult | CallError:
        """Call the station and wait for its answer. StationUnreachable, StationTimeout."""
        return await self._asking.ask(action, payload)

    async def _read(self) -> None:
        while (message := await self._websocket.receive())["type"] == "websocket.receive":
            # a text frame is the rule; some stations send the same text as a binary one
            text = message.get("text")
            await self._take(text if text is not None else message["bytes"].decode("utf-8", "replace"))
        self._log_end(int(message.get("code") or 1005), str(message.get("reason") or ""))
        self._asking.give_up()

    def _log(self, direction: FrameDirection, text: str) -> None:
        self._frames(self._station.id, direction, text, self._station.clock())

    def _log_end(self, code: int, reason: str) -> None:
        if code in _LOST:
            self._log(FrameDirection.FAULT, "lost: the connection ended without a goodbye")
        else:
            said = f"closed: {code} {reason}".rstrip()
            self._log(FrameDirection.NOTE if code in _GOODBYE else FrameDirection.FAULT, said)

    async def _take(self, text: str) -> None:
        self._log(FrameDirection.IN, text)
        event = self._rpc.receive(text)
        if isinstance(event, Call | Send):
            await self._calls.put(event)
        elif isinstance(event, Answered):
            await self._doubt(event)
            await self._asking.take(event)
        elif isinstance(event, Reply):
            _LOG.warning("%s: %s", self._station.id, event.reason)
            await self._send(event.text)
        else:
            _LOG.info("%s: ignored %s", self._station.id, event.reason)

    async def _doubt(self, event: Answered) -> None:
        """A station whose answer is none hears of it, where its version has words for that."""
        known = schemas.known(self.version.schemas, event.call.action)
        if isinstance(event.answer, CallError) or self.version.words.answer is None or not known:
            return
        errors = schemas.check_answer(self.version.schemas, event.call.action, event.answer.payload).errors
        text = self._rpc.misunderstood(event.answer, str(errors[0])) if errors else None
        if text is not None:
            await self._send(text)

    async def _handle_calls(self) -> None:
        while (call := await self._calls.get()) is not None:
            if isinstance(call, Send):
                await self._heard(call)
                continue
            await self._send(self._rpc.answered(call, self._now()) or await self._answer(call))

    async def _answer(self, call: Call) -> str:
        try:
            payload = await self._handled(call, self.version.handlers.get(call.action))
        except CallRefused as refusal:
            _LOG.warning("%s: a call is refused: %s", self._station.id, refusal)
            return self._rpc.refuse(call, refusal.code, str(refusal), refusal.details)
        except Exception:  # whatever the platform raised, this station gets an answer and the connection stays
            _LOG.exception("%s: %s %r failed", self._station.id, call.action, call.id)
            return self._rpc.refuse(call, ErrorCode.INTERNAL_ERROR, "the platform could not handle this now")
        return self._rpc.answer(call, payload, self._now())

    async def _heard(self, said: Send) -> None:
        """Nobody waits for an answer, so what is wrong with it is only logged."""
        try:
            await self._handled(said, self.version.sent.get(said.action))
        except CallRefused as refusal:
            _LOG.warning("%s: a message is ignored: %s", self._station.id, refusal)
        except Exception:  # as for a call: the connection stays
            _LOG.exception("%s: %s %r failed", self._station.id, said.action, said.id)

    async def _handled(self, call: Call | Send, handler: Handler | None) -> Payload:
        if handler is None:
            known = schemas.known(self.version.schemas, call.action)
            code = ErrorCode.NOT_SUPPORTED if known else ErrorCode.NOT_IMPLEMENTED
            raise CallRefused(code, f"{call.action[:50]!r} is not {'offered here' if known else 'known'}")
        checked = schemas.check_call(self.version.schemas, call.action, call.payload)
        if checked.findings:
            self._findings(self._station.id, call.action, checked.findings)
        if checked.errors:
            raise self._invalid(checked)
        return await handler(self._station, checked.payload)

    def _invalid(self, checked: schemas.Checked) -> CallRefused:
        code = self.version.words.occurrence if checked.missing else ErrorCode.TYPE_CONSTRAINT
        problems = [{"path": each.path, "found": each.found, "expected": each.expected} for each in checked.errors]
        return CallRefused(code, str(checked.errors[0]), {"problems": problems})

    async def _send(self, text: str) -> None:
        self._log(FrameDirection.OUT, text)
        # RuntimeError is what Starlette and uvicorn raise once the connection is closing
        with suppress(WebSocketDisconnect, RuntimeError):
            await self._websocket.send_text(text)
