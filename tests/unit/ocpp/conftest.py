"""A platform that remembers what stations told it, and the gateway in front of it on a real server."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime

import pytest
import uvicorn
from starlette.applications import Starlette
from websockets.asyncio.client import ClientConnection, connect

from bare_station import BareStation, basic
from ocpilot.app.kept.frames import FrameDirection
from ocpilot.app.kept.station_events import (
    Admission,
    AuthorizationStatus,
    BootAnswer,
    BootInfo,
    IdTagAnswer,
    IdToken,
    Knock,
    Payload,
    StartAnswer,
    StartEvent,
    StationSample,
    StatusEvent,
    StopEvent,
    TransactionAnswer,
    TransactionEvent,
)
from ocpilot.base.errors import DatabaseAway
from ocpilot.base.problem import Problem
from ocpilot.ocpp.calls import StationCaller
from ocpilot.ocpp.gateway import Gateway, GatewaySettings
from ocpilot.ocpp.rpc import MAX_MESSAGE, RpcLimits
from ocpilot.ocpp.station_socket import StationSocket
from servers import running

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
PASSWORD = "sixteen-letters-"
#: Station, direction, text.
Frame = tuple[str, FrameDirection, str]


class FakePlatform:
    """Accepts the tag `TAG` and every station with the password; keeps all it hears in `heard`, in order."""

    def __init__(self) -> None:
        self.heard: list[tuple[object, ...]] = []
        self.starts: list[StartEvent] = []
        self.stops: list[StopEvent] = []
        self.events: list[TransactionEvent] = []
        self.meter_values_of: list[tuple[int | None, tuple[StationSample, ...]]] = []
        self.knocks: list[Knock] = []
        #: Stations that nobody has approved.
        self.waiting: set[str] = set()
        self.gate = asyncio.Event()
        self.gate.set()
        self.fail_once: Exception | None = None
        #: Whether its database is.
        self.away = False

    def _look(self) -> None:
        if self.away:
            raise DatabaseAway("no connection to the database")

    async def authenticate(self, knock: Knock) -> Admission:
        self._look()
        self.knocks.append(knock)
        if knock.station_id in self.waiting and knock.password == PASSWORD:
            return Admission.WAITING
        return Admission.ADMITTED if knock.password == PASSWORD or knock.profile == 3 else Admission.REFUSED

    async def connected(self, station_id: str, protocol: str) -> None:
        self.heard.append(("connected", station_id, protocol))

    async def disconnected(self, station_id: str) -> None:
        self._look()
        self.heard.append(("disconnected", station_id))

    async def booted(self, station_id: str, info: BootInfo) -> BootAnswer:
        self.heard.append(("booted", info))
        waiting = station_id in self.waiting
        return BootAnswer(accepted=not waiting, interval=300, waiting=waiting)

    async def heartbeat(self, station_id: str) -> datetime:
        self.heard.append(("heartbeat", station_id))
        return NOW

    async def status(self, station_id: str, event: StatusEvent) -> None:
        await self.gate.wait()
        self.heard.append(("status", event.evse_id, event.status, event.error_code, event.at))

    async def authorize(self, station_id: str, token: IdToken) -> IdTagAnswer:
        self.heard.append(("authorize", token.value))
        return _answer_to(token.value)

    async def start(self, station_id: str, event: StartEvent) -> StartAnswer:
        await self.gate.wait()
        if self.fail_once is not None:
            error, self.fail_once = self.fail_once, None
            raise error
        self.heard.append(("start", event.evse_id))
        self.starts.append(event)
        return StartAnswer(transaction_id=len(self.starts), id_tag=_answer_to(event.token.value if event.token else ""))

    async def meter_values(
        self, station_id: str, evse_id: int, transaction_id: int | None, samples: tuple[StationSample, ...]
    ) -> None:
        self.heard.append(("meter_values", transaction_id))
        self.meter_values_of.append((transaction_id, samples))

    async def stop(self, station_id: str, event: StopEvent) -> IdTagAnswer | None:
        self.heard.append(("stop", event.transaction_id))
        self.stops.append(event)
        return _answer_to(event.id_tag) if event.id_tag else None

    async def transaction_event(self, station_id: str, event: TransactionEvent) -> TransactionAnswer:
        self.heard.append(("transaction_event", event.kind, event.station_key))
        self.events.append(event)
        return TransactionAnswer(token=_answer_to(event.token.value) if event.token else None)

    async def sign_certificate(self, station_id: str, csr: str, kind: str | None) -> str | None:
        self.heard.append(("sign_certificate", csr, kind))
        return None

    async def reservation_ended(self, station_id: str, number: int, *, expired: bool) -> None:
        self.heard.append(("reservation_ended", number, expired))

    async def security(self, station_id: str, what: str) -> None:
        logging.getLogger(__name__).warning("security: station %s %s", station_id, what)

    async def notice(self, station_id: str, action: str, payload: Payload) -> None:
        self.heard.append(("notice", action, payload))

    def words(self) -> list[object]:
        return [each[0] for each in self.heard]


def _answer_to(id_tag: str) -> IdTagAnswer:
    known = id_tag.startswith("TAG")
    return IdTagAnswer(status=AuthorizationStatus.ACCEPTED if known else AuthorizationStatus.INVALID)


async def until(condition: Callable[[], bool]) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110 - what is waited for has no event to set
            await asyncio.sleep(0.005)


class Served:
    """A running gateway, its platform, and the findings it reported."""

    def __init__(
        self, gateway: Gateway, platform: FakePlatform, port: int, findings: list[Problem], frames: list[Frame]
    ) -> None:
        self.gateway = gateway
        self.calls = StationCaller(gateway, lambda: NOW)
        self.platform = platform
        self.findings = findings
        self.port = port
        self.frames = frames
        self.url = f"ws://127.0.0.1:{port}/ocpp"

    def connect(
        self,
        station_id: str = "CS1",
        password: str | None = PASSWORD,
        subprotocols: tuple[str, ...] = ("ocpp1.6",),
    ) -> AbstractAsyncContextManager[ClientConnection]:
        headers = {} if password is None else {"Authorization": basic(station_id, password)}
        return connect(
            f"{self.url}/{station_id}",
            subprotocols=subprotocols,
            additional_headers=headers,
            compression=None,
            proxy=None,
        )

    @asynccontextmanager
    async def station(self, station_id: str = "CS1") -> AsyncIterator[BareStation]:
        async with self.connect(station_id) as socket:
            yield BareStation(socket)


@asynccontextmanager
async def serving(
    platform: FakePlatform, call_timeout: float = 5.0, port: int = 0, ping: float | None = None, **settings: object
) -> AsyncIterator[Served]:
    """`settings` are those of the gateway."""
    findings: list[Problem] = []
    frames: list[Frame] = []
    gateway = Gateway(
        platform,
        settings=GatewaySettings(limits=RpcLimits(call_timeout=call_timeout), **settings),
        clock=lambda: NOW,
        findings=lambda _station, _action, found: findings.extend(found),
        frames=lambda station_id, direction, text, _at: frames.append((station_id, direction, text)),
    )
    app = Starlette(routes=[gateway.route()])
    config = uvicorn.Config(
        app,
        port=port,
        ws=StationSocket,
        ws_max_size=MAX_MESSAGE,
        ws_ping_interval=ping,
        ws_ping_timeout=ping,
        ws_per_message_deflate=False,
        log_config=None,
        lifespan="off",
    )
    async with running(config) as bound_port:
        try:
            yield Served(gateway, platform, bound_port, findings, frames)
        finally:
            platform.gate.set()  # a test that failed may have left a call in work
            await gateway.close()


@pytest.fixture
def platform() -> FakePlatform:
    return FakePlatform()


@pytest.fixture
def serve_with() -> Callable[..., AbstractAsyncContextManager[Served]]:
    """For tests that need their own settings, or a server that comes back on its port."""
    return serving


@pytest.fixture
async def served(platform: FakePlatform) -> AsyncIterator[Served]:
    async with serving(platform) as running:
        yield running


@pytest.fixture
def eventually() -> Callable[[Callable[[], bool]], Awaitable[None]]:
    return until
