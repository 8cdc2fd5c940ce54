"""A provider and an operator with pages, on a real store with hand-made data, and a reader without a screen."""

import dataclasses
import re
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import aiohttp
import pytest
import uvicorn
from argon2 import PasswordHasher
from msgspec.structs import replace
from starlette.applications import Starlette

from messages import of_a_console
from ocpilot.app.cdrs import cdrs
from ocpilot.app.kept.charge_records import Transaction, TransactionState
from ocpilot.app.kept.messages import Direction
from ocpilot.app.kept.peer_records import Delivery, DeliveryState, Peer, PeerState
from ocpilot.app.kept.records import Account, AccountRole, ObjectKey, PartnerAnswer, Receipt, StoredObject
from ocpilot.app.kept.station_events import CallAnswer, Payload
from ocpilot.app.logs.message_log import MessageLog
from ocpilot.app.logs.message_rows import Exchanged
from ocpilot.app.ocpi import tokens
from ocpilot.app.ocpi.bodies import text_of
from ocpilot.app.platform import Platform
from ocpilot.app.secrets import Seal
from ocpilot.base.errors import OcpilotError, PeerUnreachable
from ocpilot.base.ids import PartyId
from ocpilot.base.money_settings import BillingSettings, ReminderSettings, SellerSettings
from ocpilot.base.settings import PartySettings, SecuritySettings, Settings
from ocpilot.demo import network
from ocpilot.metering.public_keys import PublicKey
from ocpilot.metering.signed import SignedCharge, judge_charge
from ocpilot.metering.signed_texts import SignedText
from ocpilot.store.postgres import PostgresStore
from ocpilot.web.routes import web_routes
from ocpilot.wire.fields import Wire
from ocpilot.wire.protocol import ModuleID, Version
from ocpilot.wire.v230 import (
    CDR,
    BusinessDetails,
    CdrDimension,
    CdrLocation,
    CdrToken,
    ChargingPeriod,
    CredentialsRole,
    Location,
    Price,
    Session,
    Status,
    TaxAmount,
)
from servers import running
from signed_meter import SigningMeter

NOW = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)
PASSWORD = "charge-me-up"
#: Tests sign in often; a real hash is slow on purpose.
QUICK_HASH = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
CPO = network.OPERATOR
EMSP = network.PROVIDER


class NoStations:
    """A platform whose stations start nothing; what they are asked otherwise they answer with `answer`, an error or a
    payload. `asked` is what that was."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str, Payload]] = []
        self.answer: CallAnswer | OcpilotError = CallAnswer(payload={"status": "Accepted"})

    async def call(self, station_id: str, action: str, payload: Payload) -> CallAnswer:
        self.asked.append((station_id, action, payload))
        if isinstance(self.answer, OcpilotError):
            raise self.answer
        return self.answer

    async def remote_start(self, *_: object) -> str:
        return "Rejected"

    async def remote_stop(self, *_: object) -> str:
        return "Rejected"

    async def unlock(self, *_: object) -> str:
        return "UnlockFailed"

    async def is_connected(self, station_id: str) -> bool:
        return False


@dataclass
class OperatorOnTheLine:
    """`Partners`: answers every command with `response`; what it was sent is kept in `calls`."""

    messages: MessageLog
    response: str = "ACCEPTED"
    calls: list[tuple[str, tuple[str, ...], bytes | None]] = field(default_factory=list)

    async def call(self, peer, method, module, interface, segments=(), *, body=None, **_headers) -> PartnerAnswer:
        return self._answer(method, tuple(segments), body)

    async def call_url(self, peer, method, url, body=None, *, replay_of=None, **_headers) -> PartnerAnswer:
        again = {"direction": Direction.OUT, "at": NOW, "peer_id": peer.id, "method": method, "url": url}
        self.messages.add(Exchanged(**again, request_body=body or b"", http_status=200, replay_of=replay_of))
        return self._answer(method, (url,), body)

    def _answer(self, method, segments, body) -> PartnerAnswer:
        self.calls.append((method, segments, body))
        if self.response == "silence":
            raise PeerUnreachable("no answer")
        return PartnerAnswer(
            http_status=200,
            status_code=1000,
            status_message=None,
            data={"result": self.response, "timeout": 30},
            headers={},
        )


@dataclass
class Reader:
    """Opens pages of a running platform and keeps cookies; follows no redirect by itself."""

    base: str
    session: aiohttp.ClientSession

    async def get(self, path: str, **headers: str) -> "Page":
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        async with self.session.get(self.base + path, headers=names, allow_redirects=False) as answer:
            return Page(answer.status, await answer.text(errors="replace"), answer.headers)

    async def post(self, path: str, form: Mapping[str, str], csrf: str | None = None) -> "Page":
        token = await self.csrf() if csrf is None else csrf
        async with self.session.post(self.base + path, data={"csrf": token, **form}, allow_redirects=False) as answer:
            return Page(answer.status, await answer.text(errors="replace"), answer.headers)

    async def post_form(self, path: str, form: aiohttp.FormData) -> "Page":
        """A form as it is, with files."""
        async with self.session.post(self.base + path, data=form, allow_redirects=False) as answer:
            return Page(answer.status, await answer.text(), answer.headers)

    async def csrf(self) -> str:
        page = await self.get("/")
        found = re.search(r'name="csrf" value="([^"]+)"', page.text)
        return found.group(1) if found else ""

    async def sign_in(self, email: str, password: str = PASSWORD) -> "Page":
        return await self.post("/sign-in", {"email": email, "password": password, "next": "/"})


@dataclass
class Page:
    """What came back."""

    status: int
    text: str
    headers: Mapping[str, str]

    @property
    def words(self) -> str:
        """The text a person reads: no markup, single spaces."""
        return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", self.text))


@asynccontextmanager
async def served(platform: Platform) -> AsyncIterator[str]:
    """The pages on a free port of this machine."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        sock.listen()
        config = uvicorn.Config(Starlette(routes=web_routes(platform)), log_level="critical", lifespan="off")
        async with running(config, sock) as port:
            yield f"http://127.0.0.1:{port}"


