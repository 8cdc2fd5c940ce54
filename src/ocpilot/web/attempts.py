"""Slows down guessing of passwords: so many failures per email and per address, then a pause. Kept in this process."""

from collections import OrderedDict, deque
from datetime import datetime, timedelta

_WINDOW = timedelta(minutes=15)
_MOST = 10
_REMEMBERED = 10_000


class Attempts:
    """Failed sign-ins of the last quarter of an hour, by whatever names them."""

    def __init__(self) -> None:
        self._failures: OrderedDict[str, deque[datetime]] = OrderedDict()

    def allowed(self, now: datetime, *names: str) -> bool:
        """May any of these try again?"""
        return all(len(self._recent(name, now)) < _MOST for name in names)

    def failed(self, now: datetime, *names: str) -> None:
        """Remember a failure under each name; the names unheard of for longest are forgotten first."""
        for name in names:
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
