"""Situations in which something is free though it has a price elsewhere (mod_tariffs, "Tariff object", default)."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from ocpilot.base import formats
from ocpilot.pricing.lint.boxes import Box, TooManyBoxes
from ocpilot.pricing.lint.findings import Finding, Rule, Severity, Subject
from ocpilot.pricing.lint.situations import Situations
from ocpilot.wire.v230 import TariffDimensionType

UNPRICED = Rule(
    code="charge.unpriced",
    severity=Severity.WARNING,
    section="mod_tariffs, Tariff object",
    meaning="There charging is free, but for a start fee: neither energy nor time has a price that matches.",
    mend="Add an element without restrictions behind the others, with the price that holds otherwise; a price of 0 if "
    "charging is meant to be free there.",
)
NO_DEFAULT = Rule(
    code="dimension.no_default",
    severity=Severity.HINT,
    section="mod_tariffs, Tariff object",
    meaning="There this dimension is free, though it has a price at other times.",
    mend="Add an element without restrictions behind the others, with a price of 0 if it is meant to be free.",
)
UNMEASURED = Rule(
    code="dimension.unmeasured",
    severity=Severity.HINT,
    section="mod_tariffs, TariffRestrictions",
    meaning="When a Charging Period says nothing of power or current these restrictions do not match, and it is free.",
    mend="Add an element without restrictions behind the others, with the price for periods that were not measured.",
)
RULES = (UNPRICED, NO_DEFAULT, UNMEASURED)

_ENERGY, _TIME = TariffDimensionType.ENERGY, TariffDimensionType.TIME
_CHARGING = (_ENERGY, _TIME)
#: Longer than any charge, in seconds: what is written of it does not matter.
_YEAR = 366 * 86400
#: Days.
_FORESEEN = 10 * 366
_PRICED = (_ENERGY, _TIME, TariffDimensionType.PARKING_TIME)


def findings(subject: Subject) -> Iterator[Finding]:
    """All of this file."""
    try:
        yield from _findings(subject)
    except TooManyBoxes:
        return


def _findings(subject: Subject) -> Iterator[Finding]:
    priced = _priced(subject)
    charging = [dimension for dimension in _CHARGING if dimension in priced]
    free = _unpriced(subject, *charging) if charging else None
    if free:
        names = " and ".join(charging)
        yield UNPRICED.at("$.elements", f"no price of {names} {in_words(subject.reach.situations, free)}")
    for dimension in _PRICED:
        if dimension in priced and not (free and dimension in _CHARGING):
            yield from _of_dimension(subject, dimension)


def _of_dimension(subject: Subject, dimension: TariffDimensionType) -> Iterator[Finding]:
    free = _unpriced(subject, dimension)
    if free:
        where = in_words(subject.reach.situations, free)
        yield NO_DEFAULT.at("$.elements", f"no price of {dimension} {where}")
        return
    first, last = _days(subject)
    if subject.reach.unpriced([dimension], subject.reach.situations.unmeasured(), first, last):
        yield UNMEASURED.at("$.elements", f"no price of {dimension} without figures of power or current")


def _priced(subject: Subject) -> set[TariffDimensionType]:
    """Dimensions that cost something in a charge."""
    return {
        component.type
        for element in subject.tariff.elements
        for component in element.price_components
        if component.price
        and not (element.restrictions and (element.restrictions.reservation or element.restrictions.booking))
    }


def _unpriced(subject: Subject, *dimensions: TariffDimensionType) -> Box | None:
    first, last = _days(subject)
    found = subject.reach.unpriced(dimensions, subject.reach.situations.measured(), first, last)
    return min(found, key=lambda box: [bands & -bands for bands in box]) if found else None


def _days(subject: Subject) -> tuple[date | None, date | None]:
    """From now on, as long as the Tariff is valid; a day more at both ends, as zones differ. Not beyond some years: an
    `end_date` of 2099 means for ever."""
    start, end = subject.tariff.start_date_time, subject.tariff.end_date_time
    firsts = [moment.date() for moment in (subject.now, start) if moment is not None]
    first = _moved(max(firsts), -1) if firsts else None
    lasts = [] if end is None else [_moved(end.date(), 1)]
    lasts += [] if subject.now is None else [_moved(subject.now.date(), _FORESEEN)]
    return first, min(lasts, default=None)


def _moved(day: date, days: int) -> date:
    """So many days later, within the calendar."""
    return date.fromordinal(min(max(day.toordinal() + days, date.min.toordinal()), date.max.toordinal()))


def in_words(situations: Situations, box: Box) -> str:
    """An example of the situations: only what sets them apart from others is named."""
    usage = situations.example(box)
    power, current = usage.levels.power[0], usage.levels.current[0]
    _, energies, durations, powers, currents = (
        bands != everything for bands, everything in zip(box, situations.measured(), strict=True)
    )
    parts = [
        _day(situations, usage.local),
        f"after {usage.kwh:f} kWh" if energies else "",
        f"after {formats.duration(timedelta(seconds=min(usage.seconds, _YEAR)))}" if durations else "",
        f"at {power:f} kW" if powers and power is not None else "",
        f"at {current:f} A" if currents and current is not None else "",
    ]
    return f"for example {', '.join(part for part in parts if part) or 'always'}"


def _day(situations: Situations, local: datetime) -> str:
    """`on a Monday at 22:00`, `on 2026-12-24`, `on Monday 2026-12-21 at 22:00`: what the Tariff tells apart."""
    has_dates, has_week = len(situations.dates.examples) > 1, len(situations.week.examples) > 1
    if has_week:
        return f"on {local:%A %Y-%m-%d} at {local:%H:%M}" if has_dates else f"on a {local:%A} at {local:%H:%M}"
    return f"on {local:%Y-%m-%d}" if has_dates else ""
