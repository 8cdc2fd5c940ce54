"""What is odd about how a CDR is built, whatever it costs: times, order, gaps, overlaps, dimensions given twice."""

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

import msgspec

from ocpilot.base.problem import Problem, Severity
from ocpilot.billing.causes import Cause
from ocpilot.billing.numbers import has_energy
from ocpilot.pricing.usage import Volumes, volumes_of
from ocpilot.wire.v230 import CDR, ChargingPeriod, Tariff

#: Hours have 4 decimals or fewer: so many seconds may be lost or gained in one.
_SLACK = 60


class Oddity(msgspec.Struct, frozen=True):
    """Something odd, and the cause of differences that it may be."""

    cause: Cause
    problem: Problem


def oddities(cdr: CDR, tariffs: Sequence[Tariff]) -> tuple[Oddity, ...]:
    """Everything odd in a CDR; `tariffs` are those it is priced by. Errors are what no right CDR can have."""
    whole = (*_of_money(cdr, tariffs), *_of_energy(cdr))
    return (*whole, *of_periods(cdr.charging_periods, cdr.start_date_time, cdr.end_date_time))


def of_periods(periods: Sequence[ChargingPeriod], start: datetime, end: datetime | None) -> tuple[Oddity, ...]:
    """The same of Charging Periods alone; `end` None is that of a charge still running."""
    return tuple(_of_times(periods, start, end)) + tuple(_of_volumes(periods, end))


def _odd(cause: Cause, path: str, found: str, expected: str, *, is_error: bool = False) -> Oddity:
    severity = Severity.ERROR if is_error else Severity.FINDING
    return Oddity(cause, Problem(path=path, found=found, expected=expected, severity=severity, section="mod_cdrs"))


def _of_energy(cdr: CDR) -> Iterator[Oddity]:
    if cdr.total_energy and not has_energy(cdr):
        text = f"{cdr.total_energy} kWh and no ENERGY in any period"
        yield _odd(Cause.ENERGY_DOES_NOT_ADD_UP, "$.total_energy", text, "the energy of each period")


def _of_money(cdr: CDR, tariffs: Sequence[Tariff]) -> Iterator[Oddity]:
    others = sorted({one.currency for one in tariffs} - {cdr.currency})
    if others and cdr.currency.upper() not in {one.currency.upper() for one in tariffs}:
        yield _odd(Cause.CURRENCY_MISMATCH, "$.currency", cdr.currency, " or ".join(others), is_error=True)


def _of_times(periods: Sequence[ChargingPeriod], start: datetime, end: datetime | None) -> Iterator[Oddity]:
    if end is not None and end < start:
        yield _odd(Cause.END_BEFORE_START, "$.end_date_time", str(end), f"not before {start}", is_error=True)
    for place, (before, after) in enumerate(pairwise(periods), 1):
        path = f"$.charging_periods[{place}].start_date_time"
        if after.start_date_time < before.start_date_time:
            text = f"{after.start_date_time}, which is before the period before it"
            yield _odd(Cause.PERIODS_OUT_OF_ORDER, path, text, "periods in order of time")
        elif after.start_date_time == before.start_date_time:
            yield _odd(Cause.PERIODS_OVERLAP, path, "the start of the period before it", "a later one")
    for place, period in enumerate(periods):
        path = f"$.charging_periods[{place}].start_date_time"
        if period.start_date_time < start:
            yield _odd(Cause.PERIODS_OVERLAP, path, str(period.start_date_time), f"not before {start}", is_error=True)
        elif end is not None and end >= start and period.start_date_time > end:
            yield _odd(Cause.PERIODS_OVERLAP, path, str(period.start_date_time), f"not after {end}", is_error=True)
    if periods and min(one.start_date_time for one in periods) > start + timedelta(seconds=_SLACK):
        text = f"nothing for the time from {start}"
        yield _odd(Cause.GAPS, "$.charging_periods", text, "a period that begins with the charge")


def _of_volumes(periods: Sequence[ChargingPeriod], end: datetime | None) -> Iterator[Oddity]:
    for place, (period, lasts) in enumerate(zip(periods, spans(periods, end), strict=True)):
        path = f"$.charging_periods[{place}].dimensions"
        kinds = Counter(dimension.type for dimension in period.dimensions)
        for kind in (kind for kind, count in kinds.items() if count > 1):
            yield _odd(Cause.DUPLICATE_DIMENSION, path, f"{kinds[kind]} of {kind}", "each dimension once")
        for dimension in period.dimensions:
            if dimension.volume < 0 and dimension.type.value in ("TIME", "PARKING_TIME", "RESERVATION_TIME"):
                yield _odd(Cause.END_BEFORE_START, path, f"{dimension.type} {dimension.volume}", "no time below zero")
        timed = timed_seconds(volumes_of(period))
        if lasts is None or not timed:
            continue
        if timed > lasts + _SLACK:
            yield _odd(Cause.PERIODS_OVERLAP, path, f"{timed} s in a period of {lasts} s", "no more than it lasts")
        elif timed < lasts - _SLACK:
            yield _odd(Cause.GAPS, path, f"{timed} s in a period of {lasts} s", "as much as it lasts")


def timed_seconds(volumes: Volumes) -> int:
    """Seconds of all kinds of time in a period."""
    return volumes.charging + volumes.parked + volumes.reserved


def spans(periods: Sequence[ChargingPeriod], end: datetime | None) -> list[int | None]:
    """How many seconds each period lasts: until the next one in time, the last until the end. None is not known."""
    starts = sorted(period.start_date_time for period in periods)
    after = dict(pairwise(starts))
    found: list[int | None] = []
    for period in periods:
        until = after.get(period.start_date_time, end)
        length = None if until is None else (until - period.start_date_time).total_seconds()
        found.append(None if length is None else max(0, round(length)))
    return found
