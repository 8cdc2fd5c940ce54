"""Tariffs written in code as one says them."""

import doctest
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from ocpilot.base.errors import InvalidObject, UserError
from ocpilot.pricing import builder
from ocpilot.pricing.builder import Priced, energy, parking, reservation, start_fee, tariff, time
from ocpilot.wire.codec import body_of, problems
from ocpilot.wire.protocol import CANONICAL
from ocpilot.wire.v230 import PriceLimit, Tariff, TariffType


def built(*prices: Priced, **more: object) -> Tariff:
    return tariff("T", "EUR", *prices, party="SE/LAD", **more)


def shown(made: Tariff) -> list[str]:
    """`ENERGY 0.30 start_time=22:00` for each component, in order."""
    found = []
    for one in made.elements:
        body = body_of(one.restrictions) if one.restrictions else {}
        limits = [f"{name}={'+'.join(value) if isinstance(value, list) else value}" for name, value in body.items()]
        found += [" ".join([part.type, str(part.price), *limits]) for part in one.price_components]
    return found


def test_the_examples_of_the_documentation_hold() -> None:
    assert doctest.testmod(builder).failed == 0
    assert doctest.testmod(builder).attempted > 8


def test_what_is_built_is_a_tariff_of_the_standard() -> None:
    made = built(start_fee("0.50"), energy("0.45").after("22:00", "0.30"), parking(per_minute="0.10"), vat=25)
    assert problems(Tariff, CANONICAL, body_of(made)) == ()
    assert shown(made) == ["ENERGY 0.30 start_time=22:00", "FLAT 0.50", "ENERGY 0.45", "PARKING_TIME 6.00"]
    assert {part.vat for one in made.elements for part in one.price_components} == {25}


def test_exceptions_come_before_what_they_except_in_whatever_order_they_are_said() -> None:
    made = built(energy(4).weekend(3).on("SATURDAY", price=2).on("SATURDAY").between("22:00", "06:00", 1))
    assert [line.split(" ")[1] for line in shown(made)] == ["1", "2", "3", "4"]


@pytest.mark.parametrize(
    ("priced", "limits"),
    [
        (energy().between("22:00", "06:00", 1), "start_time=22:00 end_time=06:00"),
        (energy().after("22:00").before("06:00", 1), "start_time=22:00 end_time=06:00"),
        (energy().weekdays(1), "day_of_week=MONDAY+TUESDAY+WEDNESDAY+THURSDAY+FRIDAY"),
        (energy().on("sunday", "FRIDAY", price=1), "day_of_week=FRIDAY+SUNDAY"),
        (energy().from_kwh(10).until_kwh(20, 1), "min_kwh=10 max_kwh=20"),
        (energy().from_minutes(90).until_minutes("120.5", 1), "min_duration=5400 max_duration=7230"),
        (energy().above_kw(50).below_kw(150, 1), "min_power=50 max_power=150"),
        (energy().from_date("2026-12-24").until_date("2026-12-27", 1), "start_date=2026-12-24 end_date=2026-12-27"),
        (reservation(per_hour=1), "reservation=RESERVATION"),
        (reservation(fee=1, expired=True), "reservation=RESERVATION_EXPIRES"),
    ],
)
def test_each_word_is_a_restriction(priced: Priced, limits: str) -> None:
    (line,) = shown(built(priced))
    assert line.split(" ", 2)[2] == limits


def test_prices_under_the_same_conditions_are_one_element() -> None:
    made = built(energy(4).weekend(3), time(per_hour=2).weekend(1))
    assert [len(one.price_components) for one in made.elements] == [2, 2]


def test_a_vat_of_its_own_and_a_step_stay_with_their_price() -> None:
    (only,) = built(energy(1, vat=6, step=500).weekend(2), start_fee(1), vat=25).elements[1:]
    assert [(part.vat, part.step_size) for part in only.price_components] == [(6, 500), (25, 1)]


def test_limits_with_the_tax_are_told_without_it_too() -> None:
    made = built(energy(1), vat=25, tax_included=True, min_price=1, max_price="12.50")
    assert (made.min_price, made.max_price) == (
        PriceLimit(before_taxes=Decimal("0.8"), after_taxes=Decimal(1)),
        PriceLimit(before_taxes=Decimal(10), after_taxes=Decimal("12.5")),
    )


def test_type_and_validity_are_said_too() -> None:
    start, end = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
    made = built(energy(1), kind=TariffType.AD_HOC_PAYMENT, valid_from=start, valid_until=end)
    assert (made.type, made.start_date_time, made.end_date_time) == (TariffType.AD_HOC_PAYMENT, start, end)


@pytest.mark.parametrize(
    ("build", "says"),
    [
        (built, "at least one price"),
        (lambda: built(energy()), "energy: expected a price"),
        (lambda: built(energy(1).after("22:00")), "energy: start_time has no price"),
        (lambda: built(energy(1), energy(2)), "energy: is said twice"),
        (lambda: built(energy(1).weekend(2).weekend(3)), "both 2 and 3 can hold at once"),
        (lambda: built(energy(1).weekend(2).after("22:00", 3)), "both 2 and 3 can hold at once"),
        (lambda: built(energy(1).from_kwh(10, 2).until_kwh(11, 3)), "both 2 and 3 can hold at once"),
        (lambda: energy(1).weekend().weekdays(2), "day_of_week is said twice"),
        (lambda: energy(1).from_kwh(20).until_kwh(20, 2), "nothing can match kWh from 20 to less than 20"),
        (lambda: energy(1).from_date("2026-12-24").until_date("2026-12-01", 2), "nothing can match dates"),
        (lambda: energy(1).between("22:00", "22:00", 2), "whole day"),
        (lambda: energy(1).after("25:00", 2), "expected a time of day"),
        (lambda: energy(1).on("CATURDAY", price=2), "expected days such as SATURDAY"),
        (lambda: energy(1).on(price=2), "at least one day"),
        (lambda: energy(1).from_date("tomorrow", 2), "expected a day"),
        (lambda: energy("much"), "expected a number"),
        (lambda: energy(float("nan")), "expected a number"),
        (lambda: energy(1, step=0), "a step of 0"),
        (time, "either per_hour or per_minute"),
        (lambda: time(per_hour=1, per_minute=1), "either per_hour or per_minute"),
        (lambda: reservation(fee=1, per_hour=1), "in two of them"),
        (lambda: built(energy(1), vat=25, tax_included=None), "has VAT, and no taxes apply"),
        (lambda: built(energy(1, vat=25), tax_included=True, max_price=3), "expected a PriceLimit"),
        (lambda: built(energy(1), min_price=3, max_price=2), "min_price 3 is above max_price 2"),
        (lambda: tariff("T", "EUR", energy(1), party="Sweden"), "no party"),
    ],
)
def test_what_contradicts_itself_is_refused(build: Callable[[], object], says: str) -> None:
    with pytest.raises(UserError, match=says):
        build()


def test_what_two_exceptions_share_may_have_its_own_price() -> None:
    made = built(energy(4).weekend(3).after("22:00", 2).weekend().after("22:00", 1))
    assert [line.split(" ")[1] for line in shown(made)] == ["1", "3", "2", "4"]


def test_what_the_standard_does_not_take_is_refused() -> None:
    with pytest.raises(InvalidObject):
        tariff("T" * 40, "EUR", energy(1), party="SE/LAD")
