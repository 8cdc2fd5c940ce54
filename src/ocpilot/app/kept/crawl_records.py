"""How far we are in reading what a peer lists, and who keeps that."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from ocpilot.app.kept.records import ObjectKey, Record
from ocpilot.roaming.crawling import Round
from ocpilot.wire.protocol import ModuleID


class Purpose(StrEnum):
    """Why a list is read: to keep what it holds, or to compare it with what we hold."""

    PULL = "pull"
    COMPARE = "compare"


class CrawlState(StrEnum):
    """`running`: `updated_at` says how lately. `stopped`: goes on at `next_url`. `complete`: read to its end."""

    RUNNING = "running"
    STOPPED = "stopped"
    COMPLETE = "complete"


class Seen(Record, frozen=True, kw_only=True):
    """An object in a list, as it names itself: folded, empty where it does not say."""

    id: str
    party: str = ""
    sub: str = ""


class Crawl(Record, frozen=True, kw_only=True):
    """One reading of what a peer lists in a module, or of a kind in it (`classes.py`), round by round.

    `told` is X-Total-Count as it came last, `shrunk_in` the last round in which it got smaller; `received` counts
    objects of all rounds, `listed` different ones, `met` those of this round, `fresh` those that are new in it,
    `repeated` those met twice in it. `kept` are new or changed, `known` were here as
    new as that, `bad` are refused, of which `nameless` do not say which they are. `vanished` counts what we hold and
    the list no longer has, `gone` are examples. `owner` is who reads.
    """

    peer_id: int
    module: ModuleID
    kind: str = ""
    purpose: Purpose = Purpose.PULL
    owner: str
    state: CrawlState = CrawlState.RUNNING
    since: datetime | None = None
    began_at: datetime
    began_xid: int = 0
    updated_at: datetime
    round: int = 1
    pages: int = 0
    next_url: str | None = None
    told: int | None = None
    shrunk_in: int = 0
    received: int = 0
    kept: int = 0
    known: int = 0
    bad: int = 0
    nameless: int = 0
    repeated: int = 0
    listed: int = 0
    met: int = 0
    fresh: int = 0
    vanished: int = 0
    gone: tuple[str, ...] = ()
    error: str | None = None

    @property
    def done(self) -> Round:
        """What decides whether it goes on."""
        return Round(
            number=self.round,
            told=self.told,
            shrunk_in=self.shrunk_in,
            listed=self.listed,
            met=self.met,
            fresh=self.fresh,
        )


class Crawls(Protocol):
    """The places of crawls, and what those under way have met."""

    async def last(self, crawl: Crawl) -> Crawl | None:
        """The crawl of the same peer, purpose, module and kind, under way or the last one."""

    async def of_peer(self, peer_id: int) -> tuple[Crawl, ...]:
        """The last pull of each module and kind, by name."""

    async def begin(self, crawl: Crawl, *, anew: bool, before: datetime) -> Crawl | None:
        """It is `crawl.owner` who reads now; `anew` forgets what an earlier crawl met. None while somebody else reads,
        who was heard of after `before`."""

    async def turn(self, crawl: Crawl, seen: Sequence[Seen]) -> Crawl:
        """A page is done: keep where we are and what was met, in one transaction; the crawl with `listed`, `met`,
        `fresh` and `repeated` counted on. Conflict when another one reads now."""

    async def end(self, crawl: Crawl) -> None:
        """Keep how it ended; a complete one needs no longer know what it met."""

    async def unseen(self, crawl: Crawl, limit: int, *, since: datetime | None = None) -> tuple[ObjectKey, ...]:
        """Objects that we hold of this peer and the crawl has not met: written before it began, updated from `since`
        on, not noted as vanished already."""

    async def count_unseen(self, crawl: Crawl, *, since: datetime | None = None) -> int:
        """How many these are; to be asked first, it makes both quick."""

    async def note_vanished(self, peer_id: int, key: ObjectKey, at: datetime) -> None:
        """This Location is no longer listed, and shown as removed."""

    async def came_back(self, peer_id: int, key: ObjectKey) -> bool:
        """Whether this Location was noted as vanished; it is not any more."""
