"""The offline base map: land and borders as GeoJSON, from the TopoJSON of world-atlas (Natural Earth 1:10m)."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

Point = list[float]
Line = list[Point]

#: Three decimals are 110 m, finer than the source.
_DECIMALS = 3
_HALF_ROUND = 180.0
_SOUTH_POLE = -90.0


def base_map(topology: Mapping[str, Any]) -> dict[str, object]:
    """A feature per piece of `land` and one for all `borders`, from a topology with objects `land` and `countries`.

    `Any` because TopoJSON nests its lists as deep as the geometry.
    """
    arcs = [_absolute(arc, topology["transform"]) for arc in topology["arcs"]]
    objects = topology["objects"]
    land = [[_closed(_unwrapped(_ring(arcs, ring))) for ring in polygon] for polygon in _polygons(objects["land"])]
    borders = [_unwrapped(arcs[index]) for index in _shared_arcs(objects["countries"])]
    return {
        "type": "FeatureCollection",
        "features": [
            *(_feature("land", {"type": "Polygon", "coordinates": piece}) for piece in land),
            _feature("borders", {"type": "MultiLineString", "coordinates": borders}),
        ],
    }


def _feature(kind: str, geometry: dict[str, object]) -> dict[str, object]:
    return {"type": "Feature", "properties": {"kind": kind}, "geometry": geometry}


def _absolute(arc: Sequence[Sequence[int]], transform: Mapping[str, Sequence[float]]) -> Line:
    """The points of an arc in degrees; TopoJSON keeps differences of whole numbers."""
    (scale_x, scale_y), (origin_x, origin_y) = transform["scale"], transform["translate"]
    x = y = 0
    line: Line = []
    for step in arc:
        x, y = x + step[0], y + step[1]
        point = [round(x * scale_x + origin_x, _DECIMALS), round(y * scale_y + origin_y, _DECIMALS)]
        if not line or line[-1] != point:
            line.append(point)
    return line


def _ring(arcs: Sequence[Line], indexes: Sequence[int]) -> Line:
    """Arcs joined to a ring; a negative index is the complement of an arc to be walked backwards."""
    ring: Line = []
    for index in indexes:
        line = arcs[index] if index >= 0 else arcs[~index][::-1]
        ring += line[1:] if ring else line
    return ring


def _unwrapped(line: Line) -> Line:
    """Without jumps at 180 degrees: the atlas joins what the date line cuts, and a map has to draw on past it."""
    shift, before = 0.0, line[0][0]
    result: Line = []
    for x, y in line:
        if abs(x - before) > _HALF_ROUND:
            shift += 2 * _HALF_ROUND if x < before else -2 * _HALF_ROUND
        before = x
        result.append([round(x + shift, _DECIMALS), y])
    return result


def _closed(ring: Line) -> Line:
    """A ring around the South Pole does not come back to where it began: it is closed along the pole."""
    first, last = ring[0], ring[-1]
    if first == last:
        return ring
    return [*ring, [last[0], _SOUTH_POLE], [first[0], _SOUTH_POLE], first]


def _polygons(thing: Mapping[str, Any]) -> Iterator[Sequence[Sequence[int]]]:
    for geometry in thing["geometries"]:
        if geometry["type"] == "MultiPolygon":
            yield from geometry["arcs"]
        elif geometry["type"] == "Polygon":
            yield geometry["arcs"]


def _shared_arcs(countries: Mapping[str, Any]) -> list[int]:
    """The arcs that two countries have in common: their border on land."""
    uses = Counter(
        index if index >= 0 else ~index for polygon in _polygons(countries) for ring in polygon for index in ring
    )
    return sorted(index for index, times in uses.items() if times > 1)
