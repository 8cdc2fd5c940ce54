"""What holds of every price, whatever Tariff and charge parse."""

import os
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from zoneinfo import ZoneInfo

import msgspec
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from charges_generated import CURRENCY, SEASONLESS, Charge, charges, hours, seconds_of
from ocpilot.base.texts import translator
from ocpilot.pricing import Part, PricedCharge
from ocpilot.pricing.compiled import CompiledTariff
from ocpilot.pricing.lookup import Found
from ocpilot.pricing.relevant import relevant
from ocpilot.pricing.sentences import describe_tariff, rows, sentences
from ocpilot.pricing.usage import usage_at
from ocpilot.pricing.walk import Stretch, walked
from ocpilot.wire.v230 import CdrDimension, CdrDimensionType, ChargingPeriod, TariffRestrictions

TIMES = int(os.environ.get("OCPILOT_FUZZ", "1"))
often = settings(max_examples=50 * TIMES, deadline=None, suppress_health_check=list(HealthCheck))
SUMMED = {"ENERGY", "TIME", "PARKING_TIME", "RESERVATION_TIME"}
STOCKHOLM = (ZoneInfo("Europe/Stockholm"),)
#: A winter without a change of clocks before and after it.
WINTER = (datetime(2026, 11, 23, tzinfo=UTC),)


def sides(priced: PricedCharge) -> tuple[Decimal | None, ...]:
    amount = priced.total.amount
    return amount.excl, amount.vat, amount.incl


def with_periods(charge: Charge, *periods: ChargingPeriod) -> Charge:
    return msgspec.structs.replace(charge, periods=periods)


def numbers(priced: PricedCharge) -> list[object]:
    """All that a bill holds: lines without their reasons, and sums."""
    lines = [msgspec.structs.replace(line, why=()) for line in priced.lines]
    sums = [priced.total, priced.fixed, priced.energy, priced.time, priced.parking, priced.reservation]
    return [*lines, *sums, priced.kwh, priced.duration, priced.charging, priced.parked, priced.reserved]


def stretches_of(charge: Charge) -> list[Stretch]:
    """The periods as a Tariff compiled for this charge alone sees them."""
    known = relevant(charge.periods, [CompiledTariff(tariff) for tariff in charge.tariffs], CURRENCY)
    return list(walked(charge.periods, charge.end, charge.zone, known.by_name, expired=charge.expired).stretches)


# ---- nothing breaks, everything adds up ----------------------------------------------------------------------------

_odd_numbers = st.decimals(-(10**20), 10**20, places=6) | st.decimals(-10, 10, places=12)
_odd_texts = st.text(alphabet="0123456789:-", max_size=10)


@st.composite
def odd_charges(draw: st.DrawFn) -> Charge:
    """What nobody means: numbers out of all proportion, texts that are no times, periods in any order."""
    charge = draw(charges())
    limit = st.builds(
        TariffRestrictions,
        start_time=st.none() | _odd_texts,
        end_time=st.none() | _odd_texts,
        start_date=st.none() | _odd_texts,
        end_date=st.none() | _odd_texts,
        min_kwh=st.none() | _odd_numbers,
        max_power=st.none() | _odd_numbers,
        min_duration=st.none() | st.integers(-(10**30), 10**30),
        max_duration=st.none() | st.integers(-(10**30), 10**30),
    )
    first = charge.tariffs[0]
    component = msgspec.structs.replace(
        first.elements[0].price_components[0],
        price=draw(_odd_numbers),
        vat=draw(st.none() | _odd_numbers | st.just(Decimal(-100))),
        step_size=draw(st.integers(-(10**12), 10**12)),
    )
    odd = msgspec.structs.replace(first.elements[0], price_components=(component,), restrictions=draw(limit))
    tariff = msgspec.structs.replace(first, elements=(odd, *first.elements))
    dimension = CdrDimension(type=draw(st.sampled_from(CdrDimensionType)), volume=draw(_odd_numbers))
    moment = draw(st.datetimes(timezones=st.just(UTC)))
    period = ChargingPeriod(start_date_time=moment, dimensions=(dimension,), tariff_id=charge.periods[0].tariff_id)
    periods = draw(st.permutations([*charge.periods, period]))
    end = draw(st.sampled_from([charge.end, charge.start - timedelta(days=2), moment]))
    return msgspec.structs.replace(charge, tariffs=(tariff, *charge.tariffs[1:]), periods=tuple(periods), end=end)


@given(odd_charges(), st.booleans())
@often
def test_anything_that_parses_gets_a_price_or_reasons(charge: Charge, is_running: bool) -> None:
    priced = charge.priced(**({"end": None} if is_running else {}))
    assert priced.total is not None or priced.findings
    for language in ("en", "sv"):
        assert sentences(priced, translator(language), language)
        assert all(describe_tariff(one, translator(language), charge.zone, language) for one in charge.tariffs)
        assert len(rows(priced, translator(language), language)) == len(priced.lines)


