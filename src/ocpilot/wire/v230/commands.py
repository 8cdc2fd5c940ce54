"""The commands module: what a provider asks an operator's station to do, and the two answers (mod_commands)."""

from enum import StrEnum

from ocpilot.wire.fields import CiString36, DateTime, PlaceId, Timeout, Url, Wire
from ocpilot.wire.v230.tokens import Token
from ocpilot.wire.v230.types import DisplayText


class CommandType(StrEnum):
    """Known words of the OpenEnum (mod_commands, "CommandType")."""

    CANCEL_RESERVATION = "CANCEL_RESERVATION"
    RESERVE_NOW = "RESERVE_NOW"
    START_SESSION = "START_SESSION"
    STOP_SESSION = "STOP_SESSION"
    UNLOCK_CONNECTOR = "UNLOCK_CONNECTOR"


class CommandResponseType(StrEnum):
    """What the operator's platform says at once (mod_commands, "CommandResponseType")."""

    NOT_SUPPORTED = "NOT_SUPPORTED"
    REJECTED = "REJECTED"
    ACCEPTED = "ACCEPTED"
    UNKNOWN_SESSION = "UNKNOWN_SESSION"


class CommandResultType(StrEnum):
    """What came of it at the station (mod_commands, "CommandResultType")."""

    ACCEPTED = "ACCEPTED"
    CANCELED_RESERVATION = "CANCELED_RESERVATION"
    EVSE_OCCUPIED = "EVSE_OCCUPIED"
    EVSE_INOPERATIVE = "EVSE_INOPERATIVE"
    FAILED = "FAILED"
    NOT_SUPPORTED = "NOT_SUPPORTED"
    REJECTED = "REJECTED"
    TIMEOUT = "TIMEOUT"
    UNKNOWN_RESERVATION = "UNKNOWN_RESERVATION"


class CancelReservation(Wire, frozen=True, kw_only=True):
    """(mod_commands, "CancelReservation object")."""

    response_url: Url
    reservation_id: CiString36


class ReserveNow(Wire, frozen=True, kw_only=True):
    """(mod_commands, "ReserveNow object")."""

    response_url: Url
    token: Token
    expiry_date: DateTime
    reservation_id: CiString36
    location_id: PlaceId
    evse_uid: PlaceId | None = None
    authorization_reference: CiString36 | None = None


class StartSession(Wire, frozen=True, kw_only=True):
    """(mod_commands, "StartSession object")."""

    response_url: Url
    token: Token
    location_id: PlaceId
    evse_uid: PlaceId | None = None
    connector_id: CiString36 | None = None
    authorization_reference: CiString36 | None = None


class StopSession(Wire, frozen=True, kw_only=True):
    """(mod_commands, "StopSession object")."""

    response_url: Url
    session_id: CiString36


class UnlockConnector(Wire, frozen=True, kw_only=True):
    """(mod_commands, "UnlockConnector object")."""

    response_url: Url
    location_id: PlaceId
    evse_uid: PlaceId
    connector_id: CiString36


class CommandResponse(Wire, frozen=True, kw_only=True):
    """The operator's answer; `timeout` in seconds (mod_commands, "CommandResponse object")."""

    result: CommandResponseType
    timeout: Timeout
    message: tuple[DisplayText, ...] = ()


class CommandResult(Wire, frozen=True, kw_only=True):
    """What came of the command, sent to `response_url` (mod_commands, "CommandResult object")."""

    result: CommandResultType
    message: tuple[DisplayText, ...] = ()
