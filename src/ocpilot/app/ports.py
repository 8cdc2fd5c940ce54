"""What the platform needs from the outside, each as a Protocol: storage, partners, stations. `main.py` joins them.

Every write of an object of ours (`peer_id` None) adds exactly one row to the change log in the same statement or
transaction. Every method is one transaction: when it returns, what it wrote is on disk.
"""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from ocpilot.app.records import (
    Account,
    Arrival,
    Authorization,
    CdrCheck,
    Change,
    ChangeCursor,
    Command,
    Delivery,
    Leniency,
    ObjectKey,
    Page,
    PageQuery,
    PartnerAnswer,
    Peer,
    Receipt,
    Reservation,
    SampleRow,
    Station,
    StoredObject,
    Transaction,
    TransactionState,
)
from ocpilot.base.ids import PartyId
from ocpilot.wire.protocol import InterfaceRole, ModuleID, Version


class Objects(Protocol):
    """Tariffs, Sessions, CDRs and Tokens, ours and peers'. Ids compare case-insensitively, bodies keep the case."""

    async def put(self, stored: StoredObject) -> bool:
        """Insert or replace; True when it was created. An object of another `peer_id` is never replaced (Conflict)."""

    async def receive(self, stored: StoredObject) -> Arrival:
        """The same as `put`, and whether somebody may be waiting for it."""

    async def get(self, key: ObjectKey, peer_id: int | None = None) -> StoredObject | None:
        """The object of ours (`peer_id` None) or the one that peer sent us."""

    async def find(self, module: ModuleID, object_id: str) -> tuple[StoredObject, ...]:
        """All objects with this id, whoever owns them: a Token presented at a station, a CDR from a link."""

    async def of_contract(self, contract_id: str) -> tuple[StoredObject, ...]:
        """Tokens of ours with this contract id: all that a Session or CDR of 2.1.1 names."""

    async def modify(
        self, key: ObjectKey, peer_id: int | None, change: Callable[[StoredObject], StoredObject]
    ) -> StoredObject | None:
        """Read under a row lock, apply the pure `change`, write; None when it does not exist."""

    async def delete(self, key: ObjectKey, peer_id: int | None = None) -> bool:
        """Remove; True when it was there."""

    async def page(self, query: PageQuery) -> Page:
        """One page, see PageQuery; deep pages cost as much as the first."""

    async def newest(
        self, module: ModuleID, limit: int, token_uids: Sequence[str] | None = None
    ) -> tuple[StoredObject, ...]:
        """Newest first, ours and peers'; with `token_uids` only Sessions or CDRs of those Tokens."""


class Bookings(Protocol):
    """Bookings at Locations of ours, whose times are sold once. They are read and listed as all `Objects` are."""

    async def decide(
        self,
        key: ObjectKey,
        location_id: str,
        decision: Callable[[Sequence[StoredObject]], Sequence[StoredObject]],
    ) -> None:
        """Write what the pure `decision` makes of all that matters: bookings of ours that hold a time at this Location
        of `key.party`, its BookingLocations and their openings, and the object `key`, if there is one. One decision
        after the other per Location and per `key`; an error of `decision` leaves everything as it was."""

    async def begun(self, now: datetime, limit: int) -> tuple[StoredObject, ...]:
        """Bookings of ours that hold a time which has begun, oldest first."""

    async def around(
        self, party: PartyId, location_id: str, earliest: datetime, latest: datetime
    ) -> tuple[StoredObject, ...]:
        """Bookings at a Location of `party`, RESERVED or FULFILLED, whose period starts in this span."""


