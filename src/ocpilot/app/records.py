"""The shapes in which the platform keeps what it knows; `ports.py` says who stores and sends them.

Bodies (`body`) are JSON text of an OCPI object in the OCPI version named beside it, fields unknown to us included.
"""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from enum import StrEnum

import msgspec

from ocpilot.base.ids import PartyId
from ocpilot.wire.protocol import ModuleID, Version
from ocpilot.wire.v230 import CredentialsRole, Endpoint, Role


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """Base of all records: frozen, keyword-only."""


# ---- OCPI objects --------------------------------------------------------------------------------------------------


class ObjectKey(Record, frozen=True, kw_only=True):
    """Which OCPI object. `sub` is the EVSE uid inside a Location, the type of a Token, the kind of an object where a
    module has several (`app/classes.py`), empty otherwise."""

    module: ModuleID
    party: PartyId
    id: str
    sub: str = ""


class StoredObject(Record, frozen=True, kw_only=True):
    """An OCPI object as kept. `peer_id` is the peer it came from, None when it is ours.

    `audience` is the one party (as `SERES`) that may see it, None when every peer of the right role may; only
    `app/visibility.py` decides it. `context` is what a Session or CDR of 2.1.1 does not say by itself: its CdrToken,
    as JSON text. `stamp` is that of this one state of the object (in this database, for ever), 0 when none is known.
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

    `viewer` are the parties (`SERES`) of the asking peer: rows whose audience is another party do not exist for it.
    None sees all (our own pages). `peer_id` asks for what that peer sent us instead of for ours. `sub` is the kind of
    object in a module that has several, None means all.
    """

    module: ModuleID
    sub: str | None = None
    limit: int
    viewer: tuple[str, ...] | None = None
    peer_id: int | None = None
    date_from: datetime | None = None
    date_to: datetime | None = None
    offset: int = 0
    after: PageCursor | None = None


class Page(Record, frozen=True, kw_only=True):
    """`total` counts all rows of the query without limit and offset; `next` is None on the last page."""

    items: tuple[StoredObject, ...]
    total: int
    next: PageCursor | None


# ---- peers ---------------------------------------------------------------------------------------------------------


class PeerState(StrEnum):
    """`invited`: we gave out token A. `registered`: both tokens exchanged. `suspended`: we do not talk for now."""

    INVITED = "invited"
    REGISTERED = "registered"
    SUSPENDED = "suspended"
    UNREGISTERED = "unregistered"


class DeliveryPolicy(StrEnum):
    """How failed pushes are treated: newest state only, strictly in order, or not at all (pull instead)."""

    LATEST = "latest"
    FIFO = "fifo"
    NONE = "none"


class PeerProfile(Record, frozen=True, kw_only=True):
    """A peer's quirks, as data. None means: as the peer's OCPI version says.

    `role` is what the peer is for us (`CPO`, `EMSP`), where its version does not say it and we are both ourselves.
    `smart_charging`: a smart charging service provider that steers the charges at our stations under a contract.
    `tokens_on_demand`: a provider that does not tell us its Tokens is asked about every card we do not know.
    """

    token_encoding: str | None = None
    trailing_slash: bool = False
    routing_headers: bool = True
    page_size: int = 100
    timeout_seconds: float = 15.0
    policy: DeliveryPolicy = DeliveryPolicy.LATEST
    window: int = 4
    push: tuple[ModuleID, ...] | None = None
    smart_charging: bool = False
    tokens_on_demand: bool = False
    role: Role | None = None


