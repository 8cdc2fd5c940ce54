"""Which day of the books it is."""

from datetime import date
from zoneinfo import ZoneInfo

from ocpilot.app.platform import Platform
from ocpilot.base.zones import zone_named


def books_zone(platform: Platform) -> ZoneInfo:
    """Where days and months of the books begin and end."""
    return zone_named(platform.settings.billing.time_zone)


def today(platform: Platform) -> date:
    """In the zone of the books."""
    return platform.clock().astimezone(books_zone(platform)).date()
