"""Where restrictions match, as a box over time, energy, power: whether one lies within another, or both can hold."""

from datetime import date
from decimal import Decimal
from typing import Self

import msgspec

from ocpilot.pricing.faults import clock
from ocpilot.wire.v230 import DayOfWeek, TariffRestrictions

_DAY_MINUTES = 24 * 60
_WHOLE_DAY = frozenset(range(_DAY_MINUTES))
_ENDLESS = Decimal("Infinity")
#: From, and below.
Range = tuple[Decimal, Decimal]


class Region(msgspec.Struct, frozen=True):
    """Minutes of the day, days of the week, ranges (dates as ordinals), and which kind of reservation it is for."""

    minutes: frozenset[int]
    days: frozenset[DayOfWeek]
    ranges: tuple[Range, ...]
    reservation: str | None

    def holds(self, other: Self) -> bool:
        """Does this one match wherever `other` does?"""
        inside = all(a <= c and d <= b for (a, b), (c, d) in zip(self.ranges, other.ranges, strict=True))
        same = self.reservation == other.reservation
        return inside and same and other.minutes <= self.minutes and other.days <= self.days

    def both(self, other: Self) -> Self | None:
        """Where both match; None when that is nowhere."""
        if self.reservation != other.reservation:
            return None
        ranges = tuple((max(a, c), min(b, d)) for (a, b), (c, d) in zip(self.ranges, other.ranges, strict=True))
        shared = type(self)(self.minutes & other.minutes, self.days & other.days, ranges, self.reservation)
        return None if shared.empty() else shared

    def empty(self) -> str:
        """Which of its conditions can never hold, in words; the empty text when all can."""
        if not self.minutes or not self.days:
            return "a time of day or day of the week"
        names = ("dates", "kWh", "amperes", "kW", "seconds")
        wrong = [
            f"{name} from {low} to less than {high}"
            for name, (low, high) in zip(names, self.ranges, strict=True)
            if low >= high
        ]
        return ", ".join(wrong)


def region(limit: TariffRestrictions | None) -> Region:
    """Where these restrictions match; everywhere outside reservations when there are none."""
    if limit is None:
        limit = TariffRestrictions()
    return Region(
        minutes=_minutes(limit.start_time, limit.end_time),
        days=frozenset(limit.day_of_week or DayOfWeek),
        ranges=(
            _range(_ordinal(limit.start_date), _ordinal(limit.end_date)),
            _range(limit.min_kwh, limit.max_kwh),
            _range(limit.min_current, limit.max_current),
            _range(limit.min_power, limit.max_power),
            _range(limit.min_duration, limit.max_duration),
        ),
        reservation=limit.reservation,
    )


def _minutes(start: str | None, end: str | None) -> frozenset[int]:
    if not start and not end:
        return _WHOLE_DAY
    first, last = (_minute(text) for text in (start, end))
    return frozenset(range(first, last)) if first < last else frozenset((*range(first, _DAY_MINUTES), *range(last)))


def _minute(text: str | None) -> int:
    at = clock(text) if text else None
    return at.hour * 60 + at.minute if at else 0


def _ordinal(text: str | None) -> int | None:
    return date.fromisoformat(text).toordinal() if text else None


def _range(low: Decimal | int | None, high: Decimal | int | None) -> Range:
    return (Decimal(low or 0), _ENDLESS if high is None else Decimal(high))
