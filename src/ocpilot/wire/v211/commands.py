"""The commands of 2.1.1: numbers for reservations, and one object for the answer and for the result (mod_commands)."""

from enum import StrEnum

from ocpilot.wire.fields import DateTime, String36, String39, Url, Wire
from ocpilot.wire.v211.tokens import Token


class CommandType(StrEnum):
    """(mod_commands, "CommandType")."""

    RESERVE_NOW = "RESERVE_NOW"
    START_SESSION = "START_SESSION"
    STOP_SESSION = "STOP_SESSION"
    UNLOCK_CONNECTOR = "UNLOCK_CONNECTOR"


class CommandResponseType(StrEnum):
    """(mod_commands, "CommandResponseType")."""

    NOT_SUPPORTED = "NOT_SUPPORTED"
    REJECTED = "REJECTED"
    ACCEPTED = "ACCEPTED"
    TIMEOUT = "TIMEOUT"
    UNKNOWN_SESSION = "UNKNOWN_SESSION"


class ReserveNow(Wire, frozen=True, kw_only=True):
    """(mod_commands, "ReserveNow object")."""

    response_url: Url
    token: Token
    expiry_date: DateTime
    reservation_id: int
    location_id: String39
    evse_uid: String39 | None = None


class StartSession(Wire, frozen=True, kw_only=True):
    """(mod_commands, "StartSession object")."""

    response_url: Url
    token: Token
    location_id: String39
    evse_uid: String39 | None = None


class StopSession(Wire, frozen=True, kw_only=True):
    """(mod_commands, "StopSession object")."""

    response_url: Url
    session_id: String36


class UnlockConnector(Wire, frozen=True, kw_only=True):
    """(mod_commands, "UnlockConnector object")."""

    response_url: Url
    location_id: String39
    evse_uid: String39
    connector_id: String36


class CommandResponse(Wire, frozen=True, kw_only=True):
    """The operator's answer at once, and what came of the command later (mod_commands, "CommandResponse object")."""

    result: CommandResponseType
