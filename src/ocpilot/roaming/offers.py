"""Which role offers which interface: one table for what we offer, what we look for, and who may send or see what."""

from collections.abc import Iterable

from ocpilot.base.settings import HUB
from ocpilot.wire.protocol import InterfaceRole, ModuleID
from ocpilot.wire.v230 import Role

Interface = tuple[ModuleID, InterfaceRole]

_CPO = frozenset({Role.CPO})
#: A NAP passes on what operators sent it: "Information can be sent and retrieved from the NAP" (terminology).
_PUBLISHERS = frozenset({Role.CPO, Role.NAP})
#: What a NAP gathers of all operators.
GATHERED = frozenset({ModuleID.LOCATIONS, ModuleID.TARIFFS})
_EMSP = frozenset({Role.EMSP})
#: The extension for payments names a role PTP, whose word its list of roles lacks: he may also come as OTHER.
_PTP = frozenset({Role.PTP, Role.OTHER})
#: (mod_locations, mod_tariffs: "typically implemented by eMSP and NSP"); OTHER is an eMSP type of role
#: (transport_and_format, "Broadcast Push"); a NAP collects what drivers may see.
_INFORMED = frozenset({Role.EMSP, Role.NSP, Role.NAP, Role.PTP, Role.OTHER})

OFFERED_BY: dict[Interface, frozenset[str]] = {
    (ModuleID.LOCATIONS, InterfaceRole.SENDER): _PUBLISHERS,
    (ModuleID.LOCATIONS, InterfaceRole.RECEIVER): _INFORMED,
    (ModuleID.TARIFFS, InterfaceRole.SENDER): _PUBLISHERS,
    (ModuleID.TARIFFS, InterfaceRole.RECEIVER): _INFORMED,
    (ModuleID.SESSIONS, InterfaceRole.SENDER): _CPO,
    (ModuleID.SESSIONS, InterfaceRole.RECEIVER): _EMSP | {Role.SCSP} | _PTP,
    (ModuleID.CDRS, InterfaceRole.SENDER): _CPO,
    (ModuleID.CDRS, InterfaceRole.RECEIVER): _EMSP | _PTP,
    (ModuleID.TOKENS, InterfaceRole.SENDER): _EMSP,
    (ModuleID.TOKENS, InterfaceRole.RECEIVER): _CPO,
    (ModuleID.COMMANDS, InterfaceRole.SENDER): _EMSP | _PTP,
    (ModuleID.COMMANDS, InterfaceRole.RECEIVER): _CPO,
    (ModuleID.CHARGING_PROFILES, InterfaceRole.SENDER): _EMSP | {Role.SCSP},
    (ModuleID.CHARGING_PROFILES, InterfaceRole.RECEIVER): _CPO,
    (ModuleID.HUB_CLIENT_INFO, InterfaceRole.SENDER): frozenset({HUB}),
    (ModuleID.HUB_CLIENT_INFO, InterfaceRole.RECEIVER): frozenset(Role),
    (ModuleID.PAYMENTS, InterfaceRole.SENDER): _PTP,
    (ModuleID.PAYMENTS, InterfaceRole.RECEIVER): _CPO,
    (ModuleID.BOOKINGS, InterfaceRole.SENDER): _CPO,
    (ModuleID.BOOKINGS, InterfaceRole.RECEIVER): _EMSP,
    #: Direct billing goes from operator to provider, reverse billing from provider to operator.
    (ModuleID.INVOICE_RECONCILIATION, InterfaceRole.SENDER): _CPO | _EMSP,
    (ModuleID.INVOICE_RECONCILIATION, InterfaceRole.RECEIVER): _CPO | _EMSP,
}

#: What a hub passes on. Nobody tells it who is connected to it.
_ROUTED = frozenset(OFFERED_BY) - {(ModuleID.HUB_CLIENT_INFO, InterfaceRole.RECEIVER)}


def offered(roles: Iterable[str]) -> frozenset[Interface]:
    """The functional interfaces a platform with these roles offers: of a hub all that its members may call."""
    played = set(roles)
    found = frozenset(interface for interface, by in OFFERED_BY.items() if by & played)
    return found | _ROUTED if HUB in played else found


def other_side(interface: Interface) -> Interface:
    """The interface at the other end of the same module."""
    module, role = interface
    return module, InterfaceRole.RECEIVER if role is InterfaceRole.SENDER else InterfaceRole.SENDER
