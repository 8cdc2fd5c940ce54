"""Who gets invoices and whose Tokens they are: drivers, companies, partners, site hosts, and who stores them."""

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Protocol

import msgspec

from ocpilot.app.kept.records import Record
from ocpilot.base.ids import PartyId
from ocpilot.billing.parties import BusinessParty, Payee


class CustomerKind(StrEnum):
    """What a customer is to us: it says what he is billed for, and who writes the invoice."""

    DRIVER = "driver"
    COMPANY = "company"
    #: A roaming partner whose drivers charge at our stations.
    PROVIDER = "provider"
    #: A roaming partner at whose stations our drivers charge.
    OPERATOR = "operator"
    #: On whose ground our stations stand: gets a share of what they earn.
    HOST = "host"
    #: A driver whose employer pays what he charges at home.
    HOME = "home"


class Cycle(StrEnum):
    """When an invoice is written."""

    CHARGE = "charge"
    WEEK = "week"
    MONTH = "month"


class InvoiceFormat(StrEnum):
    """How an invoice travels: as a PDF, as a PDF with its XML inside, or as an e-invoice."""

    PDF = "pdf"
    FACTUR_X = "factur-x"
    PEPPOL = "peppol"


class PaidBy(StrEnum):
    """How a customer pays."""

    TRANSFER = "transfer"
    CARD = "card"


class EarlierPlan(Record, frozen=True, kw_only=True):
    """A price plan that a customer had; `since` None: from the first."""

    plan: str
    since: datetime | None
    until: datetime


class Customer(Record, frozen=True, kw_only=True):
    """One of them. `id` is 0 until stored; `number` is what stands on invoices, given when it is stored.

    `party` is the partner's (`SERES`), of providers and operators. `self_billing`: whoever buys writes the invoice
    (reverse billing; hosts and home drivers always). `currency` None: each currency of his charges gets its own
    invoice. `plan` is the name of his price plan, empty: what the operator's price came to; he has it since
    `plan_since`, None: from the first, and had `earlier_plans` before, in order; one that is to come has a `plan_since`
    that is not over. `share` is a host's, in per cent of what is earned without taxes at `locations`. `home_rate` is
    what a home driver gets per kWh. Of both, `since` is the first day of the books that counts, None: whatever is
    worked out while he is a customer. `payee` is where we pay to. Nothing that begins after `closed_at` is his any
    more; None: he is a customer.
    """

    id: int = 0
    number: str = ""
    kind: CustomerKind
    party_facts: BusinessParty
    language: str = "en"
    time_zone: str = "UTC"
    currency: str | None = None
    cycle: Cycle = Cycle.MONTH
    days: Annotated[int, msgspec.Meta(ge=0, le=365)] = 30
    invoice_format: InvoiceFormat = InvoiceFormat.PDF
    paid_by: PaidBy = PaidBy.TRANSFER
    is_business: bool = False
    buyer_reference: str = ""
    order_reference: str = ""
    party: PartyId | None = None
    self_billing: bool = False
    plan: str = ""
    plan_since: datetime | None = None
    earlier_plans: tuple[EarlierPlan, ...] = ()
    locations: tuple[str, ...] = ()
    share: str = ""
    home_rate: str = ""
    since: date | None = None
    payee: Payee = Payee()
    created_at: datetime
    closed_at: datetime | None = None

    @property
    def name(self) -> str:
        """His name."""
        return self.party_facts.name

    def plan_at(self, moment: datetime) -> str:
        """The name of the price plan he had at that moment."""
        return next((one.plan for one in self.earlier_plans if moment < one.until), self.plan)

    def plans_after(self, moment: datetime) -> tuple[tuple[datetime, str], ...]:
        """Plans that he gets then or later, each with when."""
        later = [(one.since, one.plan) for one in self.earlier_plans] + [(self.plan_since, self.plan)]
        return tuple((since, plan) for since, plan in later if since is not None and since > moment)

    def is_one_at(self, moment: datetime) -> bool:
        """Is he a customer then, or closed?"""
        return self.closed_at is None or moment < self.closed_at


class CustomerToken(Record, frozen=True, kw_only=True):
    """A Token whose charges a customer pays, from a moment on until another. `driver` and `cost_centre` are his own
    words for it."""

    uid: str
    customer_id: int
    driver: str = ""
    cost_centre: str = ""
    since: datetime
    until: datetime | None = None

    def holds(self, at: datetime) -> bool:
        """Is it the customer's at that moment?"""
        return self.since <= at and (self.until is None or at < self.until)


class Customers(Protocol):
    """Storage of customers."""

    async def add(self, customer: Customer) -> Customer:
        """Store a new one; the returned one has `id` and `number`."""

    async def save(self, customer: Customer) -> None:
        """Replace by id."""

    async def get(self, customer_id: int) -> Customer | None:
        """By id."""

    async def some(self, ids: Sequence[int]) -> tuple[Customer, ...]:
        """Those with these ids, in any order."""

    async def numbered(self, number: str) -> Customer | None:
        """By customer number."""

    async def of_party(self, party: PartyId, kind: CustomerKind) -> Customer | None:
        """The partner of this kind whose party it is."""

    async def of_kind(self, kind: CustomerKind) -> tuple[Customer, ...]:
        """All of a kind, by number."""

    async def all(self, limit: int = 1000, after: int = 0) -> tuple[Customer, ...]:
        """All of them by id, those after one."""

    async def give(self, token: CustomerToken) -> None:
        """From its `since` on the Token is this customer's, at most until it is another's; what it was before ends
        there. It never is two customers' at a time."""

    async def end(self, uid: str, until: datetime) -> bool:
        """The Token is nobody's from then on; False when it was not."""

    async def end_all(self, customer_id: int, until: datetime) -> tuple[str, ...]:
        """No Token is this customer's from then on, nor later; uids of those that were."""

    async def tokens(self, customer_id: int) -> tuple[CustomerToken, ...]:
        """All that are or were his."""

    async def of_tokens(self, uids: Sequence[str]) -> tuple[CustomerToken, ...]:
        """Whose these Tokens are and were."""
