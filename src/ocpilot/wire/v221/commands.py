"""The commands of 2.2.1 that hold a Token (mod_commands)."""

from ocpilot.wire.fields import CiString36, DateTime, Url, Wire
from ocpilot.wire.v221.tokens import Token


class ReserveNow(Wire, frozen=True, kw_only=True):
    """(mod_commands, "ReserveNow object")."""

    response_url: Url
    token: Token
    expiry_date: DateTime
    reservation_id: CiString36
    location_id: CiString36
    evse_uid: CiString36 | None = None
    authorization_reference: CiString36 | None = None


class StartSession(Wire, frozen=True, kw_only=True):
    """(mod_commands, "StartSession object")."""

    response_url: Url
    token: Token
    location_id: CiString36
    evse_uid: CiString36 | None = None
    connector_id: CiString36 | None = None
    authorization_reference: CiString36 | None = None
