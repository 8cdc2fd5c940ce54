"""How fast a station may talk: what comes too fast is read later, and who floods us is sent away. Pure.

A station has one call in flight (OCPP-J 1.6, 4.1.1), so one that works off what it could not send for days is only as
fast as our answers. What does not wait for an answer, or is no message at all, is what a flood consists of.
"""

import msgspec


class PaceLimits(msgspec.Struct, frozen=True, kw_only=True):
    """`per_second` messages are read after a `burst`; `flood` is how many may press, one per second forgiven."""

    per_second: float = 50.0
    burst: int = 500
    flood: int = 500


class _Bucket:
    def __init__(self, size: float, refill: float, now: float) -> None:
        self._size, self._refill = size, refill
        self._level, self._at = size, now

    def take(self, now: float) -> float:
        """What is left, less than nothing when it was empty."""
        self._level = min(self._size, self._level + (now - self._at) * self._refill) - 1
        self._at = now
        return self._level


class Pace:
    """Of one connection; `now` is any clock that only goes forward, in seconds."""

    def __init__(self, limits: PaceLimits, now: float) -> None:
        self._per_second = limits.per_second
        self._messages = _Bucket(limits.burst, limits.per_second, now)
        self._pressing = _Bucket(limits.flood, 1.0, now)

    def message(self, now: float) -> float:
        """Seconds to wait before the next message is read."""
        left = self._messages.take(now)
        return max(0.0, -left / self._per_second)

    def pressed(self, now: float) -> bool:
        """A message came before its turn, or is none: True when that is a flood."""
        return self._pressing.take(now) < 0