def platform_of(store: PostgresStore, folder: Path, role: str, clock=lambda: NOW) -> Platform:
    party = EMSP if role == "EMSP" else CPO
    settings = Settings(
        name="Resa" if role == "EMSP" else "Ladda Sverige",
        data_dir=folder,
        parties=(
            PartySettings(
                country_code="SE", party_id=party.party_id, role=role, name="Resa AB", website="https://r.example"
            ),
        ),
        security=SecuritySettings(secret_key="a key for tests only"),
        seller=SellerSettings(name="Resa AB", country="SE", phone="+46 771 123 456"),
    )
    messages = MessageLog(settings.log)
    return Platform(
        settings=settings,
        clock=clock,
        store=store,
        partners=OperatorOnTheLine(messages),
        messages=messages,
        stations=NoStations(),
        sealing=Seal(settings),
    )


def peer_of(name: str, party: PartyId, role: str) -> Peer:
    played = CredentialsRole(
        role=role, party_id=party.party_id, country_code="SE", business_details=BusinessDetails(name=name)
    )
    return Peer(
        name=name,
        state=PeerState.REGISTERED,
        version=Version.V2_3_0,
        versions_url="https://ladda.example/ocpi/versions",
        roles=(played,),
        created_at=NOW - timedelta(days=20),
        updated_at=NOW - timedelta(hours=2),
    )


def stored(module: ModuleID, party: PartyId, value: Wire, peer_id: int | None) -> StoredObject:
    key = ObjectKey(module=module, party=party, id=value.id)
    return StoredObject(
        key=key, version=Version.V2_3_0, body=text_of(value), last_updated=value.last_updated, peer_id=peer_id
    )


def locations() -> list[Location]:
    """The demo's places in November: some chargers in use, some broken."""
    words = [Status.AVAILABLE, Status.CHARGING, Status.AVAILABLE, Status.OUTOFORDER, Status.CHARGING]
    found = []
    for number, place in enumerate(network.locations()):
        evses = tuple(
            replace(evse, status=words[(number * 3 + index) % 5] if number % 4 else Status.AVAILABLE)
            for index, evse in enumerate(place.evses)
        )
        found.append(replace(place, evses=evses))
    return found


def cdr_token(account: Account) -> CdrToken:
    return CdrToken(
        country_code="SE", party_id="RES", uid=account.token_uids[0], type="APP_USER", contract_id="SE-RES-C00000001"
    )


def with_vat(amount: Decimal) -> Price:
    return Price(before_taxes=amount, taxes=(TaxAmount(name="VAT", percentage=Decimal(25), amount=amount / 4),))


