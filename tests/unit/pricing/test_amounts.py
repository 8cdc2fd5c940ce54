"""Steps, taxes, limits and rounding: quantities become money that adds up."""

from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from math import lcm
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ocpilot.base.money import HALF_UP, Rounding, RoundingPolicy
from ocpilot.pricing import Amount, Part, PricedCharge, price
from ocpilot.pricing.compiled import CompiledTariff
from ocpilot.pricing.rounding import Units


def sides(amount: Amount) -> tuple[Decimal | None, Decimal | None, Decimal | None]:
    return amount.excl, amount.vat, amount.incl


# ---- steps ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("step", "billed"), [(0, "0.1152"), (1, "0.116"), (25, "0.125"), (500, "0.5")])
def test_energy_is_billed_in_whole_steps(b, step: int, billed: str) -> None:
    priced = b.cost([b.period(ENERGY="0.1152")], b.tariff(b.component("ENERGY", "1", step=step)))
    assert priced.lines[0].billed == Decimal(billed)
    assert priced.lines[0].measured == Decimal("0.1152")


def test_when_charging_follows_parking_the_charging_time_is_rounded(b) -> None:
    tariff = b.tariff(b.component("TIME", "60", step=600), b.component("PARKING_TIME", "60", step=600))
    priced = b.cost([b.period(PARKING_TIME="0.05"), b.period(3, TIME="0.1")], tariff)
    assert {line.part: line.billed for line in priced.lines} == {"PARKING": 180, "TIME": 600}


def test_which_of_charging_and_parking_was_last_is_asked_of_each_charge(b) -> None:
    """Both have the same components in the same order."""
    kept = CompiledTariff(b.tariff(b.component("TIME", "60", step=600), b.component("PARKING_TIME", "60", step=600)))
    periods = [b.period(TIME="0.05"), b.period(3, PARKING_TIME="0.1"), b.period(9, TIME="0.05")]
    for _ in range(2):
        ends_parked, ends_charging = b.cost(periods[:2], kept), b.cost(periods, kept)
        assert {line.part: line.billed for line in ends_parked.lines} == {"TIME": 180, "PARKING": 600}
        assert {line.part: line.billed for line in ends_charging.lines} == {"TIME": 600, "PARKING": 360}


def test_a_reservation_has_a_step_of_its_own(b) -> None:
    tariff = b.tariff(
        b.element(b.component("TIME", "60", step=600), reservation="RESERVATION"), b.component("TIME", "60", step=60)
    )
    priced = b.cost([b.period(RESERVATION_TIME="0.05"), b.period(3, TIME="0.1083")], tariff)
    assert {line.part: line.billed for line in priced.lines} == {"RESERVATION": 600, "TIME": 420}


def test_energy_fed_back_is_not_rounded_up(b) -> None:
    priced = b.cost([b.period(ENERGY="-0.5")], b.tariff(b.component("ENERGY", "2", step=1000)))
    assert sides(priced.total.amount) == (Decimal("-1.00"), Decimal("-0.25"), Decimal("-1.25"))


# ---- taxes ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tax", "vat", "expected"),
    [
        ("NO", "25", ("8.00", "2.00", "10.00")),
        ("YES", "25", ("6.40", "1.60", "8.00")),
        ("N/A", "25", ("8.00", "0.00", "8.00")),
        ("NO", None, ("8.00", None, None)),
        ("YES", None, (None, None, "8.00")),
        ("N/A", None, ("8.00", "0.00", "8.00")),
        ("NO", "0", ("8.00", "0.00", "8.00")),
    ],
)
def test_what_is_not_known_of_the_tax_stays_unknown(b, tax: str, vat: str | None, expected: tuple) -> None:
    priced = b.cost([b.period(ENERGY="4")], b.tariff(b.component("ENERGY", "2", vat), tax=tax))
    assert sides(priced.total.amount) == tuple(side and Decimal(side) for side in expected)


def test_a_free_component_without_vat_leaves_the_tax_known(b) -> None:
    priced = b.cost([b.period(ENERGY="4")], b.tariff(b.component("FLAT", "0", None), b.component("ENERGY", "2")))
    assert sides(priced.total.amount) == (8, 2, 10)


