"""What drivers read of the standard's words, and of payments and invoices: in every language there is."""

from typing import Final

from ocpilot.app.drivers.charge_views import ChargeView, Stage
from ocpilot.app.guests.evse_pages import Obstacle
from ocpilot.app.kept.card_records import CardPayment, PaymentState
from ocpilot.base.texts import mark
from ocpilot.wire.v230 import (
    CommandResponseType,
    CommandResultType,
    Connector,
    ConnectorType,
    Facility,
    ParkingType,
    SessionStatus,
    Status,
)

#: EVSE status -> (word, tone). The tone picks the colour, the word says it (WCAG 1.4.1).
EVSE_STATUS: Final = {
    Status.AVAILABLE: (mark("Available"), "good"),
    Status.CHARGING: (mark("In use"), "busy"),
    Status.RESERVED: (mark("Reserved"), "busy"),
    Status.BLOCKED: (mark("Blocked"), "warn"),
    Status.OUTOFORDER: (mark("Out of order"), "bad"),
    Status.INOPERATIVE: (mark("Out of service"), "bad"),
    Status.PLANNED: (mark("Planned"), "quiet"),
    Status.REMOVED: (mark("Removed"), "quiet"),
    Status.UNKNOWN: (mark("Status unknown"), "quiet"),
}

#: What stands in the way of a charge, in words with what to do, and the tone.
OBSTACLES: Final = {
    Obstacle.BUSY: (mark("Somebody is charging here. This page follows: it shows when the charger is free."), "busy"),
    Obstacle.RESERVED: (
        mark("This charger is reserved. Whoever reserved it can start from his app or with his card."),
        "busy",
    ),
    Obstacle.BROKEN: (mark("This charger does not work now. Take another one."), "bad"),
    Obstacle.AWAY: (mark("The station is not connected with us now, so it cannot be started from here."), "warn"),
}

SESSION_STATUS: Final = {
    SessionStatus.ACTIVE: (mark("Charging now"), "good"),
    SessionStatus.PENDING: (mark("Starting"), "busy"),
    SessionStatus.RESERVATION: (mark("Reserved"), "busy"),
    SessionStatus.COMPLETED: (mark("Finished"), "quiet"),
    SessionStatus.INVALID: (mark("Not valid"), "bad"),
}

#: Names of connectors as drivers know them; they are names, so they are not translated.
CONNECTOR_NAMES: Final[dict[str, str]] = {
    ConnectorType.CHADEMO: "CHAdeMO",
    ConnectorType.IEC_62196_T1: "Type 1",
    ConnectorType.IEC_62196_T1_COMBO: "CCS 1",
    ConnectorType.IEC_62196_T2: "Type 2",
    ConnectorType.IEC_62196_T2_COMBO: "CCS",
    ConnectorType.DOMESTIC_F: "Schuko",
    ConnectorType.SAE_J3400: "NACS",
    ConnectorType.TESLA_S: "Tesla",
    ConnectorType.TESLA_R: "Tesla",
    ConnectorType.MCS: "MCS",
}

#: Why a station did not start, and what to do about it.
REFUSALS: Final = {
    CommandResponseType.NOT_SUPPORTED: mark("This station cannot be started from here. Use your charging card at it."),
    CommandResponseType.REJECTED: mark("The operator refused to start this charge."),
    CommandResultType.EVSE_OCCUPIED: mark("Somebody is charging there already."),
    CommandResultType.EVSE_INOPERATIVE: mark("The charger is out of order."),
    CommandResultType.FAILED: mark("The station tried and failed."),
}
REFUSED: Final = mark("The station said no and gave no reason.")

#: Stages of a start: heading, what to do.
STAGES: Final = {
    Stage.ASKING: (mark("Asking the operator…"), mark("This takes a few seconds.")),
    Stage.STATION: (mark("Asking the station…"), mark("This takes a few seconds. You can plug in already.")),
    Stage.PLUG_IN: (mark("Plug in your car"), mark("The station is ready. Charging starts when the cable is in.")),
    Stage.STARTED: (mark("Charging has started"), ""),
    Stage.REFUSED: (mark("The charge did not start"), ""),
    Stage.TIMED_OUT: (
        mark("The station has not answered"),
        mark(
            "It may still start: if the cable locks, the charge shows up under Charges. "
            "Otherwise try again, try another charger, or use your charging card."
        ),
    ),
}

FACILITIES: Final = {
    Facility.HOTEL: mark("Hotel"),
    Facility.RESTAURANT: mark("Restaurant"),
    Facility.CAFE: mark("Café"),
    Facility.MALL: mark("Shopping centre"),
    Facility.SUPERMARKET: mark("Supermarket"),
    Facility.SPORT: mark("Sports"),
    Facility.RECREATION_AREA: mark("Recreation area"),
    Facility.NATURE: mark("Nature"),
    Facility.MUSEUM: mark("Museum"),
    Facility.TRAIN_STATION: mark("Train station"),
    Facility.BUS_STOP: mark("Bus stop"),
    Facility.AIRPORT: mark("Airport"),
    Facility.PARKING_LOT: mark("Car park"),
    Facility.CARPOOL_PARKING: mark("Carpool parking"),
    Facility.FUEL_STATION: mark("Fuel station"),
    Facility.WIFI: mark("Wi-Fi"),
}

PARKING: Final = {
    ParkingType.ALONG_MOTORWAY: mark("Along a motorway"),
    ParkingType.PARKING_GARAGE: mark("Multi-storey car park"),
    ParkingType.PARKING_LOT: mark("Car park"),
    ParkingType.ON_DRIVEWAY: mark("On a driveway"),
    ParkingType.ON_STREET: mark("On the street"),
    ParkingType.UNDERGROUND_GARAGE: mark("Underground garage"),
}

WEEKDAYS: Final = (
    mark("Monday"),
    mark("Tuesday"),
    mark("Wednesday"),
    mark("Thursday"),
    mark("Friday"),
    mark("Saturday"),
    mark("Sunday"),
)

#: A card payment before the charge: what and what now.
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

#: And after the charge.
_SETTLED: Final = {
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
#: The same where some of it goes back, or went.
_GIVEN_BACK: Final = {
    PaymentState.REFUNDING: mark("{amount} were taken from your card; {back} of it are on their way back to it."),
    PaymentState.PAID: mark("{amount} were taken from your card; {back} of it were given back."),
}


def settled(payment: CardPayment) -> str:
    """What becomes of the money after the charge, with `amount`, `reserved` and `back` to be filled in."""
    goes_back = payment.refunding or payment.refunded
    return (_GIVEN_BACK if goes_back else _SETTLED).get(payment.state, _SETTLED[payment.state])


#: Where an invoice stands.
INVOICE_STATE: Final = {
    "open": (mark("Open"), "busy"),
    "paid": (mark("Paid"), "good"),
    "credited": (mark("Credited"), "quiet"),
    "credit": (mark("Credit note"), "quiet"),
}


def connector_name(connector: Connector) -> str:
    """What drivers call it; the standard's own word when it has no such name."""
    return CONNECTOR_NAMES.get(connector.standard, connector.standard.replace("_", " "))


def charge_status(charge: ChargeView) -> tuple[str, str]:
    """Word and tone of a charge: its bill counts more than what its Session said last."""
    if charge.cdr is not None or charge.session is None:
        return SESSION_STATUS[SessionStatus.COMPLETED]
    return SESSION_STATUS[charge.session.status]
