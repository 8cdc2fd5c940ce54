"""Every situation a Tariff can tell apart, as bands on axes; an element's restrictions are a box of them.

The bands lie between the borders that the engine compiles (`pricing.borders`), and whether an element matches one is
asked of the engine's own `restrictions.matches` with an example of each band.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum

import msgspec

from ocpilot.pricing.borders import borders
from ocpilot.pricing.lint.boxes import Box, lowest
from ocpilot.pricing.restrictions import matches
from ocpilot.pricing.usage import NOT_MEASURED, Levels, Range, Usage
from ocpilot.wire.v230 import Tariff, TariffRestrictions

#: A Monday, for what only looks at the time of the week.
_MONDAY = datetime(2024, 1, 1)  # noqa: DTZ001 - a moment by the clock of the Location
_ALL_DAYS = 7
_FIRST_DAY = date.min.toordinal()


class Kind(StrEnum):
    """What is priced: a charge, a reservation that became one, a reservation nobody came for."""

    CHARGE = "charge"
    RESERVATION = "reservation"
    EXPIRED = "expired"


class Axis(msgspec.Struct, frozen=True, kw_only=True):
    """One kind of restriction: its fields, and an example of a charge in each of its bands."""

    fields: tuple[str, ...]
    examples: tuple[Usage, ...]

    def bands(self, limit: TariffRestrictions) -> int:
        """The bands in which these fields of a restriction match."""
        only = TariffRestrictions(**{name: getattr(limit, name) for name in self.fields})
        return sum(1 << place for place, usage in enumerate(self.examples) if matches(only, usage))

    @property
    def all(self) -> int:
        """Every band."""
        return (1 << len(self.examples)) - 1


class Situations:
    """The axes of a Tariff: `when` (date and time of the week together), energy, duration, power, current."""

    def __init__(self, tariff: Tariff) -> None:
        on = borders(tariff)
        weeks = on.week or (0,)
        self.week = Axis(
            fields=("start_time", "end_time", "day_of_week"),
            examples=tuple(Usage(local=_MONDAY + timedelta(seconds=second)) for second in weeks),
        )
        self.dates = Axis(fields=("start_date", "end_date"), examples=tuple(_dates(on.dates)))
        self._borders_of_dates = on.dates
        self.usage = (
            _axis("min_kwh", "max_kwh", (Usage(local=_MONDAY, kwh=kwh) for kwh in _from_zero(on.kwh))),
            _axis(
                "min_duration",
                "max_duration",
                (Usage(local=_MONDAY, seconds=int(lasted)) for lasted in _from_zero(on.seconds)),
            ),
            _axis("min_power", "max_power", (_at(Levels(power=one)) for one in _ranges(on.power_kw))),
            _axis("min_current", "max_current", (_at(Levels(current=one)) for one in _ranges(on.current_a))),
        )
        self._possible = self._when(self.week.all, self.dates.all) & sum(
            self._days_of(place) << place * len(weeks) for place in range(len(self.dates.examples))
        )
        self.everything: Box = (self._possible, *(axis.all for axis in self.usage))

    def base(self, kind: Kind) -> Box:
        """All situations of a charge; before a reservation is over nothing is charged, measured, or counted."""
        if kind is Kind.CHARGE:
            return self.everything
        *_, power, current = self.unmeasured()
        return (self._possible, 1, 1, power, current)

    def measured(self) -> Box:
        """Situations in which power and current are known and steady."""
        *others, _, _ = self.everything
        return (*others, *map(_steady, self.usage[-2:]))

    def unmeasured(self) -> Box:
        """Situations in which neither power nor current is known."""
        *others, _, _ = self.everything
        return (*others, *map(_last, self.usage[-2:]))

    def between(self, first: date | None, last: date | None) -> Box:
        """Situations on these days; None is open."""
        ends = [*self._borders_of_dates, date.max.toordinal()]
        starts = [date.min.toordinal(), *self._borders_of_dates]
        kept = sum(
            1 << place
            for place, (start, end) in enumerate(zip(starts, ends, strict=True))
            if (first is None or end > first.toordinal()) and (last is None or start <= last.toordinal())
        )
        return (self._possible & self._when(self.week.all, kept), *(axis.all for axis in self.usage))

    def box(self, limit: TariffRestrictions | None) -> Box:
        """Where a restriction matches, as far as the charge itself goes; see `is_for` for reservations."""
        if limit is None:
            return self.everything
        when = self._possible & self._when(self.week.bands(limit), self.dates.bands(limit))
        return (when, *(axis.bands(limit) for axis in self.usage))

    def example(self, box: Box) -> Usage:
        """The first situation of a box."""
        day, week = divmod(lowest(box[0]), len(self.week.examples))
        energy, duration, power, current = (
            axis.examples[lowest(bands)] for axis, bands in zip(self.usage, box[1:], strict=True)
        )
        return Usage(
            local=self._moment(day, self.week.examples[week].local),
            kwh=energy.kwh,
            seconds=duration.seconds,
            levels=Levels(power=power.levels.power, current=current.levels.current),
        )

    def _moment(self, day: int, of_week: datetime) -> datetime:
        """A time of the week within a band of dates."""
        start = self.dates.examples[day].local.date()
        if len(self.week.examples) == 1:
            return datetime.combine(start, of_week.time())
        ahead = (of_week.weekday() - start.weekday()) % _ALL_DAYS
        is_before_all = day == 0 and bool(self._borders_of_dates)
        days = ahead - _ALL_DAYS if is_before_all and ahead else ahead
        day_of_week = min(max(start.toordinal() + days, _FIRST_DAY), date.max.toordinal())
        return datetime.combine(date.fromordinal(day_of_week), of_week.time())

    def _when(self, weeks: int, dates: int) -> int:
        """A bit per pair of a band of dates and a band of the week."""
        size = len(self.week.examples)
        return sum(weeks << place * size for place in range(len(self.dates.examples)) if dates >> place & 1)

    def _days_of(self, place: int) -> int:
        """The bands of the week that a band of dates has: few days do not have them all."""
        if not 0 < place < len(self._borders_of_dates):
            return self.week.all
        start, end = self._borders_of_dates[place - 1], self._borders_of_dates[place]
        if end - start >= _ALL_DAYS or len(self.week.examples) == 1:
            return self.week.all
        days = {(date.fromordinal(day)).weekday() for day in range(start, end)}
        return sum(1 << band for band, usage in enumerate(self.week.examples) if usage.local.weekday() in days)


def is_for(limit: TariffRestrictions | None, kind: Kind) -> bool:
    """Whether an element prices such a thing at all."""
    only = None if limit is None else TariffRestrictions(reservation=limit.reservation, booking=limit.booking)
    return matches(only, Usage(local=_MONDAY, is_reservation=kind is not Kind.CHARGE, expired=kind is Kind.EXPIRED))


def _axis(least: str, most: str, examples: Iterable[Usage]) -> Axis:
    return Axis(fields=(least, most), examples=tuple(examples))


def _dates(ordinals: Sequence[int]) -> Iterator[Usage]:
    """The day before the first border, and each border."""
    starts = [max(ordinals[0] - 1, _FIRST_DAY), *ordinals] if ordinals else [_MONDAY.toordinal()]
    return (Usage(local=datetime.fromordinal(start)) for start in starts)


def _from_zero(values: Sequence[Decimal] | Sequence[int]) -> list[Decimal]:
    """The start of each band: a charge begins with nothing."""
    return [Decimal(0), *(Decimal(value) for value in values if value > 0)]


def _ranges(values: Sequence[Decimal]) -> list[Range]:
    """Lowest and highest of a period: steady ones first, then those that cross a border, last what is not measured."""
    if not values:
        return [NOT_MEASURED]
    starts = _from_zero(values)
    steady: list[Range] = [(one, one) for one in starts]
    crossing: list[Range] = [(low, high) for place, low in enumerate(starts) for high in starts[place + 1 :]]
    return [*steady, *crossing, NOT_MEASURED]


def _at(levels: Levels) -> Usage:
    return Usage(local=_MONDAY, levels=levels)


def _last(axis: Axis) -> int:
    return 1 << (len(axis.examples) - 1)


def _steady(axis: Axis) -> int:
    """The bands of a level that does not cross a border; all where the Tariff has no border."""
    if len(axis.examples) == 1:
        return 1
    levels = ((usage.levels.power, usage.levels.current) for usage in axis.examples)
    return sum(
        1 << place
        for place, (power, current) in enumerate(levels)
        if power != current and power[0] == power[1] and current[0] == current[1]
    )
