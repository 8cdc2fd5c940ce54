"""What a payment settles: how much of which invoice, why something of it is left, and what that does to the books.

Amounts have the sign of the money: above zero it came in and settles what others owe us, below it went out and settles
what we owe. What is left of a payment stands on UNMATCHED, as its customer's where he is known.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from enum import StrEnum

import msgspec

from ocpilot.billing.ledger import Account, Entry, LedgerLine, entry

ZERO = Decimal(0)


class Left(StrEnum):
    """Why something of a payment is on no invoice; NOTHING: nothing is left."""

    NOTHING = "nothing"
    NO_REFERENCE = "no_reference"
    UNKNOWN_REFERENCE = "unknown_reference"
    WRONG_CHECK_DIGIT = "wrong_check_digit"
    AMBIGUOUS = "ambiguous"
    PAID_ALREADY = "paid_already"
    CREDITED = "credited"
    OVERPAID = "overpaid"
    OTHER_CURRENCY = "other_currency"
    REVERSAL = "reversal"
    BY_HAND = "by_hand"
    #: Not in the books: another kind of bank file seems to have told of it.
    TOLD_TWICE = "told_twice"
    #: No longer in the books, or never: a person said that it is another one.
    DROPPED = "dropped"


class Debt(msgspec.Struct, frozen=True, kw_only=True):
    """An invoice that a payment may be for. `number` is the one it is open under, `open` what is left: above zero owed
    to us, below by us. `stated` is what the payer said is for it. `credited`: a credit note took it back. A receipt is
    no customer's."""

    number: str
    account: Account
    customer_id: int | None = None
    currency: str
    open: Decimal = ZERO
    stated: Decimal | None = None
    credited: bool = False


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """What of a payment is for one invoice."""

    debt: Debt
    amount: Decimal


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """What of a payment is on no invoice, and whose it is, where that is known."""

    amount: Decimal
    customer_id: int | None = None


def shares(amount: Decimal, debts: Sequence[Debt]) -> tuple[Share, ...]:
    """What of a payment each named invoice gets: in the order named, never more than is open or was said.

    Named credits are taken off first. Nothing is settled when all that is named is open the other way.
    """
    sign = -1 if amount < 0 else 1
    along = [debt for debt in debts if debt.open * sign > 0]
    if not along:
        return ()
    found = [Share(debt=debt, amount=debt.open) for debt in debts if debt.open * sign < 0]
    left = amount - sum((one.amount for one in found), ZERO)
    for debt in along:
        most = abs(debt.open) if debt.stated is None else min(abs(debt.open), abs(debt.stated))
        given = sign * min(most, abs(left))
        if given:
            found.append(Share(debt=debt, amount=given))
            left -= given
    return tuple(found)


def why_left(amount: Decimal, debts: Sequence[Debt], found: Sequence[Share]) -> Left:
    """Why something is left of a payment whose named invoices got these shares."""
    if amount == sum((one.amount for one in found), ZERO):
        return Left.NOTHING
    if found:
        return Left.OVERPAID
    return Left.CREDITED if any(debt.credited for debt in debts) else Left.PAID_ALREADY


def set_off(one: Debt, other: Debt, wanted: Decimal | None = None) -> tuple[Share, Share]:
    """What of two debts takes each other up: all that can, or `wanted`. ValueError with why they do not."""
    if (one.customer_id, one.currency) != (other.customer_id, other.currency):
        raise ValueError("expected two of the same customer in the same currency")
    most = min(abs(one.open), abs(other.open)) if one.open * other.open < 0 else ZERO
    amount = most if wanted is None else wanted
    if not ZERO < amount <= most:
        raise ValueError(
            f"found {one.open} and {other.open} {one.currency} open, expected {wanted or 'something'} that is owed to "
            "us on one and by us on the other"
        )
    sign = 1 if one.open > 0 else -1
    return Share(debt=one, amount=sign * amount), Share(debt=other, amount=-sign * amount)


def customer_of(debts: Iterable[Debt]) -> int | None:
    """Whose the rest of a payment is: None where the invoices are of several customers."""
    found = {debt.customer_id for debt in debts}
    return found.pop() if len(found) == 1 else None


def entry_of_payment(
    key: str,
    day: date,
    text: str,
    currency: str,
    *,
    bank: Decimal = ZERO,
    settled: Iterable[Share] = (),
    before: Iterable[Held] = (),
    after: Iterable[Held] = (),
) -> Entry:
    """What happens to money: `bank` moved, shares went onto invoices, `before` was held and `after` is."""
    sums: dict[tuple[Account, int | None, str | None], Decimal] = {(Account.BANK, None, None): bank}
    for share in settled:
        place = (share.debt.account, share.debt.customer_id, share.debt.number)
        sums[place] = sums.get(place, ZERO) - share.amount
    for sign, held in (*((1, one) for one in before), *((-1, one) for one in after)):
        kept = (Account.UNMATCHED, held.customer_id, None)
        sums[kept] = sums.get(kept, ZERO) + sign * held.amount
    lines = (
        LedgerLine(account=account, amount=amount, currency=currency, customer_id=customer_id, invoice=invoice)
        for (account, customer_id, invoice), amount in sums.items()
    )
    return entry(key, day, text, lines)
