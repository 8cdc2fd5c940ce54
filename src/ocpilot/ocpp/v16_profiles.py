"""Charging profiles between OCPI and OCPP 1.6: one per transaction, which also gives it its number.

(OCPP 1.6, 3.13 "Smart Charging", 7.8 "ChargingProfile", 7.13 "ChargingSchedule"; mod_charging_profiles, "Data types")
"""

from datetime import datetime

from ocpilot.app.kept.station_events import Payload
from ocpilot.ocpp import schedules
from ocpilot.ocpp.values import inner
from ocpilot.wire.v230 import ActiveChargingProfile, ChargingProfile

#: Above the default profiles of a station, which are to give way (3.13.2 "Stacking charging profiles").
_STACK_LEVEL = 1


def set_payload(evse_id: int, transaction_id: int, profile: ChargingProfile) -> Payload:
    """SetChargingProfile.req (6.43). Without a start the schedule is relative to the start of charging."""
    start = profile.start_date_time
    return {
        "connectorId": evse_id,
        "csChargingProfiles": {
            "chargingProfileId": transaction_id,
            "transactionId": transaction_id,
            "stackLevel": _STACK_LEVEL,
            "chargingProfilePurpose": "TxProfile",
            "chargingProfileKind": "Relative" if start is None else "Absolute",
            "chargingSchedule": schedules.written(profile),
        },
    }


def clear_payload(transaction_id: int) -> Payload:
    """ClearChargingProfile.req (6.11) of what `set_payload` set."""
    return {"id": transaction_id}


def active_profile(payload: Payload, now: datetime) -> ActiveChargingProfile | None:
    """What GetCompositeSchedule.conf (6.22) says; None when it names no limit."""
    schedule = inner(payload, "chargingSchedule")
    return schedules.active(schedule, payload.get("scheduleStart"), now) if schedule else None
