"""Card payments in a reader's words."""

from typing import Final

from ocpilot.app.card_records import PaymentState
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

#: The same for the driver before his charge: what and what now.
PAYING: Final = {
    PaymentState.NEW: (mark("Asking the payment provider…"), mark("This takes a few seconds.")),
    PaymentState.OPEN: (
        mark("Pay by card"),
        mark("{amount} are reserved on your card. What you use is taken from that, the rest is released."),
    ),
    PaymentState.DECLINED: (mark("The card was declined"), mark("Nothing was reserved. Try again with another card.")),
    **dict.fromkeys(
        (PaymentState.AUTHORISED, PaymentState.STARTING, PaymentState.CHARGING),
        (mark("Your card is accepted"), mark("{amount} are reserved. Asking the station…")),
    ),
    **dict.fromkeys(
        (
            PaymentState.RELEASING,
            PaymentState.RELEASED,
            PaymentState.CAPTURING,
            PaymentState.CAPTURED,
            PaymentState.PAID,
            PaymentState.REFUNDING,
            PaymentState.REFUNDED,
        ),
        (mark("The charge did not start"), mark("Nothing is taken from your card; what was reserved is released.")),
    ),
}

#: And after it.
SETTLED: Final = {
    **dict.fromkeys(
        PaymentState, mark("{reserved} are reserved on your card; what the charge came to is taken from that.")
    ),
    **dict.fromkeys(
        (PaymentState.CAPTURED, PaymentState.PAID, PaymentState.REFUNDING),
        mark("{amount} were taken from your card, the rest of {reserved} is released."),
    ),
    **dict.fromkeys(
        (PaymentState.RELEASING, PaymentState.RELEASED),
        mark("Nothing is taken from your card; what was reserved is released."),
    ),
    PaymentState.REFUNDED: mark("What was taken from your card was given back."),
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
