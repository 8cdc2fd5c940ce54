"""Periods within which the price changes: each is priced as at its start, so the cost may be off (mod_cdrs)."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from datetime import datetime
from decimal import Decimal
from operator import itemgetter
from zoneinfo import ZoneInfo

from ocpilot.base.problem import Problem
from ocpilot.pricing.changes import price_changes
from ocpilot.pricing.local import at_location, local_seconds, utc_seconds
from ocpilot.pricing.lookup import Active, Found
from ocpilot.pricing.relevant import finding, period_path
from ocpilot.pricing.usage import Volumes, usage_at
from ocpilot.pricing.walk import Stretch

#: What such a finding expects: how a reader of findings tells them from others.
EXPECTED = "a new period there"
_first = itemgetter(0)


def crossings(stretches: Sequence[Stretch], end: datetime, zone: ZoneInfo) -> Iterator[Problem]:
    """One finding for each change of price inside a period, for what was used in it, and for each period that is both
    reserved time and a charge: only the charge is priced."""
    for stretch in stretches:
        if stretch.volumes.reserved and not stretch.volumes.is_reservation:
            yield finding(period_path(stretch.place), "reserved time and a charge in one period", EXPECTED)
    charged = [stretch for stretch in stretches if not stretch.volumes.is_reservation]
    tariffs = {id(one.tariff): one.tariff for one in charged if one.tariff.has_borders}
    if not tariffs:
        return
    # Durations count from where the charge began, not from a reservation before it.
    start = at_location(charged[0].start - charged[0].seconds, zone)
    changes = price_changes((one.tariff for one in tariffs.values()), start, end, zone)
    moments = [(utc_seconds(moment), moment) for moment in changes.moments]
    for stretch in charged:
        for where, found in _inside(stretch, moments, changes.kwh, zone):
            if _priced(found, stretch.volumes) != _priced(stretch.found, stretch.volumes):
                text = f"a price that changes at {where} within the period"
                yield finding(period_path(stretch.place), text, EXPECTED)


def _inside(
    stretch: Stretch, moments: Sequence[tuple[int, datetime]], kwh: Sequence[Decimal], zone: ZoneInfo
) -> Iterator[tuple[str, Found]]:
    """What prices the charge from each border inside the period on."""
    for at, moment in moments[bisect_right(moments, stretch.start, key=_first) :]:
        if at >= stretch.until:
            break
        passed = stretch.seconds + at - stretch.start
        usage = usage_at(local_seconds(at, zone), stretch.kwh, passed, stretch.levels)
        yield moment.astimezone(zone).isoformat(), stretch.tariff.found_at(usage)
    for border in kwh:
        if stretch.kwh < border < stretch.kwh + stretch.volumes.kwh:
            usage = usage_at(stretch.local, border, stretch.seconds, stretch.levels)
            yield f"{border} kWh", stretch.tariff.found_at(usage)


def _priced(found: Found, volumes: Volumes) -> list[Active | None]:
    """The components that price what the period holds."""
    pairs = ((found.energy, volumes.kwh), (found.time, volumes.charging), (found.parking, volumes.parked))
    return [active for active, quantity in pairs if quantity]
