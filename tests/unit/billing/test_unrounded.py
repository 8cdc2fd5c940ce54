"""A right CDR stays right however its numbers were rounded when it was written; a wrong one stays wrong."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import msgspec
import pytest

from ocpilot.base.zones import UTC as UTC_ZONE
from ocpilot.billing.check import State, check_cdr
from ocpilot.billing.numbers import COSTS
from ocpilot.billing.unrounded import unrounded
from ocpilot.pricing import price
from ocpilot.wire.v230 import (
    CDR,
    CdrDimension,
    CdrDimensionType,
    ChargingPeriod,
    PriceComponent,
    Tariff,
    TariffDimensionType,
    TariffElement,
    TaxIncluded,
)

replace = msgspec.structs.replace
START = datetime(2026, 11, 23, 10, tzinfo=UTC)
ENDS = START + timedelta(minutes=41)
#: Charged for 10 and 20 minutes, parked for 11; by minutes of charging and five minutes of parking.
STARTS = (START, START + timedelta(minutes=10), START + timedelta(minutes=30))
KINDS = ("TIME", "TIME", "PARKING_TIME")
ENERGY = (Decimal("1.2345"), Decimal("2.3455"), None)
PRICES = {"ENERGY": ("4", 1), "TIME": ("60", 60), "PARKING_TIME": ("120", 300)}
TARIFF = Tariff(
    country_code="SE",
    party_id="LAD",
    id="T",
    currency="SEK",
    elements=(
        TariffElement(
            price_components=tuple(
                PriceComponent(type=TariffDimensionType(kind), price=Decimal(amount), vat=Decimal(25), step_size=step)
                for kind, (amount, step) in PRICES.items()
            )
        ),
    ),
    tax_included=TaxIncluded.NO,
    last_updated=START,
)


def periods(hours: int, kwh: int) -> tuple[ChargingPeriod, ...]:
    """With so many decimals."""
    found = []
    for kind, energy, (start, end) in zip(KINDS, ENERGY, zip(STARTS, (*STARTS[1:], ENDS), strict=True), strict=True):
        volumes = {kind: round(Decimal((end - start).seconds) / 3600, hours)}
        volumes |= {} if energy is None else {"ENERGY": round(energy, kwh)}
        dimensions = (CdrDimension(type=CdrDimensionType(name), volume=size) for name, size in volumes.items())
        found.append(ChargingPeriod(start_date_time=start, dimensions=tuple(dimensions), tariff_id="T"))
    return tuple(found)


@pytest.fixture
def right(b) -> CDR:
    """What was measured and what it costs, as the standard writes it."""
    exact = periods(4, 4)
    cost = price(exact, [TARIFF], start=START, end=ENDS, zone=UTC_ZONE, currency="SEK")
    return replace(
        b.cdr(b.tariff()),
        start_date_time=START,
        end_date_time=ENDS,
        tariffs=(TARIFF,),
        charging_periods=exact,
        total_energy=Decimal("3.58"),
        total_time=Decimal("0.6833"),
        total_parking_time=Decimal("0.1833"),
        **{name: getattr(cost, name) for name in COSTS},
    )


def written(cdr: CDR, hours: int, kwh: int = 4) -> CDR:
    return replace(
        cdr,
        charging_periods=periods(hours, kwh),
        total_time=round(cdr.total_time, hours),
        total_parking_time=round(cdr.total_parking_time, hours),
        total_energy=round(cdr.total_energy, kwh),
    )


@pytest.mark.parametrize(("hours", "kwh"), [(4, 4), (3, 4), (2, 4), (4, 3), (2, 3)])
def test_fewer_decimals_are_no_difference(right: CDR, hours: int, kwh: int) -> None:
    verdict = check_cdr(written(right, hours, kwh), None, UTC_ZONE)
    assert (verdict.state, verdict.differences) == (State.AGREES, ())


def test_totals_may_have_fewer_decimals_than_periods(right: CDR) -> None:
    totals = {"total_time": Decimal("0.68"), "total_parking_time": Decimal("0.18")}
    assert check_cdr(replace(right, **totals), None, UTC_ZONE).agrees


def test_what_was_measured_is_told_by_when_the_periods_begin(right: CDR) -> None:
    volumes = [one.volume for period in unrounded(written(right, 2)).charging_periods for one in period.dimensions]
    assert [round(volume * 3600) for volume in volumes if volume < 1] == [600, 1200, 660]


def test_four_decimals_are_taken_as_they_are(right: CDR) -> None:
    longer = replace(right, end_date_time=ENDS + timedelta(seconds=5))
    assert unrounded(longer).charging_periods == right.charging_periods


def test_a_wrong_cost_stays_wrong_with_few_decimals(right: CDR) -> None:
    dearer = replace(right.total_cost, before_taxes=right.total_cost.before_taxes + 5)
    verdict = check_cdr(written(replace(right, total_cost=dearer), 2), None, UTC_ZONE)
    assert [(one.name, one.size) for one in verdict.differences] == [("total_cost", 5)]


def test_more_than_rounding_can_explain_is_a_difference(right: CDR) -> None:
    verdict = check_cdr(written(replace(right, total_time=Decimal("0.70")), 2), None, UTC_ZONE)
    assert [one.name for one in verdict.differences] == ["total_time"]
