"""Keys of back offices and the answers kept for them: records, and what the platform needs of their storage."""

from datetime import datetime
from enum import StrEnum
from typing import Protocol

from ocpilot.app.kept.records import Record
from ocpilot.base.ids import PartyId


class Scope(StrEnum):
    """What an API key may do. To write is not to read: both are given by name."""

    LOCATIONS_READ = "locations:read"
    LOCATIONS_WRITE = "locations:write"
    TARIFFS_READ = "tariffs:read"
    TARIFFS_WRITE = "tariffs:write"
    TOKENS_READ = "tokens:read"
    TOKENS_WRITE = "tokens:write"
    SESSIONS_READ = "sessions:read"
    CDRS_READ = "cdrs:read"
    CDRS_WRITE = "cdrs:write"
    PEERS_READ = "peers:read"
    PEERS_WRITE = "peers:write"
    COMMANDS_READ = "commands:read"
    COMMANDS_WRITE = "commands:write"
    STATIONS_READ = "stations:read"
    STATIONS_WRITE = "stations:write"
    INVOICES_READ = "invoices:read"
    INVOICES_WRITE = "invoices:write"
    HOOKS_READ = "hooks:read"
    HOOKS_WRITE = "hooks:write"


#: What belongs to the platform as a whole: a key of one party cannot have it.
OF_THE_PLATFORM = frozenset({Scope.PEERS_READ, Scope.PEERS_WRITE, Scope.INVOICES_READ, Scope.INVOICES_WRITE})


class ApiKey(Record, frozen=True, kw_only=True):
    """A key of a back office. `key_hash` is SHA-256 of it; `party` (`SELAD`) is the only one it sees and changes."""

    id: int = 0
    name: str
    key_hash: bytes
    scopes: tuple[Scope, ...]
    party: str | None = None
    created_at: datetime
    last_used_at: datetime | None = None
    expires_at: datetime | None = None
    revoked_at: datetime | None = None

    @property
    def only(self) -> PartyId | None:
        """The party it is limited to."""
        return None if self.party is None else PartyId.parse(self.party)


class ApiKeys(Protocol):
    """Keys of back offices."""

    async def add(self, key: ApiKey) -> ApiKey:
        """Store a new one; Conflict when the name is taken."""

    async def by_hash(self, key_hash: bytes) -> ApiKey | None:
        """The key with this SHA-256, whatever its state."""

    async def used(self, key_id: int, at: datetime) -> None:
        """Note that it was used."""

    async def revoke(self, name: str, at: datetime) -> ApiKey | None:
        """From now on it opens nothing; None when there is no such key. One that was revoked before stays so."""

    async def all(self) -> tuple[ApiKey, ...]:
        """Every key, by name."""


class KeptAnswer(Record, frozen=True, kw_only=True):
    """What was answered to a request with an Idempotency-Key. `request` is SHA-256 of it; `answer` is sealed, None
    while the first request is still under way."""

    request: bytes
    claimed_at: datetime
    answer: bytes | None = None


class ApiAnswers(Protocol):
    """Answers to POSTs with an Idempotency-Key."""

    async def claim(
        self, key_id: int, name: str, request: bytes, now: datetime, *, forgotten: datetime, lost: datetime
    ) -> KeptAnswer | None:
        """None: this request is the first and must be carried out. Else what is kept about the first one.

        Answers claimed before `forgotten` do not count any more, nor do claims before `lost` without an answer.
        """

    async def keep(self, key_id: int, name: str, answer: bytes) -> None:
        """The answer to a claimed request."""

    async def release(self, key_id: int, name: str) -> None:
        """The request failed in a way that may pass: the next one is the first again."""