class Locations(Protocol):
    """Locations, with a row per EVSE. A Location body given to `put` holds its `evses`; what `get` returns holds them
    again, with `last_updated` of the newest part. `key.sub` names an EVSE; empty means the whole Location."""

    async def put(self, stored: StoredObject) -> bool:
        """Insert or replace a whole Location (or one EVSE when `key.sub` is set); True when it was created.

        EVSEs absent from a replacing Location body are kept with status REMOVED, as the standard demands.
        """

    async def get(self, key: ObjectKey, peer_id: int | None = None) -> StoredObject | None:
        """The whole Location, or the EVSE body when `key.sub` is set."""

    async def find(self, object_id: str) -> tuple[StoredObject, ...]:
        """All Locations with this id, whoever owns them."""

    async def find_evse(self, evse_uid: str) -> tuple[ObjectKey, ...]:
        """Keys (with `sub`) of all EVSEs with this uid."""

    async def modify(
        self, key: ObjectKey, peer_id: int | None, change: Callable[[StoredObject], StoredObject]
    ) -> StoredObject | None:
        """Under a row lock: of the EVSE when `key.sub` is set (the parents' `last_updated` follow), else of the
        Location. One EVSE costs the same at a Location with 1 EVSE and with 1,000."""

    async def page(self, query: PageQuery) -> Page:
        """One page of whole Locations."""

    async def near(
        self, latitude: float, longitude: float, radius_km: float, limit: int, peer_id: int | None = None
    ) -> tuple[StoredObject, ...]:
        """Published Locations around a point, nearest first, ours and all peers'."""


class Peers(Protocol):
    """The platforms we are connected with."""

    async def add(self, peer: Peer) -> Peer:
        """Store a new peer; the returned one has its `id`."""

    async def save(self, peer: Peer) -> None:
        """Replace all fields of a stored peer."""

    async def pulled(self, peer_id: int, at: datetime) -> None:
        """Note that a complete pull began at `at`."""

    async def get(self, peer_id: int) -> Peer | None:
        """By number."""

    async def by_name(self, name: str) -> Peer | None:
        """By name, case-insensitive."""

    async def by_token(self, token_hash: bytes) -> Peer | None:
        """The registered or suspended peer whose token it is, or the one whose invitation it is (`invitation_hash`
        of any peer that is not unregistered)."""

    async def of_party(self, party: PartyId) -> Peer | None:
        """The peer that has registered this party, also while it is suspended."""

    async def all(self) -> tuple[Peer, ...]:
        """Every peer, by name."""


class Changes(Protocol):
    """The change log, read by one worker per peer."""

    async def cursor(self, peer_id: int) -> ChangeCursor:
        """How far this peer has read; the beginning for a new one."""

    async def after(self, cursor: ChangeCursor, limit: int) -> tuple[Change, ...]:
        """The next changes in order, only those no open transaction can still precede."""

    async def advance(self, peer_id: int, cursor: ChangeCursor, failed: Sequence[Delivery]) -> None:
        """Move the cursor and put what failed into the peer's retry set, in one transaction."""

    async def wait(self, seconds: float) -> None:
        """Return when something was written anywhere, or after `seconds`."""

    async def lead(self, peer_id: int) -> bool:
        """Try to be the only process that pushes to this peer; held until this process ends."""


class Deliveries(Protocol):
    """What became of objects per peer."""

    async def save(self, delivery: Delivery) -> None:
        """Insert or replace by (peer, key)."""

    async def remove(self, peer_id: int, key: ObjectKey) -> None:
        """Forget: the peer has the newest state."""

    async def due(self, peer_id: int, now: datetime, limit: int) -> tuple[Delivery, ...]:
        """Waiting ones whose `next_at` has come, oldest first."""

    async def get(self, peer_id: int, key: ObjectKey) -> Delivery | None:
        """What became of this object for this peer."""

    async def all(self, peer_id: int | None = None) -> tuple[Delivery, ...]:
        """Waiting and dead ones, newest first."""


class Stations(Protocol):
    """Charging stations of ours."""

    async def save(self, station: Station) -> None:
        """Insert or replace by id."""

    async def get(self, station_id: str) -> Station | None:
        """By its OCPP identity."""

    async def at_evse(self, location_id: str, evse_uid: str) -> Station | None:
        """The station that an EVSE of ours belongs to."""

    async def all(self) -> tuple[Station, ...]:
        """Every station, by id."""


