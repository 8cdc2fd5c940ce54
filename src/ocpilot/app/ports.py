"""What the platform needs from the outside, each as a Protocol: storage, partners, stations. `main.py` joins them.

Every write of an object of ours (`peer_id` None) adds exactly one row to the change log in the same statement or
transaction; so does a peer's while anybody follows them (`Changes.follow`). Every method is one transaction: when it
returns, what it wrote is on disk.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Protocol

from ocpilot.app.kept.ad_hoc_records import AdHocCharges
from ocpilot.app.kept.api_ports import ApiAnswers, ApiKeys
from ocpilot.app.kept.bank_payment_records import BankPayments
from ocpilot.app.kept.bill_records import BillItems, Invoices
from ocpilot.app.kept.book_records import Books
from ocpilot.app.kept.card_records import CardPayments, PlayedPayments
from ocpilot.app.kept.cdr_match_records import Matches
from ocpilot.app.kept.charge_ports import ActiveProfiles, Authorizations, Commands, Reservations, Stations, Transactions
from ocpilot.app.kept.clearing_records import Clearings
from ocpilot.app.kept.comparison_records import Comparisons
from ocpilot.app.kept.crawl_records import Crawls
from ocpilot.app.kept.customer_records import Customers
from ocpilot.app.kept.frames import Frames
from ocpilot.app.kept.hook_ports import Hooks
from ocpilot.app.kept.hub_records import HubBook
from ocpilot.app.kept.invoice_run_records import InvoiceRuns
from ocpilot.app.kept.ledger_records import Ledger
from ocpilot.app.kept.local_list_records import LocalLists
from ocpilot.app.kept.messages import Messages
from ocpilot.app.kept.newcomer_records import Newcomers
from ocpilot.app.kept.object_ports import Bookings, Locations, Objects
from ocpilot.app.kept.peer_records import (
    UNFINISHED,
    Change,
    ChangeCursor,
    Delivery,
    DeliveryState,
    Detected,
    Leniency,
    Peer,
)
from ocpilot.app.kept.plan_records import Plans, PriceSeries
from ocpilot.app.kept.quality_records import Quality
from ocpilot.app.kept.reconciliation_records import PartnerInvoices, RecordChecks, Statements, Trails
from ocpilot.app.kept.records import (
    Account,
    CdrCheck,
    ObjectKey,
    PartnerAnswer,
    PartnerPage,
    Receipt,
    StoredObject,
)
from ocpilot.app.kept.reminder_records import Reminders
from ocpilot.app.kept.sending_records import Sendings
from ocpilot.app.kept.signed_records import SignedBook
from ocpilot.app.kept.site_limit_records import SiteLimits
from ocpilot.app.kept.station_nodes import Nodes
from ocpilot.app.kept.station_notice_records import StationNotices
from ocpilot.app.kept.station_tariff_records import TariffsAtStations
from ocpilot.app.kept.status_records import StatusHistory
from ocpilot.app.kept.terminal_payment_records import TerminalPayments
from ocpilot.app.kept.transaction_findings import TransactionFindings
from ocpilot.app.kept.troubles import Troubles
from ocpilot.base.ids import PartyId
from ocpilot.wire.protocol import InterfaceRole, ModuleID, Version
from ocpilot.wire.v230 import CredentialsRole


class Peers(Protocol):
    """The platforms we are connected with."""

    async def add(self, peer: Peer) -> Peer:
        """Store a new peer; the returned one has its `id`."""

    async def save(self, peer: Peer) -> None:
        """Replace all fields of a stored peer but `detected` and `returned_at`."""

    def exchanging(self, peer: Peer) -> AbstractAsyncContextManager[None]:
        """One handshake with a peer at a time, whoever began it and in whatever process; Conflict while there is
        another. Who dies lets go."""

    async def noticed(self, peer_id: int, found: Detected) -> None:
        """Add what was found out about how a peer talks; what `found` does not say stays."""

    async def returned(self, peer_id: int, at: datetime) -> None:
        """Note that a peer which had been silent answered again at `at`."""

    async def add_role(self, peer_id: int, role: CredentialsRole) -> None:
        """A party that is reached through this peer, unless it is one of its already."""

    async def pulled(self, peer_id: int, at: datetime) -> None:
        """Note that a complete pull began at `at`."""

    async def get(self, peer_id: int) -> Peer | None:
        """By number."""

    async def by_name(self, name: str) -> Peer | None:
        """By name, case-insensitive."""

    async def by_token(self, token_hash: bytes) -> Peer | None:
        """The registered or suspended peer whose token it is, or the one whose invitation it is (`invitation_hash`,
        `other_hash` of any peer that is not unregistered)."""

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

    async def audience_of(self, key: ObjectKey) -> str | None:
        """Who could see this object of ours when it was last written or deleted; None: everybody, or nobody knows."""

    async def advance(self, peer_id: int, cursor: ChangeCursor, failed: Sequence[Delivery]) -> None:
        """Move the cursor and put what failed into the peer's retry set, in one transaction."""

    def looking(self) -> None:
        """What is written from now on ends the next `wait` of this task; `after` says so by itself."""

    async def wait(self, seconds: float) -> None:
        """Return when something was written anywhere, or after `seconds`."""

    async def compact(self, before: datetime) -> None:
        """Forget changes from before this moment that a later one from before it covers: the log is as long as there
        are objects, not as they changed. No reader misses the newest state of anything."""

    async def follow(self, name: str) -> None:
        """From now on changes of what peers send are logged too, for as long as anybody follows."""

    async def unfollow(self, name: str) -> None:
        """This follower is gone."""

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

    async def of(self, peer_id: int, keys: Sequence[ObjectKey]) -> tuple[Delivery, ...]:
        """What became of these objects for this peer, in one look."""

    async def all(
        self, peer_id: int | None = None, states: Collection[DeliveryState] = UNFINISHED, limit: int = 1000
    ) -> tuple[Delivery, ...]:
        """Those in these states, newest first, `limit` at most."""

    async def counts(self) -> Mapping[tuple[int, DeliveryState], int]:
        """How many are waiting or dead, by peer and state."""

    async def replay(self, peer_id: int, now: datetime) -> int:
        """Put all dead ones of a peer among the waiting ones, due now and with their attempts forgotten; how many."""

    async def drop(self, peer_id: int) -> int:
        """Forget all dead ones of a peer; how many."""


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

    async def receipts(self, numbers: Collection[str]) -> tuple[Receipt, ...]:
        """Those of these numbers."""

    async def receipt_of(self, key: ObjectKey) -> Receipt | None:
        """By CDR."""

    async def cdrs_without_receipt(self, limit: int) -> tuple[ObjectKey, ...]:
        """CDRs that were accepted and of which it is to be seen whether they get a receipt."""

    async def receipt_settled(self, key: ObjectKey) -> None:
        """A CDR has its receipt, or gets none."""

    async def unchecked_cdrs(self, limit: int) -> tuple[StoredObject, ...]:
        """CDRs of peers that nobody has priced again yet."""


