"""The ClientInfo of 2.2.1: a hub has a role of its own (mod_hub_client_info)."""

from ocpilot.wire.fields import CiString2, CiString3, DateTime, Wire
from ocpilot.wire.v221.types import Role
from ocpilot.wire.v230.hub_client_info import ConnectionStatus


class ClientInfo(Wire, frozen=True, kw_only=True):
    """One role of one party behind the hub (mod_hub_client_info, "ClientInfo object")."""

    party_id: CiString3
    country_code: CiString2
    role: Role
    status: ConnectionStatus
    last_updated: DateTime
