"""The zone of a place follows from its country, and from the point where that has several."""

import pytest

from ocpilot.base.zones import zone_of


@pytest.mark.parametrize("country", ["SE", "SWE", "swe"])
def test_a_country_with_one_zone_needs_no_point(country: str) -> None:
    assert zone_of(country) == "Europe/Stockholm"


@pytest.mark.parametrize(
    ("point", "zone"),
    [((40.4, -3.7), "Europe/Madrid"), ((28.1, -15.4), "Atlantic/Canary"), ((41.38, 2.17), "Europe/Madrid")],
)
def test_a_country_with_several_zones_takes_the_nearest(point: tuple[float, float], zone: str) -> None:
    assert zone_of("ESP", *point) == zone


def test_without_a_point_several_zones_are_none() -> None:
    assert zone_of("USA") is None


def test_the_nearest_zone_may_be_across_the_date_line() -> None:
    assert zone_of("FJ", -16.8, -179.9) == "Pacific/Fiji"


def test_an_unknown_country_has_no_zone() -> None:
    assert zone_of("XXX", 1.0, 1.0) is None
