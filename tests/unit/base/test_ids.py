"""Parties as people write them."""

import pytest

from ocpilot.base.ids import shown_party


@pytest.mark.parametrize(
    ("key", "shown"), [("SELAD", "SE/LAD"), ("SE/LAD", "SE/LAD"), ("nobody", "nobody"), ("-", "-"), ("SE*LA", "SE*LA")]
)
def test_a_key_is_shown_as_a_party_and_what_is_none_stays(key: str, shown: str) -> None:
    assert shown_party(key) == shown