class Leniencies(Protocol):
    """What peers send in their own way, counted."""

    async def add(self, counted: Sequence[Leniency]) -> None:
        """Add these counts to those there are."""

    async def of_peer(self, peer_id: int) -> tuple[Leniency, ...]:
        """What was understood all the same of one peer, the most frequent first."""

    async def all_of_peer(self, peer_id: int) -> tuple[Leniency, ...]:
        """Findings of every kind of one peer, kind by kind, the most frequent first."""


class Store(Protocol):
    """All storage, by subject."""

    objects: Objects
    bookings: Bookings
    locations: Locations
    peers: Peers
    changes: Changes
    deliveries: Deliveries
    stations: Stations
    nodes: Nodes
    newcomers: Newcomers
    ad_hoc: AdHocCharges
    station_notices: StationNotices
    status_history: StatusHistory
    transactions: Transactions
    transaction_findings: TransactionFindings
    authorizations: Authorizations
    commands: Commands
    reservations: Reservations
    active_profiles: ActiveProfiles
    local_lists: LocalLists
    station_tariffs: TariffsAtStations
    accounts: Accounts
    documents: Documents
    leniencies: Leniencies
    crawls: Crawls
    comparisons: Comparisons
    matches: Matches
    quality: Quality
    messages: Messages
    frames: Frames
    api_keys: ApiKeys
    api_answers: ApiAnswers
    hooks: Hooks
    hub: HubBook
    signed: SignedBook
    site_limits: SiteLimits
    clearings: Clearings
    customers: Customers
    plans: Plans
    price_series: PriceSeries
    bill_items: BillItems
    invoices: Invoices
    ledger: Ledger
    sendings: Sendings
    invoice_runs: InvoiceRuns
    bank_payments: BankPayments
    reminders: Reminders
    cards: CardPayments
    terminal_payments: TerminalPayments
    played_payments: PlayedPayments
    books: Books
    trails: Trails
    statements: Statements
    record_checks: RecordChecks
    partner_invoices: PartnerInvoices
    troubles: Troubles


class Partners(Protocol):
    """The OCPI client. Errors are PeerUnreachable, PeerRefused, PeerNonsense or ForbiddenAddress, never others."""

    async def get(
        self,
        url: str,
        token: str,
        *,
        encoding: str | None = None,
        version: Version | None = None,
        peer: Peer | None = None,
    ) -> PartnerAnswer:
        """One GET outside a registration: versions and version details. `encoding` base64 or plain; None tries both,
        that of `version` first. `peer` is whom the message log names."""

    async def post_credentials(
        self,
        method: str,
        url: str,
        token: str,
        body: bytes,
        *,
        encoding: str | None = None,
        version: Version | None = None,
        peer: Peer | None = None,
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
        correlation_id: str | None = None,
    ) -> PartnerAnswer:
        """One call to a module of a registered peer. NoMatchingEndpoints when it does not offer it. `correlation_id`
        is that of the message it belongs to, a new one when None."""

    async def call_url(
        self,
        peer: Peer,
        method: str,
        url: str,
        body: bytes | None = None,
        *,
        sender: PartyId | None = None,
        receiver: PartyId | None = None,
        correlation_id: str | None = None,
        replay_of: int | None = None,
    ) -> PartnerAnswer:
        """One call to a URL the peer gave us (response_url, the URL of a CDR), under the SSRF rule. `replay_of` is the
        message in the log that is sent again."""

    async def page(
        self,
        peer: Peer,
        module: ModuleID,
        params: Mapping[str, str] | None = None,
        segments: Sequence[str] = (),
        *,
        url: str | None = None,
        sender: PartyId | None = None,
    ) -> PartnerPage:
        """The first page of a peer's Sender interface, or of a kind below it; `url` is the Link of a page before.
        `sender` is our party that asks."""


class Sealing(Protocol):
    """Encrypts the secrets we must be able to send again."""

    def seal(self, secret: str) -> bytes:
        """Authenticated encryption with the platform's key."""

    def open(self, sealed: bytes) -> str:
        """The secret again; OcpilotError when the key is another."""


#: The version in which objects of our own are stored.
OWN_VERSION = Version.V2_3_0