def session_of(account: Account, number: int, place: Location, *, began: datetime, kwh: str, status: str) -> Session:
    ended = status == "COMPLETED"
    cost = Decimal(kwh) * Decimal("3.6")
    period = ChargingPeriod(
        start_date_time=began,
        tariff_id=place.evses[0].connectors[0].tariff_ids[0],
        dimensions=(
            CdrDimension(type="ENERGY", volume=Decimal(kwh)),
            CdrDimension(type="TIME", volume=Decimal("0.75")),
            CdrDimension(type="POWER", volume=Decimal("10.8")),
        ),
    )
    return Session(
        country_code="SE",
        party_id="LAD",
        id=f"session-{account.id}-{number}",
        start_date_time=began,
        end_date_time=began + timedelta(minutes=45) if ended else None,
        kwh=Decimal(kwh),
        cdr_token=cdr_token(account),
        auth_method="COMMAND",
        location_id=place.id,
        evse_uid=place.evses[0].uid,
        connector_id="1",
        currency="SEK",
        charging_periods=(period,),
        total_cost=with_vat(cost),
        status=status,
        last_updated=began + timedelta(minutes=45),
    )


def cdr_of(session: Session, place: Location, *, too_much: str = "0") -> CDR:
    """The bill of a Session at the price of the place's first tariff; `too_much` makes it disagree."""
    tariff = next(one for one in network.tariffs() if one.id == place.evses[0].connectors[0].tariff_ids[0])
    evse, connector = place.evses[0], place.evses[0].connectors[0]
    energy = session.kwh * Decimal("3.6") + Decimal(too_much)
    return CDR(
        country_code="SE",
        party_id="LAD",
        id=f"cdr-{session.id}",
        start_date_time=session.start_date_time,
        end_date_time=session.end_date_time,
        session_id=session.id,
        cdr_token=session.cdr_token,
        auth_method="COMMAND",
        cdr_location=CdrLocation(
            id=place.id,
            name=place.name,
            address=place.address,
            city=place.city,
            country="SWE",
            coordinates=place.coordinates,
            evse_uid=evse.uid,
            evse_id=evse.evse_id,
            connector_id=connector.id,
            connector_standard=connector.standard,
            connector_format=connector.format,
            connector_power_type=connector.power_type,
        ),
        currency="SEK",
        tariffs=(tariff,),
        charging_periods=session.charging_periods,
        total_cost=Price(
            before_taxes=energy, taxes=(TaxAmount(name="VAT", percentage=Decimal(25), amount=energy / 4),)
        ),
        total_energy=session.kwh,
        total_energy_cost=Price(before_taxes=energy),
        total_time=Decimal("0.75"),
        last_updated=session.last_updated,
    )


@dataclass
class World:
    """A platform with data, who can sign in, and where its pages are."""

    platform: Platform
    peer: Peer
    anna: Account
    omar: Account
    operator: Account
    places: list[Location]
    base: str = ""

    @property
    def partner(self) -> OperatorOnTheLine:
        return self.platform.partners

    async def set_status(self, place: Location, number: int, status: str) -> None:
        evses = list(place.evses)
        newer = place.last_updated + timedelta(hours=1)
        evses[number] = replace(evses[number], status=Status(status), last_updated=newer)
        await self.put_location(replace(place, evses=tuple(evses), last_updated=newer))

    async def put_location(self, place: Location) -> None:
        await self.platform.store.locations.put(stored(ModuleID.LOCATIONS, CPO, place, self.peer.id))


async def add_driver(platform: Platform, email: str, name: str, language: str, card: str | None = None) -> Account:
    app = await tokens.issue(platform, EMSP, language=language)
    cards = [await tokens.issue(platform, EMSP, uid=card, type_="RFID")] if card else []
    return await platform.store.accounts.add(
        Account(
            email=email,
            name=name,
            role=AccountRole.DRIVER,
            password_hash=QUICK_HASH.hash(PASSWORD),
            language=language,
            token_uids=(app.uid, *(one.uid for one in cards)),
            created_at=NOW,
        )
    )


async def add_operator(platform: Platform) -> Account:
    return await platform.store.accounts.add(
        Account(
            email="kontor@example.org",
            name="Kim Kontor",
            role=AccountRole.OPERATOR,
            password_hash=QUICK_HASH.hash(PASSWORD),
            created_at=NOW,
        )
    )


