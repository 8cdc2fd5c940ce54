"""The offline base map from TopoJSON."""

from ocpilot.web.base_map import base_map


def topology(arcs, land, countries):
    return {
        "transform": {"scale": [1, 1], "translate": [0, 0]},
        "arcs": arcs,
        "objects": {"land": {"geometries": land}, "countries": {"geometries": countries}},
    }


def polygon(*rings):
    return {"type": "Polygon", "arcs": list(rings)}


def features(kind, made):
    return [one["geometry"]["coordinates"] for one in made["features"] if one["properties"]["kind"] == kind]


# Two countries side by side: arc 0 is their border, 1 the rest of the western one, 2 that of the eastern one.
ARCS = [[[0, 0], [0, 10]], [[0, 10], [-10, 0], [0, -10], [10, 0]], [[0, 10], [10, 0], [0, -10], [-10, 0]]]
WEST, EAST = polygon([0, 1]), polygon([0, 2])


def test_arcs_become_rings_in_degrees_walked_either_way():
    made = base_map(topology(ARCS, [polygon([1, ~2])], [WEST, EAST]))
    (ring,) = features("land", made)[0]
    assert ring == [[0, 10], [-10, 10], [-10, 0], [0, 0], [10, 0], [10, 10], [0, 10]]


def test_a_border_is_what_two_countries_share():
    assert features("borders", base_map(topology(ARCS, [], [WEST, EAST]))) == [[[[0, 0], [0, 10]]]]


def test_pieces_of_land_are_features_of_their_own():
    islands = {"type": "MultiPolygon", "arcs": [[[0, 1]], [[0, 2]]]}
    assert len(features("land", base_map(topology(ARCS, [islands], [])))) == 2


def test_land_across_the_date_line_is_drawn_on_past_it():
    square = [[170, 0], [0, 10], [-340, 0], [0, -10], [340, 0]]
    (ring,) = features("land", base_map(topology([square], [polygon([0])], [])))[0]
    assert ring == [[170, 0], [170, 10], [190, 10], [190, 0], [170, 0]]


def test_land_around_the_south_pole_is_closed_along_the_pole():
    around = [[-180, -70], [120, 0], [120, 0], [119, 0], [-359, 0]]
    (ring,) = features("land", base_map(topology([around], [polygon([0])], [])))[0]
    assert ring[-3:] == [[180, -90.0], [-180, -90.0], [-180, -70]]
