"""The shapes in which the platform keeps what it knows; `ports.py` says who stores and sends them.

Bodies (`body`) are JSON text of an OCPI object in the OCPI version named beside it, fields unknown to us included.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

import msgspec

from ocpilot.base.ids import PartyId, fold
from ocpilot.wire.protocol import ModuleID, TokenEncoding, Version


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """Base of all records: frozen, keyword-only."""


# ---- OCPI objects --------------------------------------------------------------------------------------------------


class ObjectKey(Record, frozen=True, kw_only=True):
    """Which OCPI object. `sub` is the EVSE uid inside a Location, the type of a Token, the kind of an object where a
    module has several (`app/ocpi/classes.py`), empty otherwise."""

    module: ModuleID
    party: PartyId
    id: str
    sub: str = ""

    def named(self, other: str) -> "ObjectKey":
        """Another object of the same party and module."""
        return ObjectKey(module=self.module, party=self.party, id=other, sub=self.sub)

    @property
    def folded(self) -> "ObjectKey":
        """The same in the spelling in which ids are compared."""
        return ObjectKey(module=self.module, party=self.party, id=fold(self.id), sub=fold(self.sub))


class StoredObject(Record, frozen=True, kw_only=True):
    """An OCPI object as kept. `peer_id` is the peer it came from, None when it is ours.

    `audience` is the one party (as `SERES`) that may see it, None when every peer of the right role may; at a hub it
    may be several (`SEBEE+SERES`). Only `visibility.py` decides it. `context` is what a Session or CDR of 2.1.1
    does not say by itself: its CdrToken, as JSON text. `stamp` is that of this one state of the object (in this
    database, for ever), 0 when none is known.
    """

    key: ObjectKey
    version: Version
    body: str
    last_updated: datetime
    peer_id: int | None = None
    audience: str | None = None
    context: str | None = None
    stamp: int = 0


class Arrival(Record, frozen=True, kw_only=True):
    """What became of an object that was put: `created` is false for one that was replaced.

    `awaited` is false when no command of ours can be waiting for a Session of its Token.
    """

    created: bool
    awaited: bool


class PageCursor(Record, frozen=True, kw_only=True):
    """Where a page ended: the next starts after (`last_updated`, `party`, `id`, `sub`). `total` was counted once."""

    last_updated: datetime
    party: str
    id: str
    sub: str
    total: int


class PageQuery(Record, frozen=True, kw_only=True):
    """One page of objects of ours, ordered by (last_updated, party, id, sub); `date_to` is exclusive.

    `peer_id` asks for what that peer sent us instead of for ours, `but_of` for ours and what all other peers sent,
    `party` only for objects of that owner, `but_parties` for none of these owners.

    `viewer` are the parties (`SERES`) of the asking peer: rows whose audience is another party do not exist for it.
    None sees all (our own pages). `sub` is the kind of object in a module that has several, None means all.
    """

    module: ModuleID
    sub: str | None = None
    limit: int
    viewer: tuple[str, ...] | None = None
    peer_id: int | None = None
    but_of: int | None = None
    party: PartyId | None = None
    but_parties: tuple[str, ...] = ()
    date_from: datetime | None = None
    date_to: datetime | None = None
    offset: int = 0
    after: PageCursor | None = None


class Page(Record, frozen=True, kw_only=True):
    """`total` counts all rows of the query without limit and offset; `next` is None on the last page."""

    items: tuple[StoredObject, ...]
    total: int
    next: PageCursor | None


# ---- people, checks, receipts --------------------------------------------------------------------------------------


class AccountRole(StrEnum):
    """Who signs in: a driver of ours, or an operator's employee."""

    DRIVER = "driver"
    OPERATOR = "operator"


class Account(Record, frozen=True, kw_only=True):
    """A person who can sign in. A driver has the uid of his APP_USER Token and those of his cards."""

    id: int = 0
    email: str
    name: str
    role: AccountRole
    password_hash: str
    language: str = "en"
    token_uids: tuple[str, ...] = ()
    created_at: datetime


class CdrCheck(Record, frozen=True, kw_only=True):
    """What we found when pricing a CDR again. `our_total` as `12.34 SEK`; `body` is the Verdict as JSON text."""

    key: ObjectKey
    agrees: bool
    our_total: str
    body: str
    at: datetime


class Receipt(Record, frozen=True, kw_only=True):
    """One receipt for one CDR, sealed once issued. `body` is the billing Receipt as JSON text."""

    number: str
    key: ObjectKey
    account_id: int | None
    issued_at: datetime
    body: str
    pdf: bytes


class PartnerAnswer(Record, frozen=True, kw_only=True):
    """A peer's answer to one call of ours: `data` is decoded JSON with Decimals; `encoding` is how the token that it
    took was written, `said_at` the time by its own clock."""

    http_status: int
    status_code: int
    status_message: str | None
    data: object
    headers: Mapping[str, str]
    encoding: TokenEncoding | None = None
    said_at: datetime | None = None


class PartnerPage(Record, frozen=True, kw_only=True):
    """One page of a peer's list, as decoded JSON; `total` as it says it, `next_url` None on the last page, `said_at`
    the time by the peer's clock."""

    items: tuple[object, ...]
    total: int | None
    next_url: str | None
    said_at: datetime | None = None