class Peer(Record, frozen=True, kw_only=True):
    """A platform we are connected with. `id` is 0 until stored.

    `token_hash` is SHA-256 of the credentials token it uses with us; `token_sealed` is the token we use with it,
    encrypted (`app/secrets.py`). `invitation_hash` is that of a token which opens only versions and credentials:
    CREDENTIALS_TOKEN_A, and while a token is replaced the one coming or going, so that a lost answer locks nobody out.
    `hub_party` is its party (`SEHUB`) that is a hub. `pulled_at` is when the last complete pull began, None when
    everything is still to be fetched.
    """

    id: int = 0
    name: str
    state: PeerState
    version: Version | None = None
    versions_url: str | None = None
    endpoints: tuple[Endpoint, ...] = ()
    roles: tuple[CredentialsRole, ...] = ()
    hub_party: str | None = None
    token_hash: bytes | None = None
    token_sealed: bytes | None = None
    invitation_hash: bytes | None = None
    profile: PeerProfile = PeerProfile()
    pulled_at: datetime | None = None
    created_at: datetime
    updated_at: datetime

    @property
    def parties(self) -> tuple[str, ...]:
        """The keys (`SERES`) of all parties on the peer's platform."""
        return tuple(sorted({(role.country_code + role.party_id).upper() for role in self.roles}))

    @property
    def addressee(self) -> PartyId | None:
        """Whom a message to the platform as a whole is for: the hub, else its only party; None when there are several
        (transport_and_format, "Broadcast Push", "GET All via Hubs")."""
        if self.hub_party is not None:
            return PartyId.parse(self.hub_party)
        return PartyId.parse(self.parties[0]) if len(self.parties) == 1 else None


#: Whose, in which module, where in the object, and what was expected there.
LeniencyKey = tuple[int, ModuleID, str, str]


class Leniency(Record, frozen=True, kw_only=True):
    """What a peer sends that is not as the standard says and is understood all the same, `count` times.

    `place` is a JSON path without numbers in its brackets (`$.evses[].uid`); `example` is what was found there last.
    """

    peer_id: int
    module: ModuleID
    place: str
    expected: str
    example: str
    count: int
    first_at: datetime
    last_at: datetime


# ---- the change log and deliveries ---------------------------------------------------------------------------------


class ChangeCursor(Record, frozen=True, kw_only=True):
    """How far a peer has read the change log: transaction id and number of the last row seen."""

    xid: int = 0
    seq: int = 0


class Change(Record, frozen=True, kw_only=True):
    """One write of one object of ours: that it changed, not what to."""

    at: ChangeCursor
    key: ObjectKey
    audience: str | None
    deleted: bool
    written_at: datetime


class DeliveryState(StrEnum):
    """`waiting`: will be tried again at `next_at`. `dead`: a person must look. `acknowledged`: the peer has it."""

    WAITING = "waiting"
    DEAD = "dead"
    ACKNOWLEDGED = "acknowledged"


class Delivery(Record, frozen=True, kw_only=True):
    """What became of one object for one peer. CDRs always have one; other objects only after a failure."""

    peer_id: int
    key: ObjectKey
    state: DeliveryState
    attempts: int = 0
    next_at: datetime | None = None
    last_error: str | None = None
    remote_url: str | None = None
    updated_at: datetime


# ---- stations and transactions -------------------------------------------------------------------------------------


class StationConnector(Record, frozen=True, kw_only=True):
    """One OCPP connector id of a station and the OCPI EVSE and Connector it is (1.6: one virtual EVSE each)."""

    connector_id: int
    evse_uid: str
    ocpi_connector_id: str


class Station(Record, frozen=True, kw_only=True):
    """A charging station of ours. `password_hash` is argon2; None lets nobody in."""

    id: str
    party: PartyId
    location_id: str
    connectors: tuple[StationConnector, ...]
    password_hash: str | None = None
    protocol: str | None = None
    connected: bool = False
    vendor: str | None = None
    model: str | None = None
    serial: str | None = None
    firmware: str | None = None
    last_seen: datetime | None = None


class TransactionState(StrEnum):
    """`open`: energy may flow. `stopped`: the CDR is still to be made. `billed`: made. `held`: a person must look."""

    OPEN = "open"
    STOPPED = "stopped"
    BILLED = "billed"
    HELD = "held"


