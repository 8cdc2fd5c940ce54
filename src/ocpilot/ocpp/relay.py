"""Calls between processes: a station's websocket lives in one, and the others reach it through that one."""

import asyncio
import logging
from collections.abc import Mapping
from typing import Protocol

import msgspec

from ocpilot.app.kept.station_events import Payload, StationEvents
from ocpilot.app.kept.station_nodes import NodeCall, Nodes
from ocpilot.base.errors import StationError, StationTimeout, StationUnreachable
from ocpilot.ocpp.calls import Lines
from ocpilot.ocpp.frames import CallError, CallResult, ErrorCode
from ocpilot.ocpp.version import OcppVersion
from ocpilot.ocpp.versions import version_named

log = logging.getLogger(__name__)

#: Seconds between two looks for what no notice told of.
_LOOK = 5.0
#: Seconds that a call may be on its way beside the time it waits for its turn, and as long for its answer.
_ON_ITS_WAY = 5.0


class Held(Lines, Protocol):
    """The connections of this process."""

    def live(self) -> Mapping[str, str]:
        """The subprotocol of every station that is connected here."""

    async def drop(self, station_id: str) -> None:
        """Close a connection because the station has a newer one elsewhere."""


class _Answer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What became of a call, as it travels: a payload, a refusal, or why there is neither."""

    payload: Payload | None = None
    code: str | None = None
    description: str = ""
    details: Payload = {}
    unreachable: str | None = None
    timeout: str | None = None


class RelayedLines:
    """`Lines` to stations whose connection another process holds."""

    def __init__(self, nodes: Nodes, call_timeout: float = 20.0) -> None:
        self._nodes = nodes
        self._patience = 2 * call_timeout + _ON_ITS_WAY

    async def call(self, station_id: str, action: str, payload: Payload) -> CallResult | CallError:
        """See `Lines`."""
        text = await self._nodes.ask(station_id, action, _text(payload), self._patience)
        if text is None:
            raise StationTimeout(f"station {station_id} did not answer {action} in time")
        return _read(text)

    async def version_of(self, station_id: str) -> OcppVersion:
        """See `Lines`."""
        protocol = await self._nodes.reaches(station_id)
        if protocol is None:
            raise StationUnreachable(f"station {station_id} is not connected")
        return version_named(protocol)

    async def is_connected(self, station_id: str) -> bool:
        """See `Lines`."""
        return await self._nodes.reaches(station_id) is not None


class Node:
    """The part of a process that holds connections: it does the calls others pass to it, and sees to it that it is
    known which stations are here."""

    def __init__(self, nodes: Nodes, held: Held, events: StationEvents) -> None:
        self._nodes = nodes
        self._held = held
        self._events = events
        self._in_work: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            try:
                await self.once()
                await self._nodes.wait(_LOOK)
            except Exception:
                log.exception("stations of this process: the store failed; it is tried again")
                await asyncio.sleep(1)

    async def once(self) -> None:
        """Do what is to be done now."""
        if await self._nodes.hold():
            await self._claim()
        for station_id in self._nodes.moved():
            await self._moved(station_id)
        for call in await self._nodes.calls():
            task = asyncio.create_task(self._do(call))
            self._in_work.add(task)
            task.add_done_callback(self._in_work.discard)

    async def finish(self) -> None:
        """Wait for the calls in work."""
        if self._in_work:
            await asyncio.wait(self._in_work)

    async def _claim(self) -> None:
        """We were not seen for a while: what is connected here is said again."""
        live = dict(self._held.live())
        if not live:
            return
        claimed = await self._nodes.claim(live)
        log.warning("%d connections of stations are claimed anew", len(claimed.ours))
        for station_id in claimed.lost:
            await self._events.connected(station_id, live[station_id])
        for station_id in live.keys() - claimed.ours:
            await self._moved(station_id)

    async def _moved(self, station_id: str) -> None:
        """Close what we hold of a station that another process has, if that is still so."""
        if station_id in self._held.live() and not (await self._nodes.claim(self._one(station_id))).ours:
            await self._held.drop(station_id)

    def _one(self, station_id: str) -> Mapping[str, str]:
        return {station_id: self._held.live()[station_id]}

    async def _do(self, call: NodeCall) -> None:
        try:
            async with asyncio.timeout(call.seconds):
                answer = await self._answer(call)
        except TimeoutError:
            answer = _Answer(timeout=f"station {call.station_id} did not answer {call.action} in time")
        await self._nodes.answer(call.id, _text(answer))

    async def _answer(self, call: NodeCall) -> _Answer:
        payload = msgspec.json.decode(call.payload, type=Payload)
        try:
            answer = await self._held.call(call.station_id, call.action, payload)
        except StationTimeout as error:
            return _Answer(timeout=str(error))
        except StationError as error:
            return _Answer(unreachable=str(error))
        if isinstance(answer, CallError):
            return _Answer(code=answer.code, description=answer.description, details=answer.details)
        return _Answer(payload=answer.payload)


def _text(value: object) -> str:
    return msgspec.json.Encoder(decimal_format="number").encode(value).decode()


def _read(text: str) -> CallResult | CallError:
    answer = msgspec.json.decode(text, type=_Answer)
    if answer.unreachable is not None:
        raise StationUnreachable(answer.unreachable)
    if answer.timeout is not None:
        raise StationTimeout(answer.timeout)
    if answer.payload is not None:
        return CallResult(id="", payload=answer.payload)
    code = answer.code or str(ErrorCode.GENERIC_ERROR)
    return CallError(id="", code=code, description=answer.description, details=answer.details)
