"""In which way a request is written next, after an answer that tells of another."""

import pytest

from ocpilot.base.errors import PeerRefused
from ocpilot.roaming.ways import Fixed, Way, another
from ocpilot.wire.protocol import TokenEncoding

FIRST = Way(encoding=TokenEncoding.BASE64, slash=False)
FREE = Fixed(encoding=False, slash=False)


def refused(http, ocpi=None, said=None):
    return PeerRefused("no", http, ocpi, said=said)


@pytest.mark.parametrize(
    "error",
    [
        refused(401),
        refused(403),
        refused(200, 2001, "Invalid or missing Authorization header"),
        refused(200, 2002, "unauthorised"),
    ],
    ids=["401", "403", "2001", "2002"],
)
def test_a_token_that_is_not_known_is_written_the_other_way_once(error):
    second = another([FIRST], error, FREE)
    assert second == Way(encoding=TokenEncoding.PLAIN, slash=False)
    assert another([FIRST, second], error, FREE) is None
    assert another([FIRST], error, Fixed(encoding=True, slash=False)) is None


def test_once_one_way_has_worked_only_a_401_tells_of_another():
    assert another([FIRST], refused(401), FREE, settled=True) is not None
    assert another([FIRST], refused(403), FREE, settled=True) is None
    assert another([FIRST], refused(200, 2001, "not authorized"), FREE, settled=True) is None


def test_a_refusal_of_something_else_is_one():
    assert another([FIRST], refused(200, 2001, "country_code: expected two letters"), FREE) is None
    assert another([FIRST], refused(200, 3001), FREE) is None