class Transactions(Protocol):
    """OCPP transactions with their samples. What `add_samples` and `stop` were given is on disk when they return."""

    async def start(self, transaction: Transaction) -> tuple[Transaction, bool]:
        """Store a new one with a fresh positive `id`; (the earlier one, False) when `dedupe` was seen before."""

    async def get(self, transaction_id: int) -> Transaction | None:
        """By OCPP transaction id."""

    async def by_session(self, session_id: str) -> Transaction | None:
        """By the id of its Session."""

    async def open_on(self, station_id: str, connector_id: int) -> Transaction | None:
        """The newest open one on that connector."""

    async def in_state(self, state: TransactionState) -> tuple[Transaction, ...]:
        """All in that state, oldest first."""

    async def add_samples(self, samples: Sequence[SampleRow]) -> None:
        """Append; a sample with the same transaction, time and body is kept once."""

    async def samples(self, transaction_id: int) -> tuple[SampleRow, ...]:
        """All samples in order of time."""

    async def stop(
        self,
        transaction_id: int,
        *,
        at: datetime,
        meter_stop_wh: Decimal | None,
        reason: str | None,
        samples: Sequence[SampleRow],
    ) -> Transaction | None:
        """Open -> stopped with the last samples, in one transaction; unchanged when it was stopped before."""

    async def add_preferences(self, transaction_id: int, accepted: str) -> None:
        """Append to the driver's preferences, JSON text of one of the list."""

    async def set_state(self, transaction_id: int, state: TransactionState, because: str | None = None) -> None:
        """Stopped -> billed or held."""


class Authorizations(Protocol):
    """Answers about Tokens, given and received."""

    async def add(self, authorization: Authorization) -> None:
        """Store one."""

    async def latest(self, token_uid: str, since: datetime) -> Authorization | None:
        """The newest answer about this Token at or after `since`."""


class Commands(Protocol):
    """Commands, one record from request to result to Session."""

    async def add(self, command: Command) -> None:
        """Store a new one."""

    async def modify(self, command_id: str, change: Callable[[Command], Command]) -> Command | None:
        """Read under a row lock, apply the pure `change`, write; None when it does not exist."""

    async def get(self, command_id: str) -> Command | None:
        """By id."""

    async def unsent_results(self) -> tuple[Command, ...]:
        """Received commands whose result is known and has not reached the sender."""

    async def expired(self, now: datetime) -> tuple[Command, ...]:
        """Commands without a result whose time is over."""

    async def awaiting_session(
        self, *, direction: str, token_uid: str, location_id: str, since: datetime, reference: str | None = None
    ) -> Command | None:
        """The newest START_SESSION or RESERVE_NOW for this Token and Location that has no Session yet, refused ones
        left out, and those with another `authorization_reference` than `reference` when both are known."""

    async def of_session(self, session_id: str, words: Sequence[str], since: datetime) -> tuple[Command, ...]:
        """Commands of these words about a Session since a moment, newest first."""

    async def recent(self, limit: int, account_id: int | None = None) -> tuple[Command, ...]:
        """Newest first."""


class Reservations(Protocol):
    """Connectors of ours that are kept free. `asked` and `active` ones are live."""

    async def add(self, reservation: Reservation) -> Reservation:
        """Store a new one; the returned one has its `id`."""

    async def modify(self, number: int, change: Callable[[Reservation], Reservation]) -> Reservation | None:
        """Read under a row lock, apply the pure `change`, write; None when it does not exist."""

    async def get(self, number: int) -> Reservation | None:
        """By the number the station knows."""

    async def named(self, peer_id: int, reservation_id: str) -> tuple[Reservation, ...]:
        """The live ones to which the platform gave this id, newest first."""

    async def on(self, station_id: str, connector_id: int) -> Reservation | None:
        """The live one of a connector."""

    async def of_token(self, location_id: str, token_uid: str) -> Reservation | None:
        """The active one of a Token at a Location."""

    async def of_session(self, session_id: str) -> Reservation | None:
        """The one whose Session it is, live or ended."""

    async def due(self, now: datetime) -> tuple[Reservation, ...]:
        """Live ones whose time is over."""

    async def expired(self, since: datetime) -> tuple[Reservation, ...]:
        """Those that nobody came for and whose time was over after a moment."""


class ActiveProfiles(Protocol):
    """The limits of Sessions as operators told us last."""

    async def put(self, peer_id: int, session_id: str, profile: str, at: datetime) -> None:
        """Keep the ActiveChargingProfile (2.3.0, JSON text) of a Session."""

    async def get(self, peer_id: int, session_id: str) -> str | None:
        """The last one."""


