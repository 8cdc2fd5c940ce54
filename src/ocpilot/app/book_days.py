"""Which day of the books it is."""

from datetime import date

from ocpilot.app.platform import Platform
from ocpilot.base.zones import zone_named


def today(platform: Platform) -> date:
    """In the zone of the books."""
    return platform.clock().astimezone(zone_named(platform.settings.billing.time_zone)).date()
