"""How many requests a key may send: a bucket that fills steadily and holds those of one minute."""

from collections.abc import Callable
from math import ceil

from ocpilot.base.errors import TooOften

#: Keys that are remembered; beyond that all begin anew.
_MOST = 10_000


class Rate:
    """`per_minute` requests; `seconds` is a clock that never goes back."""

    def __init__(self, per_minute: int, seconds: Callable[[], float]) -> None:
        self._largest = float(max(1, per_minute))
        self._per_second = self._largest / 60
        self._seconds = seconds
        self._buckets: dict[int, tuple[float, float]] = {}

    def take(self, key_id: int) -> None:
        """One request of this key; TooOften when it has to wait."""
        now = self._seconds()
        left, at = self._buckets.get(key_id, (self._largest, now))
        left = min(self._largest, left + (now - at) * self._per_second)
        if left < 1:
            wait = ceil((1 - left) / self._per_second)
            raise TooOften(f"more than {self._largest:.0f} requests a minute; come again in {wait} s", wait)
        if len(self._buckets) >= _MOST:
            self._buckets.clear()
        self._buckets[key_id] = left - 1, now
