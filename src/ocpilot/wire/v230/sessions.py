"""The sessions module: a charge while it runs, and the driver's wishes for it (mod_sessions)."""

from enum import StrEnum

from ocpilot.wire.fields import CiString2, CiString3, CiString36, DateTime, Number, PlaceId, String3, String255, Wire
from ocpilot.wire.v230.cdrs import AuthMethod, CdrToken, ChargingPeriod
from ocpilot.wire.v230.types import Price


class ProfileType(StrEnum):
    """(mod_sessions, "ProfileType")."""

    CHEAP = "CHEAP"
    FAST = "FAST"
    GREEN = "GREEN"
    REGULAR = "REGULAR"


class ChargingPreferencesResponse(StrEnum):
    """The answer to ChargingPreferences (mod_sessions, "ChargingPreferencesResponse")."""

    ACCEPTED = "ACCEPTED"
    DEPARTURE_REQUIRED = "DEPARTURE_REQUIRED"
    ENERGY_NEED_REQUIRED = "ENERGY_NEED_REQUIRED"
    NOT_POSSIBLE = "NOT_POSSIBLE"
    PROFILE_TYPE_NOT_SUPPORTED = "PROFILE_TYPE_NOT_SUPPORTED"


class SessionStatus(StrEnum):
    """(mod_sessions, "SessionStatus")."""

    ACTIVE = "ACTIVE"
    COMPLETED = "COMPLETED"
    INVALID = "INVALID"
    PENDING = "PENDING"
    RESERVATION = "RESERVATION"


class ChargingPreferences(Wire, frozen=True, kw_only=True):
    """What the driver wants; energy in kWh (mod_sessions, "ChargingPreferences object")."""

    profile_type: ProfileType
    departure_time: DateTime | None = None
    energy_need: Number | None = None
    discharge_allowed: bool | None = None


class Session(Wire, frozen=True, kw_only=True):
    """Energy in kWh, money in `currency` (mod_sessions, "Session object")."""

    country_code: CiString2
    party_id: CiString3
    id: CiString36
    start_date_time: DateTime
    end_date_time: DateTime | None = None
    kwh: Number
    cdr_token: CdrToken
    auth_method: AuthMethod
    authorization_reference: CiString36 | None = None
    location_id: PlaceId
    evse_uid: PlaceId
    connector_id: CiString36
    meter_id: String255 | None = None
    currency: String3
    charging_periods: tuple[ChargingPeriod, ...] = ()
    total_cost: Price | None = None
    status: SessionStatus
    last_updated: DateTime
