"""The hub client info module: which parties a hub connects, and how they are (mod_hub_client_info)."""

from enum import StrEnum

from ocpilot.wire.fields import CiString2, CiString3, DateTime, Wire
from ocpilot.wire.v230.types import Role


class ConnectionStatus(StrEnum):
    """(mod_hub_client_info, "ConnectionStatus")."""

    CONNECTED = "CONNECTED"
    OFFLINE = "OFFLINE"
    PLANNED = "PLANNED"
    SUSPENDED = "SUSPENDED"


class ClientInfo(Wire, frozen=True, kw_only=True):
    """One role of one party behind the hub (mod_hub_client_info, "ClientInfo object")."""

    party_id: CiString3
    country_code: CiString2
    role: Role
    status: ConnectionStatus
    last_updated: DateTime
