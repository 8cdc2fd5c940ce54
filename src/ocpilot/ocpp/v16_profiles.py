"""Charging profiles between OCPI and OCPP 1.6: one per transaction, which also gives it its number.

(OCPP 1.6, 3.13 "Smart Charging", 7.8 "ChargingProfile", 7.13 "ChargingSchedule"; mod_charging_profiles, "Data types")
"""

from datetime import datetime
from decimal import ROUND_FLOOR, Decimal
from typing import cast

from ocpilot.base import time
from ocpilot.ocpp.frames import Payload
from ocpilot.wire.v230 import ActiveChargingProfile, ChargingProfile, ChargingProfilePeriod, ChargingRateUnit

#: Above the default profiles of a station, which are to give way (3.13.2 "Stacking charging profiles").
_STACK_LEVEL = 1
_TENTH = Decimal("0.1")


def set_payload(connector_id: int, transaction_id: int, profile: ChargingProfile) -> Payload:
    """SetChargingProfile.req (6.43). Without a start the schedule is relative to the start of charging."""
    start = profile.start_date_time
    return {
        "connectorId": connector_id,
        "csChargingProfiles": {
            "chargingProfileId": transaction_id,
            "transactionId": transaction_id,
            "stackLevel": _STACK_LEVEL,
            "chargingProfilePurpose": "TxProfile",
            "chargingProfileKind": "Relative" if start is None else "Absolute",
            "chargingSchedule": _schedule(profile),
        },
    }


def clear_payload(transaction_id: int) -> Payload:
    """ClearChargingProfile.req (6.11) of what `set_payload` set."""
    return {"id": transaction_id}


def active_profile(payload: Payload, now: datetime) -> ActiveChargingProfile | None:
    """What GetCompositeSchedule.conf (6.22) says; None when it names no limit."""
    schedule = payload.get("chargingSchedule")
    if not isinstance(schedule, dict):
        return None
    start = _moment(payload.get("scheduleStart")) or _moment(schedule.get("startSchedule")) or now
    least = schedule.get("minChargingRate")
    profile = ChargingProfile(
        start_date_time=start,
        duration=cast(int | None, schedule.get("duration")),
        charging_rate_unit=ChargingRateUnit(str(schedule["chargingRateUnit"])),
        min_charging_rate=None if least is None else Decimal(str(least)),
        charging_profile_period=tuple(
            _period(each) for each in cast(list[Payload], schedule["chargingSchedulePeriod"])
        ),
    )
    return ActiveChargingProfile(start_date_time=start, charging_profile=profile)


def _schedule(profile: ChargingProfile) -> Payload:
    schedule: Payload = {
        "chargingRateUnit": str(profile.charging_rate_unit),
        "chargingSchedulePeriod": [
            {"startPeriod": each.start_period, "limit": _tenths(each.limit)} for each in profile.charging_profile_period
        ],
    }
    if profile.start_date_time is not None:
        schedule["startSchedule"] = time.write(profile.start_date_time)
    if profile.duration is not None:
        schedule["duration"] = profile.duration
    if profile.min_charging_rate is not None:
        schedule["minChargingRate"] = _tenths(profile.min_charging_rate)
    return schedule


def _tenths(limit: Decimal) -> Decimal:
    """At most one decimal (7.14 "ChargingSchedulePeriod"); downwards, for it is a limit."""
    return limit.quantize(_TENTH, ROUND_FLOOR)


def _period(each: Payload) -> ChargingProfilePeriod:
    return ChargingProfilePeriod(start_period=cast(int, each["startPeriod"]), limit=Decimal(str(each["limit"])))


def _moment(text: object) -> datetime | None:
    try:
        return time.parse(str(text))
    except (ValueError, OverflowError):
        return None
