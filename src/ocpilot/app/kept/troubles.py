"""Work of the jobs that fails again and again: kept where a person sees it, until it is done."""

from datetime import datetime
from typing import Protocol

from ocpilot.app.kept.records import Record


class Trouble(Record, frozen=True, kw_only=True):
    """`step` is the job, `about` what it works on (empty: it fails as a whole); `error` is the newest of `failures` in
    a row; people hear of it `since` then."""

    step: str
    about: str
    error: str
    failures: int
    since: datetime
    last_at: datetime


class Troubles(Protocol):
    """Storage of them."""

    async def note(self, step: str, about: str, error: str, failures: int, at: datetime) -> None:
        """It failed once more."""

    async def over(self, step: str, about: str) -> None:
        """It is done."""

    async def lately(self, since: datetime, limit: int) -> tuple[Trouble, ...]:
        """Those that failed since then, the longest lasting first."""

    async def forget(self, before: datetime) -> None:
        """Drop those that did not fail since then: what they were about is gone or done."""
