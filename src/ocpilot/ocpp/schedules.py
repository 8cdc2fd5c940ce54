"""Charging schedules of stations, which all OCPP versions write alike, as OCPI ActiveChargingProfiles.

(OCPP 1.6, 7.13 "ChargingSchedule"; 2.0.1, "ChargingScheduleType", "CompositeScheduleType")
"""

from datetime import datetime
from decimal import ROUND_FLOOR, Decimal
from typing import cast

from ocpilot.app.kept.station_events import Payload
from ocpilot.base import time
from ocpilot.wire.v230 import ActiveChargingProfile, ChargingProfile, ChargingProfilePeriod, ChargingRateUnit

_TENTH = Decimal("0.1")


def written(profile: ChargingProfile) -> Payload:
    """The schedule of a ChargingProfile for a station."""
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


def active(schedule: Payload, start: object, now: datetime) -> ActiveChargingProfile:
    """What a station says will hold; `start` is when by its own words, `now` when it names none."""
    since = _moment(start) or _moment(schedule.get("startSchedule")) or now
    least = schedule.get("minChargingRate")
    profile = ChargingProfile(
        start_date_time=since,
        duration=cast(int | None, schedule.get("duration")),
        charging_rate_unit=ChargingRateUnit(str(schedule["chargingRateUnit"])),
        min_charging_rate=None if least is None else Decimal(str(least)),
        charging_profile_period=tuple(
            _period(each) for each in cast(list[Payload], schedule["chargingSchedulePeriod"]) if "limit" in each
        ),
    )
    return ActiveChargingProfile(start_date_time=since, charging_profile=profile)


def _tenths(limit: Decimal) -> Decimal:
    """At most one decimal (1.6, 7.14 "ChargingSchedulePeriod"); downwards, for it is a limit."""
    return limit.quantize(_TENTH, ROUND_FLOOR)


def _period(each: Payload) -> ChargingProfilePeriod:
    return ChargingProfilePeriod(start_period=cast(int, each["startPeriod"]), limit=Decimal(str(each["limit"])))


def _moment(text: object) -> datetime | None:
    try:
        return time.parse(str(text))
    except (ValueError, OverflowError):
        return None