def test_what_is_paid_is_known_when_one_tariff_holds_its_tax_and_another_adds_it(b) -> None:
    holds = b.tariff(b.component("FLAT", "3", None), tax="YES", ident="A")
    adds = b.tariff(b.component("ENERGY", "2"), ident="B")
    priced = b.cost([b.period(0, "A", TIME="0.5"), b.period(30, "B", ENERGY="4")], holds, adds)
    assert sides(priced.total.amount) == (None, None, 13)
    assert priced.total.amount.shown == 13


def test_taxes_are_listed_per_rate(b) -> None:
    tariff = b.tariff(b.component("FLAT", "10", "6"), b.component("ENERGY", "2"), b.component("TIME", "60"))
    priced = b.cost([b.period(ENERGY="4", TIME="0.5")], tariff)
    assert [(tax.percentage, tax.amount) for tax in priced.total_cost.taxes] == [
        (6, Decimal("0.60")),
        (25, Decimal("9.50")),
    ]


def test_a_price_whose_net_is_not_known_states_the_gross_without_taxes(b) -> None:
    priced = b.cost([b.period(ENERGY="4")], b.tariff(b.component("ENERGY", "2", None), tax="YES"))
    assert (priced.total_cost.before_taxes, priced.total_cost.taxes) == (8, ())


# ---- limits --------------------------------------------------------------------------------------------------------


def test_a_minimum_adds_a_line(b) -> None:
    tariff = b.tariff(b.component("ENERGY", "1"), min_price=b.limit("20", "25"))
    priced = b.cost([b.period(ENERGY="4")], tariff)
    assert [(line.part, line.amount.excl, line.amount.incl) for line in priced.lines] == [
        (Part.ENERGY, 4, 5),
        (Part.LIMIT, 16, 20),
    ]
    assert priced.energy.amount.excl == 4


def test_a_maximum_without_gross_takes_the_vat_down_with_the_net(b) -> None:
    tariff = b.tariff(b.component("ENERGY", "10"), max_price=b.limit("20"))
    assert sides(b.cost([b.period(ENERGY="4")], tariff).total.amount) == (20, 5, 25)


def test_net_and_gross_are_bound_each_by_its_own_number(b) -> None:
    tariff = b.tariff(b.component("ENERGY", "1"), min_price=b.limit("4.10", "4.50"))
    assert sides(b.cost([b.period(ENERGY="4")], tariff).total.amount) == (
        Decimal("4.10"),
        Decimal("0.90"),
        Decimal("5.00"),
    )


@pytest.mark.parametrize("gross", [None, "25", "3"])
def test_where_no_taxes_apply_a_limit_bounds_both_sides_alike(b, gross: str | None) -> None:
    tariff = b.tariff(b.component("ENERGY", "1"), tax="N/A", min_price=b.limit("20", gross))
    for kwh in ("4", "0"):
        assert sides(b.cost([b.period(ENERGY=kwh)], tariff).total.amount) == (20, 0, 20)


@pytest.mark.parametrize("tax", ["NO", "YES"])
def test_nothing_used_and_a_minimum_without_gross_leaves_the_vat_unknown(b, tax: str) -> None:
    tariff = b.tariff(b.component("ENERGY", "1"), tax=tax, min_price=b.limit("10"))
    assert sides(b.cost([b.period(ENERGY="0")], tariff).total.amount) == (10, None, None)


# ---- rounding ------------------------------------------------------------------------------------------------------


def test_the_standards_own_example_adds_up_to_its_total(b) -> None:
    tariff = b.tariff(
        b.component("FLAT", "2.50", "15"), b.component("TIME", "1", "20"), b.component("PARKING_TIME", "5", "10")
    )
    priced = b.cost([b.period(TIME="2.75"), b.period(165, PARKING_TIME="0.75")], tariff, hours=3.5)
    assert sides(priced.total.amount) == (9, Decimal("1.30"), Decimal("10.30"))
    assert sum(line.amount.incl for line in priced.lines) == Decimal("10.30")


@pytest.mark.parametrize(("currency", "cost"), [("SEK", "1.23"), ("JPY", "1"), ("KWD", "1.235")])
def test_amounts_have_the_decimals_of_the_currency(currency: str, cost: str) -> None:
    assert HALF_UP.round(Decimal("1.2345"), currency) == Decimal(cost)


