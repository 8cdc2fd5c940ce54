"""Two whole platforms in one process: real sockets, a real PostgreSQL each, and nothing faked but the stations."""

import io
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import aiohttp
import msgspec
import pytest
import uvicorn
from members import Hub, hub_with, with_all
from starlette.applications import Starlette

from conftest import Databases
from ocpilot.api.server import api_routes
from ocpilot.app.kept.peer_records import Peer
from ocpilot.app.kept.records import ObjectKey, StoredObject
from ocpilot.app.logs.message_log import MessageLog
from ocpilot.app.partners import peers
from ocpilot.app.platform import Platform
from ocpilot.app.secrets import Seal
from ocpilot.base import time
from ocpilot.base.ids import PartyId
from ocpilot.base.settings import HubMode, PartySettings, RoamingSettings, SecuritySettings, ServerSettings, Settings
from ocpilot.http.client import HttpPartners
from ocpilot.http.described import openapi_routes
from ocpilot.http.server import ocpi_routes
from ocpilot.main.joined import Switchboard, follow_members
from ocpilot.ocpp.call_check import OcppSchemas
from ocpilot.ocpp.calls import StationCaller
from ocpilot.roaming.tokens import header_value
from ocpilot.store.postgres import store_at
from ocpilot.wire.protocol import ModuleID, TokenEncoding, Version
from servers import running

LOGO = "https://lade.example/logo.SVG"
LAD = PartySettings(country_code="SE", party_id="LAD", role="CPO", name="Lade AB", logo=LOGO)
RES = PartySettings(country_code="SE", party_id="RES", role="EMSP", name="Resa AB")


PAGES_OF_TEN = RoamingSettings(page_limit=10)


@dataclass
class Reply:
    """A response as a partner sees it."""

    http: int
    headers: Mapping[str, str]
    body: dict[str, object]

    @property
    def status(self) -> object:
        return self.body["status_code"]

    @property
    def message(self) -> str:
        return str(self.body.get("status_message"))

    @property
    def data(self) -> object:
        return self.body.get("data")


@dataclass
class PlatformClock:
    """The time, and as much more of it as a test wants to have passed."""

    ahead: timedelta = timedelta()

    def __call__(self) -> datetime:
        return time.now() + self.ahead


@dataclass
class Node:
    """A running platform, and a way to talk to it as any partner would."""

    platform: Platform
    base: str
    session: aiohttp.ClientSession = field(repr=False)
    clock: PlatformClock = field(default_factory=PlatformClock)

    async def ask(
        self,
        method: str,
        path: str,
        token: str | None = None,
        body: object = None,
        *,
        raw: bytes | None = None,
        encoding: TokenEncoding = TokenEncoding.BASE64,
        headers: Mapping[str, str] | None = None,
    ) -> Reply:
        sent = dict(headers or {})
        if token is not None:
            sent["Authorization"] = header_value(token, encoding)
        data = io.BytesIO(msgspec.json.encode(body) if raw is None else raw) if body is not None or raw else None
        url = path if path.startswith("http") else f"{self.base}/ocpi/{path}"
        async with self.session.request(method, url, data=data, headers=sent) as response:
            return Reply(response.status, response.headers, msgspec.json.decode(await response.read()))

    async def keep(self, module: ModuleID, body: Mapping[str, object], audience: str | None = None) -> None:
        """An object of this platform's own, in 2.3.0."""
        party = PartyId.of(str(body["country_code"]), str(body["party_id"]))
        is_token = module is ModuleID.TOKENS
        ident, sub = (str(body["uid"]), str(body["type"])) if is_token else (str(body["id"]), "")
        stored = StoredObject(
            key=ObjectKey(module=module, party=party, id=ident, sub=sub),
            version=Version.V2_3_0,
            body=msgspec.json.encode(body).decode(),
            last_updated=time.parse(str(body["last_updated"])),
            audience=audience,
        )
        store = self.platform.store
        await (store.locations if module is ModuleID.LOCATIONS else store.objects).put(stored)


def free_socket(port: int = 0) -> socket.socket:
    bound = socket.socket()
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.bind(("127.0.0.1", port))
    # Connections inherit it; without it each answer waits 40 ms for an acknowledgement.
    bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return bound


