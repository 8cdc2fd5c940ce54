"""The message log as the platform keeps it: one record per OCPI exchange, what is asked of it, and who stores it."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Protocol, TypeVar

from ocpilot.app.kept.records import Record

#: From these on an answer is a failure (status_codes; redirects are not followed).
FIRST_HTTP_FAILURE = 300
FIRST_OCPI_FAILURE = 2000


def has_failed(http_status: int | None, ocpi_status: int | None, error: str | None) -> bool:
    """No answer, or one that is an error of HTTP or OCPI."""
    return (
        http_status is None
        or error is not None
        or http_status >= FIRST_HTTP_FAILURE
        or (ocpi_status or 0) >= FIRST_OCPI_FAILURE
    )


class Direction(StrEnum):
    """Who asked: `in` is a request of a peer to us, `out` one of ours."""

    IN = "in"
    OUT = "out"


class Cut(StrEnum):
    """Why a body is not kept as it was. `size`: its beginning is there; `secret`: it may hold a token that cannot be
    taken out, so nothing is; `masked`: a token was taken out; `list`: a page of a list; `setting`: no bodies are kept;
    `unread`: it was refused before it was read."""

    SIZE = "size"
    SECRET = "secret"  # noqa: S105 - a word, no password
    MASKED = "masked"
    LIST = "list"
    SETTING = "setting"
    UNREAD = "unread"


class MessageLine(Record, frozen=True, kw_only=True):
    """One exchange without its headers and bodies. `id` is the number people call it by, 0 until stored.

    `url` is without `query`: the path of ours for what came in, the whole URL for what went out. `peer_id` is None
    where nobody is known: a wrong token, a registration that begins. `party` (`SELAD`), `object_id` and `object_sub`
    name the object it is about, as far as URL, answer and body tell. `sender` and `receiver` are the routing headers.
    `seconds` until the answer; `http_status` is None when there was none, `error` says why. `replay_of` is the message
    that was sent again.
    """

    id: int = 0
    at: datetime
    direction: Direction
    peer_id: int | None
    method: str
    url: str
    query: str
    version: str | None
    interface: str | None
    module: str | None
    party: str | None
    object_id: str | None
    object_sub: str | None
    request_id: str
    correlation_id: str
    sender: str | None
    receiver: str | None
    seconds: float
    http_status: int | None
    ocpi_status: int | None
    said: str | None
    error: str | None
    replay_of: int | None

    @property
    def failed(self) -> bool:
        """No answer, or one that is an error of HTTP or OCPI."""
        return has_failed(self.http_status, self.ocpi_status, self.error)


class Message(MessageLine, frozen=True, kw_only=True):
    """One exchange whole. Headers are lines `name: value`; bodies are what is kept of them, sizes what they had."""

    request_headers: str
    request_body: bytes
    request_size: int
    request_cut: Cut | None
    response_headers: str
    response_body: bytes
    response_size: int
    response_cut: Cut | None


class MessageGap(Record, frozen=True, kw_only=True):
    """Messages that were not kept, because more waited for the database than memory is given to them."""

    began_at: datetime
    ended_at: datetime
    count: int


class MessageQuery(Record, frozen=True, kw_only=True):
    """Which messages, newest first; None asks for all. `peer_id` 0 are those of nobody known.

    `object_id` in any case; `http_status` and `ocpi_status` are from the first to the last number, both included;
    `until` is exclusive; `before` is the last message of the page before; `after_id` leaves out those numbered lower.
    """

    peer_id: int | None = None
    direction: Direction | None = None
    module: str | None = None
    object_id: str | None = None
    correlation_id: str | None = None
    request_id: str | None = None
    http_status: tuple[int, int] | None = None
    ocpi_status: tuple[int, int] | None = None
    failed: bool = False
    since: datetime | None = None
    until: datetime | None = None
    before: MessageLine | None = None
    after_id: int | None = None
    replay_of: int | None = None
    limit: int = 50


class Dated(Protocol):
    """Everything in a log has its moment."""

    @property
    def at(self) -> datetime:
        """When it was."""


Stored_contra = TypeVar("Stored_contra", bound=Dated, contravariant=True)


class LogStore(Protocol[Stored_contra]):
    """Storage of one log, by days."""

    async def add(self, rows: Sequence[Stored_contra], /) -> None:
        """Store all of them or none; a day that has no place yet gets one. BadRequest when one cannot be stored."""

    async def prepare(self, first: datetime, last: datetime) -> None:
        """Make place for the days from `first` to `last`."""

    async def add_gap(self, gap: MessageGap) -> None:
        """Note that some are missing."""

    async def gaps(self, since: datetime | None, until: datetime | None) -> tuple[MessageGap, ...]:
        """What is missing within a time, newest first."""

    async def drop_before(self, moment: datetime) -> int:
        """Drop the days that ended before `moment`; how many."""


class Messages(LogStore[Message], Protocol):
    """Storage of the message log."""

    async def find(self, query: MessageQuery) -> tuple[MessageLine, ...]:
        """Newest first."""

    async def get(self, message_id: int) -> Message | None:
        """By number."""
