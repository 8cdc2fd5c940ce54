"""The station gateway: who may connect, one live connection per station, and calls to stations.

A newer connection wins: stations reconnect long before a dead socket is noticed. It is served only when everything
received on the older one is handled, so that the messages of one station stay in order.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime

import msgspec
from starlette.responses import PlainTextResponse
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket

from ocpilot.app.attempts import Attempts
from ocpilot.app.kept.frames import FrameDirection
from ocpilot.app.kept.station_events import Admission, Payload, StationEvents
from ocpilot.base import time
from ocpilot.base.errors import DatabaseAway, StationUnreachable
from ocpilot.base.problem import Problem
from ocpilot.base.settings import StationSettings
from ocpilot.base.time import Clock
from ocpilot.ocpp.basic_auth import WrongAuthorization
from ocpilot.ocpp.connection import CANNOT_STORE, Connection, ConnectionLimits, FindingsSink, FrameSink
from ocpilot.ocpp.frames import CallError, CallResult
from ocpilot.ocpp.knocking import Proxies, address_of, knock_of
from ocpilot.ocpp.pace import PaceLimits
from ocpilot.ocpp.rpc import RpcLimits
from ocpilot.ocpp.version import OcppVersion, Station
from ocpilot.ocpp.versions import VERSIONS, negotiated

_LOG = logging.getLogger(__name__)

_MAX_STATION_ID = 255
#: A station whose network fails comes back before its old connection is known to be dead, but not so often.
_MOST_TAKE_OVERS = 60
#: Why the older of two connections is closed.
TAKEN_OVER = "a newer connection of this station took over"
#: Characters of what is logged about a connection.
_LONGEST = 1000


class CloseCode:
    """Websocket close codes (RFC 6455, 7.4.1)."""

    GOING_AWAY = 1001
    PROTOCOL_ERROR = 1002
    POLICY = 1008
    FAILED = 1011


class _Denial(msgspec.Struct, frozen=True):
    """The HTTP answer to a station that may not connect, before the upgrade."""

    status: int
    text: str
    headers: dict[str, str] = {}


_LATER = {"Retry-After": "60"}
#: Seconds until it is tried again to write down that a station has gone.
_AGAIN = 5.0
_DENIALS = {
    Admission.REFUSED: _Denial(401, "not authorized", {"WWW-Authenticate": 'Basic realm="ocpp"'}),
    Admission.TOO_OFTEN: _Denial(429, "too many wrong passwords", {"Retry-After": "900"}),
}


class GatewaySettings(msgspec.Struct, frozen=True, kw_only=True):
    """`hand_over`: seconds that a connection we close gets to finish what it handles. `connections` in all and from
    one address; 0 is no limit."""

    limits: RpcLimits = RpcLimits()
    pace: PaceLimits = PaceLimits()
    silence: float = 0.0
    hand_over: float = 10.0
    connections: int = 0
    connections_per_address: int = 0
    proxies: Proxies = Proxies()


#: A station that says nothing for so many heartbeats is gone.
_SILENT_HEARTBEATS = 3


def gateway_settings(stations: StationSettings) -> GatewaySettings:
    """What an operator has set."""
    return GatewaySettings(
        limits=RpcLimits(max_size=stations.max_message, call_timeout=stations.call_timeout),
        pace=PaceLimits(per_second=stations.messages_per_second, burst=stations.burst, flood=stations.flood),
        silence=0.0 if stations.ping_interval else float(_SILENT_HEARTBEATS * stations.heartbeat_interval),
        connections=stations.connections,
        connections_per_address=stations.connections_per_address,
        proxies=Proxies(trusted=stations.trusted_proxies, certificate_header=stations.certificate_header),
    )


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
        #: Sockets in all, and by the address they come from.
        self._open = 0
        self._addresses: Counter[str] = Counter()
        self._take_overs = Attempts(_MOST_TAKE_OVERS)
        self._closing = False
        #: Whether it was said that the database is away.
        self._away = False

    def route(self) -> WebSocketRoute:
        """The route to mount. The server needs `ws_max_size` of `limits.max_size`, no compression, and `StationSocket`
        as its websocket for what TLS and pings tell."""
        return WebSocketRoute("/ocpp/{station_id:path}", self._serve)

    async def close(self) -> None:
        """Refuse new connections, finish what is being handled, close every connection."""
        self._closing = True
        await asyncio.gather(*(self._hand_over(name, each) for name, each in tuple(self._live.items())))

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

    def live(self) -> Mapping[str, str]:
        """The subprotocol of every station that is connected here."""
        return {station_id: one.version.subprotocol for station_id, one in self._live.items()}

    async def drop(self, station_id: str) -> None:
        """Close a connection because the station has a newer one elsewhere: nobody is told that it is gone."""
        connection = self._live.pop(station_id, None)
        if connection is not None:
            await self._end(station_id, connection, CloseCode.POLICY, TAKEN_OVER)

    def _connection(self, station_id: str) -> Connection:
        connection = self._live.get(station_id)
        if connection is None:
            raise StationUnreachable(f"station {station_id} is not connected")
        return connection

    async def _serve(self, websocket: WebSocket) -> None:
        address = address_of(websocket, self._settings.proxies)
        self._open += 1
        self._addresses[address] += 1
        try:
            await self._serve_from(address, websocket)
        except* DatabaseAway as errors:
            self._say_away(errors)
            await websocket.send_denial_response(PlainTextResponse("the database is away", 503, _LATER))
        finally:
            self._open -= 1
            self._addresses[address] -= 1
            if not self._addresses[address]:
                del self._addresses[address]

    def _say_away(self, errors: BaseExceptionGroup[DatabaseAway]) -> None:
        if not self._away:
            _LOG.error("stations are sent away until the database is back: %s", errors.exceptions[0])
        self._away = True

    def _say_back(self) -> None:
        if self._away:
            _LOG.warning("the database is back, stations are let in")
        self._away = False

    async def _serve_from(self, address: str, websocket: WebSocket) -> None:
        station_id: str = websocket.path_params["station_id"]
        refusal = self._no_room(address, station_id)
        admission = Admission.REFUSED if refusal else await self._admission(websocket, station_id)
        refusal = refusal or _DENIALS.get(admission) or await self._two_of_one_name(station_id)
        if refusal is not None:
            said = f"refused: {refusal.status} {refusal.text}, from {address or '?'}"
            self._log(station_id[:_MAX_STATION_ID], FrameDirection.FAULT, said)
            await websocket.send_denial_response(PlainTextResponse(refusal.text, refusal.status, refusal.headers))
            return
        version = negotiated(websocket.scope["subprotocols"])
        if version is None:
            offered = ", ".join(websocket.scope["subprotocols"]) or "none"
            self._log(station_id, FrameDirection.FAULT, f"refused: offers the subprotocols {offered}"[:_LONGEST])
            await _refuse_protocol(websocket)
            return
        await websocket.accept(version.subprotocol)
        await self._live_through(
            station_id, self._connection_of(websocket, station_id, version, waits=admission is Admission.WAITING)
        )

    def _connection_of(self, websocket: WebSocket, station_id: str, version: OcppVersion, *, waits: bool) -> Connection:
        settings = self._settings
        limits = ConnectionLimits(rpc=settings.limits, pace=settings.pace, silence=settings.silence)
        station = Station(station_id, self._events, self._clock)
        return Connection(websocket, station, version, limits, self._findings, self._frames, waits=waits)

    def _no_room(self, address: str, station_id: str) -> _Denial | None:
        """Why nobody is even asked."""
        if self._closing:
            return _Denial(503, "shutting down")
        if len(station_id) > _MAX_STATION_ID or not station_id.isprintable():
            return _Denial(404, "no such station")
        if "/" in station_id:
            _LOG.warning("%s: refused, no identity of a station has a slash: found /ocpp/%s", address, station_id)
            return _Denial(404, f"no identity of a station has a slash: found {station_id!r}")
        most, most_of_address = self._settings.connections, self._settings.connections_per_address
        if most and self._open > most:
            _LOG.warning("%s from %s: refused, %d stations are connected", station_id, address, most)
            return _Denial(503, "no more connections", _LATER)
        if most_of_address and self._addresses[address] > most_of_address:
            _LOG.warning("%s from %s: refused, %d are connected from there", station_id, address, most_of_address)
            return _Denial(429, "too many connections", _LATER)
        return None

    async def _two_of_one_name(self, station_id: str) -> _Denial | None:
        """Two stations with one identity would throw each other out for ever."""
        if station_id not in self._live:
            return None
        if not self._take_overs.allowed(self._clock(), station_id):
            await self._events.security(station_id, "is refused: it took over too often; are there two of that name?")
            return _Denial(429, "two stations with one identity", _LATER)
        self._take_overs.failed(self._clock(), station_id)
        return None

    async def _admission(self, websocket: WebSocket, station_id: str) -> Admission:
        try:
            return await self._events.authenticate(knock_of(websocket, station_id, self._settings.proxies))
        except WrongAuthorization as error:
            await self._events.security(station_id, f"cannot be let in: {error}")
            return Admission.REFUSED

    async def _live_through(self, station_id: str, connection: Connection) -> None:
        """Take over from an older connection, run, and leave unless a newer one took over."""
        older = self._live.get(station_id)
        self._live[station_id] = connection
        try:
            if older is not None:
                await self._events.security(station_id, f"connects once more: {TAKEN_OVER}")
                await self._end(station_id, older, CloseCode.POLICY, TAKEN_OVER)
            self._log(station_id, FrameDirection.NOTE, f"connected: {connection.version.subprotocol}")
            await self._events.connected(station_id, connection.version.subprotocol)
            self._say_back()
            await connection.run()
        except* DatabaseAway as errors:
            self._say_away(errors)
            await connection.close(CloseCode.FAILED, CANNOT_STORE)
        finally:
            connection.ended.set()
            if self._live.get(station_id) is connection:
                del self._live[station_id]
                await self._tell_gone(station_id)

    async def _tell_gone(self, station_id: str) -> None:
        """Stations go to another process when this one closes. Those that do not come are found as those of a dead one
        are."""
        while not self._closing and station_id not in self._live:
            with suppress(DatabaseAway):
                await self._events.disconnected(station_id)
                return
            await asyncio.sleep(_AGAIN)

    async def _hand_over(self, station_id: str, connection: Connection) -> None:
        """Finish what is in work, but not for ever, and close."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._settings.hand_over):
                await connection.finish()
        await self._end(station_id, connection, CloseCode.GOING_AWAY, "the server is shutting down")

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
            connection.abort()
            _LOG.error("%s: a connection that ended still handles a message; going on without it", station_id)


async def _refuse_protocol(websocket: WebSocket) -> None:
    """OCPP-J 1.6 (3.2): complete the handshake without a subprotocol and close at once."""
    await websocket.accept()
    ours = ", ".join(version.subprotocol for version in VERSIONS)
    await websocket.close(CloseCode.PROTOCOL_ERROR, f"subprotocols spoken here: {ours}")
