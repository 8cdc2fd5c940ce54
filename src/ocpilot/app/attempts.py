"""Slows down guessing of passwords: so many failures per name and per address, then a pause. Kept in this process."""

from collections import OrderedDict, deque
from datetime import datetime, timedelta

_WINDOW = timedelta(minutes=15)
_REMEMBERED = 10_000


class Attempts:
    """Failures of the last quarter of an hour, by name or by address; `most` of them are allowed."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._failures: OrderedDict[str, deque[datetime]] = OrderedDict()

    def allowed(self, now: datetime, name: str) -> bool:
        """May it try again?"""
        return len(self._recent(name, now)) < self._most

    def failed(self, now: datetime, name: str) -> None:
        """Remember a failure; the names unheard of for longest are forgotten first."""
        recent = self._recent(name, now)
        recent.append(now)
        self._failures[name] = recent
        self._failures.move_to_end(name)
        while len(self._failures) > _REMEMBERED:
            self._failures.popitem(last=False)

    def _recent(self, name: str, now: datetime) -> deque[datetime]:
        failures = self._failures.get(name, deque())
        while failures and failures[0] <= now - _WINDOW:
            failures.popleft()
        return failures
