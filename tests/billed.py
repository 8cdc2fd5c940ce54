"""A provider's books for tests and benchmarks: customers, and generated CDRs of three operators that were accepted."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import msgspec
from msgspec.structs import replace

from ocpilot.app.cdrs import cdrs as checked_cdrs
from ocpilot.app.kept.clearing_records import Clearing, ClearingState, ClearingStep
from ocpilot.app.kept.customer_records import Customer, CustomerKind, CustomerToken, Cycle
from ocpilot.app.kept.peer_records import Peer, PeerState
from ocpilot.app.kept.records import ObjectKey, StoredObject
from ocpilot.app.ocpi.bodies import own, text_of
from ocpilot.app.platform import Platform
from ocpilot.app.ports import OWN_VERSION, Store
from ocpilot.base.ids import PartyId
from ocpilot.base.money_settings import BillingSettings, SellerSettings
from ocpilot.base.settings import PartySettings, SecuritySettings, Settings
from ocpilot.base.zones import zone_named
from ocpilot.billing.parties import Address, BusinessParty
from ocpilot.pricing import price
from ocpilot.wire.protocol import ModuleID
from ocpilot.wire.v230 import (
    CDR,
    EVSE,
    AuthMethod,
    BusinessDetails,
    CdrDimension,
    CdrDimensionType,
    CdrLocation,
    CdrToken,
    ChargingPeriod,
    Connector,
    ConnectorFormat,
    ConnectorType,
    CredentialsRole,
    GeoLocation,
    Location,
    PowerType,
    Price,
    PriceComponent,
    Role,
    Session,
    SessionStatus,
    Status,
    Tariff,
    TariffDimensionType,
    TariffElement,
    TaxIncluded,
    Token,
    TokenType,
    WhitelistType,
)

NOW = datetime(2026, 12, 2, 8, 0, tzinfo=UTC)
STAMP = datetime(2026, 1, 1, tzinfo=UTC)
PROVIDER = PartyId("SE", "RES")


@dataclass(frozen=True)
class Operator:
    """One with a Tariff and a place."""

    party: PartyId
    country: str
    city: str
    currency: str
    per_kwh: Decimal
    vat: Decimal


OPERATORS = (
    Operator(PartyId("SE", "LAD"), "SWE", "Norrköping", "SEK", Decimal("3.60"), Decimal(25)),
    Operator(PartyId("DE", "ABC"), "DEU", "Berlin", "EUR", Decimal("0.49"), Decimal(19)),
    Operator(PartyId("NL", "TNM"), "NLD", "Utrecht", "EUR", Decimal("0.41"), Decimal(21)),
)


def settings_of(folder: Path, url: str = "") -> Settings:
    """The provider's."""
    return Settings(
        name="Resa Elektriskt",
        data_dir=folder,
        parties=(PartySettings(country_code="SE", party_id="RES", role="EMSP", name="Resa AB"),),
        security=SecuritySettings(secret_key="a key for tests only"),
        seller=SellerSettings(
            name="Resa Elektriskt AB",
            address=("Drottninggatan 1",),
            postal_code="111 51",
            city="Stockholm",
            country="SE",
            organisation_number="556732-1707",
            vat_number="SE556732170701",
            electronic_address="0007:5567321707",
            f_tax=True,
            bankgiro="5050-1055",
        ),
        billing=BillingSettings(time_zone="Europe/Stockholm"),
    )


def tariff_of(operator: Operator) -> Tariff:
    """So much per kWh."""
    component = PriceComponent(type=TariffDimensionType.ENERGY, price=operator.per_kwh, vat=operator.vat, step_size=1)
    return Tariff(
        country_code=operator.party.country_code,
        party_id=operator.party.party_id,
        id=f"{operator.party.party_id}-DAY",
        currency=operator.currency,
        tax_included=TaxIncluded.NO,
        elements=(TariffElement(price_components=(component,)),),
        last_updated=datetime(2026, 1, 1, tzinfo=UTC),
    )


