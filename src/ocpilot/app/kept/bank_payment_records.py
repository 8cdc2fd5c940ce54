"""Payments that bank files told of, what became of each, and who stores them."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Protocol

from ocpilot.app.kept.records import Record
from ocpilot.billing.bank_payment import BankPayment
from ocpilot.billing.ledger import Entry
from ocpilot.billing.settling import Left
from ocpilot.billing.told_twice import Told


class BankFile(Record, frozen=True, kw_only=True):
    """A file that was imported. `id` is 0 until stored; `digest` is the SHA-256 of its bytes, in hex. `finished`: all
    its payments are in the books."""

    id: int = 0
    digest: str
    name: str
    format: str
    payments: int
    who: str
    at: datetime
    finished: bool = False


class MatchState(StrEnum):
    """How much of a payment is on invoices, or was paid back. What is held is not in the books until a person says so,
    what was dropped never is."""

    UNMATCHED = "unmatched"
    PARTLY = "partly"
    SETTLED = "settled"
    HELD = "held"
    DROPPED = "dropped"


class KeptPayment(Record, frozen=True, kw_only=True):
    """A payment as kept: what the bank says never changes. `open` is what of it is on no invoice, `why` says why;
    `customer_id` is whose that is, where it is known."""

    id: int
    file_id: int
    payment: BankPayment
    open: Decimal
    customer_id: int | None = None
    why: Left
    at: datetime

    @property
    def state(self) -> MatchState:
        """How much of it is settled."""
        if self.why is Left.TOLD_TWICE:
            return MatchState.HELD
        if self.why is Left.DROPPED:
            return MatchState.DROPPED
        if not self.open:
            return MatchState.SETTLED
        return MatchState.UNMATCHED if self.open == self.payment.amount else MatchState.PARTLY


class StepKind(StrEnum):
    """What happened to (a part of) a payment."""

    MATCHED = "matched"
    LEFT = "left"
    UNMATCHED = "unmatched"
    REFUNDED = "refunded"
    HELD = "held"
    DROPPED = "dropped"


class PaymentStep(Record, frozen=True, kw_only=True):
    """One step: `amount` went onto `invoice` (MATCHED) or from it (UNMATCHED, below what it was), was left, or was paid
    back. `why` is a person's word, or the bank's reference that decided."""

    what: StepKind
    invoice: str | None = None
    amount: Decimal
    who: str
    why: str = ""
    at: datetime


class Move(Record, frozen=True, kw_only=True):
    """What becomes of a payment now: its steps, what is left of it afterwards, and the entry that books it."""

    open: Decimal
    customer_id: int | None
    why: Left
    steps: tuple[PaymentStep, ...]
    entry: Entry | None = None


#: Decides about payments: given them under a lock, the steps of the first, and what of the invoices is open.
Deciding = Callable[[Sequence[KeptPayment], Sequence[PaymentStep], Mapping[str, Decimal]], Sequence[Move]]


#: The same, once the payments of about the same days in the same currency are known, of whatever file.
DecidingBeside = Callable[[Sequence[Told]], Deciding]


#: Makes of what is open of invoices the entry that takes them off each other.
SettingOff = Callable[[Mapping[str, Decimal]], Entry]


class BankPayments(Protocol):
    """Storage of them. Whatever a method writes is one transaction, with its ledger entry."""

    async def add_file(self, file: BankFile) -> BankFile:
        """Note a file; the one there is when its bytes were noted before."""

    async def finished(self, file_id: int) -> None:
        """All of it is in the books."""

    async def files(self, limit: int = 20) -> tuple[BankFile, ...]:
        """The newest first."""

    async def add(
        self, payment: BankPayment, file: BankFile, at: datetime, numbers: Sequence[str], decide: DecidingBeside
    ) -> KeptPayment | None:
        """Keep a payment and do with it what is decided, with these invoices locked, and while nobody keeps another one
        in its currency; None when it was kept before."""

    async def move(self, ids: Sequence[int], numbers: Sequence[str], decide: Deciding) -> tuple[KeptPayment, ...]:
        """Do with payments what is decided, with them and these invoices locked. NotFound."""

    async def set_off(self, numbers: Sequence[str], decide: SettingOff) -> Entry:
        """Book what is decided of these invoices while nobody else settles or credits them, by no payment."""

    async def get(self, payment_id: int) -> KeptPayment | None:
        """By number."""

    async def steps(self, payment_id: int) -> tuple[PaymentStep, ...]:
        """What became of it, in order."""

    async def page(self, *, unmatched: bool = False, limit: int = 100) -> tuple[KeptPayment, ...]:
        """The newest first; `unmatched`: only those of which something is on no invoice."""

    async def doubled(self, limit: int) -> tuple[tuple[Told, Told], ...]:
        """Pairs in the books, of two kinds of files, whose amounts may be the same money: the newest first."""

    async def of_invoice(self, number: str) -> tuple[tuple[int, PaymentStep], ...]:
        """Payments and steps that concern an invoice, in order."""
