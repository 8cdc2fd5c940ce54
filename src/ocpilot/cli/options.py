"""Values of options that several commands take."""

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from ocpilot.base.errors import UserError


def time_zone(name: str) -> ZoneInfo:
    """The zone of this name; UserError when there is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise UserError(f"--time-zone {name}: no such time zone; write one such as Europe/Stockholm") from None
