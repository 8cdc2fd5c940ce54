"""One charge from samples to CDR, with knobs."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from ocpilot.billing.cdr import make_cdr
from ocpilot.billing.metered import metered
from ocpilot.metering.periods import Measured
from ocpilot.metering.samples import ChargingState, MeterSample
from ocpilot.wire.v230 import (
    CDR,
    EVSE,
    AuthMethod,
    CdrToken,
    Connector,
    ConnectorFormat,
    GeoLocation,
    Location,
    PowerType,
    PriceComponent,
    Session,
    SessionStatus,
    Status,
    Tariff,
    TariffDimensionType,
    TariffElement,
    TariffRestrictions,
    TaxIncluded,
)

#: 21:30 in Stockholm.
START = datetime(2026, 11, 23, 20, 30, tzinfo=UTC)
STOCKHOLM = ZoneInfo("Europe/Stockholm")


def component(kind: str, amount: str, step: int = 1, vat: str | None = "25") -> PriceComponent:
    return PriceComponent(
        type=TariffDimensionType(kind), price=Decimal(amount), vat=None if vat is None else Decimal(vat), step_size=step
    )


def night_tariff(vat: str | None = "25") -> Tariff:
    night = TariffRestrictions(start_time="22:00", end_time="06:00")
    return Tariff(
        country_code="SE",
        party_id="LAD",
        id="NATT",
        currency="SEK",
        elements=(
            TariffElement(price_components=(component("ENERGY", "2.4", vat=vat),), restrictions=night),
            TariffElement(
                price_components=(
                    component("FLAT", "4", vat=vat),
                    component("ENERGY", "4", vat=vat),
                    component("PARKING_TIME", "40", step=900, vat=vat),
                )
            ),
        ),
        tax_included=TaxIncluded.NO,
        last_updated=START,
    )


def location() -> Location:
    connector = Connector(
        id="1",
        standard="IEC_62196_T2",
        format=ConnectorFormat.SOCKET,
        power_type=PowerType.AC_3_PHASE,
        max_voltage=400,
        max_amperage=32,
        last_updated=START,
    )
    evse = EVSE(uid="E1", evse_id="SE*LAD*E1", status=Status.AVAILABLE, connectors=(connector,), last_updated=START)
    return Location(
        country_code="SE",
        party_id="LAD",
        id="L1",
        publish=True,
        name="Stora torget",
        address="Drottninggatan 112 B, norra ingången vid resecentrum",
        city="Norrköping",
        postal_code="602 24",
        country="SWE",
        coordinates=GeoLocation(latitude="58.59419", longitude="16.18380"),
        time_zone="Europe/Stockholm",
        evses=(evse,),
        last_updated=START,
    )


def session() -> Session:
    return Session(
        country_code="SE",
        party_id="LAD",
        id="S1",
        start_date_time=START,
        kwh=Decimal("12"),
        cdr_token=CdrToken(country_code="SE", party_id="RES", uid="U1", type="APP_USER", contract_id="SE-RES-C1"),
        auth_method=AuthMethod.COMMAND,
        authorization_reference="A1",
        location_id="L1",
        evse_uid="E1",
        connector_id="1",
        currency="SEK",
        status=SessionStatus.COMPLETED,
        last_updated=START,
    )


def measured_charge(tariff: Tariff | None) -> Measured:
    """12 kWh in an hour, half of it after 22:00, then 20 minutes parked."""
    samples = [
        MeterSample(
            at=START + timedelta(minutes=minute),
            register_wh=Decimal(1000 + 200 * min(minute, 60)),
            state=ChargingState.CHARGING if minute < 60 else ChargingState.SUSPENDED_EV,
        )
        for minute in range(81)
    ]
    return metered(samples, tariff, start=START, end=START + timedelta(minutes=80), zone=STOCKHOLM)


def charge(tariff: Tariff | None) -> CDR:
    measured = measured_charge(tariff)
    known = (tariff,) if tariff else ()
    return make_cdr(session(), location(), "e1", "1", known, measured, cdr_id="C1", now=START, remark="Local")


class Builders:
    """All of them, as tests cannot import each other."""

    start = START
    zone = STOCKHOLM
    tariff = staticmethod(night_tariff)
    location = staticmethod(location)
    session = staticmethod(session)
    measured = staticmethod(measured_charge)
    cdr = staticmethod(charge)


@pytest.fixture(scope="session")
def b() -> Builders:
    return Builders()
