"""Dates and times that people choose in a form."""

from datetime import UTC, datetime

from ocpilot.base.errors import UserError
from ocpilot.base.texts import mark
from ocpilot.base.zones import zone_named

_BAD_MOMENT = mark("Choose a date and a time.")


def moment_in(given: str, zone: str) -> datetime | None:
    """What a browser sends for a date and time, on the clocks of the operator's people; UserError."""
    if not given:
        return None
    try:
        return datetime.fromisoformat(given).replace(tzinfo=zone_named(zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise UserError(_BAD_MOMENT) from None
