"""The borders at which a restriction of a Tariff begins or ceases to match, on every axis there is."""

from collections.abc import Iterable, Iterator
from datetime import date, time
from decimal import Decimal
from typing import TypeVar

import msgspec

from ocpilot.pricing.faults import clock
from ocpilot.wire.v230 import Tariff, TariffRestrictions

T = TypeVar("T", int, Decimal)

DAY = 24 * 3600
WEEK = 7 * DAY


class Borders(msgspec.Struct, frozen=True, kw_only=True):
    """Each list rises. `week`: seconds of the local week, Monday 00:00 is 0. `dates`: proleptic ordinals."""

    week: tuple[int, ...] = ()
    dates: tuple[int, ...] = ()
    kwh: tuple[Decimal, ...] = ()
    seconds: tuple[int, ...] = ()
    power_kw: tuple[Decimal, ...] = ()
    current_a: tuple[Decimal, ...] = ()


def borders(tariff: Tariff) -> Borders:
    """All borders of a Tariff; ValueError when one of its times or dates is none."""
    limits = [element.restrictions for element in tariff.elements if element.restrictions is not None]
    return Borders(
        week=_rising(second for limit in limits for second in _seconds_of_week(limit)),
        dates=_rising(
            date.fromisoformat(text).toordinal()
            for limit in limits
            for text in (limit.start_date, limit.end_date)
            if text
        ),
        kwh=_rising(border for limit in limits for border in (limit.min_kwh, limit.max_kwh) if border is not None),
        seconds=_rising(
            border for limit in limits for border in (limit.min_duration, limit.max_duration) if border is not None
        ),
        power_kw=_rising(
            border for limit in limits for border in (limit.min_power, limit.max_power) if border is not None
        ),
        current_a=_rising(
            border for limit in limits for border in (limit.min_current, limit.max_current) if border is not None
        ),
    )


def _seconds_of_week(limit: TariffRestrictions) -> Iterator[int]:
    """Every day has the same times; days of the week begin at midnight."""
    times = [clock(text) for text in (limit.start_time, limit.end_time) if text]
    if limit.day_of_week or times:
        times.append(time.min)
    for at in times:
        second = at.hour * 3600 + at.minute * 60
        yield from (day * DAY + second for day in range(7))


def _rising(values: Iterable[T]) -> tuple[T, ...]:
    return tuple(sorted(set(values)))
