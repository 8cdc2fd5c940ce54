"""Two invoices of a customer set off: what we owe him on one is taken off what he owes us on another."""

from collections.abc import Mapping
from decimal import Decimal

from msgspec.structs import replace

from ocpilot.app import book_days
from ocpilot.app.books.payment_matching import debt_of
from ocpilot.app.platform import Platform
from ocpilot.base.errors import Conflict
from ocpilot.base.time import write
from ocpilot.billing.ledger import Entry
from ocpilot.billing.settling import entry_of_payment, set_off


async def between(platform: Platform, number: str, other: str, amount: Decimal | None) -> Entry:
    """Set off all that can be, or `amount`; the entry.

    NotFound; Conflict when they are of two customers or currencies, or not open one each way.
    """
    debts = [await debt_of(platform, one) for one in (number, other)]
    numbers = [one.number for one in debts]

    def decide(open_of: Mapping[str, Decimal]) -> Entry:
        one, two = (replace(debt, open=open_of[debt.number]) for debt in debts)
        try:
            settled = set_off(one, two, amount)
        except ValueError as error:
            raise Conflict(f"{number} and {other}: {error}") from None
        return entry_of_payment(
            f"set-off/{one.number}/{two.number}/{write(platform.clock())}",
            book_days.today(platform),
            f"{one.number} and {two.number} set off",
            one.currency,
            settled=settled,
        )

    return await platform.store.bank_payments.set_off(numbers, decide)
