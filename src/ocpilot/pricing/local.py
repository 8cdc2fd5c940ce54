"""Moments by the clock of a Location, as seconds; the offset of a zone is looked up once per quarter of an hour."""

from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from zoneinfo import ZoneInfo

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: Offsets change at full quarters of an hour only (in UTC).
_QUARTER = 900
#: No zone changes its clock forth and back within so many seconds.
SOME_DAYS = 4 * 86400
#: Offsets remembered at most: 70 years of one zone.
_MOST = 1 << 21
_offsets: dict[tuple[str | None, int], int] = {}


def utc_seconds(moment: datetime) -> int:
    """Whole seconds since 1970."""
    since = moment - _EPOCH
    return since.days * 86400 + since.seconds


def offset_at(at: int, zone: ZoneInfo) -> int:
    """Seconds that a clock in the zone is ahead of UTC."""
    key = (zone.key, at // _QUARTER)
    offset = _offsets.get(key)
    if offset is None:
        shown = (_EPOCH + timedelta(seconds=at)).astimezone(zone).utcoffset() or timedelta()
        offset = _offsets[key] = round(shown.total_seconds())
        if len(_offsets) > _MOST:
            _offsets.clear()
    return offset


def steady_offset(start: int, end: int, zone: ZoneInfo) -> int | None:
    """The offset of a zone that holds all the time between two moments; None where it changes or that takes too long to
    tell: no zone changes its clock forth and back within some days."""
    if end - start > SOME_DAYS:
        return None
    offset = offset_at(start, zone)
    return offset if offset == offset_at(end, zone) else None


def local_seconds(at: int, zone: ZoneInfo) -> int:
    """What a clock in the zone shows `at` seconds after 1970, as seconds since 1970 by that clock."""
    return at + offset_at(at, zone)


def shown(local: int) -> datetime:
    """The moment that a clock shows, without a zone."""
    return (_EPOCH + timedelta(seconds=local)).replace(tzinfo=None)


def at_location(at: int, zone: ZoneInfo) -> datetime:
    """The moment with its offset, as people at the Location write it."""
    return with_offset(at, offset_at(at, zone))


def with_offset(at: int, offset: int) -> datetime:
    """The moment `at` seconds after 1970, by a clock so many seconds ahead of UTC."""
    return _fixed_epoch(offset) + timedelta(0, at)


@lru_cache(maxsize=256)
def _fixed_epoch(offset: int) -> datetime:
    return _EPOCH.astimezone(timezone(timedelta(seconds=offset)))
