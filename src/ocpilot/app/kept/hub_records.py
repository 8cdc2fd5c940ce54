"""What a hub remembers of what it passed on, and what it needs of a store for that (`ports.py`)."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from ocpilot.app.kept.records import Record
from ocpilot.base.ids import PartyId
from ocpilot.wire.protocol import ModuleID, Version


class HubOrder(Record, frozen=True, kw_only=True):
    """A command, or an order about a charging profile, that one member gave another through us.

    `id` is the last segment of the `response_url` that the `executor` got; `response_url` is that of the `origin`
    (both are peers), who speaks `version`. `word` is a CommandType or a `command_records.ProfileOrder`. `sender` and
    `receiver` are their parties (`SERES`), `about` the id of the Session or reservation. `result` is the result object
    (2.3.0, JSON text), which came with `correlation_id`; `sent_at` is when nothing was left to do about it.
    """

    id: str
    module: ModuleID
    word: str
    origin: int
    executor: int
    response_url: str
    version: Version
    sender: str | None
    receiver: str
    about: str | None = None
    correlation_id: str | None = None
    result: str | None = None
    result_at: datetime | None = None
    sent_at: datetime | None = None
    created_at: datetime


class HubRoute(Record, frozen=True, kw_only=True):
    """Whom a Session or CDR of `party` that was passed on and not kept is for (`SERES`)."""

    module: ModuleID
    party: PartyId
    id: str
    audience: str
    noted_at: datetime


class HubBook(Protocol):
    """Orders, routes and audiences of a hub."""

    async def add(self, order: HubOrder) -> None:
        """Store a new order."""

    async def get(self, order_id: str) -> HubOrder | None:
        """By id."""

    async def modify(self, order_id: str, change: Callable[[HubOrder], HubOrder]) -> HubOrder | None:
        """Read under a row lock, apply the pure `change`, write; None when it does not exist."""

    async def unsent(self, since: datetime) -> tuple[HubOrder, ...]:
        """Orders with a result, not older than that, which has not reached the origin; oldest first."""

    async def about(self, ident: str, word: str) -> tuple[HubOrder, ...]:
        """Orders of this word about a Session or reservation with this id, newest first."""

    async def note(self, route: HubRoute) -> None:
        """Insert or replace."""

    async def routes(self, module: ModuleID, ident: str) -> tuple[HubRoute, ...]:
        """All with this id, whoever owns them."""

    async def open_audience(self, audience: str, parties: Sequence[str]) -> None:
        """An audience of several parties; nothing happens when it is known."""

    async def audiences(self, parties: Sequence[str]) -> tuple[str, ...]:
        """The audiences of several parties that one of these belongs to."""

    async def forget(self, before: datetime) -> None:
        """Delete orders and routes of before this moment."""
