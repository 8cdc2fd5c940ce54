"""One live connection of one station: what it calls is handled strictly in order, what we call goes in between."""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime

import msgspec
from starlette.websockets import WebSocket, WebSocketDisconnect

from ocpilot.app.kept.frames import FrameDirection
from ocpilot.app.kept.station_events import Payload
from ocpilot.base.errors import BadRequest, DatabaseAway
from ocpilot.base.problem import Problem
from ocpilot.ocpp import schemas
from ocpilot.ocpp.asking import Asking
from ocpilot.ocpp.frames import Call, CallError, CallResult, ErrorCode, Send
from ocpilot.ocpp.pace import Pace, PaceLimits
from ocpilot.ocpp.rpc import Answered, Reply, Rpc, RpcLimits
from ocpilot.ocpp.station_socket import facts_of
from ocpilot.ocpp.version import CallRefused, Handler, OcppVersion, Station

_LOG = logging.getLogger(__name__)

#: Told of every leniency: station id, action, what was found. Must be quick and must not raise.
FindingsSink = Callable[[str, str, tuple[Problem, ...]], None]
#: Given every frame, and what became of a connection in words: station id, direction, text, when. As quick.
FrameSink = Callable[[str, FrameDirection, str, datetime], None]

_BOOT = "BootNotification"
#: Websocket close codes (RFC 6455, 7.4.1) of an end as it should be, and those that stand for none at all.
_GOODBYE = (1000, 1001, 1012)
_LOST = (1005, 1006)
_GOING_AWAY, _POLICY, _FAILED = 1001, 1008, 1011
#: Why a station is sent away while the database is.
CANNOT_STORE = "nothing can be stored now"
#: OCPP-J 1.6 (4.1.1) lets a station have one call in flight; more than these and we stop reading.
_MAX_UNHANDLED = 32


class ConnectionLimits(msgspec.Struct, frozen=True, kw_only=True):
    """`silence`: seconds after which a station that says nothing counts as gone; 0 leaves that to pings."""

    rpc: RpcLimits = RpcLimits()
    pace: PaceLimits = PaceLimits()
    silence: float = 0.0


