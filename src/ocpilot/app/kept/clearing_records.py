"""Where a CDR stands between the check and the bill, every step that led there, and who stores it."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from ocpilot.app.kept.cdr_match_records import CdrMatch
from ocpilot.app.kept.records import CdrCheck, ObjectKey, Record, StoredObject
from ocpilot.base.ids import PartyId
from ocpilot.billing.clearing_rules import Neighbour
from ocpilot.billing.clearing_words import rule_text


class ClearingState(StrEnum):
    """A CDR of ours is ISSUED, until it is CREDITED. One of a peer is NEW until it was looked at, then ACCEPTED, or
    HELD for a person; DISPUTED with its operator until it is CREDITED, ACCEPTED after all, or DROPPED: never paid."""

    ISSUED = "issued"
    NEW = "new"
    ACCEPTED = "accepted"
    HELD = "held"
    DISPUTED = "disputed"
    CREDITED = "credited"
    DROPPED = "dropped"


#: What of it is billed: nothing else ever is.
BILLED_STATES = frozenset({ClearingState.ISSUED, ClearingState.ACCEPTED})


class ClearingFinding(Record, frozen=True, kw_only=True):
    """What a rule found: `rule` is its name, `holds` whether it keeps the CDR from being accepted by itself."""

    rule: str
    found: str
    expected: str
    holds: bool = True

    @property
    def sentence(self) -> str:
        """In one line of English."""
        return f"{rule_text(self.rule, str)}: found {self.found}, expected {self.expected}"


class Clearing(Record, frozen=True, kw_only=True):
    """One CDR. `audience` is the party it is for. `credits` is the id of the CDR that a Credit CDR takes back; where it
    was credited, `credited_by` the id of what did. `total` is before taxes. `rated`: what of it is to be billed has
    been worked out; `problem` is why it could not be."""

    key: ObjectKey
    peer_id: int | None
    audience: str | None
    token_uid: str
    state: ClearingState
    why: str = ""
    findings: tuple[ClearingFinding, ...] = ()
    credits: str | None = None
    credited_by: str | None = None
    currency: str
    total: Decimal
    kwh: Decimal
    ended_at: datetime
    rated: bool = False
    problem: str | None = None
    at: datetime

    @property
    def reason(self) -> str:
        """`why`, where it says more than the findings do; else empty."""
        return "" if self.why in {one.sentence for one in self.findings} else self.why


class Unrated(Record, frozen=True, kw_only=True):
    """A CDR of which it is to be worked out what is billed, and what the check found, None where nobody priced it."""

    clearing: Clearing
    stored: StoredObject
    check: CdrCheck | None


class ClearingStep(Record, frozen=True, kw_only=True):
    """Who moved it, when, from where to where, and why. `who` is an account's email, `cli`, or `platform`."""

    key: ObjectKey
    before: ClearingState | None
    after: ClearingState
    who: str
    why: str
    at: datetime


class Moved(Record, frozen=True, kw_only=True):
    """A move of one CDR: it must stand in one of the states `before`; `after` is what stands there then."""

    before: frozenset[ClearingState]
    after: Clearing
    step: ClearingStep


class Wanted(Record, frozen=True, kw_only=True):
    """Which are listed: in one of these states (none: in any), from this peer or for one of its parties (`SERES`)."""

    states: tuple[ClearingState, ...] = ()
    peer_id: int | None = None
    parties: tuple[str, ...] = ()
    limit: int = 1000


class Clearings(Protocol):
    """Storage of them."""

    async def uncleared(self, limit: int) -> tuple[StoredObject, ...]:
        """CDRs that nobody has looked at yet and that can be: ours, and peers' that were priced again; oldest first."""

    async def begin(self, clearing: Clearing, step: ClearingStep) -> bool:
        """Store a new one with its first step; False when there is one."""

    async def move_together(self, moves: Sequence[Moved]) -> bool:
        """Replace each and add its step, in one transaction; False, and nothing is changed, when one does not stand in
        a state that it moves from."""

    async def get(self, key: ObjectKey) -> Clearing | None:
        """By CDR."""

    async def found(self, cdr_id: str) -> tuple[Clearing, ...]:
        """All with this id, whoever's CDR it is."""

    async def came_at(self, key: ObjectKey) -> datetime | None:
        """When we got the CDR."""

    async def neighbours(self, match: CdrMatch) -> tuple[Neighbour, ...]:
        """CDRs looked at before, but those dropped and credits: of the same Session, and of the same Token or EVSE at
        the same time; some of each."""

    async def waiting_credits(self, limit: int) -> tuple[Clearing, ...]:
        """Credit CDRs that are NEW though the CDR they take back was looked at."""

    async def listed(self, wanted: Wanted) -> tuple[Clearing, ...]:
        """Those that are wanted, longest first."""

    async def steps(self, key: ObjectKey) -> tuple[ClearingStep, ...]:
        """All of one, oldest first."""

    async def counts(self) -> dict[ClearingState, int]:
        """How many stand where."""

    async def waiting(self) -> int:
        """How many are NEW, HELD or DISPUTED: they wait for somebody."""

    async def unrated(self, limit: int, again: datetime) -> tuple[Unrated, ...]:
        """Those that are to be billed and of which it was not worked out what, in the order they came; of those that
        could not be, only what was tried before `again`."""

    async def could_not_rate(self, key: ObjectKey, problem: str, at: datetime) -> None:
        """Note why it could not be worked out."""

    async def unrate(self, token_uids: Sequence[str], party: PartyId | None = None) -> int:
        """Work out again what of CDRs of these Tokens, or with this partner, is to be billed, where nothing is or, of
        Tokens, it is on no invoice yet; how many."""

    async def unrate_customer(self, customer_id: int) -> int:
        """Work out again what of this customer's is on no invoice yet; how many CDRs."""

    async def unrate_places(self, locations: Sequence[str], since: datetime) -> int:
        """Work out again what of our CDRs at these Locations, of charges that ended since then, is to be paid to
        somebody; how many."""
