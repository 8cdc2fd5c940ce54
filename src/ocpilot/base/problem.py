"""One thing that is wrong with an input: where, what was found, what was expected."""

import re
from collections.abc import Iterable
from enum import StrEnum

import msgspec

_INDEX = re.compile(r"\[\d+\]")


class Severity(StrEnum):
    """`error`: refused. `finding`: accepted because the meaning is sure, counted against the sender."""

    ERROR = "error"
    FINDING = "finding"


class Problem(msgspec.Struct, frozen=True, kw_only=True):
    """`path` is a JSON path such as `$.evses[0].connectors[1].max_voltage`; `section` names the standard's section."""

    path: str
    found: str
    expected: str
    severity: Severity = Severity.ERROR
    section: str | None = None

    def __str__(self) -> str:
        return f"{self.path}: found {self.found}, expected {self.expected}"


def place_of(path: str) -> str:
    """Where it is wrong, whatever the place in its lists: `$.evses[].uid`. Problems are counted by it."""
    return _INDEX.sub("[]", path)


def has_errors(problems: Iterable[Problem]) -> bool:
    """Whether one of them refuses the input."""
    return any(problem.severity is Severity.ERROR for problem in problems)
