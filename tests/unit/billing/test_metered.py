"""A transaction cut into periods by its Tariff costs what it would cost second by second."""

import os
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from zoneinfo import ZoneInfo

import msgspec
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from charges_generated import CURRENCY, DAYS, ZONES, tariffs
from ocpilot.base.money import RoundingPolicy
from ocpilot.billing.metered import metered
from ocpilot.metering.findings import Oddity
from ocpilot.metering.periods import Measured
from ocpilot.metering.samples import ChargingState, MeterSample
from ocpilot.pricing import Part, PricedCharge, price
from ocpilot.pricing.crossings import EXPECTED
from ocpilot.wire.v230 import CdrDimension, CdrDimensionType, ChargingPeriod, Tariff

TIMES = int(os.environ.get("OCPILOT_FUZZ", "1"))
often = settings(max_examples=40 * TIMES, deadline=None, suppress_health_check=list(HealthCheck))
#: What changes with time and energy alone; power and current are those of the samples.
BY_TIME_AND_ENERGY = (
    "start_time",
    "end_time",
    "start_date",
    "end_date",
    "min_kwh",
    "max_kwh",
    "min_duration",
    "max_duration",
    "day_of_week",
)
EXACT = RoundingPolicy(decimals=9)


class Transaction(msgspec.Struct, frozen=True, kw_only=True):
    """What a station sent."""

    samples: tuple[MeterSample, ...]
    start: datetime
    end: datetime
    zone: ZoneInfo

    def metered(self, tariff: Tariff) -> Measured:
        return metered(self.samples, tariff, start=self.start, end=self.end, zone=self.zone)


@st.composite
def transactions(draw: st.DrawFn, longest: int = 7200) -> Transaction:
    """A register that rises, read now and then while the car charges and parks."""
    start = draw(st.sampled_from(DAYS)) + timedelta(
        minutes=15 * draw(st.integers(0, 95)) + draw(st.sampled_from([0, 7, 14]))
    )
    at, register = start, Decimal(1000)
    samples = [MeterSample(at=at, register_wh=register, state=ChargingState.CHARGING)]
    for _ in range(draw(st.integers(1, 6))):
        lasts = draw(st.integers(1, longest))
        at += timedelta(seconds=lasts)
        state = draw(st.sampled_from([None, ChargingState.CHARGING, ChargingState.SUSPENDED_EV]))
        register += draw(st.integers(0, 100 * lasts))
        samples.append(MeterSample(at=at, register_wh=register, state=state))
    end = at + timedelta(seconds=draw(st.integers(0, longest)))
    return Transaction(samples=tuple(samples), start=start, end=end, zone=draw(st.sampled_from(ZONES)))


def priced(found: Measured, tariff: Tariff, zone: ZoneInfo) -> PricedCharge:
    return price(
        found.periods, [tariff], start=found.began, end=found.end, zone=zone, currency=CURRENCY, rounding=EXACT
    )


timed = tariffs(among=BY_TIME_AND_ENERGY, limits=False, reservations=False)


@given(transactions(), timed)
@often
def test_no_price_changes_within_a_period(charge: Transaction, tariff: Tariff) -> None:
    found = charge.metered(tariff)
    findings = priced(found, tariff, charge.zone).findings
    assert [str(one) for one in findings if one.expected == EXPECTED] == []


@given(transactions(), tariffs(limits=False))
@often
def test_the_energy_of_the_periods_is_that_of_the_meter(charge: Transaction, tariff: Tariff) -> None:
    found = charge.metered(tariff)
    registers = [sample.register_wh for sample in charge.samples]
    assert found.kwh * 1000 == registers[-1] - registers[0]
    assert sum(volume(one, CdrDimensionType.ENERGY) for one in found.periods) == found.kwh
    lasted = found.charging + found.parked + found.withheld
    assert lasted == found.end - found.start


def volume(period: ChargingPeriod, kind: CdrDimensionType) -> Decimal:
    return sum((one.volume for one in period.dimensions if one.type is kind), Decimal(0))


@given(transactions(600), tariffs(among=BY_TIME_AND_ENERGY, limits=False, reservations=False, steps=False))
@settings(max_examples=20 * TIMES, deadline=None, suppress_health_check=list(HealthCheck))
def test_the_cost_is_that_of_periods_of_a_second(charge: Transaction, tariff: Tariff) -> None:
    """Energy goes on a straight line from sample to sample, by the second; a border of energy lies within one."""
    found = charge.metered(tariff)
    fine = msgspec.structs.replace(found, periods=tuple(by_the_second(found)))
    ours, theirs = priced(found, tariff, charge.zone), priced(fine, tariff, charge.zone)
    for part in (Part.ENERGY, Part.TIME, Part.PARKING, Part.FIXED):
        assert abs(net(ours, part) - net(theirs, part)) <= allowed(found, tariff, part)


