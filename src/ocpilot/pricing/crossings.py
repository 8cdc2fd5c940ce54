"""Periods within which the price changes: each is priced as at its start, so the cost may be off (mod_cdrs)."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import pairwise
from zoneinfo import ZoneInfo

from ocpilot.base.problem import Problem
from ocpilot.pricing.borders import DAY, WEEK, Borders, T
from ocpilot.pricing.changes import clock_change
from ocpilot.pricing.compiled import ORDINAL, THURSDAY
from ocpilot.pricing.local import SOME_DAYS, at_location, local_seconds, offset_at
from ocpilot.pricing.lookup import Active, Found
from ocpilot.pricing.relevant import finding, period_path
from ocpilot.pricing.usage import Volumes
from ocpilot.pricing.walk import Stretch

#: What such a finding expects: how a reader of findings tells them from others.
EXPECTED = "a new period there"
#: A charge that lasts longer than this is a mistake of somebody; its later days are not looked at.
_MOST = 60 * DAY


def crossings(stretches: Sequence[Stretch], zone: ZoneInfo) -> Iterator[Problem]:
    """One finding for each change of price inside a period, for what was used in it, and for each period that is both
    reserved time and a charge: only the charge is priced."""
    moments: dict[int, list[int]] = {}
    for stretch in stretches:
        if stretch.volumes.reserved:
            if stretch.volumes.is_reservation:
                continue
            yield finding(period_path(stretch.place), "reserved time and a charge in one period", EXPECTED)
        tariff = stretch.tariff
        if tariff.has_borders:
            known = moments.get(id(tariff))
            if known is None:
                known = moments[id(tariff)] = _moments(stretch, stretches[-1].until, zone)
            if tariff.borders.kwh or bisect_right(known, stretch.start) < bisect_left(known, stretch.until):
                yield from _within(stretch, known, zone)


def _within(stretch: Stretch, moments: Sequence[int], zone: ZoneInfo) -> Iterator[Problem]:
    """What prices the charge from each border inside the period on, where that is another than before."""
    kwh, seconds, tariff = stretch.kwh, stretch.seconds, stretch.tariff
    before = start = _priced(stretch.found, stretch.volumes)
    for at in _inside(moments, stretch.start, stretch.until):
        passed = seconds + at - stretch.start
        found = tariff.found(local_seconds(at, zone), kwh, passed, stretch.levels, waits=False, expired=False)
        after = _priced(found, stretch.volumes)
        if after != before:
            before = after
            yield _changes(stretch, at_location(at, zone).isoformat())
    before = start
    for border in _inside(tariff.borders.kwh, kwh, kwh + stretch.volumes.kwh):
        found = tariff.found(stretch.local, border, seconds, stretch.levels, waits=False, expired=False)
        after = _priced(found, stretch.volumes)
        if after != before:
            before = after
            yield _changes(stretch, f"{border} kWh")


def _inside(borders: Sequence[T], low: T, high: T) -> Sequence[T]:
    """Those between two values that are neither."""
    return borders[bisect_right(borders, low) : bisect_left(borders, high)] if borders else ()


def _changes(stretch: Stretch, where: str) -> Problem:
    return finding(period_path(stretch.place), f"a price that changes at {where} within the period", EXPECTED)


def _priced(found: Found, volumes: Volumes) -> tuple[Active | None, ...]:
    """The components that price what the period holds."""
    return (
        found.energy if volumes.kwh else None,
        found.time if volumes.charging else None,
        found.parking if volumes.parked else None,
    )


def _moments(first: Stretch, until: int, zone: ZoneInfo) -> list[int]:
    """Seconds since 1970, from its first period on, at which a restriction of a Tariff may begin or cease to match.

    Durations count from where the charge began, not from a reservation before it. Where clocks are changed, times by
    either offset are among them: the price is then as before.
    """
    on, last = first.tariff.borders, min(until, first.start + _MOST)
    found = {first.start - first.seconds + border for border in on.seconds}
    if on.week or on.dates:
        marks = [*range(first.start, last, SOME_DAYS), last]
        for offset in {offset_at(mark, zone) for mark in marks}:
            found.update(local - offset for local in _by_the_clock(on, first.start + offset, last + offset))
        for early, late in pairwise(marks):
            if offset_at(early, zone) != offset_at(late, zone):
                found.add(clock_change(early, late, zone))
    return sorted(found)


def _by_the_clock(on: Borders, low: int, high: int) -> Iterator[int]:
    """Borders of the week and of dates between two moments of the local clock."""
    week = low - (low + THURSDAY) % WEEK
    for monday in range(week, high, WEEK):
        inside = slice(bisect_right(on.week, low - monday), bisect_left(on.week, high - monday))
        yield from (monday + border for border in on.week[inside])
    yield from ((ordinal - ORDINAL) * DAY for ordinal in on.dates)
