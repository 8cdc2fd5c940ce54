"""Which ways to pay a station offers, from the capabilities of its EVSEs and Connectors."""

from ocpilot.app.drivers.views import StationView
from ocpilot.base.texts import mark
from ocpilot.wire.v230 import Capability

_BANK_CARD = frozenset(
    {
        Capability.CONTACTLESS_CARD_SUPPORT,
        Capability.CREDIT_CARD_PAYABLE,
        Capability.DEBIT_CARD_PAYABLE,
        Capability.PED_TERMINAL,
    }
)
_PLUG_AND_CHARGE = "PLUG_AND_CHARGE"


def ways_to_pay(station: StationView) -> tuple[str, ...]:
    """Texts to translate, the handiest first; empty when the operator tells none."""
    said = {word for point in station.points for word in point.evse.capabilities}
    connectors = {word for plug in station.plugs for word in plug.connector.capabilities}
    ways = (
        (mark("Here in the app"), Capability.REMOTE_START_STOP_CAPABLE in said),
        (mark("Charging card"), Capability.RFID_READER in said),
        (mark("Bank card"), bool(said & _BANK_CARD)),
        (mark("Plug & Charge"), any(word.endswith(_PLUG_AND_CHARGE) for word in connectors)),
    )
    return tuple(text for text, offered in ways if offered)