async def fill(platform: Platform) -> World:
    """Anna has charged twice and is charging; Omar has charged once. One bill disagrees."""
    store = platform.store
    anna = await add_driver(platform, "anna@example.org", "Anna Lindqvist", "sv", card="04A1B2C3D4E5F6")
    omar = await add_driver(platform, "omar@example.org", "Omar Haddad", "en")
    operator = await add_operator(platform)
    peer = await store.peers.add(peer_of("Ladda Sverige", CPO, "CPO"))
    places = locations()
    for tariff in network.tariffs():
        await store.objects.put(stored(ModuleID.TARIFFS, CPO, tariff, peer.id))
    for place in places:
        await store.locations.put(stored(ModuleID.LOCATIONS, CPO, place, peer.id))
    await _charges(platform, peer, anna, omar, places)
    return World(platform=platform, peer=peer, anna=anna, omar=omar, operator=operator, places=places)


async def _charges(platform: Platform, peer: Peer, anna: Account, omar: Account, places: list[Location]) -> None:
    town = next(place for place in places if "STAD" in place.evses[0].connectors[0].tariff_ids)
    finished = [
        session_of(anna, 1, town, began=NOW - timedelta(days=6), kwh="21.400", status="COMPLETED"),
        session_of(anna, 2, town, began=NOW - timedelta(days=2), kwh="8.125", status="COMPLETED"),
        session_of(omar, 1, town, began=NOW - timedelta(days=1), kwh="33.010", status="COMPLETED"),
    ]
    running = session_of(anna, 3, town, began=NOW - timedelta(minutes=45), kwh="8.100", status="ACTIVE")
    waiting = session_of(anna, 4, town, began=NOW - timedelta(hours=4), kwh="5.000", status="COMPLETED")
    for session in (*finished, running, waiting):
        await platform.store.objects.put(stored(ModuleID.SESSIONS, CPO, session, peer.id))
    for session, owner, wrong in zip(finished, (anna, anna, omar), ("0", "0", "12.50"), strict=True):
        await _bill(platform, peer, owner, cdr_of(session, town, too_much=wrong))


async def _bill(platform: Platform, peer: Peer, owner: Account, cdr: CDR) -> None:
    row = stored(ModuleID.CDRS, CPO, cdr, peer.id)
    await platform.store.objects.put(row)
    check = await cdrs.check(platform, row)
    if check.agrees:
        await platform.store.documents.issue(
            row.key,
            "R",
            lambda number: Receipt(
                number=number, key=row.key, account_id=owner.id, issued_at=NOW, body="{}", pdf=b"%PDF-1.7 hand-made"
            ),
        )


def signed_charge() -> SignedCharge:
    """Signed meter values that differ from the bill."""
    meter = SigningMeter(serial="M-7")
    texts = [SignedText(text=text) for text in (meter.begin(1.0), meter.end(13.5))]
    return judge_charge(texts, PublicKey.of(meter.der), billed_kwh=Decimal("12.6"))


async def fill_operator(platform: Platform) -> Peer:
    """Our own network: stations of which one is away, a held transaction, a CDR a partner does not take."""
    store = platform.store
    for tariff in network.tariffs():
        await store.objects.put(stored(ModuleID.TARIFFS, CPO, tariff, None))
    places = locations()
    for place in places:
        await store.locations.put(stored(ModuleID.LOCATIONS, CPO, place, None))
    for number, station in enumerate(network.stations("no password")):
        await store.stations.save(
            replace(
                station,
                connected=number % 7 != 3,
                protocol="ocpp1.6",
                vendor="Laddbox",
                model="LB-22",
                firmware="4.1.2",
                last_seen=NOW - timedelta(minutes=number),
            )
        )
    peer = await store.peers.add(peer_of("Resa", EMSP, "EMSP"))
    nobody = Account(id=9, email="", name="", role="driver", password_hash="", token_uids=("04FFFF",), created_at=NOW)
    for number in range(1, 4):
        session = session_of(
            nobody, number, places[1], began=NOW - timedelta(days=number), kwh="12.500", status="COMPLETED"
        )
        cdr = cdr_of(session, places[1])
        await store.objects.put(stored(ModuleID.SESSIONS, CPO, session, None))
        kept = stored(ModuleID.CDRS, CPO, cdr, None)
        await store.objects.put(kept)
        await store.signed.save(kept.key, signed_charge(), NOW)
        await store.deliveries.save(
            Delivery(
                peer_id=peer.id,
                key=stored(ModuleID.CDRS, CPO, cdr, None).key,
                state=[DeliveryState.ACKNOWLEDGED, DeliveryState.WAITING, DeliveryState.DEAD][number - 1],
                attempts=number,
                next_at=NOW + timedelta(minutes=3) if number == 2 else None,
                last_error="HTTP 500: internal error" if number > 1 else None,
                updated_at=NOW - timedelta(hours=number),
            )
        )
    await hold_transaction(platform, places[1])
    await store.messages.add(of_a_console(peer.id, NOW))
    return peer


