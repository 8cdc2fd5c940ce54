"""A JSON merge patch does what RFC 7396 says."""

import pytest

from ocpilot.app.office.our_objects import merge


@pytest.mark.parametrize(
    ("kept", "changes", "merged"),
    [
        ({"a": 1}, {"a": 2}, {"a": 2}),
        ({"a": 1}, {"b": 2}, {"a": 1, "b": 2}),
        ({"a": 1, "b": 2}, {"a": None}, {"b": 2}),
        ({"a": [1, 2]}, {"a": [3]}, {"a": [3]}),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": None, "d": 3}}, {"a": {"c": 2, "d": 3}}),
        ({"a": 1}, {"a": {"b": {"c": None}}}, {"a": {"b": {}}}),
        ({"a": {"b": 1}}, {"a": "text"}, {"a": "text"}),
        ({}, {"a": None}, {}),
    ],
)
def test_objects_merge_null_removes_and_all_else_replaces(kept, changes, merged):
    before = str(kept)
    assert merge(kept, changes) == merged
    assert str(kept) == before