def cdr_of(number: int, operator: Operator, uid: str, started: datetime) -> CDR:
    """The charge with this number: as many kWh as its number says, and priced right."""
    kwh = Decimal(5 + number % 37) + Decimal(number % 997) / 1000
    ended = started + timedelta(minutes=20 + number % 50)
    tariff = tariff_of(operator)
    periods = (
        ChargingPeriod(
            start_date_time=started,
            dimensions=(
                CdrDimension(type=CdrDimensionType.ENERGY, volume=kwh),
                CdrDimension(type=CdrDimensionType.TIME, volume=round(Decimal((ended - started).seconds) / 3600, 4)),
            ),
            tariff_id=tariff.id,
        ),
    )
    priced = price(periods, [tariff], start=started, end=ended, zone=zone_named("UTC"), currency=operator.currency)
    return CDR(
        country_code=operator.party.country_code,
        party_id=operator.party.party_id,
        id=f"CDR-{number:06}",
        start_date_time=started,
        end_date_time=ended,
        session_id=f"S-{number:06}",
        cdr_token=CdrToken(
            country_code="SE", party_id="RES", uid=uid, type=TokenType.RFID, contract_id=f"SE-RES-{uid}"
        ),
        auth_method=AuthMethod.WHITELIST,
        cdr_location=CdrLocation(
            id=f"L{number % 20}",
            name=f"Laddplats {number % 20}",
            address=f"Storgatan {number % 20 + 1}",
            city=operator.city,
            country=operator.country,
            coordinates=GeoLocation(latitude="58.59419", longitude="16.18380"),
            evse_uid="E1",
            evse_id=f"{operator.party.country_code}*{operator.party.party_id}*E{number % 20}",
            connector_id="1",
            connector_standard=ConnectorType.IEC_62196_T2_COMBO,
            connector_format=ConnectorFormat.CABLE,
            connector_power_type=PowerType.DC,
        ),
        currency=operator.currency,
        tariffs=(tariff,),
        charging_periods=periods,
        total_cost=priced.total_cost or Price(before_taxes=Decimal(0)),
        total_energy=kwh,
        total_energy_cost=priced.total_energy_cost,
        total_time=round(Decimal((ended - started).seconds) / 3600, 4),
        last_updated=ended + timedelta(minutes=1),
    )


