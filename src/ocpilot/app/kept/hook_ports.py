"""Web hooks and the events on their way to them: records, and what the platform needs of storage and network."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from ocpilot.app.kept.peer_records import ChangeCursor
from ocpilot.app.kept.records import Record
from ocpilot.base.ids import PartyId


class Hook(Record, frozen=True, kw_only=True):
    """A URL of a back office that is told what happens. `id` is a number no peer has; `secret_sealed` signs.

    `events` are words such as `session.updated` or `peer.*`, none means all; `party` (`SELAD`) is the only one it is
    told of. `ended_because` says why it is not `active` any more. `delivered_at` is when it took an event last.
    """

    id: int = 0
    name: str
    url: str
    secret_sealed: bytes
    events: tuple[str, ...] = ()
    party: str | None = None
    active: bool = True
    ended_because: str | None = None
    delivered_at: datetime | None = None
    created_at: datetime

    @property
    def only(self) -> PartyId | None:
        """The party it is limited to."""
        return None if self.party is None else PartyId.parse(self.party)

    def wants(self, event: str) -> bool:
        """Whether it is to be told of events of this word."""
        return not self.events or event in self.events or f"{event.partition('.')[0]}.*" in self.events


class EventState(StrEnum):
    """`new` and `once`: never sent; only a `new` one takes later changes of its object in. `waiting`: may have been
    sent, so its body stays. `dead`: refused, a person must look. One that arrived is gone."""

    NEW = "new"
    ONCE = "once"
    WAITING = "waiting"
    DEAD = "dead"


class HookEvent(Record, frozen=True, kw_only=True):
    """One thing to tell one hook. `id` stays the same however often it is sent.

    `module` is that of an OCPI object, or `peer`, `command`, `delivery`, `hook`; `party` is empty for these. `peer_id`
    is the peer an object came from, 0 for ours. `body` is the JSON text that is sent, None until the first try;
    `data` what is known of an event that is about no stored object.
    """

    seq: int = 0
    id: str
    hook_id: int
    event: str
    module: str
    party: str = ""
    object_id: str
    sub: str = ""
    peer_id: int = 0
    at: datetime
    state: EventState = EventState.NEW
    attempts: int = 0
    next_at: datetime | None = None
    last_error: str | None = None
    data: str | None = None
    body: str | None = None


class Hooks(Protocol):
    """Web hooks and their events."""

    async def add(self, hook: Hook) -> Hook:
        """Store a new one, which reads the change log from now on; Conflict when the name is taken."""

    async def remove(self, hook_id: int) -> None:
        """Forget it with its events."""

    async def set_active(self, hook_id: int, active: bool, because: str | None = None) -> None:
        """Stop telling it, and why; or go on from where it was."""

    async def get(self, hook_id: int) -> Hook | None:
        """By number."""

    async def by_name(self, name: str) -> Hook | None:
        """By name, case-insensitive."""

    async def all(self) -> tuple[Hook, ...]:
        """Every hook, by name."""

    async def note(self, hook_id: int, cursor: ChangeCursor, events: Sequence[HookEvent]) -> None:
        """Move the hook's cursor and keep what there is to tell, in one transaction. An event about an object that was
        never sent takes the new one in and keeps its id."""

    async def tell(self, event: HookEvent) -> None:
        """Keep one event that takes nothing in."""

    async def due(self, hook_id: int, now: datetime, limit: int) -> tuple[HookEvent, ...]:
        """Events to be sent now, oldest first; of an object only its first."""

    async def freeze(self, bodies: Mapping[str, str]) -> None:
        """Event id -> body, which stays from now on. They are `waiting`."""

    async def done(self, hook_id: int, ids: Sequence[str], at: datetime | None) -> None:
        """These need not be told any more; `at` is when the hook took one."""

    async def failed(self, event: HookEvent) -> None:
        """Keep `state`, `attempts`, `next_at` and `last_error` of an event."""

    async def replay(self, hook_id: int, event_id: str | None, now: datetime) -> int:
        """Dead events (one, or all) are to be sent again, with the newest state; how many there were."""

    async def events(self, hook_id: int | None, limit: int) -> tuple[HookEvent, ...]:
        """What is on its way or dead, newest first."""


class HookAnswer(Record, frozen=True, kw_only=True):
    """What the other side said: HTTP status, and seconds of its Retry-After."""

    http_status: int
    retry_after: float | None = None

    @property
    def taken(self) -> bool:
        """Whether it has the event."""
        return 200 <= self.http_status < 300


class HookSender(Protocol):
    """The network of web hooks."""

    async def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> HookAnswer:
        """One POST under the SSRF rule, without redirects. PeerUnreachable, or ForbiddenAddress."""
