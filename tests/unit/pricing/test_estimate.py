"""The cost of a planned charge, once and over the day; what must hold for any tariff and any plan."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocpilot.base.errors import UserError
from ocpilot.pricing import price
from ocpilot.pricing.builder import energy, parking, start_fee, tariff, time
from ocpilot.pricing.compiled import compiled
from ocpilot.pricing.estimate import cheapest, estimate, series
from ocpilot.pricing.planned import PlannedCharge
from ocpilot.pricing.power_curve import PowerPoint
from ocpilot.wire.v230 import (
    CdrDimension,
    ChargingPeriod,
    DayOfWeek,
    PriceComponent,
    Tariff,
    TariffDimensionType,
    TariffElement,
    TariffRestrictions,
)

STOCKHOLM = ZoneInfo("Europe/Stockholm")
START = datetime(2026, 11, 23, 10, tzinfo=UTC)
HOUR = timedelta(hours=1)
NIGHT = tariff("NIGHT", "SEK", energy(4).between("22:00", "06:00", 2), party="SE/LAD", vat=25)


def steady(kwh: str, kw: str = "11", start: datetime = START) -> PlannedCharge:
    return PlannedCharge.steady(start, Decimal(kwh), Decimal(kw))


def test_the_cost_and_what_it_is_per_kwh_are_told() -> None:
    fee_and_energy = tariff("T", "SEK", start_fee(4), energy(4), party="SE/LAD", vat=25)
    found = estimate(steady("20"), fee_and_energy, STOCKHOLM)
    assert (found.cost.incl, found.per_kwh) == (105, Decimal("5.25"))
    assert found.priced.findings == ()


def test_a_tax_that_is_not_known_stays_so(b) -> None:
    found = estimate(steady("10"), b.tariff(b.component("ENERGY", "4", vat=None)), STOCKHOLM)
    assert (found.cost.excl, found.cost.incl, found.per_kwh) == (40, None, 4)


def test_a_tariff_that_does_not_hold_when_the_charge_begins_gives_no_cost(b) -> None:
    old = b.tariff(b.component("ENERGY", "4"), end_date_time=START)
    found = estimate(steady("10"), old, STOCKHOLM)
    assert (found.cost, found.per_kwh) == (None, None)


def test_a_charge_over_the_border_of_the_night_pays_both_prices() -> None:
    # 22 kWh in two hours, from 21:00 on: one hour before 22:00 and one after.
    found = estimate(steady("22", "11", datetime(2026, 11, 23, 20, tzinfo=UTC)), NIGHT, STOCKHOLM)
    assert found.cost.excl == 11 * 4 + 11 * 2


def test_a_series_finds_the_cheapest_start() -> None:
    plan = steady("22", "11", datetime(2026, 11, 23, 17, tzinfo=UTC))
    begun = list(series(plan, NIGHT, STOCKHOLM, step=timedelta(minutes=30)))
    assert len(begun) == 48
    best = cheapest(begun)
    assert (best.plan.start.astimezone(STOCKHOLM).hour, best.cost.excl) == (22, 44)


def test_of_prices_nobody_knows_none_is_cheapest(b) -> None:
    assert (
        cheapest([estimate(steady("1"), b.tariff(b.component("ENERGY", "4"), end_date_time=START), STOCKHOLM)]) is None
    )


@pytest.mark.parametrize(("day", "hours"), [("2026-10-25", 25), ("2027-03-28", 23)])
def test_a_day_on_which_the_clock_is_changed_has_its_hours(day: str, hours: int) -> None:
    plan = steady("1", start=datetime.fromisoformat(day).replace(tzinfo=STOCKHOLM))
    begun = list(series(plan, NIGHT, STOCKHOLM, step=HOUR))
    assert len(begun) == hours
    assert {two.plan.start - one.plan.start for one, two in pairwise(begun)} == {HOUR}


def test_the_hour_that_is_there_twice_has_the_price_of_its_clock_both_times() -> None:
    until_half_past_two = tariff("T", "SEK", energy(4).before("02:30", 2), party="SE/LAD", vat=25)
    plan = steady("44", "11", datetime(2026, 10, 24, 22, tzinfo=UTC))  # 00:00 in Stockholm; it ends four hours later
    # Half hours: five until 02:30, one until 03:00, then again one of each.
    assert estimate(plan, until_half_past_two, STOCKHOLM).cost.excl == Decimal("5.5") * (5 * 2 + 4 + 2 + 4)


@pytest.mark.parametrize(("step", "days"), [(timedelta(seconds=1), 1), (HOUR, 0), (timedelta(minutes=1), 366)])
def test_a_series_without_end_is_refused(step: timedelta, days: int) -> None:
    with pytest.raises(UserError, match="series"):
        list(series(steady("1"), NIGHT, STOCKHOLM, step=step, days=days))


# ---- properties ------------------------------------------------------------------------------------------------------

amounts = st.decimals(min_value=0, max_value=10, places=2)
levels = st.decimals(min_value=1, max_value=200, places=1)
clocks = st.builds("{:02d}:{:02d}".format, st.integers(0, 23), st.sampled_from([0, 1, 30, 59]))
restrictions = st.fixed_dictionaries(
    {},
    optional={
        "start_time": clocks,
        "end_time": clocks,
        "min_kwh": levels,
        "max_kwh": levels,
        "min_power": levels,
        "max_power": levels,
        "min_duration": st.integers(0, 20_000),
        "max_duration": st.integers(1, 20_000),
        "day_of_week": st.lists(st.sampled_from(DayOfWeek), min_size=1, unique=True).map(tuple),
    },
)
components = st.builds(
    PriceComponent,
    type=st.sampled_from(TariffDimensionType),
    price=amounts,
    vat=st.sampled_from([None, Decimal(25)]),
    step_size=st.just(1),
)
elements = st.builds(
    TariffElement,
    price_components=st.lists(components, min_size=1, max_size=3).map(tuple),
    restrictions=restrictions.map(lambda limits: TariffRestrictions(**limits)),
)
tariffs = st.lists(elements, min_size=1, max_size=5).map(
    lambda found: msgspec.structs.replace(NIGHT, elements=tuple(found))
)
starts = st.integers(0, 2 * 365 * 86_400).map(
    lambda second: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=second)
)
powers = st.lists(
    st.tuples(st.integers(1, 90), st.integers(0, 300)), min_size=1, max_size=5, unique_by=lambda x: x[0]
).map(lambda points: tuple(PowerPoint(Decimal(at), Decimal(kw)) for at, kw in sorted([(0, 30), *points])))
plans = st.builds(
    PlannedCharge,
    start=starts,
    power=powers,
    parked=st.integers(0, 36_000).map(lambda seconds: timedelta(seconds=seconds)),
    reserved=st.integers(0, 3600).map(lambda seconds: timedelta(seconds=seconds)),
)


@given(plans, tariffs)
def test_periods_add_up_to_the_plan_and_nothing_changes_within_them(plan: PlannedCharge, priced_by: Tariff) -> None:
    found = estimate(plan, priced_by, STOCKHOLM)
    assert found.priced.kwh == plan.curve.kwh
    assert found.priced.reserved == plan.reserved
    assert found.priced.charging + found.priced.parked == plan.end - plan.start
    assert found.priced.duration == plan.end - plan.began
    assert found.priced.findings == ()
    starts_of_periods = [period.start_date_time for period in found.periods]
    assert starts_of_periods == sorted(starts_of_periods)


@given(plans, tariffs)
def test_a_period_split_in_two_where_nothing_changes_costs_the_same(plan: PlannedCharge, priced_by: Tariff) -> None:
    found = estimate(plan, priced_by, STOCKHOLM)
    halves = [half for period, until in _spans(found.periods, plan.end) for half in _halves(period, until)]
    again = price(
        halves, [compiled(priced_by)], start=plan.began, end=plan.end, zone=STOCKHOLM, currency=priced_by.currency
    )
    assert again.total == found.priced.total


def _spans(periods: tuple[ChargingPeriod, ...], end: datetime) -> list[tuple[ChargingPeriod, datetime]]:
    return list(zip(periods, [*(period.start_date_time for period in periods[1:]), end], strict=True))


def _halves(period: ChargingPeriod, until: datetime) -> list[ChargingPeriod]:
    """Two periods with the same power, whose energy and whole seconds add up."""
    seconds = int((until - period.start_date_time).total_seconds())
    if seconds < 2:
        return [period]
    early = seconds // 2
    shares = ({}, {})
    for one in period.dimensions:
        kind = one.type.value
        first = one.volume if kind == "POWER" else (one.volume / 2).quantize(Decimal("0.0001"))
        parts = (first, one.volume if kind == "POWER" else one.volume - first)
        if kind.endswith("TIME"):
            parts = tuple((Decimal(length) / 3600).quantize(Decimal("0.0001")) for length in (early, seconds - early))
        for share, part in zip(shares, parts, strict=True):
            share[one.type] = part
    begins = (period.start_date_time, period.start_date_time + timedelta(seconds=early))
    return [
        ChargingPeriod(
            start_date_time=start,
            dimensions=tuple(CdrDimension(type=kind, volume=volume) for kind, volume in share.items()),
        )
        for start, share in zip(begins, shares, strict=True)
    ]


@given(starts, levels, levels, st.sampled_from(["3.7", "11", "50", "350"]))
def test_more_energy_never_costs_less(start: datetime, one: Decimal, more: Decimal, kw: str) -> None:
    changing = tariff(
        "T",
        "SEK",
        start_fee(1).weekend(2),
        energy(4).between("22:00", "06:00", 2).from_kwh(20, 3).between("22:00", "06:00").from_kwh(20, 1),
        time(per_minute=0.1).from_minutes(60, 0.3),
        parking(per_hour=10),
        party="SE/LAD",
        vat=25,
    )
    less, most = sorted((one, more))
    costs = [estimate(steady(str(kwh), kw, start), changing, STOCKHOLM).cost.incl for kwh in (less, most)]
    assert costs[0] <= costs[1]


@given(plans, tariffs, st.integers(-3, 3))
def test_whole_weeks_later_in_the_same_season_it_costs_the_same(
    plan: PlannedCharge, priced_by: Tariff, weeks: int
) -> None:
    # Stockholm has winter time from November to March, summer time from April to October.
    january = msgspec.structs.replace(plan, start=plan.start.replace(year=2026, month=1, day=min(plan.start.day, 28)))
    moved = msgspec.structs.replace(january, start=january.start + timedelta(weeks=weeks))
    costs = [estimate(one, priced_by, STOCKHOLM).cost for one in (january, moved)]
    assert costs[0] == costs[1]


@given(plans, tariffs)
def test_a_series_gives_what_an_estimate_gives(plan: PlannedCharge, priced_by: Tariff) -> None:
    for one in series(plan, priced_by, STOCKHOLM, step=6 * HOUR):
        assert one.cost == estimate(one.plan, priced_by, STOCKHOLM).cost
