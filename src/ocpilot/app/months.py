"""Months of the books: `2026-11` to days and moments and back, in the time zone of the books."""

from datetime import MAXYEAR, MINYEAR, UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec

from ocpilot.base.errors import UserError


class Month(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """`first` is its first day."""

    first: date

    def __post_init__(self) -> None:
        if self.first.year in {MINYEAR, MAXYEAR}:
            raise ValueError(f"{self.first}: at an end of the calendar, where zones end")

    def __str__(self) -> str:
        return f"{self.first:%Y-%m}"

    @property
    def end(self) -> date:
        """The first day after it."""
        return (self.first + timedelta(days=32)).replace(day=1)

    @property
    def before(self) -> "Month":
        """The month before."""
        return Month(first=(self.first - timedelta(days=1)).replace(day=1))

    def moments(self, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """When it begins, and when the next one does."""
        return _midnight(self.first, zone), _midnight(self.end, zone)

    def year(self, begins: int) -> tuple[date, date]:
        """The first and the last day of the financial year it is in, which begins with month `begins` (1 to 12)."""
        number = self.first.year if self.first.month >= begins else self.first.year - 1
        first = date(number, begins, 1)
        return first, date(number + 1, begins, 1) - timedelta(days=1)


def month_of(day: date) -> Month:
    """The month a day is in."""
    return Month(first=day.replace(day=1))


def parse(text: str) -> Month:
    """`2026-11`; UserError otherwise."""
    try:
        return Month(first=datetime.strptime(text, "%Y-%m").date())  # noqa: DTZ007 - a month has no zone
    except (ValueError, OverflowError):
        raise UserError(f"month: found {text[:20]!r}, expected such as 2026-11") from None


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)
