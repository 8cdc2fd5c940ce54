"""A CDR made wrong in one way is recognised by that mistake, before all others; a right one agrees."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import msgspec
import pytest

from ocpilot.billing.causes import Cause
from ocpilot.billing.check import State, Verdict, check_cdr
from ocpilot.billing.numbers import COSTS, PARTS
from ocpilot.billing.tolerance import Tolerance
from ocpilot.pricing import PricedCharge, price
from ocpilot.wire.v230 import (
    CDR,
    CdrDimension,
    CdrDimensionType,
    ChargingPeriod,
    DayOfWeek,
    Price,
    PriceComponent,
    PriceLimit,
    Tariff,
    TariffDimensionType,
    TariffElement,
    TariffRestrictions,
    TaxIncluded,
)

replace = msgspec.structs.replace
STOCKHOLM = ZoneInfo("Europe/Stockholm")
#: 20:00 in Stockholm, a Monday.
START = datetime(2026, 11, 23, 19, 0, tzinfo=UTC)


def component(kind: str, amount: str, step: int = 1, vat: str | None = "25") -> PriceComponent:
    return PriceComponent(
        type=TariffDimensionType(kind), price=Decimal(amount), vat=None if vat is None else Decimal(vat), step_size=step
    )


def element(*components: PriceComponent, **limits: object) -> TariffElement:
    return TariffElement(price_components=components, restrictions=TariffRestrictions(**limits) if limits else None)


def tariff(*elements: TariffElement, **fields: object) -> Tariff:
    defaults = {"country_code": "SE", "party_id": "LAD", "id": "T", "currency": "SEK", "last_updated": START}
    return Tariff(elements=elements, **(defaults | {"tax_included": TaxIncluded.NO} | fields))


#: Start fee, day and night energy, time by half-hours, parking by quarters, reservations by ten minutes.
WHOLE = tariff(
    element(component("TIME", "30", step=600, vat="12"), component("FLAT", "7"), reservation="RESERVATION_EXPIRES"),
    element(component("TIME", "15", step=600, vat="12"), reservation="RESERVATION"),
    element(component("ENERGY", "2.37"), start_time="22:00", end_time="06:00"),
    element(
        component("FLAT", "5.5"),
        component("ENERGY", "4.19", step=500),
        component("TIME", "11.3", step=420),
        component("PARKING_TIME", "47", step=900),
    ),
)


def period(minute: int, tariff_id: str | None = "T", **volumes: str) -> ChargingPeriod:
    dimensions = tuple(
        CdrDimension(type=CdrDimensionType(kind), volume=Decimal(value)) for kind, value in volumes.items()
    )
    return ChargingPeriod(start_date_time=START + timedelta(minutes=minute), dimensions=dimensions, tariff_id=tariff_id)


#: 40 minutes reserved, charging from 20:40 until 22:50 in three periods, 23 minutes parked.
PERIODS = (
    period(0, RESERVATION_TIME="0.6667"),
    period(40, ENERGY="7.337", TIME="0.6833"),
    period(81, ENERGY="4.4421", TIME="0.65"),
    period(120, ENERGY="5.2017", TIME="0.8333"),
    period(170, PARKING_TIME="0.3833"),
)


def priced(
    periods: tuple[ChargingPeriod, ...] = PERIODS,
    tariffs: tuple[Tariff, ...] = (WHOLE,),
    minutes: int = 193,
    zone: ZoneInfo = STOCKHOLM,
    *,
    expired: bool = False,
    currency: str = "SEK",
) -> PricedCharge:
    end = START + timedelta(minutes=minutes)
    return price(periods, tariffs, start=START, end=end, zone=zone, currency=currency, expired=expired)


def costs(found: PricedCharge) -> dict[str, Price | None]:
    return {name: getattr(found, name) for name in COSTS}


def mean(**changes: object) -> dict[str, Price | None]:
    """The costs of a charge priced with these things changed."""
    return costs(priced(**changes))


@pytest.fixture
def right(b) -> CDR:
    return replace(
        b.cdr(b.tariff()),
        start_date_time=START,
        end_date_time=START + timedelta(minutes=193),
        tariffs=(WHOLE,),
        charging_periods=PERIODS,
        total_energy=Decimal("16.9808"),
        total_time=Decimal("3.2167"),
        total_parking_time=Decimal("0.3833"),
        **costs(priced()),
    )


def check(cdr: CDR, **fields: object) -> Verdict:
    return check_cdr(cdr, None, STOCKHOLM, **fields)


def first_causes(verdict: Verdict) -> set[Cause | None]:
    return {difference.cause for difference in verdict.differences}


def changed(kind: str, change: Callable[[PriceComponent], PriceComponent], *only: int) -> Tariff:
    """WHOLE with the components of a kind changed (of the elements `only`)."""
    elements = [
        replace(
            one,
            price_components=tuple(
                change(x) if x.type == kind and (not only or place in only) else x for x in one.price_components
            ),
        )
        for place, one in enumerate(WHOLE.elements)
    ]
    return replace(WHOLE, elements=tuple(elements))


def without_steps() -> Tariff:
    elements = [
        replace(one, price_components=tuple(replace(x, step_size=1) for x in one.price_components))
        for one in WHOLE.elements
    ]
    return replace(WHOLE, elements=tuple(elements))


def retyped(source: str, target: str | None) -> tuple[ChargingPeriod, ...]:
    return tuple(
        replace(
            one,
            dimensions=tuple(
                replace(x, type=CdrDimensionType(target)) if x.type == source else x
                for x in one.dimensions
                if x.type != source or target
            )
            or (CdrDimension(type=CdrDimensionType.STATE_OF_CHARGE, volume=Decimal(80)),),
        )
        for one in PERIODS
    )


def scaled(source: tuple[str, ...], factor: Decimal) -> tuple[ChargingPeriod, ...]:
    return tuple(
        replace(
            one,
            dimensions=tuple(replace(x, volume=x.volume * factor) if x.type in source else x for x in one.dimensions),
        )
        for one in PERIODS
    )


def per_period_stepped() -> tuple[ChargingPeriod, ...]:
    """By hand: 41, 39 and 50 min in blocks of 7; 23 min in 15; 7.337 and 4.4421 kWh in 0.5, at night in Wh."""
    return (
        period(0, RESERVATION_TIME="0.6667"),
        period(40, ENERGY="7.5", TIME="0.7"),
        period(81, ENERGY="4.5", TIME="0.7"),
        period(120, ENERGY="5.202", TIME="0.9333"),
        period(170, PARKING_TIME="0.5"),
    )


def energy_rounded(places: int) -> tuple[ChargingPeriod, ...]:
    return tuple(
        replace(
            one,
            dimensions=tuple(
                replace(x, volume=round(x.volume, places)) if x.type == "ENERGY" else x for x in one.dimensions
            ),
        )
        for one in PERIODS
    )


def taxed(change: Callable[[Price], Price]) -> dict[str, Price]:
    return {name: change(cost) for name, cost in costs(priced()).items() if cost is not None}


def gross(cost: Price) -> Decimal:
    return cost.before_taxes + sum(tax.amount for tax in cost.taxes)


def with_tax(cost: Price, factor: Callable[[object], Decimal]) -> Price:
    return replace(cost, taxes=tuple(replace(tax, amount=tax.amount * factor(tax)) for tax in cost.taxes))


def vat_twice(cost: Price) -> Price:
    return replace(with_tax(cost, lambda tax: 1 + tax.percentage / 100), before_taxes=gross(cost))


def adding(part: str, times: int) -> dict[str, Price]:
    """The part so many times more, and in the total."""
    found = costs(priced())
    more = found[part].before_taxes * times
    tax = sum(x.amount for x in found[part].taxes) * times
    total = found["total_cost"]
    rate = found[part].taxes[0].percentage
    taxes = tuple(replace(x, amount=x.amount + tax) if x.percentage == rate else x for x in total.taxes)
    return {"total_cost": replace(total, before_taxes=total.before_taxes + more, taxes=taxes)}


CAUSES: list[tuple[Cause, Callable[[], dict[str, object]]]] = [
    (Cause.STEP_NOT_APPLIED, lambda: mean(tariffs=(without_steps(),))),
    (Cause.STEP_PER_PERIOD, lambda: mean(tariffs=(without_steps(),), periods=per_period_stepped())),
    (Cause.ENERGY_ROUNDED, lambda: mean(periods=energy_rounded(0))),
    (Cause.MINUTES_AS_HOURS, lambda: mean(periods=scaled(("TIME", "PARKING_TIME", "RESERVATION_TIME"), Decimal(60)))),
    (Cause.WH_AS_KWH, lambda: mean(periods=scaled(("ENERGY",), Decimal(1000)))),
    (Cause.WH_AS_KWH, lambda: {"total_energy": Decimal("16980.8")}),
    (Cause.MINUTES_AS_HOURS, lambda: {"total_time": Decimal(193)}),
    (Cause.TAX_MISSING, lambda: taxed(lambda cost: with_tax(cost, lambda _: Decimal(0)))),
    (Cause.TAX_IN_NET, lambda: taxed(lambda cost: replace(cost, before_taxes=gross(cost)))),
    (Cause.TAX_TWICE, lambda: taxed(vat_twice)),
    (Cause.TAX_TWICE, lambda: taxed(lambda cost: with_tax(cost, lambda _: Decimal(2)))),
    (Cause.TAX_TAKEN_OUT, lambda: mean(tariffs=(replace(WHOLE, tax_included=TaxIncluded.YES),))),
    (Cause.TAX_RATE, lambda: taxed(lambda cost: with_tax(cost, lambda _: Decimal("0.8")))),
    (Cause.PARKING_AS_CHARGING, lambda: mean(periods=retyped("PARKING_TIME", "TIME"))),
    (Cause.CHARGING_AS_PARKING, lambda: mean(periods=retyped("TIME", "PARKING_TIME"))),
    (Cause.PARKING_LEFT_OUT, lambda: mean(periods=retyped("PARKING_TIME", None))),
    (Cause.LOCAL_TIME_AS_UTC, lambda: mean(zone=ZoneInfo("UTC"))),
    (Cause.OTHER_TIME_ZONE, lambda: mean(zone=ZoneInfo("Etc/GMT-2"))),
    (Cause.PRICE_NOT_IN_TARIFF, lambda: {"total_energy_cost": Price(before_taxes=Decimal("99.99"))}),
    (Cause.FLAT_TWICE, lambda: adding("total_fixed_cost", 1)),
    (Cause.FLAT_TWICE, lambda: mean(tariffs=(changed("FLAT", lambda one: replace(one, price=one.price * 5)),))),
    (Cause.FLAT_MISSING, lambda: adding("total_fixed_cost", -1)),
    (Cause.RESERVATION_NOT_PRICED, lambda: adding("total_reservation_cost", -1)),
    (Cause.RESERVATION_TWICE, lambda: adding("total_reservation_cost", 1)),
    (Cause.RESERVATION_EXPIRED, lambda: mean(expired=True)),
    (Cause.PART_LEFT_OUT, lambda: adding("total_energy_cost", -1)),
    (Cause.NOT_BILLED, lambda: {name: Price(before_taxes=Decimal(0)) for name in COSTS}),
    (Cause.ENERGY_DOES_NOT_ADD_UP, lambda: {"total_energy": Decimal(20)}),
    (Cause.PERIODS_DO_NOT_ADD_UP, lambda: {"total_time": Decimal(4)}),
    (Cause.PARTS_DO_NOT_ADD_UP, lambda: {"total_cost": Price(before_taxes=Decimal("123.45"))}),
]


def test_the_right_one_agrees(right: CDR) -> None:
    verdict = check(right)
    assert verdict.differences == ()
    assert verdict.findings == ()
    assert verdict.state is State.AGREES


@pytest.mark.parametrize(("cause", "wrong"), CAUSES, ids=[cause for cause, _ in CAUSES])
def test_a_mistake_is_named_first(right: CDR, cause: Cause, wrong: Callable[[], dict[str, object]]) -> None:
    verdict = check(replace(right, **wrong()))
    assert verdict.state is State.DIFFERS
    assert first_causes(verdict) == {cause}, verdict.differences


# ---- mistakes that need another charge -----------------------------------------------------------------------------


def charged(
    right: CDR, periods: tuple[ChargingPeriod, ...], *tariffs: Tariff, minutes: int = 193, **fields: object
) -> CDR:
    """A right CDR of other periods and Tariffs."""
    found = priced(periods, tariffs, minutes)
    return replace(
        right,
        charging_periods=periods,
        tariffs=tariffs,
        end_date_time=START + timedelta(minutes=minutes),
        total_energy=found.kwh,
        total_time=(Decimal(minutes) / 60).quantize(Decimal("0.0001")),
        total_parking_time=(Decimal(round(found.parked.total_seconds())) / 3600).quantize(Decimal("0.0001")),
        **(costs(found) | fields),
    )


def test_a_price_of_another_day_is_named(right: CDR) -> None:
    weekend = element(component("ENERGY", "1.11"), day_of_week=(DayOfWeek.SATURDAY,))
    by_day = tariff(weekend, element(component("ENERGY", "4.19")))
    always = tariff(replace(weekend, restrictions=None))
    cdr = charged(right, PERIODS[1:4], by_day)
    assert check(cdr).state is State.AGREES
    wrong = charged(right, PERIODS[1:4], by_day, **costs(priced(PERIODS[1:4], (always,))))
    assert first_causes(check(wrong)) == {Cause.OTHER_ELEMENT}


@pytest.mark.parametrize("field", ["min_price", "max_price"])
def test_a_price_limit_that_was_not_heeded_is_named(right: CDR, field: str) -> None:
    plain = tariff(element(component("ENERGY", "4.19")))
    limit = PriceLimit(before_taxes=Decimal(500 if field == "min_price" else 5))
    limited = replace(plain, **{field: limit})
    assert check(charged(right, PERIODS[1:4], limited)).state is State.AGREES
    wrong = charged(right, PERIODS[1:4], limited, **costs(priced(PERIODS[1:4], (plain,))))
    assert first_causes(check(wrong)) == {Cause.LIMIT_IGNORED}


DAY, NIGHT = (
    tariff(element(component("ENERGY", amount)), id=name) for name, amount in (("DAY", "4.19"), ("NIGHT", "2.37"))
)


def of_tariff(name: str | None, *places: int) -> tuple[ChargingPeriod, ...]:
    return tuple(
        replace(one, tariff_id=name if not places or place in places else "DAY")
        for place, one in enumerate(PERIODS[1:4])
    )


def test_taxes_and_total_follow_from_the_part_that_differs(right: CDR) -> None:
    wrong = mean(tariffs=(changed("ENERGY", lambda one: replace(one, price=one.price * Decimal("1.37"))),))
    assert first_causes(check(replace(right, **wrong))) == {Cause.PRICE_NOT_IN_TARIFF}


def test_another_tariff_of_the_cdr_is_named(right: CDR) -> None:
    wrong = charged(right, of_tariff("DAY"), DAY, NIGHT, **costs(priced(of_tariff("NIGHT"), (NIGHT,))))
    assert first_causes(check(wrong)) == {Cause.OTHER_TARIFF}


def test_one_tariff_for_a_charge_in_which_it_changed_is_named(right: CDR) -> None:
    changing = of_tariff("NIGHT", 2)
    assert check(charged(right, changing, DAY, NIGHT)).state is State.AGREES
    wrong = charged(right, changing, DAY, NIGHT, **costs(priced(of_tariff("DAY"), (DAY,))))
    assert first_causes(check(wrong)) == {Cause.TARIFF_CHANGED}


def test_their_own_copy_of_our_tariff_is_named(right: CDR) -> None:
    dearer = tariff(element(component("ENERGY", "4.50")), id="DAY")
    verdict = check_cdr(charged(right, of_tariff("DAY"), dearer), [DAY], STOCKHOLM)
    assert first_causes(verdict) == {Cause.OTHER_COPY}


def test_a_foreign_currency_cannot_be_priced_and_says_so(right: CDR) -> None:
    verdict = check(replace(right, currency="EUR"))
    assert verdict.state is State.NOT_PRICED
    assert [one.cause for one in verdict.findings] == [Cause.CURRENCY_MISMATCH]
    assert not verdict.agrees


def test_a_quantity_that_stands_twice_is_named(right: CDR) -> None:
    twice = replace(PERIODS[1], dimensions=(PERIODS[1].dimensions[0], *PERIODS[1].dimensions))
    verdict = check(replace(right, charging_periods=(PERIODS[0], twice, *PERIODS[2:])))
    assert first_causes(verdict) == {Cause.DUPLICATE_DIMENSION}
    assert [one.problem.path for one in verdict.findings] == ["$.charging_periods[1].dimensions"]


def timed(cdr: CDR, hours: str) -> CDR:
    """The second period is said to have charged for so long."""
    dimensions = (PERIODS[1].dimensions[0], CdrDimension(type=CdrDimensionType.TIME, volume=Decimal(hours)))
    return replace(cdr, charging_periods=(PERIODS[0], replace(PERIODS[1], dimensions=dimensions), *PERIODS[2:]))


@pytest.mark.parametrize(("hours", "cause"), [("1.6833", Cause.PERIODS_OVERLAP), ("0.1833", Cause.GAPS)])
def test_overlaps_and_gaps_are_named(right: CDR, hours: str, cause: Cause) -> None:
    verdict = check(timed(right, hours))
    assert first_causes(verdict) == {cause}
    assert [(one.cause, one.problem.path) for one in verdict.findings] == [(cause, "$.charging_periods[1].dimensions")]


def test_periods_out_of_order_are_told_and_priced_in_order(right: CDR) -> None:
    verdict = check(replace(right, charging_periods=(*PERIODS[1:], PERIODS[0])))
    assert verdict.state is State.AGREES
    assert [one.cause for one in verdict.findings] == [Cause.PERIODS_OUT_OF_ORDER]


def test_an_end_before_the_start_never_agrees(right: CDR) -> None:
    verdict = check(replace(right, end_date_time=START - timedelta(hours=1)))
    assert not verdict.agrees
    assert Cause.END_BEFORE_START in {one.cause for one in verdict.findings}
    assert next(one.cause for one in verdict.differences if one.name == "total_time") is Cause.END_BEFORE_START


def test_a_period_outside_of_the_charge_never_agrees(right: CDR) -> None:
    late = replace(right, charging_periods=(*PERIODS, period(300, ENERGY="0")))
    assert not check(late).agrees


# ---- rounding ------------------------------------------------------------------------------------------------------

#: Two prices whose halves of a cent are lost or gained at every rounding.
HALVES = tariff(element(component("ENERGY", "0.125", vat=None), component("TIME", "0.125", vat=None)))
STRICT = Tolerance(amount=Decimal("0.001"))


def halves() -> tuple[ChargingPeriod, ...]:
    return tuple(period(60 * place, ENERGY="1", TIME="1") for place in range(6))


@pytest.mark.parametrize(
    ("cause", "total"),
    [
        (Cause.ROUNDED_PER_PERIOD, "1.56"),  # 12 times 0.125 as 0.13
        (Cause.TRUNCATED, "1.44"),  # 12 times 0.125 as 0.12
        (Cause.TRUNCATED, "1"),
        (Cause.ROUNDING, "1.51"),
    ],
)
def test_ways_of_rounding_are_told_apart(right: CDR, cause: Cause, total: str) -> None:
    cdr = charged(right, halves(), HALVES, minutes=360)
    assert check(cdr, tolerance=STRICT).state is State.AGREES
    plain = replace(cdr, total_cost=Price(before_taxes=Decimal(total)), total_energy_cost=None, total_time_cost=None)
    assert first_causes(check(plain, tolerance=STRICT)) == {cause}


def test_a_tax_that_is_off_by_what_rounding_loses_has_the_right_rate(right: CDR) -> None:
    tax = right.total_cost.taxes[0]
    off = replace(
        right.total_cost, taxes=(replace(tax, amount=tax.amount + Decimal("0.05")), *right.total_cost.taxes[1:])
    )
    assert first_causes(check(replace(right, total_cost=off))) == {Cause.ROUNDING}


def test_lines_rounded_each_are_named(right: CDR) -> None:
    many = tuple(replace(one, tariff_id=f"T{place}") for place, one in enumerate(halves()))
    tariffs = tuple(replace(HALVES, id=f"T{place}") for place in range(6))
    cdr = charged(right, many, *tariffs, minutes=360)
    wrong = replace(cdr, total_cost=Price(before_taxes=Decimal("1.56")), total_energy_cost=None, total_time_cost=None)
    assert first_causes(check(wrong)) == {Cause.ROUNDED_PER_LINE}


# ---- credit --------------------------------------------------------------------------------------------------------


def credited(cdr: CDR, *names: str) -> CDR:
    """A Credit CDR in which these costs are negative."""
    negative = {
        name: replace(
            cost, before_taxes=-cost.before_taxes, taxes=tuple(replace(tax, amount=-tax.amount) for tax in cost.taxes)
        )
        for name in names
        if (cost := getattr(cdr, name)) is not None
    }
    return replace(cdr, credit=True, credit_reference_id="C0", **negative)


def test_only_the_total_of_a_credit_is_negative(right: CDR) -> None:
    assert check(credited(right, "total_cost")).state is State.AGREES
    assert first_causes(check(credited(right))) == {Cause.CREDIT_SIGN}
    assert first_causes(check(credited(right, "total_cost", *PARTS))) == {Cause.CREDIT_SIGN}


def test_a_mistake_in_a_credit_is_named_like_any_other(right: CDR) -> None:
    wrong = replace(right, **mean(tariffs=(without_steps(),)))
    assert first_causes(check(credited(wrong, "total_cost"))) == {Cause.STEP_NOT_APPLIED}


# ---- tolerance -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("tolerance", "currency", "ours", "bound"),
    [
        (Tolerance(), "EUR", "10", "0.01"),
        (Tolerance(), "JPY", "1000", "1"),
        (Tolerance(), "KWD", "10", "0.001"),
        (Tolerance(amount=Decimal("0.05")), "JPY", "1000", "0.05"),
        (Tolerance(by_currency={"SEK": Decimal("0.5")}), "sek", "10", "0.5"),
        (Tolerance(by_currency={"SEK": Decimal("0.5")}), "EUR", "10", "0.01"),
        (Tolerance(relative=Decimal("0.01")), "EUR", "-300", "3"),
        (Tolerance(relative=Decimal("0.01")), "EUR", "0.2", "0.01"),
    ],
)
def test_how_far_amounts_may_be_apart(tolerance: Tolerance, currency: str, ours: str, bound: str) -> None:
    assert tolerance.of_amount(currency, Decimal(ours)) == Decimal(bound)


@pytest.mark.parametrize(("theirs", "state"), [("101", State.AGREES), ("102", State.DIFFERS)])
def test_a_yen_is_the_smallest_amount_of_yen(right: CDR, theirs: str, state: State) -> None:
    yen = tariff(element(component("ENERGY", "100", vat=None)), currency="JPY")
    hour = (period(0, ENERGY="1"),)
    cdr = replace(charged(right, hour, replace(yen, currency="SEK"), minutes=60), tariffs=(yen,), currency="JPY")
    cdr = replace(cdr, total_cost=Price(before_taxes=Decimal(theirs)), total_energy_cost=None)
    assert check(cdr).state is state


def test_volumes_have_their_own_tolerance(right: CDR) -> None:
    off = replace(right, total_energy=Decimal("16.99"))
    assert check(off).state is State.DIFFERS
    assert check(off, tolerance=Tolerance(kwh=Decimal("0.01"))).state is State.AGREES
