"""What invoices, their sending and the books are called on pages."""

from datetime import datetime
from typing import Final

from ocpilot.app.bill_records import Purpose
from ocpilot.app.sending_records import Sending, Way
from ocpilot.base.texts import mark
from ocpilot.billing.invoice import LineUnit

#: Where an invoice stands.
INVOICE_STATE: Final = {
    "open": (mark("Open"), "busy"),
    "paid": (mark("Paid"), "good"),
    "credited": (mark("Credited"), "quiet"),
    "credit": (mark("Credit note"), "quiet"),
}

#: What is billed, or paid.
PURPOSE: Final = {
    Purpose.SALE: mark("Charges of the customer"),
    Purpose.ROAMING: mark("Charges of the provider's drivers at our stations"),
    Purpose.PURCHASE: mark("Charges of our drivers at the operator's stations"),
    Purpose.HOST: mark("Share of the site's host"),
    Purpose.HOME: mark("Charging at home, paid back"),
    Purpose.FEE: mark("Fees"),
}

#: Units of lines.
LINE_UNIT: Final = {LineUnit.ONE: "", LineUnit.KWH: "kWh", LineUnit.MINUTE: "min", LineUnit.MONTH: "×"}

SENDING_WAY: Final = {Way.EMAIL: mark("By e-mail"), Way.PEPPOL: mark("By Peppol")}


def sent(at: datetime | None, problem: str | None) -> tuple[str, str]:
    """Whether an invoice went out."""
    if at is not None:
        return mark("Sent"), "good"
    return (mark("Failed"), "bad") if problem else (mark("Not sent"), "quiet")


def sending(one: Sending) -> tuple[str, str]:
    """What came of an attempt."""
    if one.ended_at is None:
        return mark("On its way"), "busy"
    return (mark("Failed"), "bad") if one.problem else (mark("Sent"), "good")
