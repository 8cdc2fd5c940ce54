"""What stations were told about Tokens, and what is needed of a store of it (`local_lists.py`)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from ocpilot.app.kept.records import Record
from ocpilot.app.kept.station_events import ListedToken


class TokenStamps(Record, frozen=True):
    """Two states of all Tokens: of those on lists, and of those that may not charge. Other words: something changed."""

    listed: str
    blocked: str


class StationTokens(Record, frozen=True, kw_only=True):
    """What one station was told. `list_said` is why it has no list, None when it has; `list_digest` names the list."""

    station_id: str
    list_version: int = 0
    list_digest: str | None = None
    list_stamp: str | None = None
    list_checked_at: datetime | None = None
    list_said: str | None = None
    cache_stamp: str | None = None


class LocalLists(Protocol):
    """Storage of what stations were told about Tokens."""

    async def stamps(self) -> TokenStamps:
        """The Tokens as they are."""

    async def listed(self, limit: int) -> tuple[ListedToken, ...]:
        """The first Tokens for a list: those that need nobody's answer first."""

    async def due(self, stamps: TokenStamps, checked_before: datetime, *, lists: bool) -> tuple[StationTokens, ...]:
        """Connected stations that do not know these states, or (`lists`) were not asked for long."""

    async def keep(self, told: StationTokens, entries: Sequence[ListedToken]) -> None:
        """What a station was told; `entries` are those of its `list_digest`."""

    async def entries(self, digest: str) -> tuple[ListedToken, ...]:
        """A kept list."""

    async def doubt(self, station_id: str) -> None:
        """A station booted and may have lost its list."""

    async def tidy(self) -> None:
        """Drop lists that no station has any more."""
