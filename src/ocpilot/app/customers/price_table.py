"""A table of prices over time -> the points of a price series, with everything wrong in it named at once."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from itertools import pairwise

from ocpilot.base import time
from ocpilot.base.errors import InvalidObject
from ocpilot.base.problem import Problem
from ocpilot.billing.spot import PricePoint

#: The columns that are read.
COLUMNS = ("time", "price")
_HOUR = timedelta(hours=1)
_STEPS = (timedelta(minutes=15), timedelta(minutes=30), _HOUR)
#: Dearer than any kWh was or will be: a price in another unit.
_MOST = Decimal(1000)
_A_TIME = "a time with its offset, such as 2026-11-26T13:00:00+01:00"
_HAS_OFFSET = re.compile(r"(?:[Zz]|[+-]\d\d:?\d\d)$")
_WITHOUT_SECONDS = re.compile(r"^(\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d)(?=[Zz+-])")

Line = tuple[int, Mapping[str, str]]


def points_of(lines: Sequence[Line], *, per: int = 1) -> tuple[PricePoint, ...]:
    """Each time with its price until the next one, an hour at most. `per`: kWh that a price is for (1000: per MWh).

    Times need their offset or Z: where clocks go back, an hour comes twice. InvalidObject with all that is wrong.
    """
    problems: list[Problem] = []
    found: dict[datetime, tuple[int, Decimal]] = {}
    for number, texts in lines:
        at, price = _time(number, texts, problems), _price(number, texts, per, problems)
        if at is None or price is None:
            continue
        if at in found:
            problems.append(
                _problem(number, "time", f"{texts['time']} of line {found[at][0]} once more", "each time once")
            )
        found[at] = (number, price)
    times = sorted(found)
    problems += _odd_steps(times, found)
    if not times and not problems:
        problems.append(Problem(path="line 2", found="nothing", expected="a time and a price"))
    if problems:
        raise InvalidObject(problems, "the table")
    return tuple(_points(times, found))


def _points(times: Sequence[datetime], found: Mapping[datetime, tuple[int, Decimal]]) -> Iterator[PricePoint]:
    """A price before a gap, and the last one, lasts as long as the one before it."""
    lasts = _HOUR
    for at, following in pairwise([*times, None]):
        if at is not None:
            lasts = following - at if following is not None and following - at <= _HOUR else lasts
            yield PricePoint(at=at, until=at + lasts, price=found[at][1])


def _odd_steps(times: Sequence[datetime], found: Mapping[datetime, tuple[int, Decimal]]) -> Iterator[Problem]:
    for at, following in pairwise(times):
        step = following - at
        if step < _HOUR and step not in _STEPS:
            minutes = Decimal(step.total_seconds()) / 60
            yield _problem(found[following][0], "time", f"{minutes:f} minutes after the one before", "15, 30 or 60")


def _time(number: int, texts: Mapping[str, str], problems: list[Problem]) -> datetime | None:
    text = texts["time"]
    try:
        if not _HAS_OFFSET.search(text):
            raise ValueError("no offset")
        return time.parse(_WITHOUT_SECONDS.sub(r"\1:00", text))
    except ValueError:
        problems.append(
            _problem(number, "time", repr(text), "a time with its offset, such as 2026-11-26T13:00:00+01:00")
        )
        return None


def _price(number: int, texts: Mapping[str, str], per: int, problems: list[Problem]) -> Decimal | None:
    text = texts["price"].replace(",", ".")
    try:
        price = Decimal(text) / per
    except InvalidOperation:
        price = Decimal("NaN")
    if price.is_finite() and abs(price) <= _MOST:
        return price
    problems.append(_problem(number, "price", repr(texts["price"]), "a price of a kWh without VAT, such as 0.8123"))
    return None


def _problem(number: int, column: str, found: str, expected: str) -> Problem:
    return Problem(path=f"line {number} {column}", found=found, expected=expected)
