"""What a bank says happened on an account, whatever the format of its file."""

from datetime import date
from decimal import Decimal

import msgspec

#: A file of a bank that is larger is refused before anything reads it.
LARGEST_FILE = 32 * 1024 * 1024


class Named(msgspec.Struct, frozen=True, kw_only=True):
    """What a payer named. `amount` is how much he says is for that, below zero when it is taken off; None: not said."""

    reference: str
    amount: Decimal | None = None


class BankPayment(msgspec.Struct, frozen=True, kw_only=True):
    """One movement of money. `amount` is above zero when it came in. `bank_id` is the bank's own, or made of what it
    says: the same movement has the same in every file. `account` is ours, as the file names it.

    `deposit` is the sum in which the bank paid it in together with others, where the file says so.

    `payer` is the other side, whichever way the money went. `charges` is what the bank kept of it. `raw` is the file's
    own text, `place` where it stands in it.
    """

    bank_id: str
    account: str
    day: date
    amount: Decimal
    currency: str
    named: tuple[Named, ...] = ()
    text: str = ""
    payer: str = ""
    payer_account: str = ""
    payer_number: str = ""
    is_reversal: bool = False
    charges: Decimal = Decimal(0)
    deposit: Decimal | None = None
    raw: str = ""
    place: str = ""


class PaymentFile(msgspec.Struct, frozen=True, kw_only=True):
    """All of a file, in its order. `format` is `bgmax` or `camt.053`."""

    format: str
    payments: tuple[BankPayment, ...]


def numbered(payments: list[BankPayment]) -> tuple[BankPayment, ...]:
    """The same with ids that differ: of those with one id the second gets `#2`, and so on."""
    seen: dict[tuple[str, str], int] = {}
    found = []
    for payment in payments:
        key = (payment.account, payment.bank_id)
        seen[key] = seen.get(key, 0) + 1
        again = f"{payment.bank_id}#{seen[key]}" if seen[key] > 1 else payment.bank_id
        found.append(msgspec.structs.replace(payment, bank_id=again))
    return tuple(found)
