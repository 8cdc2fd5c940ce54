"""The books as people see them: a customer's account, and whether all of it holds."""

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal

from ocpilot.app.book_days import today
from ocpilot.app.kept.book_records import OpenDebt
from ocpilot.app.kept.customer_records import Customer
from ocpilot.app.kept.ledger_records import Balance, KeptEntry, LedgerFault, OpenInvoice
from ocpilot.app.kept.records import Record
from ocpilot.app.platform import Platform
from ocpilot.base.errors import NotFound
from ocpilot.billing.ledger import Account

#: What a customer owes us, what we owe him, and his money that is on no invoice.
_HIS = (Account.RECEIVABLE, Account.PAYABLE, Account.UNMATCHED)
_PAGE = 1000


class AccountRow(Record, frozen=True, kw_only=True):
    """One line of a customer's account. `amount` above zero makes what he owes more; `balance` is what he owes then, in
    the currency of the line."""

    day: date
    text: str
    key: str
    account: Account
    invoice: str | None
    currency: str
    amount: Decimal
    balance: Decimal

    @property
    def page(self) -> str | None:
        """What it is of in the console, such as `payments/17`; None where it has no page."""
        what, _, about = self.key.partition("/")
        match what:
            case "payment":
                return f"payments/{about.partition('/')[0]}"
            case "reminder":
                return f"reminders/{about}"
        return None


class CustomerAccount(Record, frozen=True, kw_only=True):
    """All of a customer's lines in order, what is open, and what he owes by currency (below zero: we owe him)."""

    customer: Customer
    rows: tuple[AccountRow, ...]
    open: tuple[OpenInvoice, ...]
    credits: tuple[Balance, ...]
    owes: dict[str, Decimal]


class Debtor(Record, frozen=True, kw_only=True):
    """A customer with open invoices in a currency, and how much that is: above zero he owes us, below we owe him."""

    customer: Customer
    currency: str
    invoices: int
    amount: Decimal


async def debtors(platform: Platform) -> tuple[Debtor, ...]:
    """Customers with open invoices, those who owe most first."""
    groups: dict[tuple[int, str], list[OpenInvoice]] = {}
    for one in await platform.store.ledger.open_invoices():
        groups.setdefault((one.customer_id, one.currency), []).append(one)
    found = []
    for (customer_id, currency), invoices in groups.items():
        customer = await platform.store.customers.get(customer_id)
        if customer is not None:
            amount = sum((one.amount for one in invoices), Decimal(0))
            found.append(Debtor(customer=customer, currency=currency, invoices=len(invoices), amount=amount))
    return tuple(sorted(found, key=lambda one: -one.amount))


async def open_receipts(platform: Platform) -> tuple[OpenDebt, ...]:
    """What drivers owe by receipts that no card and no invoice pays, the oldest first."""
    debts = await platform.store.books.debts(today(platform) + timedelta(days=1))
    return tuple(one for one in debts if one.customer_id is None)


async def customer_account(platform: Platform, number: str) -> CustomerAccount:
    """By the number of the customer. NotFound."""
    customer = await platform.store.customers.numbered(number)
    if customer is None:
        raise NotFound(f"no customer {number}")
    balances = await platform.store.ledger.customer_balances(customer.id)
    return CustomerAccount(
        customer=customer,
        rows=tuple(_rows(await _entries(platform, customer.id), customer.id)),
        open=await platform.store.ledger.open_invoices(customer.id),
        credits=tuple(one for one in balances if one.account is Account.UNMATCHED and one.amount),
        owes=_owed(balances),
    )


async def owed(platform: Platform, customer_id: int) -> dict[str, Decimal]:
    """What a customer owes in all by currency, with what we owe him and his money that is on no invoice taken off."""
    return _owed(await platform.store.ledger.customer_balances(customer_id))


def _owed(balances: Iterable[Balance]) -> dict[str, Decimal]:
    owes: dict[str, Decimal] = {}
    for one in balances:
        if one.account in _HIS:
            owes[one.currency] = owes.get(one.currency, Decimal(0)) + one.amount
    return owes


async def faults(platform: Platform) -> tuple[LedgerFault, ...]:
    """All that does not hold: entries, balances, invoices in the books, payments, seals. Nothing is a good answer."""
    found = list(await platform.store.ledger.faults())
    sums: dict[str, Decimal] = {}
    for one in await platform.store.ledger.balances():
        sums[one.currency] = sums.get(one.currency, Decimal(0)) + one.amount
    found += [_fault("balance", "all accounts", amount, currency) for currency, amount in sums.items() if amount]
    for series in await platform.store.invoices.series():
        found += [_fault("seal", number) for number in await platform.store.invoices.broken_seals(series)]
    return tuple(found)


async def _entries(platform: Platform, customer_id: int) -> list[KeptEntry]:
    found: list[KeptEntry] = []
    while page := await platform.store.ledger.entries(
        customer_id=customer_id, after=found[-1].number if found else 0, limit=_PAGE
    ):
        found += page
    return found


def _rows(entries: Iterable[KeptEntry], customer_id: int) -> Iterable[AccountRow]:
    owes: dict[str, Decimal] = {}
    for kept in entries:
        for line in kept.entry.lines:
            if line.customer_id != customer_id or line.account not in _HIS:
                continue
            owes[line.currency] = owes.get(line.currency, Decimal(0)) + line.amount
            yield AccountRow(
                day=kept.entry.day,
                text=kept.entry.text,
                key=kept.entry.key,
                account=line.account,
                invoice=line.invoice,
                currency=line.currency,
                amount=line.amount,
                balance=owes[line.currency],
            )


def _fault(what: str, about: str, found: Decimal = Decimal(0), currency: str = "") -> LedgerFault:
    return LedgerFault(what=what, about=about, found=found, expected=Decimal(0), currency=currency)
