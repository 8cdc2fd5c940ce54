"""The box of degrees around a circle on the globe, so that an index finds the candidates."""

from math import asin, cos, degrees, radians, sin

import msgspec

EARTH_KM = 6371.0088


class Box(msgspec.Struct, frozen=True, kw_only=True):
    """Degrees; across the date line the box has two ranges of longitude, otherwise both are the same."""

    south: float
    north: float
    west: float
    east: float
    west_again: float
    east_again: float


def box(latitude: float, longitude: float, radius_km: float) -> Box:
    """The smallest box that holds the circle; all longitudes when the circle holds a pole."""
    angle = radius_km / EARTH_KM
    south, north = latitude - degrees(angle), latitude + degrees(angle)
    if south <= -90 or north >= 90 or sin(angle) >= cos(radians(latitude)):
        return Box(south=south, north=north, west=-180, east=180, west_again=-180, east_again=180)
    wide = degrees(asin(sin(angle) / cos(radians(latitude))))
    west, east = longitude - wide, longitude + wide
    if west < -180:
        return Box(south=south, north=north, west=-180, east=east, west_again=west + 360, east_again=180)
    if east > 180:
        return Box(south=south, north=north, west=west, east=180, west_again=-180, east_again=east - 360)
    return Box(south=south, north=north, west=west, east=east, west_again=west, east_again=east)