@given(charges())
@often
def test_the_lines_are_the_total_on_every_side(charge: Charge) -> None:
    priced = charge.priced()
    for side in ("excl", "vat", "incl"):
        lines = [getattr(line.amount, side) for line in priced.lines]
        parts = [priced.fixed, priced.energy, priced.time, priced.parking, priced.reservation]
        sums = [getattr(part.amount, side) for part in parts if part is not None]
        sums += [getattr(line.amount, side) for line in priced.lines if line.part is Part.LIMIT]
        total = getattr(priced.total.amount, side)
        assert total == (None if None in lines else sum(lines))
        assert total == (None if None in sums else sum(sums))
    for amount in (priced.total.amount, *(line.amount for line in priced.lines)):
        known = (amount.excl, amount.vat, amount.incl)
        assert None in known or amount.excl + amount.vat == amount.incl
    if priced.total.amount.vat is not None:
        assert sum(tax.amount for tax in priced.total.taxes) == priced.total.amount.vat


@given(charges())
@often
def test_a_tax_that_is_not_known_is_never_taken_for_zero(charge: Charge) -> None:
    priced = charge.priced()
    for line in priced.lines:
        taxed = line.unit_price and line.part is not Part.LIMIT and line.vat is None
        tariff = next(one for one in charge.tariffs if one.id == line.tariff_id)
        if taxed and tariff.tax_included != "N/A":
            assert line.amount.vat is None
            assert None in (line.amount.excl, line.amount.incl)


# ---- the same charge told in another way ---------------------------------------------------------------------------


@given(charges())
@often
def test_a_price_without_its_trace_is_the_same_price(charge: Charge) -> None:
    assert numbers(charge.priced(explained=False)) == numbers(charge.priced())


@given(charges(several=False), st.lists(charges(several=False), max_size=4))
@often
def test_a_tariff_that_priced_other_charges_prices_like_a_fresh_one(charge: Charge, others: list[Charge]) -> None:
    kept = CompiledTariff(charge.tariffs[0])
    for other in (*others, charge):
        asked = msgspec.structs.replace(other, tariffs=(kept,))
        fresh = msgspec.structs.replace(other, tariffs=charge.tariffs)
        assert asked.priced() == fresh.priced()


@given(charges())
@often
def test_what_is_remembered_of_a_situation_is_what_a_look_finds(charge: Charge) -> None:
    for stretch in stretches_of(charge):
        usage = usage_at(
            stretch.local,
            stretch.kwh,
            stretch.seconds,
            stretch.levels,
            reserved=stretch.volumes.is_reservation,
            expired=charge.expired,
        )
        assert places(stretch.found) == places(CompiledTariff(stretch.tariff.tariff).found_at(usage))


def places(found: Found) -> list[tuple[int, int] | None]:
    active = (found.flat, found.energy, found.time, found.parking)
    return [None if one is None else (one.element, one.component) for one in active]


@given(charges(), st.permutations(range(6)))
@often
def test_the_order_in_which_periods_are_listed_does_not_matter(charge: Charge, order: list[int]) -> None:
    starts = [period.start_date_time for period in charge.periods]
    assume(len(set(starts)) == len(starts))
    mixed = [charge.periods[place] for place in order if place < len(starts)]
    assert numbers(with_periods(charge, *mixed).priced()) == numbers(charge.priced())


@given(charges(among=SEASONLESS, days=WINTER, zones=STOCKHOLM), st.integers(1, 10))
@often
def test_whole_weeks_of_the_same_season_change_nothing(charge: Charge, weeks: int) -> None:
    later = timedelta(weeks=weeks)
    moved = msgspec.structs.replace(
        charge,
        start=charge.start + later,
        end=charge.end + later,
        periods=tuple(
            msgspec.structs.replace(one, start_date_time=one.start_date_time + later) for one in charge.periods
        ),
    )
    assert numbers(moved.priced()) == numbers(charge.priced())


