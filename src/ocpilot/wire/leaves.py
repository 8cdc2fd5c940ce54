"""Checks of single values: number, time, string, word. Each mends what has only one meaning and says so.

A check takes the value found and the list of problems, adds to the list (with paths relative to the value), and
returns the value to go on with: the same object when nothing was mended.
"""

import re
import sys
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from functools import lru_cache

from msgspec.structs import replace

from ocpilot.base import time
from ocpilot.base.problem import Problem, Severity
from ocpilot.wire.fields import Text, Words
from ocpilot.wire.jsontext import MAX_DIGITS, dumps

Check = Callable[[object, list[Problem]], object]

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_UTC_TEXT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,4})?(Z)?", re.ASCII)
_NUMBER_TEXT = re.compile(rf"\s*[+-]?\d{{1,{MAX_DIGITS}}}(\.\d{{1,{MAX_DIGITS}}})?\s*", re.ASCII)
_SHOWN = 60
#: Characters of a DateTime; what is longer is not remembered.
_LONGEST_MOMENT = 25


def show(value: object) -> str:
    """The value as JSON, cut to a length fit for a message."""
    text = dumps(value).decode()
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}... ({len(text)} characters)"


def error(value: object, expected: str) -> Problem:
    """A breach of the standard."""
    return Problem(path="", found=show(value), expected=expected)


def finding(value: object, expected: str) -> Problem:
    """A leniency: accepted, as there is only one thing it can mean."""
    return Problem(path="", found=show(value), expected=expected, severity=Severity.FINDING)


def unchecked(limit: int) -> Problem:
    """The end of a check that has found enough."""
    return Problem(path="", found=f"more than {limit} problems", expected="fewer; the rest of this list is not checked")


def number(value: object, problems: list[Problem]) -> object:
    """A JSON number, exact. A number in a string is mended."""
    kind = type(value)
    if kind is int or kind is Decimal:
        return value
    if kind is str and _NUMBER_TEXT.fullmatch(str(value)):
        problems.append(finding(value, "a number"))
        return Decimal(str(value).strip())
    problems.append(error(value, "a number"))
    return value


def whole(low: int | None, high: int | None) -> Check:
    """A check for whole numbers between `low` and `high`. `16.0` and `"16"` are mended."""

    def check(value: object, problems: list[Problem]) -> object:
        kind = type(value)
        if kind is int:
            return _in_range(value, low, high, problems)
        try:
            exact = Decimal(str(value).strip()) if kind is Decimal or kind is str else None
        except InvalidOperation:
            exact = None
        if exact is None or not exact.is_finite() or exact.adjusted() > MAX_DIGITS or exact != int(exact):
            problems.append(error(value, "a whole number"))
            return value
        problems.append(finding(value, "a whole number"))
        return _in_range(int(exact), low, high, problems)

    return check


def _in_range(value: object, low: int | None, high: int | None, problems: list[Problem]) -> object:
    if isinstance(value, int) and ((low is not None and value < low) or (high is not None and value > high)):
        problems.append(error(value, f"a whole number from {low} to {high}"))
    return value


def boolean(value: object, problems: list[Problem]) -> object:
    """true or false. `"true"` and `"false"` are mended."""
    if value is True or value is False:
        return value
    if isinstance(value, str) and value.lower() in ("true", "false"):
        problems.append(finding(value, "true or false"))
        return value.lower() == "true"
    problems.append(error(value, "true or false"))
    return value


def moment(value: object, problems: list[Problem]) -> object:
    """A DateTime (types, "DateTime"). A missing `Z` is right and is added; an offset, or more digits than fit in 25
    characters, are mended."""
    expected = "a UTC time such as 2015-06-29T20:39:09Z"
    if not isinstance(value, str):
        problems.append(error(value, expected))
        return value
    if len(value) <= _LONGEST_MOMENT and _is_right_moment(value):
        return value
    match = _UTC_TEXT.fullmatch(value)
    try:
        if match is not None:
            datetime.fromisoformat(value)
            return f"{value}Z"
        mended = time.write(time.parse(value))
    except (ValueError, OverflowError):
        problems.append(error(value, expected))
        return value
    problems.append(finding(value, expected))
    return mended


