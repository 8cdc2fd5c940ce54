"""The Session of 2.2.1: it holds the Price and words of 2.2.1 (mod_sessions)."""

from ocpilot.wire.fields import CiString2, CiString3, CiString36, DateTime, Number, String3, String255, Wire
from ocpilot.wire.v221.cdrs import CdrToken, ChargingPeriod
from ocpilot.wire.v221.types import Price
from ocpilot.wire.v230.cdrs import AuthMethod
from ocpilot.wire.v230.sessions import SessionStatus


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
    location_id: CiString36
    evse_uid: CiString36
    connector_id: CiString36
    meter_id: String255 | None = None
    currency: String3
    charging_periods: tuple[ChargingPeriod, ...] = ()
    total_cost: Price | None = None
    status: SessionStatus
    last_updated: DateTime
