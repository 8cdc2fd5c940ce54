"""What invoices, their sending and the books are called on pages."""

from datetime import datetime
from typing import Final

from ocpilot.app.books import book_words
from ocpilot.app.kept.bank_payment_records import MatchState, StepKind
from ocpilot.app.kept.reconciliation_records import CdrVerdict
from ocpilot.app.kept.sending_records import Sending, Way
from ocpilot.base.texts import mark
from ocpilot.billing.four_way import Fault, Step
from ocpilot.billing.invoice import LineUnit
from ocpilot.billing.settling import Left

#: What is billed, or paid, and accounts of the books.
PURPOSE: Final = book_words.PURPOSE
ACCOUNT: Final = book_words.ACCOUNT

#: Units of lines.
LINE_UNIT: Final = {LineUnit.ONE: "", LineUnit.KWH: "kWh", LineUnit.MINUTE: "min", LineUnit.MONTH: "×"}

SENDING_WAY: Final = {Way.EMAIL: mark("By e-mail"), Way.PEPPOL: mark("By Peppol")}

#: Where in the life of a charge something is at fault, and what.
STEP: Final = {
    Step.SESSION: mark("Session"),
    Step.CDR: "CDR",
    Step.BILL: mark("Bill"),
    Step.INVOICE: mark("Invoice"),
    Step.PAYMENT: mark("Payment"),
}
FAULT: Final = {
    Fault.MISSING: (mark("Missing"), "bad"),
    Fault.DOUBLED: (mark("Doubled"), "bad"),
    Fault.DIFFERS: (mark("Differs"), "bad"),
    Fault.WAITS: (mark("Waits"), "busy"),
    Fault.SETTLED: (mark("Settled"), "good"),
}

#: What a CDR that a partner's record names is in our books, and whether there is one we do not agree with.
CDR_VERDICT: Final = {
    CdrVerdict.AGREED: mark("agreed"),
    CdrVerdict.UNKNOWN: mark("unknown to us"),
    CdrVerdict.NOT_ACCEPTED: mark("not accepted yet"),
    CdrVerdict.DISPUTED: mark("disputed"),
    CdrVerdict.CREDITED: mark("credited"),
    CdrVerdict.DROPPED: mark("dropped"),
    CdrVerdict.NAMED_TWICE: mark("named twice"),
    CdrVerdict.BILLED_TWICE: mark("on another invoice"),
}
RECORD_STATE: Final = {False: (mark("Agrees"), "good"), True: (mark("Open"), "warn")}

#: How it stands with a month of the books.
MONTH_STATE: Final = {
    "closed": (mark("Closed"), "good"),
    "open": (mark("Open"), "warn"),
    "running": (mark("Not over"), "quiet"),
}


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


#: How much of a payment is on invoices.
MATCH_STATE: Final = {
    MatchState.SETTLED: (mark("Settled"), "good"),
    MatchState.PARTLY: (mark("Partly"), "warn"),
    MatchState.UNMATCHED: (mark("Unmatched"), "bad"),
    MatchState.HELD: (mark("Held"), "warn"),
    MatchState.DROPPED: (mark("Dropped"), "idle"),
}

#: Why something of a payment is on no invoice.
LEFT: Final = {
    Left.NOTHING: "",
    Left.NO_REFERENCE: mark("It names no invoice."),
    Left.UNKNOWN_REFERENCE: mark("It names none of our invoices."),
    Left.WRONG_CHECK_DIGIT: mark("The check digit of its reference is wrong."),
    Left.AMBIGUOUS: mark("Several invoices have its reference."),
    Left.PAID_ALREADY: mark("The invoice it names was paid before."),
    Left.CREDITED: mark("The invoice it names was credited."),
    Left.OVERPAID: mark("More was paid than was open."),
    Left.OTHER_CURRENCY: mark("The invoice it names is in another currency."),
    Left.REVERSAL: mark("It takes an earlier payment back."),
    Left.BY_HAND: mark("A person took it off its invoice."),
    Left.TOLD_TWICE: mark("Another kind of bank file seems to tell of it too. It is not in the books."),
    Left.DROPPED: "",
}

#: What happened to a payment.
MATCH_STEP: Final = {
    StepKind.MATCHED: mark("Matched"),
    StepKind.LEFT: mark("Left over"),
    StepKind.UNMATCHED: mark("Taken off"),
    StepKind.REFUNDED: mark("Paid back"),
    StepKind.HELD: mark("Held"),
    StepKind.DROPPED: mark("Dropped"),
}

#: A file of which not all is in the books: its import was stopped, or goes on.
UNFINISHED_FILE: Final = (mark("Not finished: import it again"), "warn")