@asynccontextmanager
async def node(
    name: str,
    parties: tuple[PartySettings, ...],
    database_url: str,
    folder: Path,
    *,
    roaming: RoamingSettings = PAGES_OF_TEN,
    port: int = 0,
    allow_inner: bool = True,
) -> AsyncIterator[Node]:
    bound = free_socket(port)
    port = bound.getsockname()[1]
    settings = Settings(
        name=name,
        data_dir=folder / name,
        parties=parties,
        server=ServerSettings(port=port),
        roaming=roaming,
        security=SecuritySettings(secret_key=f"the secret key of {name}", allow_inner_addresses=allow_inner),
    )
    seal, clock, messages = Seal(settings), PlatformClock(), MessageLog(settings.log)
    async with (
        store_at(database_url, pool=4) as store,
        HttpPartners(settings, seal, messages, store.peers.noticed) as partners,
    ):
        platform = Platform(
            settings=settings,
            clock=clock,
            store=store,
            partners=partners,
            stations=StationCaller(Switchboard()),
            sealing=seal,
            messages=messages,
            call_schemas=OcppSchemas(),
        )
        await follow_members(platform)
        app = Starlette(routes=[*openapi_routes(platform), *ocpi_routes(platform), *api_routes(platform)])
        async with (
            running(uvicorn.Config(app, log_level="warning", lifespan="off", access_log=False), bound),
            aiohttp.ClientSession() as session,
        ):
            yield Node(platform, settings.server.base_url, session, clock)
            await platform.background.close()


@pytest.fixture
async def lade(database_url: str, tmp_path: Path) -> AsyncIterator[Node]:
    """The operator SE/LAD."""
    async with node("Lade", (LAD,), database_url, tmp_path) as running:
        yield running


@pytest.fixture
async def resa(second_database_url: str, tmp_path: Path) -> AsyncIterator[Node]:
    """The provider SE/RES."""
    async with node("Resa", (RES,), second_database_url, tmp_path) as running:
        yield running


@pytest.fixture
def make_node(database_url: str, tmp_path: Path) -> Callable[..., AbstractAsyncContextManager[Node]]:
    """For tests that need another platform than these two."""
    return lambda name, parties: node(name, parties, database_url, tmp_path)


@dataclass
class Connection:
    """A registered pair: what each keeps of the other, and the token each uses with the other."""

    lade: Node
    resa: Node
    lade_at_resa: Peer
    resa_at_lade: Peer
    version: Version

    @property
    def lades_token(self) -> str:
        """What Lade sends to Resa."""
        return opened(self.lade, self.resa_at_lade)

    @property
    def resas_token(self) -> str:
        """What Resa sends to Lade."""
        return opened(self.resa, self.lade_at_resa)


def opened(at: Node, peer: Peer) -> str:
    if peer.token_sealed is None:
        raise AssertionError(f"{peer.name} has no token")
    return at.platform.sealing.open(peer.token_sealed)


async def connect(lade: Node, resa: Node, version: Version) -> Connection:
    """Lade invites, Resa registers."""
    invitation = await peers.invite(lade.platform, "Resa")
    lade_at_resa = await peers.register(
        resa.platform, invitation.versions_url, invitation.token, "Lade", version=version
    )
    resa_at_lade = await peers.named(lade.platform, "Resa")
    return Connection(lade, resa, lade_at_resa, resa_at_lade, version)


@pytest.fixture(params=[Version.V2_2_1, Version.V2_3_0])
async def connection(request: pytest.FixtureRequest, lade: Node, resa: Node) -> Connection:
    """Both registered with each other, once per version."""
    return await connect(lade, resa, request.param)


@pytest.fixture
def start() -> Callable[..., AbstractAsyncContextManager[Node]]:
    """Runs a platform of other roles than those here."""
    return node


@pytest.fixture
def register() -> Callable[[Node, Node, Version], Awaitable[Connection]]:
    """Registers any two platforms with each other: `lade` and `resa` are then their names only."""
    return connect


@pytest.fixture
async def newest(lade: Node, resa: Node) -> Connection:
    """Both registered with each other in 2.3.0, for what is alike in all versions."""
    return await connect(lade, resa, Version.V2_3_0)


@pytest.fixture
async def hub(databases: Databases, tmp_path: Path) -> AsyncIterator[Hub]:
    """A hub that nobody has joined yet."""
    async with hub_with(node, databases, tmp_path) as alone:
        yield alone


@pytest.fixture
async def three(hub: Hub) -> Hub:
    """A hub with an operator of 2.1.1 and two providers of 2.3.0."""
    return await with_all(hub)


@pytest.fixture
async def live_hub(databases: Databases, tmp_path: Path) -> AsyncIterator[Hub]:
    """A hub that keeps nothing of what one member addresses to another."""
    async with hub_with(node, databases, tmp_path, mode=HubMode.PASS_THROUGH) as alone:
        yield alone


