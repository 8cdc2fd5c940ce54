"""What parses and still cannot be priced: a Tariff whose times are none, a charge beyond all calendars."""

import re
from collections.abc import Callable, Iterable, Iterator
from datetime import date, datetime, time, timedelta

from ocpilot.base.problem import Problem, Severity
from ocpilot.wire.v230 import Tariff, TariffRestrictions

#: Outside of these years a moment is a mistake, and neither calendars nor time zones go on without end.
_FIRST_YEAR, _LAST_YEAR = 1900, 2500
#: Seconds that a charge or its parking may last: ten years.
MOST_SECONDS = 10 * 366 * 86400
_TIME = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])", re.ASCII)


def clock(text: str) -> time:
    """A time of day; `24:00`, which some send for the end of the day, is 00:00. ValueError when it is none."""
    if text == "24:00":
        return time.min
    found = _TIME.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no time of day")
    return time(int(found[1]), int(found[2]))


def tariff_faults(tariff: Tariff) -> tuple[Problem, ...]:
    """Restrictions that say nothing a clock or calendar knows; their paths begin at the Tariff."""
    limits = ((place, element.restrictions) for place, element in enumerate(tariff.elements))
    return tuple(
        _fault(f"$.elements[{place}].restrictions.{name}", text, expected)
        for place, limit in limits
        if limit is not None
        for name, text, expected in _unreadable(limit)
    )


def is_readable(limit: TariffRestrictions) -> bool:
    """Whether every time and date of it is one."""
    return next(_unreadable(limit), None) is None


def moment_faults(moments: Iterable[datetime]) -> tuple[Problem, ...]:
    """Moments of a charge that no clock of a Location shows, each once."""
    odd = [moment for moment in moments if not _FIRST_YEAR <= moment.year <= _LAST_YEAR]
    return tuple(
        _fault("$.charging_periods", moment.isoformat(), f"a moment from {_FIRST_YEAR} to {_LAST_YEAR}")
        for moment in dict.fromkeys(odd)
    )


def span(seconds: int) -> timedelta:
    """Seconds that were measured; more than a charge can last is cut off, and one of `span_faults`."""
    if not -MOST_SECONDS <= seconds <= MOST_SECONDS:
        seconds = MOST_SECONDS if seconds > 0 else -MOST_SECONDS
    return timedelta(0, seconds)


def span_faults(spans: Iterable[int]) -> tuple[Problem, ...]:
    """Seconds that no charge lasts."""
    return tuple(
        [
            _fault("$.charging_periods", f"{seconds // 3600} hours", f"at most {MOST_SECONDS // 3600}")
            for seconds in spans
            if abs(seconds) > MOST_SECONDS
        ]
    )


def _unreadable(limit: TariffRestrictions) -> Iterator[tuple[str, str, str]]:
    """Field, text, and what it should have been."""
    for name, text in (("start_time", limit.start_time), ("end_time", limit.end_time)):
        if text and not _is(clock, text):
            yield name, text, "a time of day such as 13:30"
    for name, text in (("start_date", limit.start_date), ("end_date", limit.end_date)):
        if text and not _is(date.fromisoformat, text):
            yield name, text, "a date such as 2015-12-24"


def _is(read: Callable[[str], object], text: str) -> bool:
    try:
        read(text)
    except ValueError:
        return False
    return True


def _fault(path: str, found: str, expected: str) -> Problem:
    return Problem(path=path, found=found, expected=expected, severity=Severity.FINDING)
