"""What belongs to each charge, what partners' records come to in our books, their invoices, and who stores that."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from ocpilot.app.kept.bill_records import Purpose
from ocpilot.app.kept.clearing_records import ClearingState
from ocpilot.app.kept.records import ObjectKey, Record, StoredObject
from ocpilot.billing.four_way import CardTaken, Given, Invoiced, Owed
from ocpilot.billing.ledger import Entry

# ---- the four-way check --------------------------------------------------------------------------------------------


class Span(Record, frozen=True, kw_only=True):
    """What is looked at: charges that ended from `since` to before `until`, with these parties (`SERES`), None: all."""

    since: datetime
    until: datetime
    parties: tuple[str, ...] | None = None


class TrailItem(Record, frozen=True, kw_only=True):
    """A bill item of a charge, as far as the check wants it."""

    purpose: Purpose
    net: Decimal
    currency: str
    invoice: str | None
    credited_by: str | None
    given: Given | None


class Trail(Record, frozen=True, kw_only=True):
    """A CDR that was cleared with all that belongs to it (`billing.four_way.Charge`)."""

    party: str
    id: str
    key_id: str
    peer_id: int
    audience: str
    state: ClearingState
    why: str
    currency: str
    total: Decimal
    kwh: Decimal
    ended_at: datetime
    rated: bool
    credits: str | None
    credits_billed: bool
    session: str | None
    session_kwh: Decimal | None
    bills: int
    receipt: str | None
    named: int
    card: CardTaken | None
    owed: Owed | None
    items: tuple[TrailItem, ...]


class LooseEnd(Record, frozen=True, kw_only=True):
    """A Session without CDR, a CDR nobody has looked at, a card payment without receipt, or an item billed for a CDR
    that is not here."""

    party: str
    id: str
    key_id: str
    at: datetime
    partner: str
    status: str


class ChangedInvoice(Record, frozen=True, kw_only=True):
    """An invoice a partner wrote (`10001/2026-17`): what its CDRs came to in our books when it was registered, and what
    those his records name by now do."""

    party: str
    number: str
    currency: str
    before: Decimal
    now: Decimal


class Trails(Protocol):
    """Charges from Session to payment, page by page; each page costs the same."""

    async def charges(
        self, span: Span, after: Trail | None, limit: int, unconfirmed_since: datetime
    ) -> tuple[Trail, ...]:
        """CDRs by when they ended, after the last one of the page before. What was paid at a terminal before
        `unconfirmed_since` ought to be confirmed."""

    async def sessions_without_cdr(self, span: Span, after: LooseEnd | None, limit: int) -> tuple[LooseEnd, ...]:
        """Sessions last changed in the span, by that moment; `status` is theirs."""

    async def uncleared(self, span: Span, limit: int) -> tuple[LooseEnd, ...]:
        """CDRs last changed in the span that nobody has looked at yet."""

    async def cards_without_receipt(self, span: Span, limit: int) -> tuple[LooseEnd, ...]:
        """Card payments begun in the span that need a person and have no receipt; `status` is why."""

    async def items_without_cdr(self, span: Span, limit: int) -> tuple[LooseEnd, ...]:
        """What is billed for CDRs that were never cleared; `status` is the invoice."""

    async def changed_invoices(self, span: Span, limit: int) -> tuple[ChangedInvoice, ...]:
        """Partners' invoices with a day in the span whose records changed after they were registered."""

    async def invoices(self, numbers: Collection[str]) -> tuple[Invoiced, ...]:
        """These documents with what the ledger says of each."""


# ---- statements ----------------------------------------------------------------------------------------------------


class StatementRow(Record, frozen=True, kw_only=True):
    """CDRs of a month in one direction, state and currency. `ours`: we are the operator. `invoiced` is what of them is
    on an invoice of either side, before taxes."""

    ours: bool
    state: ClearingState
    currency: str
    cdrs: int
    kwh: Decimal
    total: Decimal
    invoiced: Decimal


class StatementInvoice(Record, frozen=True, kw_only=True):
    """A document between us and the partner, issued in the month. Amounts are above zero where he owes us. `theirs`: he
    wrote it."""

    number: str
    day: date
    theirs: bool
    currency: str
    total: Decimal
    open: Decimal


class Statements(Protocol):
    """What is between us and a partner."""

    async def rows(self, span: Span) -> tuple[StatementRow, ...]:
        """CDRs that ended in the span with the parties of the span, by direction, state and currency."""

    async def documents(self, parties: Collection[str], since: date, until: date) -> tuple[StatementInvoice, ...]:
        """Documents with these parties, issued from one day to before another."""


# ---- records of partners -------------------------------------------------------------------------------------------


class CdrVerdict(StrEnum):
    """What a CDR that a record names is in our books."""

    AGREED = "agreed"
    UNKNOWN = "unknown"
    NOT_ACCEPTED = "not_accepted"
    DISPUTED = "disputed"
    CREDITED = "credited"
    DROPPED = "dropped"
    NAMED_TWICE = "named_twice"
    BILLED_TWICE = "billed_twice"