class Accounts(Protocol):
    """People who sign in."""

    async def add(self, account: Account) -> Account:
        """Store a new one; Conflict when the email is taken."""

    async def save(self, account: Account) -> None:
        """Replace by id."""

    async def get(self, account_id: int) -> Account | None:
        """By number."""

    async def by_email(self, email: str) -> Account | None:
        """Case-insensitive."""

    async def by_token(self, token_uid: str) -> Account | None:
        """The driver whose Token it is."""


class Documents(Protocol):
    """Checks of CDRs and receipts."""

    async def save_check(self, check: CdrCheck) -> None:
        """Insert or replace by key."""

    async def check(self, key: ObjectKey) -> CdrCheck | None:
        """What we found about this CDR."""

    async def issue(self, key: ObjectKey, series: str, make: Callable[[str], Receipt]) -> Receipt:
        """The receipt of this CDR: the one that exists, or `make(number)` with the next number of the series.

        Numbers are `series-000001` and up, without gaps: number and receipt are one transaction under a lock.
        """

    async def receipt(self, number: str) -> Receipt | None:
        """By number."""

    async def receipt_of(self, key: ObjectKey) -> Receipt | None:
        """By CDR."""

    async def cdrs_without_receipt(self, limit: int) -> tuple[ObjectKey, ...]:
        """CDRs of peers that were checked, agree, and have no receipt yet."""

    async def unchecked_cdrs(self, limit: int) -> tuple[StoredObject, ...]:
        """CDRs of peers that nobody has priced again yet."""


class Leniencies(Protocol):
    """What peers send in their own way, counted."""

    async def add(self, counted: Sequence[Leniency]) -> None:
        """Add these counts to those there are."""

    async def of_peer(self, peer_id: int) -> tuple[Leniency, ...]:
        """All of one peer, the most frequent first."""


class Store(Protocol):
    """All storage, by subject."""

    objects: Objects
    bookings: Bookings
    locations: Locations
    peers: Peers
    changes: Changes
    deliveries: Deliveries
    stations: Stations
    transactions: Transactions
    authorizations: Authorizations
    commands: Commands
    reservations: Reservations
    active_profiles: ActiveProfiles
    accounts: Accounts
    documents: Documents
    leniencies: Leniencies


class Partners(Protocol):
    """The OCPI client. Errors are PeerUnreachable, PeerRefused, PeerNonsense or ForbiddenAddress, never others."""

    async def get(
        self, url: str, token: str, *, encoding: str | None = None, version: Version | None = None
    ) -> PartnerAnswer:
        """One GET outside a registration: versions and version details. `encoding` base64 or plain; None tries both,
        that of `version` first."""

    async def post_credentials(
        self,
        method: str,
        url: str,
        token: str,
        body: bytes,
        *,
        encoding: str | None = None,
        version: Version | None = None,
    ) -> PartnerAnswer:
        """POST, PUT or DELETE of credentials, before the peer is registered."""

    async def call(
        self,
        peer: Peer,
        method: str,
        module: ModuleID,
        interface: InterfaceRole,
        segments: Sequence[str] = (),
        *,
        body: bytes | None = None,
        params: Mapping[str, str] | None = None,
        sender: PartyId | None = None,
        receiver: PartyId | None = None,
    ) -> PartnerAnswer:
        """One call to a module of a registered peer. NoMatchingEndpoints when it does not offer it."""

    async def call_url(
        self,
        peer: Peer,
        method: str,
        url: str,
        body: bytes | None = None,
        *,
        sender: PartyId | None = None,
        receiver: PartyId | None = None,
    ) -> PartnerAnswer:
        """One call to a URL the peer gave us (response_url, the URL of a CDR), under the SSRF rule."""

    def pages(
        self,
        peer: Peer,
        module: ModuleID,
        params: Mapping[str, str] | None = None,
        segments: Sequence[str] = (),
        *,
        sender: PartyId | None = None,
    ) -> AsyncIterator[Sequence[object]]:
        """All pages of a peer's Sender interface, or of a kind below it, following its Links; each a list of JSON
        objects. `sender` is our party that asks."""


class Sealing(Protocol):
    """Encrypts the secrets we must be able to send again."""

    def seal(self, secret: str) -> bytes:
        """Authenticated encryption with the platform's key."""

    def open(self, sealed: bytes) -> str:
        """The secret again; OcpilotError when the key is another."""


#: The version in which objects of our own are stored.
OWN_VERSION = Version.V2_3_0
