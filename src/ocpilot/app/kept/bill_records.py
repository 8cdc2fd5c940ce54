"""What of a CDR is billed to whom, the invoices that were made of it, and who stores both."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol
from zoneinfo import ZoneInfo

from ocpilot.app.kept.records import ObjectKey, Record
from ocpilot.billing.allowances import Used
from ocpilot.billing.invoice import Invoice, InvoiceKind, InvoiceLine
from ocpilot.billing.ledger import Account, Entry


class Purpose(StrEnum):
    """What for. A CDR may be billed for several purposes, each time once."""

    #: To the driver or company whose Token it was.
    SALE = "sale"
    #: To the provider whose driver charged at our station.
    ROAMING = "roaming"
    #: By us, the provider, in the operator's name (reverse billing).
    PURCHASE = "purchase"
    #: To the host of the site.
    HOST = "host"
    #: To whom we pay back what he charged at home.
    HOME = "home"
    #: No CDR: a monthly fee, a reminder fee.
    FEE = "fee"
    #: No bill: on a receipt that was paid by card. In reports only.
    CARD = "card"


#: What each purpose is in the books.
ACCOUNTS = {
    Purpose.SALE: Account.REVENUE,
    Purpose.ROAMING: Account.REVENUE,
    Purpose.FEE: Account.REVENUE,
    Purpose.PURCHASE: Account.PURCHASES,
    Purpose.HOST: Account.REVENUE_SHARE,
    Purpose.HOME: Account.REIMBURSEMENT,
}


class BillItem(Record, frozen=True, kw_only=True):
    """What one customer pays, or gets, for one CDR (or for a fee, whose `key` is made up and whose party is ours).

    `lines` are as on the invoice, one per tax. `at` is when the charge ended, the moment of supply. A Credit CDR's
    lines are below zero. `kwh` and `seconds` count against what `plan` includes, the one it was priced by (empty: none;
    None: worked out before that was kept). `invoice` is the number of the one it is on, None: none yet. `taken_back`:
    a credit note took back that one, or this item alone, which an item says that `takes_back` its id. Of what is about
    to be invoiced, `corrects` is the invoice that it takes a charge of back, and the day that was issued on.
    """

    id: int = 0
    purpose: Purpose
    key: ObjectKey
    turn: int = 1
    customer_id: int
    currency: str
    at: datetime
    kwh: Decimal = Decimal(0)
    seconds: int = 0
    net: Decimal
    lines: tuple[InvoiceLine, ...]
    exact: Decimal | None = None
    plan: str | None = None
    invoice: str | None = None
    taken_back: bool = False
    takes_back: int | None = None
    corrects: str | None = None
    corrects_issued_on: date | None = None


class KeptInvoice(Record, frozen=True, kw_only=True):
    """An invoice as kept: nothing of it ever changes but `sent_at` and `credited_by`. `seal` is the SHA-256 of the seal
    before it in its series and the body. Of a credit note that a person decided about, `who` that was, and whether what
    it takes back is billed `again`; else it is given away."""

    number: str
    series: str
    kind: InvoiceKind
    customer_id: int
    purpose: Purpose
    issued_at: datetime
    invoice: Invoice
    seal: bytes
    sent_at: datetime | None = None
    credited_by: str | None = None
    who: str | None = None
    again: bool | None = None


class Listed(Record, frozen=True):
    """An invoice and what is left to be paid of it: above zero to us, below by us."""

    kept: KeptInvoice
    open: Decimal

    @property
    def state(self) -> str:
        """`credited`, `paid`, `open`, or `credit` for a credit note."""
        if self.kept.kind.is_credit:
            return "credit"
        if self.kept.credited_by is not None:
            return "credited"
        return "open" if self.open else "paid"


class InvoiceQuery(Record, frozen=True, kw_only=True):
    """Which invoices: of these customers (None: all), issued from `since` to before `until`, those with something left
    to pay, not sent yet. `after` is the number of the last one of the page before."""

    customer_ids: tuple[int, ...] | None = None
    since: datetime | None = None
    until: datetime | None = None
    only_open: bool = False
    only_unsent: bool = False
    after: str | None = None
    limit: int = 50


class InvoiceSum(Record, frozen=True, kw_only=True):
    """What invoices of a kind and currency come to."""

    kind: InvoiceKind
    currency: str
    count: int
    total: Decimal
    open: Decimal


class Group(Record, frozen=True, kw_only=True):
    """What can go onto one invoice: open items of one customer, one side of the books and one currency."""

    customer_id: int
    purpose: Purpose
    currency: str
    items: int
    first: datetime
    last: datetime


class Draft(Record, frozen=True):
    """An invoice that has no number yet: the series it is of, what makes it when the number is known, and who decided
    that what it takes back is billed `again`, or not."""

    series: str
    make: Callable[[str], Invoice]
    who: str | None = None
    again: bool | None = None


#: What charges on earlier invoices used, by month and plan (None: not kept which).
UsedBefore = Mapping[tuple[date, str | None], Used]
#: Which of the items go onto one paper, the first one among them.
Choosing = Callable[[Sequence[BillItem]], Sequence[BillItem]]
#: Makes of items, and of what charges on earlier invoices used, what goes onto paper; in a thread.
Drafting = Callable[[Sequence[BillItem], UsedBefore], Draft]
#: Makes of an invoice, of what is taken off it, of what earlier invoices used and of earlier credit notes a note.
CreditDrafting = Callable[[KeptInvoice, Sequence[BillItem], UsedBefore, Sequence[Invoice]], Draft]
#: What it does to the books.
Booking = Callable[[Invoice], Entry]


class BillItems(Protocol):
    """Storage of what is to be billed."""

    async def rated(self, rated: Sequence[ObjectKey], items: Sequence[BillItem]) -> int:
        """Store what of these CDRs is to be billed, each purpose of a CDR once (of hosts: each host), and that it was
        worked out; how many are new. What is on an invoice stays, what is on none becomes this. One transaction."""

    async def of(self, key: ObjectKey) -> tuple[BillItem, ...]:
        """What of this CDR is billed."""

    async def open_groups(self, until: datetime, customer_id: int | None = None) -> tuple[Group, ...]:
        """Groups of items from before `until` that are on no invoice, by customer."""

    async def on(self, number: str) -> tuple[BillItem, ...]:
        """What is on an invoice, in its order."""


class Invoices(Protocol):
    """Storage of invoices, numbered without gaps."""

    async def issue(
        self,
        group: Group,
        *,
        until: datetime,
        limit: int | None,
        zone: ZoneInfo,
        choose: Choosing,
        draft: Drafting,
        book: Booking,
    ) -> KeptInvoice | None:
        """One invoice of the group's open items with `at` < `until`, what is chosen of the first `limit` of them; None
        when there is none any more. `zone` is where the months of `draft` begin.

        Number, invoice, ledger entry and the mark on every item are one transaction: whatever dies, an item is on one
        invoice or on none, and no number is left out.
        """

    async def credit(
        self, number: str, draft: Callable[[KeptInvoice, Sequence[Invoice]], Draft], book: Booking, *, again: bool
    ) -> KeptInvoice:
        """A credit note for all of an invoice that no earlier note took back; `again` opens what is left of its items
        for another invoice. `draft` gets those notes. NotFound; Conflict when it was credited already."""

    async def credit_charges(
        self, number: str, charges: Sequence[str], draft: CreditDrafting, book: Booking, *, zone: ZoneInfo, again: bool
    ) -> KeptInvoice:
        """A credit note for some charges of an invoice, by their ids (`C1`, or `SELAD/C1`); `again` opens them for
        another invoice. When all of the invoice is credited by it and those before, it is credited. NotFound for an
        invoice, or a charge that is not on it; Conflict for one that was credited already."""

    async def get(self, number: str) -> KeptInvoice | None:
        """By number."""

    async def by_reference(self, reference: str) -> tuple[KeptInvoice, ...]:
        """By what the payer names; two at most."""

    async def page(
        self,
        *,
        customer_id: int | None = None,
        since: datetime | None = None,
        after: str | None = None,
        limit: int = 100,
    ) -> tuple[KeptInvoice, ...]:
        """The newest first; `after` is the number of the last one of the page before."""

    async def listed(self, query: InvoiceQuery) -> tuple[Listed, ...]:
        """The newest first, each with what is open."""

    async def sums(self, query: InvoiceQuery) -> tuple[InvoiceSum, ...]:
        """All of a query, whatever its page."""

    async def series(self) -> tuple[str, ...]:
        """Every series there ever was an invoice in."""

    async def broken_seals(self, series: str) -> tuple[str, ...]:
        """Numbers of the series whose seal does not fit what stands before it, or that are missing."""
