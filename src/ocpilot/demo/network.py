"""The demo operator's network: Locations, Tariffs and Stations built from places.toml and tariffs.json."""

import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from importlib import resources

import msgspec

from ocpilot.app.kept.charge_records import Station, StationConnector
from ocpilot.base.ids import PartyId
from ocpilot.wire.v230 import (
    EVSE,
    BusinessDetails,
    Connector,
    ConnectorFormat,
    GeoLocation,
    Hours,
    Location,
    PowerType,
    Status,
    Tariff,
)

OPERATOR = PartyId.of("SE", "LAD")
PROVIDER = PartyId.of("SE", "RES")
_OPENED = datetime(2026, 11, 1, tzinfo=UTC)


class Site(msgspec.Struct, frozen=True, kw_only=True):
    """One [[place]] of places.toml."""

    id: str
    name: str
    address: str
    city: str
    postal_code: str
    latitude: str
    longitude: str
    site: str
    evses: int
    tariff: str
    parking: str
    facilities: tuple[str, ...]

    def is_dc(self, number: int) -> bool:
        """Whether EVSE `number` (from 1) is a fast one; at a mixed site the last one is."""
        return self.site == "dc" or (self.site == "mixed" and number == self.evses)


@cache
def sites() -> tuple[Site, ...]:
    """All places of the demo."""
    text = resources.files("ocpilot.demo").joinpath("places.toml").read_text(encoding="utf-8")
    return msgspec.convert(tomllib.loads(text)["place"], tuple[Site, ...])


def tariffs() -> tuple[Tariff, ...]:
    """The four Tariffs of the demo operator."""
    data = resources.files("ocpilot.demo").joinpath("tariffs.json").read_bytes()
    return msgspec.json.decode(data, type=tuple[Tariff, ...])


def locations() -> Iterator[Location]:
    """One Location a place, all EVSEs available."""
    for site in sites():
        yield Location(
            country_code=OPERATOR.country_code,
            party_id=OPERATOR.party_id,
            id=site.id,
            publish=True,
            name=site.name,
            address=site.address,
            city=site.city,
            postal_code=site.postal_code,
            country="SWE",
            coordinates=GeoLocation(latitude=site.latitude, longitude=site.longitude),
            parking_type=site.parking,
            facilities=site.facilities,
            evses=tuple(_evse(site, number) for number in range(1, site.evses + 1)),
            operator=BusinessDetails(name="Ladda Sverige", website="https://ladda.example"),
            time_zone="Europe/Stockholm",
            opening_times=Hours(twentyfourseven=True),
            help_phone="+46 771 123 456",
            last_updated=_OPENED,
        )


def stations(password_hash: str) -> Iterator[Station]:
    """One station a place, with one OCPP connector for each EVSE."""
    for site in sites():
        yield Station(
            id=site.id,
            party=OPERATOR,
            location_id=site.id,
            password_hash=password_hash,
            connectors=tuple(
                StationConnector(evse_id=number, evse_uid=f"{site.id}-{number}", ocpi_connector_id="1")
                for number in range(1, site.evses + 1)
            ),
        )


def _evse(site: Site, number: int) -> EVSE:
    return EVSE(
        uid=f"{site.id}-{number}",
        evse_id=f"SE*LAD*E{site.id.replace('-', '')}*{number}",
        status=Status.AVAILABLE,
        capabilities=("RFID_READER", "REMOTE_START_STOP_CAPABLE", "UNLOCK_CAPABLE"),
        connectors=(_connector(site, number),),
        physical_reference=str(number),
        last_updated=_OPENED,
    )


def _connector(site: Site, number: int) -> Connector:
    if site.is_dc(number):
        return Connector(
            id="1",
            standard="IEC_62196_T2_COMBO",
            format=ConnectorFormat.CABLE,
            power_type=PowerType.DC,
            max_voltage=920,
            max_amperage=400,
            max_electric_power=150_000,
            tariff_ids=(site.tariff,),
            last_updated=_OPENED,
        )
    return Connector(
        id="1",
        standard="IEC_62196_T2",
        format=ConnectorFormat.SOCKET,
        power_type=PowerType.AC_3_PHASE,
        max_voltage=230,
        max_amperage=32,
        max_electric_power=22_000,
        tariff_ids=(site.tariff,),
        last_updated=_OPENED,
    )