@lru_cache(maxsize=4096)
def _is_right_moment(text: str) -> bool:
    """Whether nothing is to be said about it. Remembered, as each state of a Session repeats the times of the last."""
    match = _UTC_TEXT.fullmatch(text)
    if match is None or not match[2]:
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def text(max_length: int | None, look: Text | None) -> Check:
    """A check for strings. A number is mended to text, too many decimals of a degree are cut; an odd look is kept."""
    pattern = re.compile(look.pattern) if look and look.pattern else None
    longest = sys.maxsize if max_length is None else max_length
    plain_will_do = pattern is None

    def check(value: object, problems: list[Problem]) -> object:
        if plain_will_do and type(value) is str and len(value) <= longest and value.isascii() and value.isprintable():
            return value
        if not isinstance(value, str):
            if isinstance(value, bool) or not isinstance(value, int | Decimal):
                problems.append(error(value, "a string"))
                return value
            problems.append(finding(value, "a string"))
            value = f"{value:f}" if isinstance(value, Decimal) else str(value)
        if len(value) > longest:
            value = _shorter(value, longest, look, problems)
        elif look is not None:
            _look(value, look, pattern, problems)
        return value

    return _hiding(check) if look is not None and look.secret else check


def _hiding(check: Check) -> Check:
    """The same check, but its problems do not show what was found."""

    def hiding(value: object, problems: list[Problem]) -> object:
        start = len(problems)
        checked = check(value, problems)
        problems[start:] = [replace(problem, found="a secret that is not shown") for problem in problems[start:]]
        return checked

    return hiding


def _shorter(value: str, max_length: int, look: Text | None, problems: list[Problem]) -> str:
    """Degrees lose the decimals beyond the seventh (a centimetre), a time of day seconds that are none; any other
    string is too long."""
    if look is not None and look.degrees:
        cut = value[: value.find(".") + 8] if "." in value else value
        if len(cut) <= max_length and re.fullmatch(look.pattern or "", cut):
            problems.append(finding(value, look.shown))
            return cut
    if look is not None and look.time_of_day and value.endswith(":00") and re.fullmatch(look.pattern or "", value[:-3]):
        problems.append(finding(value, look.shown))
        return value[:-3]
    problems.append(error(value, f"at most {max_length} characters, not {len(value)}"))
    return value


def _look(value: str, look: Text, pattern: re.Pattern[str] | None, problems: list[Problem]) -> None:
    plain = value.isascii() and value.isprintable()
    if not plain and look.ascii_only:
        problems.append(finding(value, "printable ASCII only"))
    elif not plain and _CONTROL.search(value):
        problems.append(finding(value, "no line breaks or other control characters"))
    elif pattern is not None and pattern.fullmatch(value) is None:
        problems.append(finding(value, look.shown))


def open_word(words: Words) -> Check:
    """A check for OpenEnums: an unknown word is kept as it is (types, "OpenEnum")."""
    known = words.known
    expected = f"a known word of {words.name} (kept)"

    def check(value: object, problems: list[Problem]) -> object:
        if not isinstance(value, str):
            problems.append(error(value, f"a word of {words.name}"))
        elif value not in known:
            problems.append(finding(value, expected))
        return value

    return check


def word(enum: type[StrEnum]) -> Check:
    """A check for enums: a word in the wrong case is mended, as words differ by more than case (types, "enum")."""
    known = {str(item) for item in enum}
    expected = f"one of {', '.join(str(item) for item in enum)}"

    def check(value: object, problems: list[Problem]) -> object:
        if isinstance(value, str):
            if value in known:
                return value
            if value.upper() in known:
                problems.append(finding(value, expected))
                return value.upper()
        problems.append(error(value, expected))
        return value

    return check
