"""How fast a station may talk."""

from ocpilot.ocpp.pace import Pace, PaceLimits

LIMITS = PaceLimits(per_second=10, burst=5, flood=3)


def test_a_burst_is_read_at_once_and_what_follows_at_its_pace():
    pace = Pace(LIMITS, 0.0)
    assert [pace.message(0.0) for _ in range(5)] == [0.0] * 5
    assert [round(pace.message(0.0), 6) for _ in range(3)] == [0.1, 0.2, 0.3]


def test_who_pauses_may_burst_again():
    pace = Pace(LIMITS, 0.0)
    assert [pace.message(0.0) for _ in range(5)][-1] == 0.0
    assert [pace.message(10.0) for _ in range(5)] == [0.0] * 5


def test_messages_that_do_not_wait_are_forgiven_one_a_second():
    pace = Pace(LIMITS, 0.0)
    assert [pace.pressed(0.0) for _ in range(4)] == [False, False, False, True]
    pace = Pace(LIMITS, 0.0)
    assert not any(pace.pressed(float(second)) for second in range(100))