class Transaction(Record, frozen=True, kw_only=True):
    """One OCPP transaction and the OCPI Session it is. `id` is what the station knows, 0 until stored.

    `cdr_token` is the CdrToken (2.3.0) as JSON text; `dedupe` is the same for a repeated StartTransaction. `terms` is
    `{"location": Location, "tariffs": [Tariff]}` (2.3.0) as they were at the start, as JSON text (mod_cdrs, "CDR").
    `preferences` are the driver's ChargingPreferences (2.3.0) that we accepted, as a JSON list of
    `{"at": DateTime, "wanted": ChargingPreferences}` (`charges.AcceptedPreferences`).
    """

    id: int = 0
    station_id: str
    connector_id: int
    party: PartyId
    location_id: str
    evse_uid: str
    ocpi_connector_id: str
    session_id: str
    id_tag: str
    cdr_token: str | None
    auth_method: str
    authorization_reference: str | None = None
    accepted: bool
    meter_start_wh: Decimal
    started_at: datetime
    stopped_at: datetime | None = None
    meter_stop_wh: Decimal | None = None
    stop_reason: str | None = None
    held_because: str | None = None
    terms: str | None = None
    preferences: str | None = None
    state: TransactionState = TransactionState.OPEN
    dedupe: str


class SampleRow(Record, frozen=True, kw_only=True):
    """One moment of meter values or one change of state of a transaction. `body` is a `MeterSample` as JSON text."""

    transaction_id: int
    at: datetime
    body: str


# ---- tokens, authorizations, commands ------------------------------------------------------------------------------


class Authorization(Record, frozen=True, kw_only=True):
    """One answer about a Token: ours to an operator (`peer_id` = the asker) or a provider's to us.

    `info` is the AuthorizationInfo (2.3.0) as JSON text.
    """

    id: str
    peer_id: int | None
    token_party: PartyId
    token_uid: str
    location_id: str | None
    allowed: str
    authorization_reference: str | None
    info: str
    at: datetime


class CommandDirection(StrEnum):
    """`sent` by us as a provider, `received` by us as an operator."""

    SENT = "sent"
    RECEIVED = "received"


class Command(Record, frozen=True, kw_only=True):
    """One command, or one order about a charging profile (`command_records.ProfileOrder`), from request to result to
    Session. `id` is the last segment of the response_url we gave out.

    `request` is the object (2.3.0) that asks, as JSON text; `answer` is an ActiveChargingProfile that came with the
    result. `response` and `result` are the standard's words, None until
    known. `response_url` is where our result must go (received commands), `sender` and `receiver` (as `SERES`) the
    parties the request came from and went to, whose ways back are the result's.
    """

    id: str
    direction: CommandDirection
    peer_id: int
    command: str
    request: str
    account_id: int | None = None
    response_url: str | None = None
    sender: str | None = None
    receiver: str | None = None
    token_uid: str | None = None
    location_id: str | None = None
    evse_uid: str | None = None
    connector_id: str | None = None
    authorization_reference: str | None = None
    response: str | None = None
    response_at: datetime | None = None
    result: str | None = None
    result_at: datetime | None = None
    result_sent_at: datetime | None = None
    message: str | None = None
    answer: str | None = None
    session_id: str | None = None
    created_at: datetime
    expires_at: datetime


class ReservationState(StrEnum):
    """`asked`: the station has not said yes. `active`: it is kept free. The others are ends."""

    ASKED = "asked"
    ACTIVE = "active"
    REFUSED = "refused"
    USED = "used"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


class Reservation(Record, frozen=True, kw_only=True):
    """A connector of ours kept free for a Token. `id` is what the station knows, 0 until stored: another one for every
    reservation of every provider (mod_commands, "ReserveNow object").

    `owner` is the party of the Token, `reservation_id` its own id for it, `peer_id` the platform it came from, 0 for a
    driver of our own. `token` is the Token (2.3.0), `terms` are those of a Transaction, both as JSON text.
    """

    id: int = 0
    peer_id: int
    owner: PartyId
    reservation_id: str
    command_id: str
    station_id: str
    connector_id: int
    party: PartyId
    location_id: str
    evse_uid: str
    ocpi_connector_id: str
    token: str
    id_tag: str
    authorization_reference: str | None = None
    session_id: str
    terms: str | None = None
    state: ReservationState = ReservationState.ASKED
    began_at: datetime
    until: datetime


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
    """A peer's answer to one call of ours: `data` is decoded JSON with Decimals."""

    http_status: int
    status_code: int
    status_message: str | None
    data: object
    headers: Mapping[str, str]