def cdrs(count: int, tokens: Sequence[str], operators: Sequence[Operator] = OPERATORS) -> Iterator[CDR]:
    """So many CDRs of November 2026, operator by operator and Token by Token in turn."""
    first = datetime(2026, 11, 1, 6, 0, tzinfo=UTC)
    for number in range(count):
        started = first + timedelta(minutes=number * 40000 // count)
        yield cdr_of(number, operators[number % len(operators)], tokens[number % len(tokens)], started)


def customer_of(kind: CustomerKind, name: str, country: str = "SE", **said: object) -> Customer:
    """One with what every invoice needs."""
    facts = BusinessParty(
        name=name,
        address=Address(lines=("Kungsgatan 1",), postal_code="111 43", city="Stockholm", country=country),
        vat_number=str(said.pop("vat_number", "")),
        electronic_address="0007:5560360793",
    )
    given = {"cycle": Cycle.MONTH, "time_zone": "Europe/Stockholm", "created_at": NOW, **said}
    return msgspec.convert({"kind": kind, "party_facts": msgspec.to_builtins(facts), **given}, Customer)


async def peers_of(store: Store, operators: Sequence[Operator] = OPERATORS) -> dict[PartyId, int]:
    """Each operator is a peer."""
    numbers = {}
    for operator in operators:
        role = CredentialsRole(
            role=Role.CPO,
            country_code=operator.party.country_code,
            party_id=operator.party.party_id,
            business_details=BusinessDetails(name=str(operator.party)),
        )
        peer = Peer(
            name=str(operator.party),
            state=PeerState.REGISTERED,
            version=OWN_VERSION,
            roles=(role,),
            created_at=NOW,
            updated_at=NOW,
        )
        numbers[operator.party] = (await store.peers.add(peer)).id
    return numbers


async def drivers(store: Store, count: int, *, first: int = 0, **said: object) -> tuple[Customer, ...]:
    """So many, each with the Token of his number (`T0`, `T1` ...)."""
    found = []
    for number in range(first, first + count):
        customer = await store.customers.add(customer_of(CustomerKind.DRIVER, f"Förare {number}", **said))
        await give(store, customer, f"T{number}")
        found.append(customer)
    return tuple(found)


async def give(store: Store, customer: Customer, uid: str, cost_centre: str = "") -> None:
    """The Token is his."""
    await store.customers.give(CustomerToken(uid=uid, customer_id=customer.id, cost_centre=cost_centre, since=STAMP))


async def settle(platform: Platform, peers: Mapping[PartyId, int], tokens: Sequence[str]) -> None:
    """The operators' places and Tariffs are known, and the Tokens are ours."""
    for operator in OPERATORS:
        for number in range(20):
            place = place_of(operator, number)
            await platform.store.locations.put(
                replace(
                    own(key_of(ModuleID.LOCATIONS, operator.party, place.id), place, STAMP),
                    peer_id=peers[operator.party],
                )
            )
    for uid in tokens:
        token = Token(
            country_code="SE",
            party_id="RES",
            uid=uid,
            type=TokenType.RFID,
            contract_id=f"SE-RES-{uid}",
            issuer="Resa",
            valid=True,
            whitelist=WhitelistType.ALLOWED,
            last_updated=STAMP,
        )
        key = ObjectKey(module=ModuleID.TOKENS, party=PROVIDER, id=uid, sub=TokenType.RFID)
        await platform.store.objects.put(own(key, token, STAMP))


def place_of(operator: Operator, number: int) -> Location:
    """Where the CDRs of `cdr_of` were charged."""
    of = {"country_code": operator.party.country_code, "party_id": operator.party.party_id}
    connector = Connector(
        id="1",
        standard=ConnectorType.IEC_62196_T2_COMBO,
        format=ConnectorFormat.CABLE,
        power_type=PowerType.DC,
        max_voltage=1000,
        max_amperage=500,
        max_electric_power=200_000,
        last_updated=STAMP,
    )
    evse = EVSE(
        uid="E1",
        evse_id=f"{operator.party.country_code}*{operator.party.party_id}*E{number}",
        status=Status.AVAILABLE,
        connectors=(connector,),
        last_updated=STAMP,
    )
    return Location(
        **of,
        id=f"L{number}",
        publish=True,
        address=f"Storgatan {number + 1}",
        city=operator.city,
        country=operator.country,
        coordinates=GeoLocation(latitude="58.59419", longitude="16.18380"),
        evses=(evse,),
        time_zone="Europe/Stockholm",
        last_updated=STAMP,
    )


def session_of(cdr: CDR) -> Session:
    """What its operator told while it ran."""
    return Session(
        country_code=cdr.country_code,
        party_id=cdr.party_id,
        id=cdr.session_id or "",
        start_date_time=cdr.start_date_time,
        end_date_time=cdr.end_date_time,
        kwh=cdr.total_energy,
        cdr_token=cdr.cdr_token,
        auth_method=cdr.auth_method,
        location_id=cdr.cdr_location.id,
        evse_uid=cdr.cdr_location.evse_uid,
        connector_id=cdr.cdr_location.connector_id,
        currency=cdr.currency,
        total_cost=cdr.total_cost,
        status=SessionStatus.COMPLETED,
        last_updated=cdr.end_date_time,
    )


def key_of(module: ModuleID, party: PartyId, ident: str) -> ObjectKey:
    """Of an object."""
    return ObjectKey(module=module, party=party, id=ident)


async def receive(platform: Platform, cdr: CDR, peer_id: int, *, checked: bool = True) -> ObjectKey:
    """A CDR as a peer sent it, priced again by us unless nobody is to."""
    key = ObjectKey(module=ModuleID.CDRS, party=PartyId.of(cdr.country_code, cdr.party_id), id=cdr.id)
    stored = StoredObject(
        key=key, version=OWN_VERSION, body=text_of(cdr), last_updated=cdr.last_updated, peer_id=peer_id
    )
    await platform.store.objects.put(stored)
    if checked:
        await checked_cdrs.check(platform, stored)
    return key


async def accept(store: Store, cdr: CDR, key: ObjectKey, peer_id: int | None) -> None:
    """It is to be billed."""
    clearing = Clearing(
        key=key,
        peer_id=peer_id,
        audience=None,
        token_uid=cdr.cdr_token.uid,
        state=ClearingState.ACCEPTED,
        credits=cdr.credit_reference_id if cdr.credit else None,
        currency=cdr.currency,
        total=cdr.total_cost.before_taxes,
        kwh=cdr.total_energy,
        ended_at=cdr.end_date_time,
        at=cdr.last_updated,
    )
    step = ClearingStep(key=key, before=None, after=ClearingState.ACCEPTED, who="test", why="", at=NOW)
    await store.clearings.begin(clearing, step)


async def accepted(
    platform: Platform, count: int, tokens: Sequence[str] = ("T0",), operators: Sequence[Operator] = OPERATORS
) -> list[tuple[ObjectKey, CDR, int]]:
    """CDRs that were received, checked and accepted, each with its peer."""
    peers = await peers_of(platform.store, operators)
    kept = []
    for cdr in cdrs(count, tokens, operators):
        peer = peers[PartyId.of(cdr.country_code, cdr.party_id)]
        key = await receive(platform, cdr, peer)
        await accept(platform.store, cdr, key, peer)
        kept.append((key, cdr, peer))
    return kept
