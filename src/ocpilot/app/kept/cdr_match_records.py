"""What a CDR belongs to and why we think so, which charges have none, and who keeps that."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from ocpilot.app.kept.records import ObjectKey, Record, StoredObject


class Part(StrEnum):
    """What a CDR is matched to."""

    SESSION = "session"
    AUTHORIZATION = "authorization"
    COMMAND = "command"
    TOKEN = "token"  # noqa: S105 - a word of OCPI


class Clue(StrEnum):
    """Why we think that they belong together, the surest first."""

    SESSION_ID = "session_id"
    REFERENCE = "authorization_reference"
    SAME_START = "same Token, EVSE and start"
    OVERLAP = "same Token and EVSE at the same time"
    SAME_ENERGY = "same energy and start"
    OF_SESSION = "it led to the Session"
    BEFORE_START = "same Token, shortly before the start"
    UID = "uid"
    CONTRACT = "contract_id"


class Match(Record, frozen=True, kw_only=True):
    """One thing the CDR belongs to: its id, and by which clue."""

    part: Part
    id: str
    clue: Clue


class CdrMatch(Record, frozen=True, kw_only=True):
    """What a CDR belongs to, and what of it is compared with other CDRs. `session` is the id of the matched Session,
    None when there is none; `credits` the id of the CDR that this one takes back."""

    key: ObjectKey
    peer_id: int | None
    matches: tuple[Match, ...]
    session: str | None
    credits: str | None
    credit: bool
    token_uid: str
    location_id: str
    evse_uid: str
    starts: datetime
    ends: datetime
    currency: str
    at: datetime

    def of(self, part: Part) -> Match | None:
        """The match of this part."""
        return next((one for one in self.matches if one.part is part), None)


class MissingCdr(Record, frozen=True, kw_only=True):
    """A Session, ours or a peer's, that must have ended and has no CDR."""

    key: ObjectKey
    peer_id: int | None
    status: str
    last_updated: datetime


class Matches(Protocol):
    """The matches of CDRs."""

    async def save(self, match: CdrMatch) -> None:
        """Insert or replace; the CDR counts as matched."""

    async def get(self, key: ObjectKey) -> CdrMatch | None:
        """What this CDR belongs to."""

    async def unmatched(self, limit: int, again_before: datetime) -> tuple[StoredObject, ...]:
        """CDRs nobody has matched yet; then those of the last week without a Session, looked at before that moment."""

    async def authorization(self, reference: str) -> str | None:
        """The id of the newest answer about a Token with this authorization_reference."""

    async def authorization_before(self, token_uid: str, since: datetime, until: datetime) -> str | None:
        """The id of the newest answer about this Token in that time."""

    async def command(self, reference: str | None, session_id: str | None) -> tuple[str, bool] | None:
        """The id of the newest command with this reference, or that led to this Session; whether by the reference."""

    async def missing(self, peer_id: int | None, since: datetime, before: datetime, limit: int) -> Sequence[MissingCdr]:
        """Sessions of ours (None) or a peer, last updated in that time, without a CDR; the newest first."""