@pytest.mark.parametrize("mode", Rounding)
@given(numerator=st.integers(-100, 100), below=st.sampled_from([1, 2, 8, 40]), decimals=st.integers(0, 2))
def test_a_unit_is_the_one_that_the_policy_says(mode: Rounding, numerator: int, below: int, decimals: int) -> None:
    policy = RoundingPolicy(mode=mode, decimals=decimals)
    units = Units(below, "SEK", policy)
    expected = policy.round(Decimal(numerator) / below, "SEK")
    assert units.amount(units.rounded(numerator), None, None).excl == expected
    assert units.rounded(Fraction(numerator)) == units.rounded(numerator)


@given(st.lists(st.fractions(-1000, 1000, max_denominator=999), min_size=1, max_size=12), st.integers(0, 4))
def test_apportioned_parts_add_up_and_stay_close(parts: list[Fraction], decimals: int) -> None:
    policy = RoundingPolicy(decimals=decimals)
    common = lcm(*(part.denominator for part in parts))
    units = Units(common, "SEK", policy)
    numerators = [int(part * common) for part in parts]
    total = units.rounded(sum(numerators))
    exact = Decimal(sum(parts).numerator) / Decimal(sum(parts).denominator)
    assert Decimal(total).scaleb(-decimals) == policy.round(exact, "SEK")
    shares = units.mended(units.each(numerators), numerators, total)
    assert sum(shares) == total
    assert all(
        abs(Fraction(share, 10**decimals) - part) <= Fraction(1, 10**decimals)
        for share, part in zip(shares, parts, strict=True)
    )


prices = st.decimals(0, 100, places=4).map(str)
vats = st.none() | st.sampled_from(["0", "6", "10", "12", "25"])
steps = st.sampled_from([0, 1, 60, 300, 900])
volumes = st.decimals(0, 50, places=4).map(str)
KINDS = ("ENERGY", "TIME", "PARKING_TIME")


def assert_adds_up(priced: PricedCharge) -> None:
    """Every way of adding the lines gives the stated numbers."""
    for side in ("excl", "vat", "incl"):
        values = [getattr(line.amount, side) for line in priced.lines]
        total = getattr(priced.total.amount, side)
        assert total == (None if None in values else sum(values))
    amounts = [priced.total.amount, *(line.amount for line in priced.lines)]
    for amount in amounts:
        if None not in sides(amount):
            assert amount.excl + amount.vat == amount.incl
    if priced.total.amount.vat is not None:
        assert sum(tax.amount for tax in priced.total.taxes) == priced.total.amount.vat
    parts = [priced.fixed, priced.energy, priced.time, priced.parking, priced.reservation]
    nets = [part.amount.excl for part in parts if part is not None]
    limits = [line.amount.excl for line in priced.lines if line.part is Part.LIMIT]
    both = [*nets, *limits]
    assert priced.total.amount.excl == (None if None in both else sum(both))


@given(st.data())
@settings(max_examples=200, deadline=None)
def test_lines_always_add_up_and_a_step_never_bills_less_than_measured(b, data: st.DataObject) -> None:
    components = [
        b.component(kind, data.draw(prices), data.draw(vats), data.draw(steps)) for kind in ("FLAT", *KINDS, *KINDS)
    ]
    early = b.element(*components[1:4], max_kwh=Decimal(10))
    bounds = data.draw(st.sampled_from([{}, {"max_price": b.limit("20", "25")}, {"min_price": b.limit("30")}]))
    tax = data.draw(st.sampled_from(["YES", "NO", "N/A"]))
    tariff = b.tariff(early, *components[4:], components[0], tax=tax, **bounds)
    periods = [
        b.period(
            20 * place, **{kind: data.draw(volumes) for kind in data.draw(st.sets(st.sampled_from(KINDS), min_size=1))}
        )
        for place in range(data.draw(st.integers(1, 5)))
    ]
    priced = price(
        periods, [tariff], start=b.start, end=b.start + timedelta(hours=2), zone=ZoneInfo("UTC"), currency="SEK"
    )
    assert_adds_up(priced)
    for line in priced.lines:
        assert line.billed >= line.measured
        assert line.why
