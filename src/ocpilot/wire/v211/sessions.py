"""The Session of 2.1.1: the whole Location inside, a cost as one number without VAT (mod_sessions)."""

from enum import StrEnum

from ocpilot.wire.fields import DateTime, Number, String3, String36, String255, Wire
from ocpilot.wire.v211.cdrs import AuthMethod, ChargingPeriod
from ocpilot.wire.v211.locations import Location


class SessionStatus(StrEnum):
    """(mod_sessions, "SessionStatus")."""

    ACTIVE = "ACTIVE"
    COMPLETED = "COMPLETED"
    INVALID = "INVALID"
    PENDING = "PENDING"


class Session(Wire, frozen=True, kw_only=True):
    """Energy in kWh, money in `currency` (mod_sessions, "Session object")."""

    id: String36
    start_datetime: DateTime
    end_datetime: DateTime | None = None
    kwh: Number
    auth_id: String36
    auth_method: AuthMethod
    location: Location
    meter_id: String255 | None = None
    currency: String3
    charging_periods: tuple[ChargingPeriod, ...] = ()
    total_cost: Number | None = None
    status: SessionStatus
    last_updated: DateTime