class NamedCdr(Record, frozen=True, kw_only=True):
    """A CDR as a record names it, and as we have it: `state` None when nobody cleared it, `known` False when it is not
    here, `ours` when we are its operator. `credited_by` is the Credit CDR. `other_invoice` is another invoice that it
    is on: one of the same partner, named by an earlier record, or ours to or in the name of him."""

    id: str
    known: bool
    ours: bool = False
    state: ClearingState | None = None
    why: str = ""
    currency: str = ""
    total: Decimal = Decimal(0)
    ended_at: datetime | None = None
    credited_by: str | None = None
    other_invoice: str | None = None


class CheckedCdr(Record, frozen=True, kw_only=True):
    """One CDR of a record with the verdict."""

    id: str
    verdict: CdrVerdict
    currency: str = ""
    total: Decimal = Decimal(0)
    why: str = ""


class RecordSum(Record, frozen=True, kw_only=True):
    """What the CDRs of a record come to before taxes: those we agree with, and all we know."""

    currency: str
    agreed: Decimal
    known: Decimal


class RecordCheck(Record, frozen=True, kw_only=True):
    """A partner's record against our books. `ours`: the CDRs are ours (reverse billing). `unnamed` are CDRs of the time
    it covers that we agree with and no record of his names: they may come with the next one."""

    key: ObjectKey
    peer_id: int
    invoice_id: str
    ours: bool
    cdrs: tuple[CheckedCdr, ...]
    sums: tuple[RecordSum, ...]
    unnamed: tuple[CheckedCdr, ...]
    at: datetime

    @property
    def wrong(self) -> tuple[CheckedCdr, ...]:
        """The CDRs we do not agree with."""
        return tuple(one for one in self.cdrs if one.verdict is not CdrVerdict.AGREED)

    @property
    def is_open(self) -> bool:
        """Whether there is one."""
        return bool(self.wrong)


class InvoicedCdr(Record, frozen=True, kw_only=True):
    """A CDR on an invoice of ours: `party` issued it, `audience` is the provider it is for."""

    party: str
    id: str
    peer_id: int
    audience: str


class RecordChecks(Protocol):
    """Records of invoices, theirs and ours."""

    async def unreconciled(self, limit: int, again_before: datetime) -> tuple[StoredObject, ...]:
        """Records of partners that came or changed; then those with open CDRs of the last 60 days, looked at before
        that moment."""

    async def named(self, stored: StoredObject, cdrs: Sequence[str]) -> tuple[NamedCdr, ...]:
        """These CDRs of a record as we have them, in its order."""

    async def unnamed(
        self, key: ObjectKey, peer_id: int, *, ours: bool, since: datetime, until: datetime, limit: int
    ) -> tuple[NamedCdr, ...]:
        """CDRs with the owner of the record, ours or his, that we agree with and neither a record of his nor an invoice
        of ours names."""

    async def save(self, check: RecordCheck, stored: StoredObject, cdrs: Sequence[str]) -> bool:
        """Keep what came of a record, which counts as reconciled; False when it changed or went meanwhile."""

    async def get(self, key: ObjectKey) -> RecordCheck | None:
        """What came of a record."""

    async def of_invoice(self, party: str, invoice_id: str) -> tuple[RecordCheck, ...]:
        """What came of the records of an invoice of a partner's party: it may have several."""

    async def newest(self, limit: int) -> tuple[RecordCheck, ...]:
        """The newest first."""

    async def untold(self, limit: int) -> tuple[str, ...]:
        """Numbers of invoices to and from partners of which no record went out yet, oldest first."""

    async def on(self, number: str) -> tuple[InvoicedCdr, ...]:
        """The CDRs that an invoice of ours is for, in its order."""

    async def told(self, number: str) -> None:
        """Its records went out, or there is nothing to tell."""


# ---- invoices that partners wrote ----------------------------------------------------------------------------------


class PartnerInvoice(Record, frozen=True, kw_only=True):
    """An invoice a partner wrote: to us, or (reverse billing) in our name. `ours` is what its records come to in our
    books before taxes, None when it has none. `who` registered it."""

    customer_id: int
    number: str
    currency: str
    day: date
    due: date | None = None
    net: Decimal
    tax: Decimal
    ours: Decimal | None = None
    who: str
    at: datetime


class Unclaimed(Record, frozen=True, kw_only=True):
    """CDRs with a partner that ended in a span and that nobody has billed: ours to him, or his to us. `span.parties`
    are his."""

    span: Span
    ours: bool


class PartnerInvoices(Protocol):
    """Storage of them; nothing of one ever changes."""

    async def sums(self, cdrs: Unclaimed) -> tuple[tuple[str, Decimal], ...]:
        """Currencies, and what these CDRs come to in each before taxes."""

    async def register(self, invoice: PartnerInvoice, entry: Entry, cdrs: Unclaimed | None = None) -> bool:
        """Keep it with its ledger entry, in one transaction; False when the same is there. From now on it bills `cdrs`
        in its currency. Conflict when one of this number is there and says otherwise, or its day is in a closed
        month."""

    async def get(self, customer_id: int, number: str) -> PartnerInvoice | None:
        """By its number."""

    async def named(self, number: str) -> tuple[str, ...]:
        """What the invoices of this number, of whichever partner, are in the books: `10001/2026-17`."""

    async def newest(self, limit: int) -> tuple[PartnerInvoice, ...]:
        """The newest first."""
