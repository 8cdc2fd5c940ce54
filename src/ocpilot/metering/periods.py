"""All samples of a transaction -> Charging Periods and totals that add up exactly (mod_cdrs, "ChargingPeriod")."""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import msgspec

from ocpilot.base.problem import Problem, Severity
from ocpilot.base.time import hours
from ocpilot.metering.energy import EnergyCurve
from ocpilot.metering.samples import ChargingState, MeterSample
from ocpilot.wire.v230 import CdrDimension, CdrDimensionType, ChargingPeriod

#: Time the car does not ask for power. When the station holds power back, nobody pays for the time.
PARKED = frozenset({ChargingState.SUSPENDED_EV, ChargingState.IDLE})

_SECOND = timedelta(seconds=1)


class Cuts(msgspec.Struct, frozen=True, kw_only=True):
    """Where, besides changes of state, a tariff makes a new period begin: moments, and borders in kWh, W and A."""

    moments: tuple[datetime, ...] = ()
    kwh: tuple[Decimal, ...] = ()
    power_w: tuple[Decimal, ...] = ()
    current_a: tuple[Decimal, ...] = ()


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """What a transaction came to. The periods' ENERGY adds up to `kwh`, their times to `charging` and `parked`.

    `withheld` is time the car was connected but neither charged nor parked: before charging, or while the station gave
    nothing; it is in no period's TIME or PARKING_TIME. `reserved_from` is when the EVSE was reserved for it; that time
    is in the first period and in none of the sums.
    """

    start: datetime
    end: datetime
    periods: tuple[ChargingPeriod, ...]
    kwh: Decimal
    charging: timedelta
    parked: timedelta
    withheld: timedelta
    findings: tuple[Problem, ...] = ()
    reserved_from: datetime | None = None

    @property
    def began(self) -> datetime:
        """The start of the reservation, else of the charge (mod_cdrs, "CDR Object", `start_date_time`)."""
        return self.reserved_from or self.start


class Switch(msgspec.Struct, frozen=True):
    """From a moment on another Tariff is relevant."""

    at: datetime
    tariff_id: str


class _Stretch(msgspec.Struct, frozen=True):
    """One period to be: from, until, the state in between, the energy in Wh, and the readings that hold in it."""

    start: datetime
    end: datetime
    state: ChargingState
    wh: Decimal
    samples: tuple[MeterSample, ...]


def measured(
    samples: Iterable[MeterSample],
    start: datetime,
    end: datetime | None,
    tariff_id: str | None,
    *,
    switches: Sequence[Switch] = (),
    cuts: Cuts = Cuts(),  # noqa: B008 - frozen and empty
    max_power_w: Decimal | None = None,
) -> Measured:
    """Charging Periods from all samples of a transaction, in any order, repeated or not.

    `end` None is a charge still running: it is measured until its last sample. `tariff_id` is relevant from the start,
    `switches` say which Tariffs later, in order of time. `max_power_w` is the most the EVSE can give; energy that would
    need more is reported and not counted.
    """
    known = _in_order(samples)
    first = _whole_second(start)
    last = max(first, _whole_second(end or (known[-1].at if known else start)))
    inside = [sample for sample in known if sample.at <= last]
    flowing = EnergyCurve.of(inside, first, max_power_w).flowing(_flows(inside), max_power_w)
    curve, crossings = _through(flowing, cuts.kwh)
    changes = [(first, tariff_id), *((_whole_second(one.at), one.tariff_id) for one in switches)]
    relevant = {*crossings, *cuts.moments, *_changes_of(inside, cuts), *_paces(inside, curve, cuts)}
    moments = sorted({*relevant, *(at for at, _ in changes)})
    stretches = _stretches(inside, curve, [first, *(moment for moment in moments if first < moment < last), last])
    return Measured(
        start=first,
        end=last,
        periods=tuple(_period(stretch, _last(changes, stretch.start)) for stretch in stretches),
        kwh=curve.total / 1000,
        charging=_lasting(stretches, frozenset({ChargingState.CHARGING})),
        parked=_lasting(stretches, PARKED),
        withheld=_lasting(stretches, frozenset(ChargingState) - PARKED - {ChargingState.CHARGING}),
        findings=(*curve.findings, *_late(known, last)),
    )


