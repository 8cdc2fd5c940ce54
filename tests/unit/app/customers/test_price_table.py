"""A table of prices becomes points without overlap, over both changes of the clock, or says all that is wrong."""

from datetime import timedelta

import pytest

from ocpilot.app.customers.price_table import points_of
from ocpilot.base.errors import InvalidObject
from ocpilot.base.time import write


def table(*rows: tuple[str, str]):
    return [(line, {"time": at, "price": price}) for line, (at, price) in enumerate(rows, 2)]


def test_a_price_holds_until_the_next_one_and_an_hour_at_most() -> None:
    rows = table(("2026-11-26T12:00Z", "1"), ("2026-11-26T12:15Z", "2"), ("2026-11-26T15:00Z", "-3"))
    assert [(write(one.at)[11:16], (one.until - one.at).seconds // 60, one.price) for one in points_of(rows)] == [
        ("12:00", 15, 1),
        ("12:15", 15, 2),
        ("15:00", 15, -3),
    ]


@pytest.mark.parametrize(
    "rows",
    [
        [("2026-10-25T02:00+02:00", "1"), ("2026-10-25T02:00+01:00", "2"), ("2026-10-25T03:00+01:00", "3")],
        [("2026-03-29T01:00+01:00", "1"), ("2026-03-29T03:00+02:00", "2"), ("2026-03-29T04:00+02:00", "3")],
    ],
)
def test_hours_follow_each_other_when_clocks_change(rows: list[tuple[str, str]]) -> None:
    points = points_of(table(*rows))
    assert [one.price for one in points] == [1, 2, 3]
    assert all(one.until - one.at == timedelta(hours=1) for one in points)
    assert [one.at for one in points[1:]] == [one.until for one in points[:-1]]


def test_everything_wrong_is_named_with_its_line() -> None:
    rows = table(
        ("2026-11-26T12:00", "1"),
        ("2026-11-26T13:00Z", "dear"),
        ("2026-11-26T14:00Z", "1"),
        ("2026-11-26T15:00+01:00", "1"),
        ("2026-11-26T14:20Z", "1"),
        ("2026-11-26T15:20Z", "5000"),
    )
    with pytest.raises(InvalidObject) as error:
        points_of(rows)
    assert [problem.path for problem in error.value.problems] == [
        "line 2 time",
        "line 3 price",
        "line 5 time",
        "line 7 price",
        "line 6 time",
    ]
    with pytest.raises(InvalidObject, match="line 2: found nothing"):
        points_of([])
