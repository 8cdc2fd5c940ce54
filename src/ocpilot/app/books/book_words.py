"""What accounts of the ledger, and what is billed, are called: on pages and on paper."""

from typing import Final

from ocpilot.app.kept.bill_records import Purpose
from ocpilot.base.texts import mark
from ocpilot.billing.ledger import Account

#: What is billed, or paid.
PURPOSE: Final = {
    Purpose.SALE: mark("Charges of the customer"),
    Purpose.ROAMING: mark("Charges of the provider's drivers at our stations"),
    Purpose.PURCHASE: mark("Charges of our drivers at the operator's stations"),
    Purpose.HOST: mark("Share of the site's host"),
    Purpose.HOME: mark("Charging at home, paid back"),
    Purpose.FEE: mark("Fees"),
    Purpose.CARD: mark("Receipts"),
}

#: Accounts of the books.
ACCOUNT: Final = {
    Account.RECEIVABLE: mark("Owed to us"),
    Account.PAYABLE: mark("Owed by us"),
    Account.REVENUE: mark("Revenue"),
    Account.PURCHASES: mark("Purchases"),
    Account.VAT_OUT: mark("Output VAT"),
    Account.VAT_IN: mark("Input VAT"),
    Account.REVENUE_SHARE: mark("Shares of site hosts"),
    Account.REIMBURSEMENT: mark("Home charging paid back"),
    Account.BANK: mark("Bank"),
    Account.CARDS: mark("Card payments on their way"),
    Account.CARD_FEES: mark("Card fees"),
    Account.REMINDER_FEES: mark("Reminder fees and interest"),
    Account.ROUNDING: mark("Rounding"),
    Account.UNMATCHED: mark("Unmatched payments"),
    Account.BAD_DEBTS: mark("Bad debts"),
}
