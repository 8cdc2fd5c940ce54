"""A small world: the operator SE/LAD with a station, the provider SE/RES as its peer, obedient time."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import msgspec
import pytest

from ocpilot.app.kept.charge_records import StationConnector, Transaction
from ocpilot.app.kept.peer_records import Peer, PeerState
from ocpilot.app.kept.records import ObjectKey, PartnerAnswer, StoredObject
from ocpilot.app.kept.station_events import IdToken, SampledValue, StartEvent, StationSample, StopEvent
from ocpilot.app.ocpi import tariffs
from ocpilot.app.ocpi.bodies import own, text_of
from ocpilot.app.platform import Platform
from ocpilot.app.ports import Store
from ocpilot.app.stations import stations
from ocpilot.app.work.jobs import Jobs
from ocpilot.app.work.station_service import StationService
from ocpilot.base.errors import PeerRefused, PeerUnreachable, StationTimeout
from ocpilot.base.ids import PartyId
from ocpilot.base.settings import ChargingSettings, PartySettings, RoamingSettings, Settings
from ocpilot.store.postgres import store_at
from ocpilot.wire import codec
from ocpilot.wire.protocol import InterfaceRole, ModuleID, Version
from ocpilot.wire.v230 import (
    EVSE,
    BusinessDetails,
    CommandResponse,
    Connector,
    ConnectorFormat,
    CredentialsRole,
    Endpoint,
    GeoLocation,
    Location,
    PowerType,
    PriceComponent,
    ReservationRestrictionType,
    Status,
    Tariff,
    TariffDimensionType,
    TariffElement,
    TariffRestrictions,
    TaxIncluded,
    Token,
    WhitelistType,
)

OPERATOR = PartyId.of("SE", "LAD")
PROVIDER = PartyId.of("SE", "RES")
BEGIN = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


class FakePartners:
    """Peers that answer as told: `answers[(method, module)]` is data, an error, or a function of the call."""

    def __init__(self) -> None:
        self.calls: list[Sent] = []
        self.answers: dict[tuple[str, str], object] = {}
        self.delay = 0.0
        self._called = asyncio.Condition()

    async def call(
        self,
        peer: Peer,
        method: str,
        module: ModuleID,
        interface: InterfaceRole,
        segments: Sequence[str] = (),
        *,
        body: bytes | None = None,
        params: Mapping[str, str] | None = None,
        sender: PartyId | None = None,
        receiver: PartyId | None = None,
        correlation_id: str | None = None,
    ) -> PartnerAnswer:
        data = None if body is None else codec.loads(body)
        sent = Sent(method, str(module), tuple(segments), data, dict(params or {}), receiver)
        return await self._answer(sent)

    async def call_url(
        self,
        peer: Peer,
        method: str,
        url: str,
        body: bytes | None = None,
        *,
        sender: PartyId | None = None,
        receiver: PartyId | None = None,
        correlation_id: str | None = None,
    ) -> PartnerAnswer:
        return await self._answer(Sent(method, url, (), None if body is None else codec.loads(body), {}, receiver))

    async def _answer(self, sent: "Sent") -> PartnerAnswer:
        self.calls.append(sent)
        async with self._called:
            self._called.notify_all()
        await asyncio.sleep(self.delay)
        unknown = PeerRefused("unknown", 404, 2000) if sent.method == "GET" else None
        answer = self.answers.get((sent.method, sent.module), unknown)
        if callable(answer):
            answer = answer(sent)
        if isinstance(answer, Exception):
            raise answer
        posted = (sent.method, sent.module) == ("POST", "cdrs")
        headers = {"Location": f"https://res.example/{sent.body['id']}"} if posted else {}
        return PartnerAnswer(http_status=200, status_code=1000, status_message=None, data=answer, headers=headers)

    async def called(self, times: int) -> None:
        """Wait until there were that many calls."""
        async with self._called, asyncio.timeout(5):
            await self._called.wait_for(lambda: len(self.calls) >= times)

    def sent(self, method: str, module: str) -> list["Sent"]:
        return [one for one in self.calls if (one.method, one.module) == (method, module)]


@dataclass(frozen=True)
class Sent:
    """One call to a peer."""

    method: str
    module: str
    segments: tuple[str, ...]
    body: object
    params: dict[str, str]
    receiver: PartyId | None = None


class FakeStations:
    """Stations that answer `word`, or not at all."""

    def __init__(self) -> None:
        self.word: str | None = "Accepted"
        self.connected = True
        self.calls: list[tuple[object, ...]] = []

    async def _do(self, *call: object) -> str:
        self.calls.append(call)
        if self.word is None:
            raise StationTimeout("silence")
        return self.word

    async def remote_start(self, station_id: str, evse_id: int | None, token: IdToken, remote_start_id: int) -> str:
        return await self._do("start", station_id, evse_id, token.value)

    async def remote_stop(self, transaction: Transaction) -> str:
        return await self._do("stop", transaction.station_id, transaction.id)

    async def unlock(self, station_id: str, evse_id: int, connector_id: int = 1) -> str:
        return await self._do("unlock", station_id, evse_id)

    async def is_connected(self, station_id: str) -> bool:
        return self.connected


class NoSealing:
    def seal(self, secret: str) -> bytes:
        return secret.encode()

    def open(self, sealed: bytes) -> str:
        return sealed.decode()


@dataclass
class World:
    """What a test plays with."""

    platform: Platform
    partners: FakePartners
    stations: FakeStations
    peer: Peer
    now: datetime = BEGIN
    tariff: Tariff = field(default_factory=lambda: TARIFF)
    card: Token = field(default_factory=lambda: CARD)
    location: Location = field(default_factory=lambda: LOCATION)
    service: StationService = field(init=False)
    jobs: Jobs = field(init=False)

    def __post_init__(self) -> None:
        self.service = StationService(self.platform)
        self.jobs = Jobs(self.platform)

    @property
    def store(self) -> Store:
        return self.platform.store

    def passes(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)

    def reborn(self) -> None:
        """The process died: everything in memory is gone."""
        self.service = StationService(self.platform)
        self.jobs = Jobs(self.platform)

    async def token(self, whitelist: WhitelistType = WhitelistType.ALWAYS, **changes: object) -> Token:
        """A card of the provider, known to the operator."""
        token = msgspec.structs.replace(CARD, whitelist=whitelist, **changes)
        key = ObjectKey(module=ModuleID.TOKENS, party=PROVIDER, id=token.uid, sub=token.type)
        await self.store.objects.put(
            StoredObject(
                key=key,
                version=Version.V2_3_0,
                body=text_of(token),
                last_updated=token.last_updated,
                peer_id=self.peer.id,
            )
        )
        return token

    async def dearer_tariff(self) -> None:
        """The Tariff at the connectors gets another price."""
        component = msgspec.structs.replace(TARIFF.elements[0].price_components[0], price=Decimal("9.00"))
        dearer = msgspec.structs.replace(
            TARIFF, elements=(TariffElement(price_components=(component,)),), last_updated=self.now
        )
        await tariffs.put(self.platform, dearer)

    async def reservation_tariff(self) -> None:
        """The Tariff at the connectors prices reservations too, 20 an hour."""
        component = PriceComponent(type=TariffDimensionType.TIME, price=Decimal(20), vat=Decimal(25), step_size=1)
        reserved = TariffElement(
            price_components=(component,),
            restrictions=TariffRestrictions(reservation=ReservationRestrictionType.RESERVATION),
        )
        elements = (reserved, *TARIFF.elements)
        await tariffs.put(self.platform, msgspec.structs.replace(TARIFF, elements=elements, last_updated=self.now))

    async def start(self, id_tag: str = "CARD1", meter: int = 1000, connector: int = 1) -> int:
        event = StartEvent(evse_id=connector, token=IdToken(id_tag), meter_start_wh=Decimal(meter), at=self.now)
        return (await self.service.start("S1", event)).transaction_id

    async def meter(self, transaction: int | None, wh: int, connector: int = 1) -> None:
        await self.service.meter_values("S1", connector, transaction, (self.sample(wh),))
        await self.service.sessions.drain()

    def sample(self, wh: int) -> StationSample:
        return StationSample(at=self.now, values=(SampledValue(value=str(wh), unit="Wh"),))

    async def stop(self, transaction: int, wh: int) -> None:
        event = StopEvent(transaction_id=transaction, meter_stop_wh=Decimal(wh), at=self.now, reason="EVDisconnected")
        await self.service.stop("S1", event)

    async def charge(self, wh: int = 10_000) -> int:
        """A whole charge of an hour."""
        transaction = await self.start()
        self.passes(1800)
        await self.meter(transaction, 1000 + wh // 2)
        self.passes(1800)
        await self.stop(transaction, 1000 + wh)
        return transaction

    async def only(self, module: ModuleID) -> codec.Body:
        """The body of the only object of this module."""
        found = await self.store.objects.newest(module, 10)
        assert len(found) == 1
        return msgspec.convert(codec.loads(found[0].body.encode()), dict[str, object])

    async def evse(self, uid: str = "E1") -> codec.Body:
        key = ObjectKey(module=ModuleID.LOCATIONS, party=OPERATOR, id="L1", sub=uid)
        stored = await self.store.locations.get(key)
        assert stored is not None
        return msgspec.convert(codec.loads(stored.body.encode()), dict[str, object])


CARD = Token(
    country_code="SE",
    party_id="RES",
    uid="CARD1",
    type="RFID",
    contract_id="SE-RES-C00000001",
    issuer="Resa",
    valid=True,
    whitelist=WhitelistType.ALWAYS,
    last_updated=BEGIN,
)

TARIFF = Tariff(
    country_code="SE",
    party_id="LAD",
    id="T1",
    currency="SEK",
    tax_included=TaxIncluded.NO,
    elements=(
        TariffElement(
            price_components=(
                PriceComponent(type=TariffDimensionType.ENERGY, price=Decimal("4.00"), vat=Decimal(25), step_size=1),
            )
        ),
    ),
    last_updated=BEGIN,
)


def evse_of(uid: str) -> EVSE:
    connector = Connector(
        id="1",
        standard="IEC_62196_T2",
        format=ConnectorFormat.SOCKET,
        power_type=PowerType.AC_3_PHASE,
        max_voltage=230,
        max_amperage=32,
        tariff_ids=("T1",),
        last_updated=BEGIN,
    )
    return EVSE(uid=uid, evse_id=f"SE*LAD*{uid}", status=Status.AVAILABLE, connectors=(connector,), last_updated=BEGIN)


LOCATION = Location(
    country_code="SE",
    party_id="LAD",
    id="L1",
    publish=True,
    name="Torget",
    address="Torget 1",
    city="Sala",
    country="SWE",
    coordinates=GeoLocation(latitude="59.921020", longitude="16.605720"),
    evses=(evse_of("E1"), evse_of("E2")),
    time_zone="Europe/Stockholm",
    last_updated=BEGIN,
)


def peer_of(name: str, role: str, party: PartyId, version: Version = Version.V2_3_0) -> Peer:
    """A registered peer that offers every Receiver and Sender."""
    modules = (
        ModuleID.LOCATIONS,
        ModuleID.TARIFFS,
        ModuleID.SESSIONS,
        ModuleID.CDRS,
        ModuleID.TOKENS,
        ModuleID.COMMANDS,
    )
    return Peer(
        name=name,
        state=PeerState.REGISTERED,
        version=version,
        endpoints=tuple(
            Endpoint(identifier=module, role=interface, url=f"https://{name}.example/{module}")
            for module in modules
            for interface in InterfaceRole
        ),
        roles=(
            CredentialsRole(
                role=role,
                business_details=BusinessDetails(name=name),
                party_id=party.party_id,
                country_code=party.country_code,
            ),
        ),
        created_at=BEGIN,
        updated_at=BEGIN,
    )


def settings_of(roles: dict[PartyId, str]) -> Settings:
    return Settings(
        parties=tuple(
            PartySettings(country_code=party.country_code, party_id=party.party_id, role=role, name=str(party))
            for party, role in roles.items()
        ),
        charging=ChargingSettings(cdr_delay=0),
        roaming=RoamingSettings(authorize_deadline=0.2, command_timeout=1, retry_first=0.01, retry_longest=0.05),
    )


async def world_of(store: Store, roles: dict[PartyId, str], peer: Peer) -> World:
    partners, fake_stations = FakePartners(), FakeStations()
    platform = Platform(
        settings=settings_of(roles),
        clock=lambda: world.now,
        store=store,
        partners=partners,
        stations=fake_stations,
        sealing=NoSealing(),
    )
    world = World(platform, partners, fake_stations, await store.peers.add(peer))
    return world


async def build_network(world: World) -> None:
    """Location, Tariff and station S1 of the operator."""
    key = ObjectKey(module=ModuleID.LOCATIONS, party=OPERATOR, id="L1")
    await world.store.locations.put(own(key, LOCATION, BEGIN))
    await tariffs.put(world.platform, TARIFF)
    connectors = tuple(
        StationConnector(evse_id=number, evse_uid=f"E{number}", ocpi_connector_id="1") for number in (1, 2)
    )
    await stations.add(
        world.platform, "S1", party=OPERATOR, location_id="L1", connectors=connectors, password="not so secret"
    )


@pytest.fixture
async def operator(store: Store) -> AsyncIterator[World]:
    """The operator with Location, Tariff, station S1 and the provider as its peer."""
    world = await world_of(store, {OPERATOR: "CPO"}, peer_of("res", "EMSP", PROVIDER))
    await build_network(world)
    yield world
    await world.platform.background.close()


@pytest.fixture
async def both(store: Store) -> AsyncIterator[World]:
    """One platform that is operator and provider; its peer is a stranger."""
    world = await world_of(store, {OPERATOR: "CPO", PROVIDER: "EMSP"}, peer_of("oth", "EMSP", PartyId.of("SE", "OTH")))
    await build_network(world)
    yield world
    await world.platform.background.close()


@pytest.fixture
async def provider(store: Store) -> AsyncIterator[World]:
    """The provider with the operator as its peer."""
    world = await world_of(store, {PROVIDER: "EMSP"}, peer_of("lad", "CPO", OPERATOR))
    yield world
    await world.platform.background.close()


@pytest.fixture
async def second_store(second_database_url: str) -> AsyncIterator[Store]:
    """A store for a second platform."""
    async with store_at(second_database_url, pool=4) as opened:
        yield opened


@pytest.fixture
async def make_provider() -> Callable[[Store], Awaitable[World]]:
    """Makes the provider on another store than the operator's."""

    async def make(store: Store) -> World:
        return await world_of(store, {PROVIDER: "EMSP"}, peer_of("lad", "CPO", OPERATOR))

    return make


@pytest.fixture
def refused() -> PeerRefused:
    return PeerRefused("refused", 200, 2001)


@pytest.fixture
def unreachable() -> PeerUnreachable:
    return PeerUnreachable("gone")


@pytest.fixture
def accepted() -> codec.Body:
    return codec.body_of(CommandResponse(result="ACCEPTED", timeout=30))
