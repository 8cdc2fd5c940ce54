"""What is wrong with what a peer sends, as one report, and who counts it."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from ocpilot.app.kept.records import Record


class Lack(StrEnum):
    """The kinds of findings, in the order of the report."""

    LENIENCY = "leniency"
    PUSH = "push"
    PULL = "pull"
    LIST = "list"
    COMPARISON = "comparison"
    DANGLING_TARIFF = "dangling_tariff"
    EVSE_CLASH = "evse_clash"
    MISSING_CDR = "missing_cdr"
    LATE_CDR = "late_cdr"
    CHANGED_CDR = "changed_cdr"
    DOUBLE_CDR = "double_cdr"
    TOKEN_OVERLAP = "token_overlap"  # noqa: S105 - a kind of finding
    EVSE_OVERLAP = "evse_overlap"
    PRICE = "price"
    WAITING_PUSH = "waiting_push"
    DEAD_PUSH = "dead_push"
    CIRCUIT = "circuit"


class Finding(Record, frozen=True, kw_only=True):
    """One kind of thing that is not as it should be, `count` times. `place` is where in an object; `examples` are up to
    five objects. Times are None where nobody knows them. `says` is `found` with a place for `of`, where it is a text of
    ours that can be translated.
    """

    lack: Lack
    module: str
    place: str
    found: str
    expected: str
    count: int
    first_at: datetime | None = None
    last_at: datetime | None = None
    examples: tuple[str, ...] = ()
    says: str = ""
    of: str = ""


class QualityReport(Record, frozen=True, kw_only=True):
    """All of one peer, at one moment."""

    peer_id: int
    peer: str
    at: datetime
    findings: tuple[Finding, ...]

    def of(self, lack: Lack) -> tuple[Finding, ...]:
        """Those of one kind."""
        return tuple(one for one in self.findings if one.lack is lack)

    @property
    def count(self) -> int:
        """How often anything was found."""
        return sum(one.count for one in self.findings)


class Tally(Record, frozen=True, kw_only=True):
    """What a table says about one kind of finding: of these things (`of`), so many, from when to when, which."""

    of: str
    count: int
    first_at: datetime | None = None
    last_at: datetime | None = None
    examples: tuple[str, ...] = ()


class Quality(Protocol):
    """Counts what tables say about a peer. Charges and deliveries count from `since` on."""

    async def tallies(self, lack: Lack, peer_id: int, since: datetime, before: datetime) -> Sequence[Tally]:
        """What there is of this kind. `before` is when a charge must have had its CDR."""
