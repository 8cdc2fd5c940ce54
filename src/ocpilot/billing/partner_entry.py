"""What an invoice that a partner wrote does to our books: one to us is a purchase, one in our name is a sale."""

from datetime import date
from decimal import Decimal

from ocpilot.billing.ledger import Account, Entry, LedgerLine, entry


def partner_entry(
    *,
    customer_id: int,
    reference: str,
    day: date,
    currency: str,
    net: Decimal,
    tax: Decimal,
    in_our_name: bool,
) -> Entry:
    """`reference` is the customer's number and his own number of the invoice (`10001/2026-17`): it stands on the debt,
    and payments settle it. Below zero it is a credit note. `in_our_name`: reverse billing, he owes us."""
    side = -1 if in_our_name else 1
    debt = Account.RECEIVABLE if in_our_name else Account.PAYABLE
    amounts = (
        (Account.REVENUE if in_our_name else Account.PURCHASES, side * net),
        (Account.VAT_OUT if in_our_name else Account.VAT_IN, side * tax),
        (debt, -side * (net + tax)),
    )
    lines = [
        LedgerLine(
            account=account,
            amount=amount,
            currency=currency,
            customer_id=customer_id if account is debt else None,
            invoice=reference,
        )
        for account, amount in amounts
    ]
    return entry(f"partner-invoice/{reference}", day, f"invoice {reference}", lines)
