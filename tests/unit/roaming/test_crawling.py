"""When a list has been read to its end, and when a page is asked for again."""

from datetime import UTC, datetime, timedelta

import pytest

from ocpilot.base.errors import NoMatchingEndpoints, PeerNonsense, PeerRefused, PeerUnreachable
from ocpilot.roaming.crawling import MOST_ROUNDS, TRIES, Round, clock_behind, goes_again, has_all, is_gone, wait_before
from ocpilot.roaming.retry import BackOff

BACK_OFF = BackOff(first=1.0, longest=300.0)


def done(**said):
    return Round(**{"number": 1, "told": 10, "shrunk_in": 0, "listed": 10, "met": 10, "fresh": 10} | said)


@pytest.mark.parametrize(
    ("said", "again"),
    [
        ({}, False),
        ({"told": None}, False),
        ({"listed": 9, "met": 9}, True),
        ({"listed": 11, "met": 11}, False),
        ({"number": 2, "listed": 9, "met": 9, "fresh": 0}, False),
        ({"number": 2, "listed": 9, "met": 9, "fresh": 1}, True),
        ({"number": 2, "listed": 9, "met": 6, "fresh": 0}, True),
        ({"number": 2, "listed": 10, "met": 9, "fresh": 1}, False),
        ({"shrunk_in": 1}, True),
        ({"number": 2, "shrunk_in": 1, "listed": 12, "met": 10, "fresh": 0}, False),
        ({"number": 2, "shrunk_in": 1, "listed": 12, "met": 9, "fresh": 0}, True),
        ({"number": MOST_ROUNDS, "shrunk_in": MOST_ROUNDS, "listed": 1}, False),
    ],
)
def test_a_list_is_read_again_while_something_may_have_slipped_through(said, again):
    assert goes_again(done(**said)) is again


def test_a_list_has_all_when_as_many_came_as_it_says():
    assert has_all(done())
    assert has_all(done(told=None, listed=0))
    assert not has_all(done(told=1, listed=0))


@pytest.mark.parametrize(
    ("error", "seconds"),
    [
        (PeerUnreachable("x"), 0.5),
        (PeerNonsense("cut"), 0.5),
        (PeerRefused("busy", 429, None, 7.0), 7.0),
        (PeerRefused("busy", 503, None), 0.5),
        (PeerRefused("long", 429, None, 3600.0), None),
        (PeerRefused("no", 403, 2000), None),
        (NoMatchingEndpoints("no list"), None),
    ],
)
def test_a_page_is_asked_for_again_when_that_may_help(error, seconds):
    assert wait_before(error, 1, BACK_OFF, 0.0) == seconds
    assert wait_before(error, TRIES, BACK_OFF, 0.0) is None


@pytest.mark.parametrize(
    ("error", "gone"),
    [
        (PeerRefused("no such page", 404, None), True),
        (PeerRefused("bad offset", 200, 2001), True),
        (PeerNonsense("no list"), True),
        (PeerRefused("who are you", 401, 2000), False),
        (PeerRefused("busy", 503, None), False),
        (PeerUnreachable("x"), False),
    ],
)
def test_a_link_that_leads_nowhere_is_told_from_a_peer_in_trouble(error, gone):
    assert is_gone(error) is gone


@pytest.mark.parametrize(
    ("behind", "told"),
    [(0, 0), (59, 0), (61, 300), (7200, 7200), (7201, 7500), (-3600, 0), (24 * 3600, 24 * 3600), (72 * 3600, None)],
)
def test_a_clock_is_behind_by_whole_steps_or_is_none(behind, told):
    now = datetime(2026, 11, 26, 12, tzinfo=UTC)
    assert clock_behind(now - timedelta(seconds=behind), now) == told


def test_who_does_not_tell_his_time_has_no_clock():
    assert clock_behind(None, datetime.now(UTC)) is None
