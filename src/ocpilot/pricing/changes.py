"""When, and at how much, another Price Component may become active: there a new period must begin (mod_cdrs)."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import msgspec

from ocpilot.pricing.borders import DAY
from ocpilot.pricing.faults import clock, is_readable
from ocpilot.pricing.local import offset_at, utc_seconds
from ocpilot.wire.v230 import Tariff, TariffRestrictions

#: A charge that lasts longer than this is a mistake of somebody; its later days are not looked at.
_MOST_DAYS = 60


class PriceChanges(msgspec.Struct, frozen=True, kw_only=True):
    """Moments within the charge, and borders in kWh, kW and A, at which the price may change."""

    moments: tuple[datetime, ...] = ()
    kwh: tuple[Decimal, ...] = ()
    power_kw: tuple[Decimal, ...] = ()
    current_a: tuple[Decimal, ...] = ()


def price_changes(
    tariffs: Iterable[Tariff], start: datetime, end: datetime, zone: ZoneInfo, *, reserved: bool = False
) -> PriceChanges:
    """From the restrictions of all elements that price a charge, or (`reserved`) a reservation, which begins at
    `start`."""
    limits = [
        element.restrictions
        for tariff in tariffs
        for element in tariff.elements
        if element.restrictions is not None
        and (element.restrictions.reservation is not None) is reserved
        and is_readable(element.restrictions)
    ]
    moments = {moment for limit in limits for moment in _moments(limit, start, end, zone)}
    return PriceChanges(
        moments=tuple(sorted(moment for moment in moments if start < moment < end)),
        kwh=_borders((limit.min_kwh, limit.max_kwh) for limit in limits),
        power_kw=_borders((limit.min_power, limit.max_power) for limit in limits),
        current_a=_borders((limit.min_current, limit.max_current) for limit in limits),
    )


def _borders(pairs: Iterable[tuple[Decimal | None, Decimal | None]]) -> tuple[Decimal, ...]:
    return tuple(sorted({border for pair in pairs for border in pair if border}))


def _moments(limit: TariffRestrictions, start: datetime, end: datetime, zone: ZoneInfo) -> Iterator[datetime]:
    for seconds in (limit.min_duration, limit.max_duration):
        if seconds and 0 < seconds < _MOST_DAYS * DAY:
            yield start + timedelta(seconds=seconds)
    # Of a start or end alone the other one is midnight.
    times = {clock(text) for text in (limit.start_time, limit.end_time) if text}
    if limit.day_of_week or limit.start_date or limit.end_date or len(times) == 1:
        times.add(time.min)
    if times:
        for day in _days(start, end, zone):
            yield from _on(day, times, zone)


def _on(day: date, times: Iterable[time], zone: ZoneInfo) -> Iterator[datetime]:
    """When a clock of the zone shows these times on a day. Where it is put forward or back it may show one never, or
    twice, and skip from one side of a border to the other: that moment is one too."""
    midnight, next_midnight = (datetime.combine(day + timedelta(days=more), time.min, zone) for more in (0, 1))
    if midnight.utcoffset() == next_midnight.utcoffset():
        yield from (datetime.combine(day, at, zone).astimezone(UTC) for at in times)
        return
    changed = clock_change(utc_seconds(midnight), utc_seconds(next_midnight), zone)
    yield datetime.fromtimestamp(changed, UTC)
    for at in times:
        for fold in (0, 1):
            moment = datetime.combine(day, at, zone).replace(fold=fold).astimezone(UTC)
            if moment.astimezone(zone).time() == at:
                yield moment


def clock_change(early: int, late: int, zone: ZoneInfo) -> int:
    """Where, between two seconds since 1970, the clock is put forward or back."""
    before = offset_at(early, zone)
    return early + bisect_left(range(early, late), 1, key=lambda at: int(offset_at(at, zone) != before))


def _days(start: datetime, end: datetime, zone: ZoneInfo) -> Iterator[date]:
    first, last = start.astimezone(zone).date(), end.astimezone(zone).date()
    for number in range(min((last - first).days, _MOST_DAYS) + 1):
        yield first + timedelta(days=number)
