"""Which class the objects of a module have; payments and bookings have two kinds, told apart by `ObjectKey.sub`."""

from ocpilot.wire.fields import Wire
from ocpilot.wire.protocol import ModuleID
from ocpilot.wire.v230 import (
    CDR,
    Booking,
    BookingLocation,
    ClientInfo,
    FinancialAdviceConfirmation,
    InvoiceReconciliationRecord,
    Location,
    Session,
    Tariff,
    Terminal,
    Token,
)

#: The kinds, in the words of the standard's URLs (mod_payments, mod_bookings, "Interfaces and Endpoints").
TERMINALS = "terminals"
CONFIRMATIONS = "financial-advice-confirmations"
BOOKING_LOCATIONS = "booking_locations"
BOOKINGS = ""
#: When a BookingLocation of ours is open at all, booked or not: nobody else ever sees that.
OPENINGS = "openings"

_CLASSES: dict[ModuleID, type[Wire]] = {
    ModuleID.LOCATIONS: Location,
    ModuleID.TARIFFS: Tariff,
    ModuleID.SESSIONS: Session,
    ModuleID.CDRS: CDR,
    ModuleID.TOKENS: Token,
    ModuleID.HUB_CLIENT_INFO: ClientInfo,
    ModuleID.INVOICE_RECONCILIATION: InvoiceReconciliationRecord,
}
_KINDS: dict[tuple[ModuleID, str], type[Wire]] = {
    (ModuleID.PAYMENTS, TERMINALS): Terminal,
    (ModuleID.PAYMENTS, CONFIRMATIONS): FinancialAdviceConfirmation,
    (ModuleID.BOOKINGS, BOOKING_LOCATIONS): BookingLocation,
    (ModuleID.BOOKINGS, BOOKINGS): Booking,
    (ModuleID.BOOKINGS, OPENINGS): BookingLocation,
}
#: BookingLocations first, so that bookings find theirs.
_LISTED = {ModuleID.PAYMENTS: (TERMINALS, CONFIRMATIONS), ModuleID.BOOKINGS: (BOOKING_LOCATIONS, BOOKINGS)}


def kinds_of(module: ModuleID) -> tuple[str, ...]:
    """The kinds that a Sender interface of the module lists, each below its own path."""
    return _LISTED.get(module, ("",))


def class_of(module: ModuleID, sub: str = "") -> type[Wire]:
    """The class of a whole object (of an EVSE it is its Location's)."""
    return _KINDS.get((module, sub)) or _CLASSES[module]