@pytest.fixture
async def live(live_hub: Hub) -> Hub:
    """The same with three members."""
    return await with_all(live_hub)


# ---- bodies --------------------------------------------------------------------------------------------------------

Body = dict[str, object]
OWNER: Body = {"country_code": "SE", "party_id": "LAD"}
UPDATED = "2026-11-01T10:00:00Z"


class Bodies:
    """Small valid objects; fields given replace those here."""

    @staticmethod
    def tariff(version: Version, ident: str = "T1", **fields: object) -> Body:
        body: Body = {
            **OWNER,
            "id": ident,
            "currency": "SEK",
            "elements": [{"price_components": [{"type": "ENERGY", "price": 3.5, "vat": 25.0, "step_size": 1}]}],
            "last_updated": UPDATED,
        }
        if version is Version.V2_3_0:
            body["tax_included"] = "NO"
        return body | fields

    @staticmethod
    def connector(ident: str = "1", **fields: object) -> Body:
        return {
            "id": ident,
            "standard": "IEC_62196_T2",
            "format": "SOCKET",
            "power_type": "AC_3_PHASE",
            "max_voltage": 230,
            "max_amperage": 32,
            "tariff_ids": ["T1"],
            "last_updated": UPDATED,
        } | fields

    @staticmethod
    def evse(uid: str = "E1", **fields: object) -> Body:
        return {"uid": uid, "status": "AVAILABLE", "connectors": [Bodies.connector()], "last_updated": UPDATED} | fields

    @staticmethod
    def location(ident: str = "L1", **fields: object) -> Body:
        return {
            **OWNER,
            "id": ident,
            "publish": True,
            "address": "Storgatan 1",
            "city": "Kiruna",
            "country": "SWE",
            "coordinates": {"latitude": "67.855800", "longitude": "20.225280"},
            "evses": [Bodies.evse()],
            "time_zone": "Europe/Stockholm",
            "last_updated": UPDATED,
        } | fields

    @staticmethod
    def token(uid: str = "04A1B2C3", **fields: object) -> Body:
        return {
            "country_code": "SE",
            "party_id": "RES",
            "uid": uid,
            "type": "RFID",
            "contract_id": "SE-RES-C00000001",
            "issuer": "Resa AB",
            "valid": True,
            "whitelist": "ALLOWED",
            "last_updated": UPDATED,
        } | fields

    @staticmethod
    def session(ident: str = "S1", provider: str = "RES", **fields: object) -> Body:
        return {
            **OWNER,
            "id": ident,
            "start_date_time": "2026-11-01T09:00:00Z",
            "kwh": 1.5,
            "cdr_token": {
                "country_code": "SE",
                "party_id": provider,
                "uid": "04A1B2C3",
                "type": "RFID",
                "contract_id": "SE-RES-C00000001",
            },
            "auth_method": "WHITELIST",
            "location_id": "L1",
            "evse_uid": "E1",
            "connector_id": "1",
            "currency": "SEK",
            "status": "ACTIVE",
            "last_updated": UPDATED,
        } | fields

    @staticmethod
    def charging_period(start: str = "2026-11-01T09:00:00Z", kwh: float = 1.5) -> Body:
        return {"start_date_time": start, "dimensions": [{"type": "ENERGY", "volume": kwh}]}

    @staticmethod
    def cdr(version: Version, ident: str = "C1", provider: str = "RES", **fields: object) -> Body:
        price: object = {"before_taxes": 5.25} if version is Version.V2_3_0 else {"excl_vat": 5.25}
        place = Bodies.connector()
        return {
            **OWNER,
            "id": ident,
            "start_date_time": "2026-11-01T09:00:00Z",
            "end_date_time": "2026-11-01T10:00:00Z",
            "session_id": "S1",
            "cdr_token": Bodies.session(provider=provider)["cdr_token"],
            "auth_method": "WHITELIST",
            "cdr_location": {
                "id": "L1",
                "address": "Storgatan 1",
                "city": "Kiruna",
                "country": "SWE",
                "coordinates": {"latitude": "67.855800", "longitude": "20.225280"},
                "evse_uid": "E1",
                "evse_id": "SE*LAD*E1",
                "connector_id": "1",
                "connector_standard": place["standard"],
                "connector_format": place["format"],
                "connector_power_type": place["power_type"],
            },
            "currency": "SEK",
            "charging_periods": [Bodies.charging_period()],
            "total_cost": price,
            "total_energy": 1.5,
            "total_time": 1.0,
            "last_updated": UPDATED,
        } | fields


@pytest.fixture
def bodies() -> type[Bodies]:
    """Small valid objects of every module."""
    return Bodies
