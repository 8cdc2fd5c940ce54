"""The charging profiles module: a provider limits a charge, and what the station says (mod_charging_profiles)."""

from enum import StrEnum

from ocpilot.wire.fields import DateTime, Number, Timeout, Url, Wire


class ChargingRateUnit(StrEnum):
    """Watts in all, or ampere per phase (mod_charging_profiles, "ChargingRateUnit")."""

    W = "W"
    A = "A"


class ChargingProfileResponseType(StrEnum):
    """What the operator's platform says at once (mod_charging_profiles, "ChargingProfileResponseType")."""

    ACCEPTED = "ACCEPTED"
    NOT_SUPPORTED = "NOT_SUPPORTED"
    REJECTED = "REJECTED"
    TOO_OFTEN = "TOO_OFTEN"
    UNKNOWN_SESSION = "UNKNOWN_SESSION"


class ChargingProfileResultType(StrEnum):
    """What came of it at the station (mod_charging_profiles, "ChargingProfileResultType")."""

    ACCEPTED = "ACCEPTED"
    REJECTED = "REJECTED"
    UNKNOWN = "UNKNOWN"


class ChargingProfilePeriod(Wire, frozen=True, kw_only=True):
    """A limit from so many seconds after the start on (mod_charging_profiles, "ChargingProfilePeriod")."""

    start_period: int
    limit: Number


class ChargingProfile(Wire, frozen=True, kw_only=True):
    """Limits over time; `duration` in seconds (mod_charging_profiles, "ChargingProfile")."""

    start_date_time: DateTime | None = None
    duration: int | None = None
    charging_rate_unit: ChargingRateUnit
    min_charging_rate: Number | None = None
    charging_profile_period: tuple[ChargingProfilePeriod, ...] = ()


class ActiveChargingProfile(Wire, frozen=True, kw_only=True):
    """The limits that hold for a session (mod_charging_profiles, "ActiveChargingProfile")."""

    start_date_time: DateTime
    charging_profile: ChargingProfile


class SetChargingProfile(Wire, frozen=True, kw_only=True):
    """(mod_charging_profiles, "SetChargingProfile object")."""

    charging_profile: ChargingProfile
    response_url: Url


class ChargingProfileResponse(Wire, frozen=True, kw_only=True):
    """The operator's answer; `timeout` in seconds (mod_charging_profiles, "ChargingProfileResponse object")."""

    result: ChargingProfileResponseType
    timeout: Timeout


class ActiveChargingProfileResult(Wire, frozen=True, kw_only=True):
    """What came of asking, sent to `response_url` (mod_charging_profiles, "ActiveChargingProfileResult object")."""

    result: ChargingProfileResultType
    profile: ActiveChargingProfile | None = None


class ChargingProfileResult(Wire, frozen=True, kw_only=True):
    """What came of setting, sent to `response_url` (mod_charging_profiles, "ChargingProfileResult object")."""

    result: ChargingProfileResultType


class ClearProfileResult(Wire, frozen=True, kw_only=True):
    """What came of clearing, sent to `response_url` (mod_charging_profiles, "ClearProfileResult object")."""

    result: ChargingProfileResultType