def with_reservation(charge: Measured, since: datetime, tariff_id: str | None) -> Measured:
    """The charge with the time before it in which its EVSE was reserved as its first period, if it is a second or more
    (mod_cdrs, "CdrDimensionType", RESERVATION_TIME)."""
    start = _whole_second(since)
    if charge.start - start < _SECOND:
        return charge
    period = _reserved(start, charge.start, tariff_id)
    return msgspec.structs.replace(charge, periods=(period, *charge.periods), reserved_from=start)


def only_reserved(start: datetime, end: datetime, tariff_id: str | None) -> Measured:
    """A reservation that nobody came for."""
    first, last, none = _whole_second(start), max(_whole_second(start), _whole_second(end)), timedelta()
    periods = (_reserved(first, last, tariff_id),)
    return Measured(start=first, end=last, periods=periods, kwh=Decimal(0), charging=none, parked=none, withheld=none)


def _reserved(start: datetime, end: datetime, tariff_id: str | None) -> ChargingPeriod:
    dimension = CdrDimension(type=CdrDimensionType.RESERVATION_TIME, volume=hours(end - start))
    return ChargingPeriod(start_date_time=start, dimensions=(dimension,), tariff_id=tariff_id)


def _last(changes: Sequence[tuple[datetime, str | None]], moment: datetime) -> str | None:
    """What holds at a moment of the charge; the first is there from its start."""
    return [value for at, value in changes if at <= moment][-1]


def _in_order(samples: Iterable[MeterSample]) -> list[MeterSample]:
    """Sorted by time with whole seconds, the same sample once; registers of one second in rising order."""
    seen: dict[MeterSample, None] = {}
    for sample in samples:
        seen[msgspec.structs.replace(sample, at=_whole_second(sample.at))] = None
    return sorted(seen, key=lambda sample: (sample.at, sample.register_wh or Decimal(0)))


def _whole_second(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)


def _through(curve: EnergyCurve, borders_kwh: Iterable[Decimal]) -> tuple[EnergyCurve, list[datetime]]:
    """The curve with a point on every border it crosses, and where those are."""
    crossings = []
    for border in borders_kwh:
        curve, moment = curve.through(border * 1000)
        crossings += [moment] if moment else []
    return curve, crossings


def _flows(samples: Sequence[MeterSample]) -> list[tuple[datetime, bool]]:
    """From when on energy could flow, or could not, by the states that are known."""
    return [(s.at, s.state in (ChargingState.CHARGING, ChargingState.CONNECTED)) for s in samples if s.state]


def _changes_of(samples: Sequence[MeterSample], cuts: Cuts) -> Iterable[datetime]:
    """The moments at which the state changes, or power or current goes over a border."""
    yield from _changes([(s.at, s.state) for s in samples if s.state is not None])
    yield from _changes([(s.at, _band(s.power_w, cuts.power_w)) for s in samples if s.power_w is not None])
    yield from _changes([(s.at, _band(s.current_a, cuts.current_a)) for s in samples if s.current_a is not None])


def _paces(samples: Sequence[MeterSample], curve: EnergyCurve, cuts: Cuts) -> Iterable[datetime]:
    """Where no power was read, energy over time is the power: the moments at which that goes over a border."""
    if not cuts.power_w or any(sample.power_w is not None for sample in samples):
        return []
    return _changes([(at, _band(power, cuts.power_w)) for at, power in curve.powers()])


def _changes(values: Sequence[tuple[datetime, object]]) -> list[datetime]:
    """The moments at which a value differs from the one before."""
    return [moment for (_, before), (moment, value) in pairwise(values) if value != before]


def _band(value: Decimal, borders: Sequence[Decimal]) -> int:
    return bisect_right(sorted(borders), value)


