"""The standard's words in a reader's words."""

from typing import Final

from ocpilot.app.charge_views import ChargeView, Stage
from ocpilot.base.texts import mark
from ocpilot.billing.check import State, TariffSource
from ocpilot.wire.v230 import (
    CommandResponseType,
    CommandResultType,
    ConnectionStatus,
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

SESSION_STATUS: Final = {
    SessionStatus.ACTIVE: (mark("Charging now"), "good"),
    SessionStatus.PENDING: (mark("Starting"), "busy"),
    SessionStatus.RESERVATION: (mark("Reserved"), "busy"),
    SessionStatus.COMPLETED: (mark("Finished"), "quiet"),
    SessionStatus.INVALID: (mark("Not valid"), "bad"),
}

PEER_STATE: Final = {
    "invited": (mark("Invited"), "busy"),
    "registered": (mark("Connected"), "good"),
    "suspended": (mark("Suspended"), "warn"),
    "unregistered": (mark("Disconnected"), "bad"),
}

#: How a member of our hub is connected.
MEMBER_STATUS: Final = {
    ConnectionStatus.CONNECTED: (mark("Connected"), "good"),
    ConnectionStatus.OFFLINE: (mark("Offline"), "bad"),
    ConnectionStatus.PLANNED: (mark("Planned"), "quiet"),
    ConnectionStatus.SUSPENDED: (mark("Suspended"), "warn"),
}

DELIVERY_STATE: Final = {
    "waiting": (mark("Waiting"), "busy"),
    "dead": (mark("Gave up"), "bad"),
    "acknowledged": (mark("Delivered"), "good"),
}

TRANSACTION_STATE: Final = {
    "open": (mark("Open"), "good"),
    "stopped": (mark("Stopped"), "busy"),
    "billed": (mark("Billed"), "quiet"),
    "held": (mark("Held"), "bad"),
}

#: Is a station connected?
CONNECTION: Final = {True: (mark("Connected"), "good"), False: (mark("Away"), "bad")}

#: Does a received CDR agree with our own price?
AGREEMENT: Final = {
    True: (mark("Agrees"), "good"),
    False: (mark("Disagrees"), "bad"),
    None: (mark("Not checked"), "quiet"),
}
#: What the check of one CDR came to.
VERDICT: Final = {
    State.AGREES: AGREEMENT[True],
    State.DIFFERS: AGREEMENT[False],
    State.NOT_PRICED: (mark("Cannot be priced"), "warn"),
}
#: Whose Tariffs it was priced by.
TARIFF_SOURCE: Final = {
    TariffSource.OURS: mark("our copy of the tariff"),
    TariffSource.CDR: mark("the tariff in the CDR"),
    TariffSource.NONE: mark("no tariff"),
}
NOTHING_WAITS: Final = (mark("Sent"), "good")

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


def connector_name(connector: Connector) -> str:
    """What drivers call it; the standard's own word when it has no such name."""
    return CONNECTOR_NAMES.get(connector.standard, connector.standard.replace("_", " "))


def charge_status(charge: ChargeView) -> tuple[str, str]:
    """Word and tone of a charge: its bill counts more than what its Session said last."""
    if charge.cdr is not None or charge.session is None:
        return SESSION_STATUS[SessionStatus.COMPLETED]
    return SESSION_STATUS[charge.session.status]
