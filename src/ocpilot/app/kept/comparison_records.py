"""How what a peer lists differs from what we hold, and who keeps that."""

from datetime import datetime
from enum import StrEnum
from typing import Protocol

from ocpilot.app.kept.records import Record
from ocpilot.wire.protocol import ModuleID


class Gap(StrEnum):
    """How what we hold differs from what the peer lists. `other`: another body with the same last_updated. `broken`:
    what it lists breaks the standard."""

    MISSING_HERE = "missing here"
    MISSING_THERE = "missing there"
    OLDER_HERE = "older here"
    NEWER_HERE = "newer here"
    OTHER = "different, as new"
    BROKEN = "broken"


class Found(Record, frozen=True, kw_only=True):
    """So many objects that differ in one way, and the ids of some."""

    gap: Gap
    count: int
    examples: tuple[str, ...]


class Comparison(Record, frozen=True, kw_only=True):
    """One module of a peer compared: `listed` objects, `same` here and there, `mended` taken over. `error` ended it."""

    peer_id: int
    module: ModuleID
    at: datetime
    since: datetime | None = None
    listed: int = 0
    same: int = 0
    mended: int = 0
    found: tuple[Found, ...] = ()
    error: str | None = None

    @property
    def differing(self) -> int:
        """How many objects are not the same here and there."""
        return sum(one.count for one in self.found)


class Comparisons(Protocol):
    """The last comparison per peer and module."""

    async def save(self, comparison: Comparison) -> None:
        """Insert or replace by peer and module."""

    async def of_peer(self, peer_id: int) -> tuple[Comparison, ...]:
        """All of one peer, by module."""