def _stretches(samples: Sequence[MeterSample], curve: EnergyCurve, moments: Sequence[datetime]) -> list[_Stretch]:
    """The time between neighbouring moments; what came at the very first and last second is in there too."""
    levels = [Decimal(0), *(curve.at(moment) for moment in moments[1:-1]), curve.total]
    return [
        _Stretch(start, end, _state_at(samples, start), after - before, tuple(_holding(samples, start, end)))
        for (start, end), (before, after) in zip(pairwise(moments), pairwise(levels), strict=True)
    ]


def _state_at(samples: Sequence[MeterSample], moment: datetime) -> ChargingState:
    """The last state known then; before any is known the first one, and CHARGING when there is none at all."""
    states = [(sample.at, sample.state) for sample in samples if sample.state is not None]
    past = [state for at, state in states if at <= moment]
    return past[-1] if past else states[0][1] if states else ChargingState.CHARGING


def _holding(samples: Sequence[MeterSample], start: datetime, end: datetime) -> Iterator[MeterSample]:
    """What was read within, and before it the last power and current of the same state: they hold until the next."""
    states = [(sample.at, sample.state) for sample in samples if sample.state is not None and sample.at <= start]
    since = max(_changes(states), default=states[0][0] if states else datetime.min.replace(tzinfo=UTC))
    earlier = [sample for sample in samples if since <= sample.at < start]
    within = [sample for sample in samples if start <= sample.at < end]
    for name in ("power_w", "current_a"):
        if not any(sample.at == start and getattr(sample, name) is not None for sample in within):
            known = [(sample.at, getattr(sample, name)) for sample in earlier if getattr(sample, name) is not None]
            yield from (MeterSample(at=at, **{name: value}) for at, value in known[-1:])
    yield from within


def _lasting(stretches: Iterable[_Stretch], states: frozenset[ChargingState]) -> timedelta:
    return sum((stretch.end - stretch.start for stretch in stretches if stretch.state in states), timedelta())


def _period(stretch: _Stretch, tariff_id: str | None) -> ChargingPeriod:
    return ChargingPeriod(
        start_date_time=stretch.start, dimensions=tuple(_dimensions(stretch)), tariff_id=tariff_id or None
    )


def _dimensions(stretch: _Stretch) -> Iterable[CdrDimension]:
    """Only the dimensions a CDR may hold too (mod_cdrs, "CdrDimensionType", column Session Only)."""
    yield CdrDimension(type=CdrDimensionType.ENERGY, volume=stretch.wh / 1000)
    span = stretch.end - stretch.start
    if span >= _SECOND and stretch.state is ChargingState.CHARGING:
        yield CdrDimension(type=CdrDimensionType.TIME, volume=hours(span))
    elif span >= _SECOND and stretch.state in PARKED:
        yield CdrDimension(type=CdrDimensionType.PARKING_TIME, volume=hours(span))
    powers = [sample.power_w / 1000 for sample in stretch.samples if sample.power_w is not None]
    if powers:
        yield CdrDimension(type=CdrDimensionType.MIN_POWER, volume=min(powers))
        yield CdrDimension(type=CdrDimensionType.MAX_POWER, volume=max(powers))
    currents = [sample.current_a for sample in stretch.samples if sample.current_a is not None]
    if currents:
        yield CdrDimension(type=CdrDimensionType.MIN_CURRENT, volume=min(currents))
        yield CdrDimension(type=CdrDimensionType.MAX_CURRENT, volume=max(currents))


def _late(samples: Sequence[MeterSample], last: datetime) -> list[Problem]:
    """Energy a station reports after the end of its transaction: shown, never billed."""
    registers = [sample.register_wh for sample in samples if sample.at <= last and sample.register_wh is not None]
    later = [sample.register_wh for sample in samples if sample.at > last and sample.register_wh is not None]
    if not registers or not later or max(later) <= registers[-1]:
        return []
    gained = max(later) - registers[-1]
    found = f"{gained} Wh after the end"
    return [Problem(path="$.registers", found=found, expected="none", severity=Severity.FINDING)]