def by_the_second(found: Measured) -> list[ChargingPeriod]:
    """Every period as one of each second of it."""
    ends = [*(one.start_date_time for one in found.periods[1:]), found.end]
    fine = []
    for period, until in zip(found.periods, ends, strict=True):
        seconds = int((until - period.start_date_time).total_seconds())
        energy, begun = volume(period, CdrDimensionType.ENERGY), Decimal(0)
        for second in range(seconds):
            flown = energy if second + 1 == seconds else round(energy * (second + 1) / seconds, 9)
            dimensions = [
                CdrDimension(
                    type=one.type,
                    volume=flown - begun if one.type is CdrDimensionType.ENERGY else Decimal("0.0003"),
                )
                for one in period.dimensions
            ]
            begun = flown
            at = period.start_date_time + timedelta(seconds=second)
            fine.append(ChargingPeriod(start_date_time=at, dimensions=tuple(dimensions), tariff_id=period.tariff_id))
    return fine


def net(found: PricedCharge, part: Part) -> Fraction:
    shown = (line.amount.excl or line.amount.incl or 0 for line in found.lines if line.part is part)
    return sum(map(Fraction, shown), Fraction(0))


def allowed(found: Measured, tariff: Tariff, part: Part) -> Fraction:
    """Nothing but what a second of energy may differ in price at each border of energy, and ninth decimals."""
    small = Fraction(1, 10**6)
    if part is not Part.ENERGY:
        return small
    highest = max(one.price for element in tariff.elements for one in element.price_components)
    ends = [*(one.start_date_time for one in found.periods[1:]), found.end]
    rates = [
        Fraction(volume(period, CdrDimensionType.ENERGY)) / int((until - period.start_date_time).total_seconds())
        for period, until in zip(found.periods, ends, strict=True)
        if until > period.start_date_time
    ]
    borders = sum(
        1
        for element in tariff.elements
        if element.restrictions
        for one in (element.restrictions.min_kwh, element.restrictions.max_kwh)
        if one
    )
    return small + 2 * borders * Fraction(highest) * max(rates, default=Fraction(0))


# ---- what stations do to their messages ----------------------------------------------------------------------------


@given(transactions(), timed, st.randoms())
@often
def test_samples_in_any_order_and_twice_cost_the_same(charge: Transaction, tariff: Tariff, random: object) -> None:
    mixed = [*charge.samples, *charge.samples]
    random.shuffle(mixed)
    assert msgspec.structs.replace(charge, samples=tuple(mixed)).metered(tariff) == charge.metered(tariff)


@given(transactions(), timed, st.data())
@often
def test_a_sample_that_is_missing_moves_no_energy_out_of_the_charge(
    charge: Transaction, tariff: Tariff, data: st.DataObject
) -> None:
    place = data.draw(st.integers(1, max(1, len(charge.samples) - 2)))
    assume(place < len(charge.samples) - 1)
    fewer = charge.samples[:place] + charge.samples[place + 1 :]
    assert msgspec.structs.replace(charge, samples=fewer).metered(tariff).kwh == charge.metered(tariff).kwh


@given(transactions(), timed, st.data())
@often
def test_a_meter_that_begins_again_is_reported_and_its_energy_kept(
    charge: Transaction, tariff: Tariff, data: st.DataObject
) -> None:
    """What it counted between the last reading and the reset is lost; nobody is billed for it."""
    place = data.draw(st.integers(1, len(charge.samples) - 1))
    reset = charge.samples[place].register_wh
    later = [
        msgspec.structs.replace(sample, register_wh=sample.register_wh - reset) for sample in charge.samples[place:]
    ]
    broken = msgspec.structs.replace(charge, samples=(*charge.samples[:place], *later))
    assume(charge.samples[-1].register_wh - reset < charge.samples[place - 1].register_wh)
    lost = reset - charge.samples[place - 1].register_wh
    found, whole = broken.metered(tariff), charge.metered(tariff)
    assert found.kwh == whole.kwh - lost / 1000
    # How much may have flowed after the last reading is judged by the power before it, which is another now.
    unread = {Oddity.END_UNREAD, Oddity.LITTLE_UNREAD}
    assert len({one.kind for one in found.findings} - {one.kind for one in whole.findings} - unread) == 1
    assert_priced_whole(found, tariff, charge.zone)


@given(transactions(), timed, st.data())
@often
def test_a_reading_of_nonsense_is_reported_and_costs_nothing(
    charge: Transaction, tariff: Tariff, data: st.DataObject
) -> None:
    place = data.draw(st.integers(1, len(charge.samples) - 1))
    before = charge.samples[place - 1]
    wrong = MeterSample(at=before.at, register_wh=Decimal(0))
    assume(charge.samples[-1].register_wh > 1000)
    found = msgspec.structs.replace(charge, samples=(*charge.samples, wrong)).metered(tariff)
    assert found.kwh == charge.metered(tariff).kwh
    assert_priced_whole(found, tariff, charge.zone)


def assert_priced_whole(found: Measured, tariff: Tariff, zone: ZoneInfo) -> None:
    starts = [one.start_date_time for one in found.periods]
    assert all(before < after for before, after in pairwise(starts))
    assert priced(found, tariff, zone).total is not None


@given(transactions(), tariffs(limits=False))
@often
def test_periods_made_here_are_read_back_by_whole_seconds(charge: Transaction, tariff: Tariff) -> None:
    found = charge.metered(tariff)
    cost = priced(found, tariff, charge.zone)
    assert (cost.charging, cost.parked, cost.kwh) == (found.charging, found.parked, found.kwh)
    assert cost.duration == found.end - found.start