async def hold_transaction(platform: Platform, place: Location) -> None:
    """One that nobody can bill: its token is not known."""
    begun, _ = await platform.store.transactions.start(
        Transaction(
            station_id=place.id,
            evse_id=1,
            party=CPO,
            location_id=place.id,
            evse_uid=place.evses[0].uid,
            ocpi_connector_id="1",
            session_id="held-session",
            id_tag="0BADCAFE",
            cdr_token=None,
            auth_method="WHITELIST",
            accepted=True,
            meter_start_wh=Decimal(1000),
            started_at=NOW - timedelta(hours=5),
            dedupe="held",
        )
    )
    await platform.store.transactions.stop(
        begun.id, at=NOW - timedelta(hours=4), arrived=NOW, meter_stop_wh=Decimal(5000), reason="Local", samples=()
    )
    await platform.store.transactions.set_state(
        begun.id, TransactionState.HELD, "nobody knows the token it was started with"
    )


@pytest.fixture
async def world(store: PostgresStore, tmp_path: Path) -> AsyncIterator[World]:
    """A provider's platform with data, served."""
    filled = await fill(platform_of(store, tmp_path, "EMSP"))
    async with served(filled.platform) as base:
        filled.base = base
        yield filled


@pytest.fixture
async def reader(world: World) -> AsyncIterator[Reader]:
    """Nobody yet; `sign_in` makes it somebody."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        yield Reader(world.base, session)


@pytest.fixture
async def office(store: PostgresStore, tmp_path: Path) -> AsyncIterator[tuple[Platform, Reader]]:
    """An operator's platform with data and an employee who has signed in."""
    platform = platform_of(store, tmp_path, "CPO")
    await fill_operator(platform)
    await add_operator(platform)
    async with served(platform) as base, aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        reader = Reader(base, session)
        await reader.sign_in("kontor@example.org")
        yield platform, reader


@pytest.fixture
async def desk(store: PostgresStore, tmp_path: Path) -> AsyncIterator[tuple[PostgresStore, Reader]]:
    """An operator's platform without any charge, which reminds of invoices, weeks later; an employee has signed in."""
    plain = platform_of(store, tmp_path, "CPO", clock=lambda: NOW + timedelta(days=37))
    billing = BillingSettings(reminders=(ReminderSettings(days=5, fee=Decimal(60)),))
    platform = dataclasses.replace(plain, settings=replace(plain.settings, billing=billing))
    await add_operator(platform)
    async with served(platform) as base, aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        reader = Reader(base, session)
        await reader.sign_in("kontor@example.org")
        yield store, reader


@pytest.fixture
def pages() -> Callable[[Platform], AbstractAsyncContextManager[Reader]]:
    """The pages of any platform, read by an employee who has signed in."""

    @asynccontextmanager
    async def opened(platform: Platform) -> AsyncIterator[Reader]:
        await add_operator(platform)
        async with (
            served(platform) as base,
            aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session,
        ):
            reader = Reader(base, session)
            await reader.sign_in("kontor@example.org")
            yield reader

    return opened


@pytest.fixture
def console(office: tuple[Platform, Reader]) -> Reader:
    """The employee alone."""
    return office[1]


@pytest.fixture
async def hub_console(store: PostgresStore, tmp_path: Path) -> AsyncIterator[tuple[Platform, Reader]]:
    """A hub without members and an employee who has signed in."""
    platform = platform_of(store, tmp_path, "HUB")
    await add_operator(platform)
    async with served(platform) as base, aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        reader = Reader(base, session)
        await reader.sign_in("kontor@example.org")
        yield platform, reader
