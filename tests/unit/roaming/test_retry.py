"""Back-off doubles, spreads, and listens to Retry-After; a circuit opens after failures in a row."""

from datetime import UTC, datetime, timedelta

import pytest

from ocpilot.base.errors import ForbiddenAddress, InvalidObject, PeerNonsense, PeerRefused, PeerUnreachable
from ocpilot.roaming.retry import (
    LONGEST_RETRY_AFTER,
    THERE,
    TRIPS_AT,
    UNJUDGED_TRIP_AT,
    BackOff,
    Circuit,
    allows,
    closed,
    failed,
    is_no_verdict,
    pause,
    retry_after_seconds,
    unjudged,
    unjudged_since,
    worth_retry,
)

NOW = datetime(2026, 11, 1, 12, tzinfo=UTC)
BACK_OFF = BackOff(first=1.0, longest=300.0)


def test_the_pause_doubles_up_to_the_longest():
    assert [pause(attempts, BACK_OFF, 1.0) for attempts in (1, 2, 3, 20, 10_000)] == [1, 2, 4, 300, 300]


@pytest.mark.parametrize(("random", "seconds"), [(0.0, 2.0), (0.5, 3.0), (1.0, 4.0)])
def test_chance_spreads_over_the_second_half(random, seconds):
    assert pause(3, BACK_OFF, random) == seconds


def test_retry_after_lengthens_the_pause_within_reason():
    assert pause(1, BACK_OFF, 0.0, retry_after=60) == 60
    assert pause(1, BACK_OFF, 0.0, retry_after=10**9) == LONGEST_RETRY_AFTER
    assert pause(9, BACK_OFF, 1.0, retry_after=1) == 256


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("120", 120.0),
        ("Sun, 01 Nov 2026 12:01:00 GMT", 60.0),
        ("Sun, 01 Nov 2026 11:00:00 GMT", 0.0),
        ("soon", None),
        ("-5", None),
        (None, None),
    ],
)
def test_retry_after_is_a_number_or_a_date(header, seconds):
    assert retry_after_seconds(header, NOW) == seconds


@pytest.mark.parametrize(
    ("error", "worth"),
    [
        (PeerUnreachable("no route"), True),
        (PeerRefused("busy", 503, None), True),
        (PeerRefused("too many", 429, None), True),
        (PeerRefused("their fault", 200, 3000), True),
        (PeerRefused("our fault", 200, 2001), False),
        (PeerRefused("unknown", 404, 2000), False),
        (PeerNonsense("hello"), True),
        (InvalidObject([]), False),
    ],
)
def test_only_what_may_pass_by_itself_is_tried_again(error, worth):
    assert worth_retry(error) is worth


def test_a_circuit_opens_after_failures_in_a_row_and_closes_with_an_answer():
    circuit = Circuit()
    for _ in range(TRIPS_AT - 1):
        circuit = failed(circuit, NOW, BACK_OFF, 1.0)
        assert allows(circuit, NOW)
    circuit = failed(circuit, NOW, BACK_OFF, 1.0)
    assert not allows(circuit, NOW)
    assert allows(circuit, NOW + timedelta(seconds=1))
    assert failed(circuit, NOW, BACK_OFF, 1.0).open_until == NOW + timedelta(seconds=2)
    assert allows(closed(), NOW)


@pytest.mark.parametrize(
    ("error", "is_none"),
    [
        (PeerNonsense("a page"), True),
        (PeerRefused("a page of a proxy", 404, None), True),
        (PeerRefused("a redirect", 302, None), True),
        (PeerRefused("not let in", 401, 2001), True),
        (ForbiddenAddress("inside"), True),
        (PeerRefused("unknown", 404, 2003), False),
        (PeerRefused("refused in words of its own", 422, None), False),
        (PeerRefused("no such method", 405, None), False),
        (PeerRefused("refused", 200, 2001), False),
        (PeerRefused("its own trouble", 503, None), False),
        (PeerUnreachable("gone"), False),
    ],
)
def test_what_is_no_ocpi_or_comes_of_a_door_says_nothing_of_an_object(error, is_none):
    assert is_no_verdict(error) is is_none


def test_a_day_without_a_verdict_counts_while_others_get_one():
    since, soon = NOW - timedelta(hours=20), NOW - THERE
    assert unjudged_since(since, soon, NOW) == since
    assert unjudged_since(None, soon, NOW) == NOW
    assert unjudged_since(since, soon - timedelta(seconds=1), NOW) == NOW
    assert unjudged_since(since, None, NOW) == NOW


def test_many_objects_without_a_verdict_open_the_circuit_and_any_keeps_it_open():
    assert unjudged(Circuit(), UNJUDGED_TRIP_AT - 1, NOW, BACK_OFF, 1.0) == Circuit()
    opened = unjudged(Circuit(), UNJUDGED_TRIP_AT, NOW, BACK_OFF, 1.0)
    assert opened.open_until == NOW + timedelta(seconds=1)
    assert unjudged(opened, 1, NOW, BACK_OFF, 1.0).open_until == NOW + timedelta(seconds=2)
