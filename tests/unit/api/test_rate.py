"""How often a key may ask: a minute's worth at once, then steadily."""

import pytest

from ocpilot.api.rate import Rate
from ocpilot.base.errors import TooOften


class Seconds:
    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def allowed(rate, key=1):
    count = 0
    while True:
        try:
            rate.take(key)
        except TooOften as error:
            return count, error.retry_after
        count += 1


def test_a_minute_is_allowed_at_once_and_comes_back_steadily():
    seconds = Seconds()
    rate = Rate(60, seconds)
    assert allowed(rate) == (60, 1)
    seconds.now += 5
    assert allowed(rate) == (5, 1)
    seconds.now += 3600
    assert allowed(rate) == (60, 1)


def test_one_key_does_not_slow_another_and_the_pause_is_said():
    rate = Rate(2, Seconds())
    assert allowed(rate, 1) == (2, 30)
    assert allowed(rate, 2) == (2, 30)


def test_a_limit_of_nothing_still_lets_one_pass():
    rate = Rate(0, Seconds())
    rate.take(1)
    with pytest.raises(TooOften):
        rate.take(1)
