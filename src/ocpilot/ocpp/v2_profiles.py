"""Charging profiles between OCPI and OCPP 2.x: one per transaction, which also gives it its number.

(OCPP 2.0.1, part 2, K "Smart Charging"; mod_charging_profiles, "Data types")
"""

from datetime import datetime

from ocpilot.app.kept.charge_records import Transaction
from ocpilot.app.kept.station_events import Payload
from ocpilot.ocpp import schedules
from ocpilot.ocpp.values import inner
from ocpilot.wire.v230 import ActiveChargingProfile, ChargingProfile

#: Above the default profiles of a station, which are to give way (K01.FR.05, "Stacking charging profiles").
_STACK_LEVEL = 1


def set_payload(transaction: Transaction, name: str, profile: ChargingProfile) -> Payload:
    """SetChargingProfileRequest; `name` is how the station knows the transaction. Without a start the schedule is
    relative to the start of charging."""
    kind = "Relative" if profile.start_date_time is None else "Absolute"
    return {
        "evseId": transaction.evse_id,
        "chargingProfile": {
            "id": transaction.id,
            "stackLevel": _STACK_LEVEL,
            "chargingProfilePurpose": "TxProfile",
            "chargingProfileKind": kind,
            "transactionId": name,
            "chargingSchedule": [{"id": transaction.id, **schedules.written(profile)}],
        },
    }


def clear_payload(transaction: Transaction) -> Payload:
    """ClearChargingProfileRequest of what `set_payload` set."""
    return {"chargingProfileId": transaction.id}


def active_profile(payload: Payload, now: datetime) -> ActiveChargingProfile | None:
    """What GetCompositeScheduleResponse says; None when it names no limit."""
    schedule = inner(payload, "schedule")
    return schedules.active(schedule, schedule.get("scheduleStart"), now) if schedule else None