class Connection:
    """Runs until the socket is gone and everything received from it is handled."""

    def __init__(  # noqa: PLR0917 - what a connection is made of; only the gateway makes one
        self,
        websocket: WebSocket,
        station: Station,
        version: OcppVersion,
        limits: ConnectionLimits,
        findings: FindingsSink,
        frames: FrameSink,
        *,
        waits: bool = False,
    ) -> None:
        self.ended = asyncio.Event()
        #: Nobody has approved the station yet: it may boot, and nothing else it says counts.
        self._waits = waits
        self._limits = limits
        self._websocket = websocket
        self._station = station
        self.version = version
        self._findings = findings
        self._frames = frames
        self._rpc = Rpc(version.words, limits.rpc)
        self._calls: asyncio.Queue[Call | Send | None] = asyncio.Queue(_MAX_UNHANDLED)
        self._finishing = False
        self._outage: DatabaseAway | None = None
        self._asking = Asking(self._rpc, self._send, f"station {station.id}")
        self._now = asyncio.get_running_loop().time
        self._pace = Pace(limits.pace, self._now())
        self._heard_at = self._now()
        self._unanswered = 0

    async def run(self) -> None:
        """Read and handle until the end. A call that is being handled when the socket goes is finished. DatabaseAway
        when that is why it ended."""
        try:
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._handle_calls())
                watch = tasks.create_task(self._watch()) if self._limits.silence else None
                await self._read()
                if watch is not None:
                    watch.cancel()
                await self._calls.put(None)
        finally:
            self._asking.give_up()
            self.ended.set()
        if self._outage is not None:
            raise self._outage

    async def close(self, code: int, reason: str) -> None:
        """Say goodbye; `run` ends soon after."""
        with suppress(WebSocketDisconnect, RuntimeError):  # it is gone already
            await self._websocket.close(code, reason)

    def abort(self) -> None:
        """Let go without a word, of a station that does not even read."""
        facts_of(self._websocket.scope).abort()

    async def finish(self) -> None:
        """Answer what was received, wait for what we asked, and take no new call: the station will make it again on its
        next connection, as it does with every call that was not answered."""
        self._finishing = True
        await self._calls.join()
        while not self._asking.idle and not self.ended.is_set():  # noqa: ASYNC110 - rare, and of several calls
            await asyncio.sleep(0.02)

    async def call(self, action: str, payload: Payload) -> CallResult | CallError:
        """Call the station and wait for its answer. StationUnreachable, StationTimeout."""
        return await self._asking.ask(action, payload)

    async def _read(self) -> None:
        while (message := await self._websocket.receive())["type"] == "websocket.receive":
            # a text frame is the rule; some stations send the same text as a binary one
            text = message.get("text")
            self._heard_at = self._now()
            if not await self._take(text if text is not None else message["bytes"].decode("utf-8", "replace")):
                await self._flooded()
                return
            wait = self._pace.message(self._heard_at)
            if wait:
                await asyncio.sleep(wait)
        self._log_end(int(message.get("code") or 1005), str(message.get("reason") or ""))
        self._asking.give_up()

    def _log(self, direction: FrameDirection, text: str) -> None:
        self._frames(self._station.id, direction, text, self._station.clock())

    def _log_end(self, code: int, reason: str) -> None:
        if code in _LOST:
            self._log(FrameDirection.FAULT, "lost: the connection ended without a goodbye")
            return
        said = f"closed: {code} {reason}".rstrip()
        self._log(FrameDirection.NOTE if code in _GOODBYE else FrameDirection.FAULT, said)
        if code not in _GOODBYE and self._outage is None:
            _LOG.warning("%s: %s", self._station.id, said)

    async def _take(self, text: str) -> bool:
        """Do what a message asks for; False when it is one too many."""
        self._log(FrameDirection.IN, text)
        event = self._rpc.receive(text)
        if isinstance(event, Answered):
            await self._doubt(event)
            await self._asking.take(event)
            return True
        if isinstance(event, Call | Send):
            early = self._unanswered > 0
            if not self._finishing:
                self._unanswered += 1
                await self._calls.put(event)
            return not early or not self._pace.pressed(self._now())
        if isinstance(event, Reply):
            _LOG.warning("%s: %s", self._station.id, event.reason)
            await self._send(event.text)
        else:
            _LOG.info("%s: ignored %s", self._station.id, event.reason)
        return not self._pace.pressed(self._now())

    async def _flooded(self) -> None:
        await self._station.events.security(self._station.id, "is closed: it floods us")
        self._log(FrameDirection.FAULT, "closed: it floods us")
        self._asking.give_up()
        await self.close(_POLICY, "too many messages that did not wait for an answer")

    async def _watch(self) -> None:
        """Without pings, only what a station says shows that it is still there."""
        silence = self._limits.silence
        while (left := self._heard_at + silence - self._now()) > 0:  # noqa: ASYNC110 - it waits for nothing to happen
            await asyncio.sleep(left)
        _LOG.warning("%s: closed, it said nothing for %.0f seconds", self._station.id, silence)
        await self.close(_GOING_AWAY, "nothing was heard for too long")
        self.abort()

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
            # what follows a message that could not be stored must not pass it
            if self._outage is None:
                await self._serve_or_leave(call)
            self._unanswered -= 1
            self._calls.task_done()

    async def _serve_or_leave(self, call: Call | Send) -> None:
        """A station keeps what was not answered and says it again on its next connection; what it is told that we
        failed at, many give up."""
        try:
            await self._serve_one(call)
        except DatabaseAway as error:
            self._outage, self._finishing = error, True
            self._log(FrameDirection.FAULT, f"closing: {call.action[:50]} could not be stored: {error}")
            self._asking.give_up()
            await self.close(_FAILED, CANNOT_STORE)

    async def _serve_one(self, call: Call | Send) -> None:
        if isinstance(call, Send):
            await self._heard(call)
            return
        # whether a station is accepted may be otherwise by now
        given = None if call.action == _BOOT else self._rpc.answered(call, self._now())
        await self._send(given or await self._answer(call))

    async def _answer(self, call: Call) -> str:
        try:
            payload = await self._handled(call, self.version.handlers.get(call.action))
        except CallRefused as refusal:
            _LOG.warning("%s: a call is refused: %s", self._station.id, refusal)
            return self._rpc.refuse(call, refusal.code, str(refusal), refusal.details)
        except BadRequest as error:
            _LOG.warning("%s: %s %r is refused: %s", self._station.id, call.action, call.id, error)
            return self._rpc.refuse(call, ErrorCode.PROPERTY_CONSTRAINT, str(error))
        except DatabaseAway:
            raise
        except Exception:  # whatever the platform raised, this station gets an answer and the connection stays
            _LOG.exception("%s: %s %r failed", self._station.id, call.action, call.id)
            return self._rpc.refuse(call, ErrorCode.INTERNAL_ERROR, "the platform could not handle this now")
        return self._rpc.answer(call, payload, self._now())

    async def _heard(self, said: Send) -> None:
        """Nobody waits for an answer, so what is wrong with it is only logged."""
        try:
            await self._handled(said, self.version.sent.get(said.action))
        except (CallRefused, BadRequest) as refusal:
            _LOG.warning("%s: a message is ignored: %s", self._station.id, refusal)
        except DatabaseAway:
            raise
        except Exception:  # as for a call: the connection stays
            _LOG.exception("%s: %s %r failed", self._station.id, said.action, said.id)

    async def _handled(self, call: Call | Send, handler: Handler | None) -> Payload:
        if self._waits and call.action != _BOOT:
            raise CallRefused(ErrorCode.SECURITY_ERROR, "this station waits for approval")
        if handler is None:
            known = schemas.known(self.version.schemas, call.action)
            code = ErrorCode.NOT_SUPPORTED if known else ErrorCode.NOT_IMPLEMENTED
            raise CallRefused(code, f"{call.action[:50]!r} is not {'offered here' if known else 'known'}")
        checked = schemas.check_call(self.version.schemas, call.action, call.payload)
        if checked.findings:
            self._findings(self._station.id, call.action, checked.findings)
        if checked.errors:
            raise self._invalid(checked)
        answer = await handler(self._station, checked.payload)
        if call.action == _BOOT:
            # OCPP 2.0.1 (B02.FR.09), 1.6 (4.2): until it is accepted a station has nothing to say
            self._waits = answer.get("status") == "Pending"
        return answer

    def _invalid(self, checked: schemas.Checked) -> CallRefused:
        code = self.version.words.occurrence if checked.missing else ErrorCode.TYPE_CONSTRAINT
        problems = [{"path": each.path, "found": each.found, "expected": each.expected} for each in checked.errors]
        return CallRefused(code, str(checked.errors[0]), {"problems": problems})

    async def _send(self, text: str) -> None:
        self._log(FrameDirection.OUT, text)
        # RuntimeError is what Starlette and uvicorn raise once the connection is closing
        with suppress(WebSocketDisconnect, RuntimeError):
            await self._websocket.send_text(text)