def split(period: ChargingPeriod, lasts: int, at: int) -> tuple[ChargingPeriod, ChargingPeriod]:
    """The same use in two periods, the second from `at` seconds on: what counts is divided, what is a level is kept."""
    early, late = [], []
    for one in period.dimensions:
        if one.type not in SUMMED:
            first = second = one.volume
        elif one.type == CdrDimensionType.ENERGY:
            first = (one.volume * at / lasts).quantize(Decimal("0.0001"))
            second = one.volume - first
        else:
            seconds = seconds_of(one.volume)
            first = hours(seconds * at // lasts)
            second = hours(seconds - seconds * at // lasts)
        early.append(msgspec.structs.replace(one, volume=first))
        late.append(msgspec.structs.replace(one, volume=second))
    start = period.start_date_time
    return (
        msgspec.structs.replace(period, dimensions=tuple(early)),
        msgspec.structs.replace(period, dimensions=tuple(late), start_date_time=start + timedelta(seconds=at)),
    )


@given(charges(), st.data())
@often
def test_a_period_cut_in_two_where_nothing_changes_costs_the_same(charge: Charge, data: st.DataObject) -> None:
    stretches = stretches_of(charge)
    stretch = data.draw(st.sampled_from(stretches))
    lasts = stretch.until - stretch.start
    assume(lasts >= 2)
    period = charge.periods[stretch.place]
    # Energy over time stands in for a power that was not measured, and each part has one of its own.
    assume(not stretch.tariff.has_power or any("POWER" in one.type for one in period.dimensions))
    both = split(period, lasts, data.draw(st.integers(1, lasts - 1)))
    cut = with_periods(charge, *charge.periods[: stretch.place], *both, *charge.periods[stretch.place + 1 :])
    again = stretches_of(cut)[stretch.place + 1]
    assume(places(again.found) == places(stretch.found))
    assert quantities(cut.priced()) == quantities(charge.priced())
    assert cut.priced().total.amount == charge.priced().total.amount


def quantities(priced: PricedCharge) -> set[tuple[object, ...]]:
    """What each component is billed for; which was used first depends on how the periods are cut."""
    return {(one.part, one.tariff_id, one.element, one.component, one.measured, one.billed) for one in priced.lines}


# ---- more is never cheaper, and what is taken back is what was asked -----------------------------------------------

NOT_OF_ENERGY = tuple(name for name in SEASONLESS if "kwh" not in name and "power" not in name)


@given(charges(limits=False), st.integers(0, 50_000), st.data())
@often
def test_more_energy_at_the_end_never_costs_less(charge: Charge, more: int, data: st.DataObject) -> None:
    """At the end, as a lower price may begin with more energy before it."""
    assume(not any(one.has_power for one in (stretch.tariff for stretch in stretches_of(charge))))
    assert_never_less(charge, len(charge.periods) - 1, more)


@given(charges(among=NOT_OF_ENERGY, limits=False, steps=False), st.integers(0, 50_000), st.data())
@often
def test_more_energy_never_costs_less_where_no_price_depends_on_it(
    charge: Charge, more: int, data: st.DataObject
) -> None:
    """Without steps: what a step adds is paid at the last price, and energy at a lower one may take its place."""
    assert_never_less(charge, data.draw(st.integers(0, len(charge.periods) - 1)), more)


def assert_never_less(charge: Charge, place: int, more: int) -> None:
    period = charge.periods[place]
    assume(all(one.type != CdrDimensionType.RESERVATION_TIME for one in period.dimensions))
    added = CdrDimension(type=CdrDimensionType.ENERGY, volume=Decimal(more).scaleb(-4))
    grown = msgspec.structs.replace(period, dimensions=(*period.dimensions, added))
    richer = with_periods(charge, *charge.periods[:place], grown, *charge.periods[place + 1 :])
    for before, after in zip(sides(charge.priced()), sides(richer.priced()), strict=True):
        assert before is None or after is None or before <= after


@given(charges(steps=False, limits=False))
@often
def test_without_steps_and_limits_a_charge_costs_what_its_quantities_come_to(charge: Charge) -> None:
    priced = charge.priced()
    per = {"kWh": 1, "s": 3600, "1": 1}
    exact = sum(
        (Fraction(line.measured) * Fraction(line.unit_price) / per[line.unit] for line in priced.lines), Fraction(0)
    )
    shown = [line.amount.incl if line.tax_included else line.amount.excl for line in priced.lines]
    if None not in shown and all(line.billed == line.measured for line in priced.lines):
        assert abs(Fraction(sum(shown)) - exact) <= Fraction(1, 100) * (1 + len(priced.lines))


def test_generated_charges_are_worth_the_trouble() -> None:
    """Among a few hundred of them every part of a bill, limits, steps and unknown taxes are met."""
    seen: set[str] = set()

    @given(charges())
    @settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck), database=None, derandomize=True)
    def look(charge: Charge) -> None:
        priced = charge.priced()
        seen.update(line.part for line in priced.lines)
        seen.update(reason.code for line in priced.lines for reason in line.why)
        seen.update(passed.because.code for each in priced.looks for passed in each.passed)

    look()
    assert seen >= {*Part, "STEP", "TAX_UNKNOWN", "MIN_PRICE", "MAX_PRICE", "RESERVATION", "RESERVATION_EXPIRED"}
    assert seen >= {"TIME_OF_DAY", "DATES", "DAYS", "ENERGY_RANGE", "POWER_RANGE", "CURRENT_RANGE", "DURATION_RANGE"}
