"""The station gateway: who may connect, one live connection per station, and calls to stations.

A newer connection wins: stations reconnect long before a dead socket is noticed. It is served only when everything
received on the older one is handled, so that the messages of one station stay in order.
"""

import asyncio
import logging
from datetime import datetime

import msgspec
from starlette.responses import PlainTextResponse
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket

from ocpilot.app.frames import FrameDirection
from ocpilot.app.station_events import Payload, StationEvents
from ocpilot.base import time
from ocpilot.base.errors import StationUnreachable
from ocpilot.base.problem import Problem
from ocpilot.base.time import Clock
from ocpilot.ocpp.basic_auth import WrongAuthorization, password_of
from ocpilot.ocpp.connection import Connection, FindingsSink, FrameSink
from ocpilot.ocpp.frames import CallError, CallResult
from ocpilot.ocpp.rpc import RpcLimits
from ocpilot.ocpp.v2 import V21, V201
from ocpilot.ocpp.v16 import V16
from ocpilot.ocpp.version import OcppVersion, Station

_LOG = logging.getLogger(__name__)

#: In the order in which we would rather speak them.
VERSIONS: tuple[OcppVersion, ...] = (V21(), V201(), V16())

_MAX_STATION_ID = 255
#: Characters of what is logged about a connection.
_LONGEST = 1000


class CloseCode:
    """Websocket close codes (RFC 6455, 7.4.1)."""

    GOING_AWAY = 1001
    PROTOCOL_ERROR = 1002
    POLICY = 1008


class GatewaySettings(msgspec.Struct, frozen=True, kw_only=True):
    """`hand_over`: seconds that a connection we close gets to finish what it handles."""

    limits: RpcLimits = RpcLimits()
    hand_over: float = 10.0


def log_findings(station_id: str, action: str, findings: tuple[Problem, ...]) -> None:
    """The findings sink of a gateway that was given none."""
    _LOG.info("%s: %s was taken leniently: %s", station_id, action, "; ".join(map(str, findings)))


def log_no_frames(_station_id: str, _direction: FrameDirection, _text: str, _at: datetime) -> None:
    """The frame sink of a gateway that was given none."""


class Gateway:
    """Serves stations; `Lines` (`calls.py`) to those connected to this process."""

    def __init__(
        self,
        events: StationEvents,
        *,
        settings: GatewaySettings | None = None,
        clock: Clock = time.now,
        findings: FindingsSink = log_findings,
        frames: FrameSink = log_no_frames,
    ) -> None:
        self._events = events
        self._settings = settings or GatewaySettings()
        self._clock = clock
        self._findings = findings
        self._frames = frames
        self._live: dict[str, Connection] = {}
        self._closing = False

    def route(self) -> WebSocketRoute:
        """The route to mount. The server needs `ws_max_size` of at least `rpc.MAX_MESSAGE` and no compression."""
        return WebSocketRoute("/ocpp/{station_id}", self._serve)

    async def close(self) -> None:
        """Refuse new connections, finish what is being handled, close every connection."""
        self._closing = True
        live = tuple(self._live.items())
        goodbyes = (self._end(name, each, CloseCode.GOING_AWAY, "the server is shutting down") for name, each in live)
        await asyncio.gather(*goodbyes)

    async def call(self, station_id: str, action: str, payload: Payload) -> CallResult | CallError:
        """See `Lines`."""
        return await self._connection(station_id).call(action, payload)

    async def version_of(self, station_id: str) -> OcppVersion:
        """See `Lines`."""
        return self._connection(station_id).version

    async def is_connected(self, station_id: str) -> bool:
        """See `Lines`."""
        return self.holds(station_id)

    def holds(self, station_id: str) -> bool:
        """Does the station have a live connection to this process?"""
        return station_id in self._live

    def _connection(self, station_id: str) -> Connection:
        connection = self._live.get(station_id)
        if connection is None:
            raise StationUnreachable(f"station {station_id} is not connected")
        return connection

    async def _serve(self, websocket: WebSocket) -> None:
        station_id: str = websocket.path_params["station_id"]
        refusal = await self._refusal(websocket, station_id)
        if refusal is not None:
            self._log(station_id[:_MAX_STATION_ID], FrameDirection.FAULT, _refused(websocket, refusal))
            await websocket.send_denial_response(refusal)
            return
        version = _negotiated(websocket.scope["subprotocols"])
        if version is None:
            offered = ", ".join(websocket.scope["subprotocols"]) or "none"
            self._log(station_id, FrameDirection.FAULT, f"refused: offers the subprotocols {offered}"[:_LONGEST])
            await _refuse_protocol(websocket)
            return
        await websocket.accept(version.subprotocol)
        station = Station(station_id, self._events, self._clock)
        await self._live_through(
            station_id, Connection(websocket, station, version, self._settings.limits, self._findings, self._frames)
        )

    async def _refusal(self, websocket: WebSocket, station_id: str) -> PlainTextResponse | None:
        """The HTTP answer to a station that may not connect, before the upgrade."""
        if self._closing:
            return PlainTextResponse("shutting down", 503)
        if len(station_id) > _MAX_STATION_ID or not station_id.isprintable():
            return PlainTextResponse("no such station", 404)
        remote = websocket.client.host if websocket.client else ""
        try:
            password = password_of(websocket.headers.get("authorization"), station_id)
            allowed = await self._events.authenticate(station_id, password, remote)
        except WrongAuthorization as error:
            _LOG.warning("%s from %s: %s", station_id, remote, error)
            allowed = False
        if allowed:
            return None
        return PlainTextResponse("not authorized", 401, {"WWW-Authenticate": 'Basic realm="ocpp"'})

    async def _live_through(self, station_id: str, connection: Connection) -> None:
        """Take over from an older connection, run, and leave unless a newer one took over."""
        older = self._live.get(station_id)
        self._live[station_id] = connection
        try:
            if older is not None:
                await self._end(station_id, older, CloseCode.POLICY, "a newer connection of this station took over")
            self._log(station_id, FrameDirection.NOTE, f"connected: {connection.version.subprotocol}")
            await self._events.connected(station_id, connection.version.subprotocol)
            await connection.run()
        finally:
            connection.ended.set()
            if self._live.get(station_id) is connection:
                del self._live[station_id]
                await self._events.disconnected(station_id)

    def _log(self, station_id: str, direction: FrameDirection, text: str) -> None:
        self._frames(station_id, direction, text, self._clock())

    async def _end(self, station_id: str, connection: Connection, code: int, reason: str) -> None:
        """Close a connection and wait until what it brought is handled, but not for ever."""
        self._log(station_id, FrameDirection.NOTE, f"closing: {reason}")
        try:
            async with asyncio.timeout(self._settings.hand_over):
                await connection.close(code, reason)
                await connection.ended.wait()
        except TimeoutError:
            _LOG.error("%s: a connection that ended still handles a message; going on without it", station_id)


def _refused(websocket: WebSocket, refusal: PlainTextResponse) -> str:
    remote = websocket.client.host if websocket.client else "?"
    return f"refused: {refusal.status_code} {bytes(refusal.body).decode()}, from {remote}"


def _negotiated(offered: list[str]) -> OcppVersion | None:
    return next((version for version in VERSIONS if version.subprotocol in offered), None)


async def _refuse_protocol(websocket: WebSocket) -> None:
    """OCPP-J 1.6 (3.2): complete the handshake without a subprotocol and close at once."""
    await websocket.accept()
    ours = ", ".join(version.subprotocol for version in VERSIONS)
    await websocket.close(CloseCode.PROTOCOL_ERROR, f"subprotocols spoken here: {ours}")
