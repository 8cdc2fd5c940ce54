"""Card payments in an operator's words."""

from typing import Final

from ocpilot.app.kept.card_records import PaymentState
from ocpilot.base.texts import mark
from ocpilot.billing.captures import CaptureState

#: Where a card payment stands, for the operator.
PAYMENT_STATE: Final = {
    PaymentState.NEW: (mark("Begun"), "busy"),
    PaymentState.OPEN: (mark("At the provider"), "busy"),
    PaymentState.AUTHORISED: (mark("Reserved"), "busy"),
    PaymentState.STARTING: (mark("Starting"), "busy"),
    PaymentState.CHARGING: (mark("Charging now"), "good"),
    PaymentState.CAPTURING: (mark("To be taken"), "warn"),
    PaymentState.CAPTURED: (mark("Taken"), "good"),
    PaymentState.PAID: (mark("Paid"), "good"),
    PaymentState.RELEASING: (mark("To be released"), "warn"),
    PaymentState.RELEASED: (mark("Released"), "quiet"),
    PaymentState.DECLINED: (mark("Declined"), "quiet"),
    PaymentState.REFUNDING: (mark("To be given back"), "warn"),
    PaymentState.REFUNDED: (mark("Given back"), "quiet"),
}

#: What a terminal provider says it captured.
TERMINAL_STATE: Final = {
    CaptureState.WAITING: (mark("Not yet confirmed"), "busy"),
    CaptureState.MISSING: (mark("Confirmation is missing"), "bad"),
    CaptureState.PAID: (mark("Paid"), "good"),
    CaptureState.DIFFERS: (mark("Another amount"), "bad"),
    CaptureState.PARTIAL: (mark("Paid in part"), "bad"),
    CaptureState.FAILED: (mark("Not paid"), "bad"),
}
