"""Where a CDR says the charge was, and which clock hangs there."""

from zoneinfo import ZoneInfo

from ocpilot.base.zones import zone_named, zone_of
from ocpilot.wire.v230 import CDR


def zone_of_place(cdr: CDR) -> ZoneInfo | None:
    """The zone of the country, the nearest one to the coordinates where it has several; None when it says none that is
    known."""
    place = cdr.cdr_location
    try:
        point = float(place.coordinates.latitude), float(place.coordinates.longitude)
    except ValueError:
        return None
    name = zone_of(place.country, *point)
    return zone_named(name) if name else None
