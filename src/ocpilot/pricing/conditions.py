"""When a price holds, said one condition after the other: the words of the tariff builder."""

from collections.abc import Mapping
from datetime import date, time
from decimal import Decimal
from typing import Self

import msgspec

from ocpilot.base.errors import UserError
from ocpilot.pricing.faults import clock
from ocpilot.pricing.regions import region
from ocpilot.wire.v230 import DayOfWeek, TariffRestrictions

#: Money, energy, power as people write them in code; a float counts as it is printed.
Figure = Decimal | int | float | str

_WEEKDAYS = (DayOfWeek.MONDAY, DayOfWeek.TUESDAY, DayOfWeek.WEDNESDAY, DayOfWeek.THURSDAY, DayOfWeek.FRIDAY)
_WEEKEND = (DayOfWeek.SATURDAY, DayOfWeek.SUNDAY)


class Rule(msgspec.Struct, frozen=True):
    """A price per unit, as it was said, and when it holds; None is whenever no other rule does."""

    price: Decimal
    when: TariffRestrictions | None


class Conditional(msgspec.Struct, frozen=True):
    """A price with exceptions. Each method says a condition; conditions add up until one of them names a price:

    `energy(0.45).after("22:00", 0.30).weekend().after("22:00", 0.25)` is 0.45 per kWh, 0.30 after 22:00, and on
    weekends after 22:00 it is 0.25.
    """

    name: str
    rules: tuple[Rule, ...]
    said: Mapping[str, object] = msgspec.field(default_factory=dict)

    def between(self, start: str, end: str, price: Figure | None = None) -> Self:
        """Local time of day, `start` included and `end` not; an end before the start is on the next day."""
        if _time_of_day(start) == _time_of_day(end):
            raise UserError(f"{self.name}: between {start} and {end} is the whole day; leave it out")
        return self._also(price, start_time=start, end_time=end)

    def after(self, start: str, price: Figure | None = None) -> Self:
        """From a local time of day until midnight."""
        _time_of_day(start)
        return self._also(price, start_time=start)

    def before(self, end: str, price: Figure | None = None) -> Self:
        """From midnight until a local time of day."""
        _time_of_day(end)
        return self._also(price, end_time=end)

    def on(self, *days: DayOfWeek | str, price: Figure | None = None) -> Self:
        """On these days of the local week, such as `"SATURDAY"`."""
        if not days:
            raise UserError(f"{self.name}: on() expects at least one day")
        try:
            known = {DayOfWeek(day.upper()) for day in days}
        except ValueError:
            raise UserError(f"{self.name}: found {', '.join(days)}, expected days such as SATURDAY") from None
        return self._also(price, day_of_week=tuple(day for day in DayOfWeek if day in known))

    def weekdays(self, price: Figure | None = None) -> Self:
        """From Monday to Friday."""
        return self._also(price, day_of_week=_WEEKDAYS)

    def weekend(self, price: Figure | None = None) -> Self:
        """On Saturday and Sunday."""
        return self._also(price, day_of_week=_WEEKEND)

    def from_kwh(self, energy: Figure, price: Figure | None = None) -> Self:
        """Once the charge has come to so much energy."""
        return self._also(price, min_kwh=number(energy))

    def until_kwh(self, energy: Figure, price: Figure | None = None) -> Self:
        """For the first kWh of the charge."""
        return self._also(price, max_kwh=number(energy))

    def from_minutes(self, minutes: Figure, price: Figure | None = None) -> Self:
        """Once the charge, parking after it included, has lasted so long."""
        return self._also(price, min_duration=int(number(minutes) * 60))

    def until_minutes(self, minutes: Figure, price: Figure | None = None) -> Self:
        """For the first minutes of the charge."""
        return self._also(price, max_duration=int(number(minutes) * 60))

    def above_kw(self, power: Figure, price: Figure | None = None) -> Self:
        """At this power or more."""
        return self._also(price, min_power=number(power))

    def below_kw(self, power: Figure, price: Figure | None = None) -> Self:
        """At less power than this."""
        return self._also(price, max_power=number(power))

    def from_date(self, day: date | str, price: Figure | None = None) -> Self:
        """From a local day on, such as `"2026-12-24"`."""
        return self._also(price, start_date=self._day(day))

    def until_date(self, day: date | str, price: Figure | None = None) -> Self:
        """Until the local day before this one."""
        return self._also(price, end_date=self._day(day))

    def _day(self, day: date | str) -> str:
        try:
            return date.fromisoformat(str(day)).isoformat()
        except ValueError:
            raise UserError(f"{self.name}: found {day!r}, expected a day such as 2026-12-24") from None

    def _also(self, price: Figure | None, **more: object) -> Self:
        """With one more condition; with a price, that is a rule of its own."""
        twice = ", ".join(sorted(self.said.keys() & more.keys()))
        if twice:
            raise UserError(f"{self.name}: {twice} is said twice for one price")
        said = {**self.said, **more}
        if price is None:
            return msgspec.structs.replace(self, said=said)
        when = msgspec.convert(said, TariffRestrictions)
        empty = region(when).empty()
        if empty:
            raise UserError(f"{self.name}: nothing can match {empty}")
        return msgspec.structs.replace(self, rules=(*self.rules, Rule(number(price), when)), said={})


def number(value: Figure) -> Decimal:
    """Exactly as written; a float as it is printed. UserError for what is no finite number."""
    try:
        found = Decimal(str(value))
    except ArithmeticError:
        found = Decimal("NaN")
    if not found.is_finite():
        raise UserError(f"found {value!r}, expected a number")
    return found


def _time_of_day(text: str) -> time:
    try:
        if len(text) != 5:
            raise ValueError(text)
        return clock(text)
    except ValueError:
        raise UserError(f"found {text!r}, expected a time of day such as 22:00") from None
