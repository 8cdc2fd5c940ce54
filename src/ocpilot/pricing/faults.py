"""What parses and still cannot be priced: a Tariff whose times are none."""

from collections.abc import Callable, Iterator
from datetime import date

from ocpilot.base.problem import Problem, Severity
from ocpilot.pricing.borders import clock
from ocpilot.wire.v230 import Tariff, TariffRestrictions


def tariff_faults(tariff: Tariff) -> tuple[Problem, ...]:
    """Restrictions that say nothing a clock or calendar knows; their paths begin at the Tariff."""
    limits = ((place, element.restrictions) for place, element in enumerate(tariff.elements))
    return tuple(
        _fault(f"$.elements[{place}].restrictions.{name}", text, expected)
        for place, limit in limits
        if limit is not None
        for name, text, expected in _unreadable(limit)
    )


def _unreadable(limit: TariffRestrictions) -> Iterator[tuple[str, str, str]]:
    """Field, text, and what it should have been."""
    checks: tuple[tuple[Callable[[str], object], str, tuple[tuple[str, str | None], ...]], ...] = (
        (clock, "a time of day such as 13:30", (("start_time", limit.start_time), ("end_time", limit.end_time))),
        (
            date.fromisoformat,
            "a date such as 2015-12-24",
            (("start_date", limit.start_date), ("end_date", limit.end_date)),
        ),
    )
    for read, expected, fields in checks:
        for name, text in fields:
            if text:
                try:
                    read(text)
                except ValueError:
                    yield name, text, expected


def _fault(path: str, found: str, expected: str) -> Problem:
    return Problem(path=path, found=found, expected=expected, severity=Severity.FINDING)
