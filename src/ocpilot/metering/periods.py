"""All samples of a transaction -> Charging Periods and totals that add up exactly (mod_cdrs, "ChargingPeriod")."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise

import msgspec

from ocpilot.base.time import hours
from ocpilot.metering.curve import EnergyCurve
from ocpilot.metering.energy import energy_of
from ocpilot.metering.findings import Finding, once_each
from ocpilot.metering.limit import Limit
from ocpilot.metering.samples import ChargingState, MeterSample, in_order, whole_second
from ocpilot.metering.stretches import (
    FLOWING,
    PARKED,
    Stretch,
    dimensions_of,
    from_start,
    session_dimensions_of,
    states_of,
    stretches_of,
)
from ocpilot.metering.unread import ALL_READ, Unread
from ocpilot.wire.v230 import CdrDimension, CdrDimensionType, ChargingPeriod

_SECOND = timedelta(seconds=1)


class Cuts(msgspec.Struct, frozen=True, kw_only=True):
    """Where, besides changes of state, a tariff makes a new period begin: moments, and borders in kWh, W and A."""

    moments: tuple[datetime, ...] = ()
    kwh: tuple[Decimal, ...] = ()
    power_w: tuple[Decimal, ...] = ()
    current_a: tuple[Decimal, ...] = ()


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """What a transaction came to. The periods' ENERGY adds up to `kwh`, their times to `charging` and `parked`; both
    are negative where the car gave back more than it took.

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
    findings: tuple[Finding, ...] = ()
    unread: Unread = ALL_READ
    reserved_from: datetime | None = None
    #: For each period what only a Session may tell.
    session_only: tuple[tuple[CdrDimension, ...], ...] = ()

    @property
    def doubts(self) -> tuple[Finding, ...]:
        """The findings for which a person must look before anybody is billed."""
        return tuple(one for one in self.findings if one.holds)

    @property
    def session_periods(self) -> tuple[ChargingPeriod, ...]:
        """The periods with what only Sessions hold (mod_cdrs, "CdrDimensionType", column Session Only)."""
        more = ((),) * (len(self.periods) - len(self.session_only)) + self.session_only
        return tuple(
            msgspec.structs.replace(period, dimensions=period.dimensions + added) if added else period
            for period, added in zip(self.periods, more, strict=True)
        )

    @property
    def began(self) -> datetime:
        """The start of the reservation, else of the charge (mod_cdrs, "CDR Object", `start_date_time`)."""
        return self.reserved_from or self.start


class Switch(msgspec.Struct, frozen=True):
    """From a moment on another Tariff is relevant."""

    at: datetime
    tariff_id: str


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
    first = whole_second(start)
    known = in_order(samples)
    last = max(first, whole_second(end or (known[-1].at if known else start)))
    inside = known if not known or known[-1].at <= last else [sample for sample in known if sample.at <= last]
    limit = Limit.of(max_power_w)
    energy = energy_of(known, first, last, limit, ended=end is not None)
    states = from_start(states_of(inside), first)
    flowing = energy.curve.flowing([(at, state in FLOWING) for at, state in states], limit)
    curve, crossings = flowing.through([border * 1000 for border in cuts.kwh])
    changes = [(first, tariff_id), *((whole_second(one.at), one.tariff_id) for one in switches)]
    relevant = {*crossings, *cuts.moments, *_changes(states), *_crossed(inside, cuts), *_paces(inside, curve, cuts)}
    moments = sorted({*relevant, *(at for at, _ in changes)})
    between = [first, *(moment for moment in moments if first < moment < last), last]
    stretches = stretches_of(inside, states, curve, between)
    return Measured(
        start=first,
        end=last,
        periods=tuple(_period(stretch, _last(changes, stretch.start)) for stretch in stretches),
        kwh=curve.total / 1000,
        charging=_lasting(stretches, frozenset({ChargingState.CHARGING})),
        parked=_lasting(stretches, PARKED),
        withheld=_lasting(stretches, frozenset(ChargingState) - PARKED - {ChargingState.CHARGING}),
        findings=once_each(energy.findings),
        unread=energy.unread,
        session_only=tuple(map(session_dimensions_of, stretches)),
    )


def with_reservation(charge: Measured, since: datetime, tariff_id: str | None) -> Measured:
    """The charge with the time before it in which its EVSE was reserved as its first period, if it is a second or more
    (mod_cdrs, "CdrDimensionType", RESERVATION_TIME)."""
    start = whole_second(since)
    if charge.start - start < _SECOND:
        return charge
    period = _reserved(start, charge.start, tariff_id)
    return msgspec.structs.replace(charge, periods=(period, *charge.periods), reserved_from=start)


def only_reserved(start: datetime, end: datetime, tariff_id: str | None) -> Measured:
    """A reservation that nobody came for."""
    first, last, none = whole_second(start), max(whole_second(start), whole_second(end)), timedelta()
    periods = (_reserved(first, last, tariff_id),)
    return Measured(start=first, end=last, periods=periods, kwh=Decimal(0), charging=none, parked=none, withheld=none)


def _reserved(start: datetime, end: datetime, tariff_id: str | None) -> ChargingPeriod:
    dimension = CdrDimension(type=CdrDimensionType.RESERVATION_TIME, volume=hours(end - start))
    return ChargingPeriod(start_date_time=start, dimensions=(dimension,), tariff_id=tariff_id)


def _last(changes: Sequence[tuple[datetime, str | None]], moment: datetime) -> str | None:
    """What holds at a moment of the charge; the first is there from its start."""
    return [value for at, value in changes if at <= moment][-1]


def _crossed(samples: Sequence[MeterSample], cuts: Cuts) -> Iterable[datetime]:
    """The moments at which power or current goes over a border."""
    if cuts.power_w:
        yield from _changes([(s.at, _band(s.power_w, cuts.power_w)) for s in samples if s.power_w is not None])
    if cuts.current_a:
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


def _lasting(stretches: Iterable[Stretch], states: frozenset[ChargingState]) -> timedelta:
    return sum((stretch.lasts for stretch in stretches if stretch.state in states), timedelta())


def _period(stretch: Stretch, tariff_id: str | None) -> ChargingPeriod:
    return ChargingPeriod(start_date_time=stretch.start, dimensions=dimensions_of(stretch), tariff_id=tariff_id or None)
