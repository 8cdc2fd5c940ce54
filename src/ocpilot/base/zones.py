"""IANA zones: the one of a name, and the one of a place where nobody says it (tz database, zone.tab)."""

import re
from collections import defaultdict
from collections.abc import Mapping
from functools import cache
from importlib import resources
from math import cos, radians
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel.core import get_global

#: A latitude or longitude in ISO 6709: sign, degrees, minutes, perhaps seconds.
_ANGLE = r"([+-])(\d{2,3})(\d{2})(\d{2})?"
_POINT = re.compile(rf"{_ANGLE}(?=[+-]){_ANGLE}")

Point = tuple[float, float]

UTC = ZoneInfo("UTC")


def zone_named(name: str | None) -> ZoneInfo:
    """The zone of this name; UTC when it is none."""
    try:
        return ZoneInfo(name) if name else UTC
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


def zone_of(country: str, latitude: float | None = None, longitude: float | None = None) -> str | None:
    """The zone of a country (ISO 3166, two or three letters), `Europe/Stockholm`; the nearest one to the point where it
    has several. None for an unknown country, or when several zones are possible and no point is given."""
    zones = _zones().get(two_letters(country), {})
    if len(zones) == 1:
        return next(iter(zones))
    if latitude is None or longitude is None or not zones:
        return None
    return min(zones, key=lambda name: _distance(zones[name], (latitude, longitude)))


def two_letters(country: str) -> str:
    """ISO 3166 alpha-2 of a country in two or three letters (`SWE` is `SE`); what is none stays as it is."""
    code = country.upper()
    aliases = get_global("territory_aliases").get(code)
    return str(aliases[0]) if len(code) == 3 and aliases else code


@cache
def _zones() -> Mapping[str, Mapping[str, Point]]:
    """Country -> its zones, each with the point of its largest town."""
    found: dict[str, dict[str, Point]] = defaultdict(dict)
    for line in resources.files("tzdata.zoneinfo").joinpath("zone.tab").read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            country, point, name = line.split("\t")[:3]
            found[country][name] = _point(point)
    return found


def _point(text: str) -> Point:
    match = _POINT.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is no point of zone.tab")
    parts = match.groups()
    return _degrees(*parts[:4]), _degrees(*parts[4:])


def _degrees(sign: str, degrees: str, minutes: str, seconds: str | None) -> float:
    size = int(degrees) + int(minutes) / 60 + int(seconds or 0) / 3600
    return -size if sign == "-" else size


def _distance(one: Point, other: Point) -> float:
    """Near enough to compare: the square of a distance on a flat map, in degrees of latitude."""
    north = one[0] - other[0]
    east = ((one[1] - other[1] + 180) % 360 - 180) * cos(radians((one[0] + other[0]) / 2))
    return north * north + east * east
