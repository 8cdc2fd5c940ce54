"""OCPP 1.6: the table of what stations call and how it reaches the platform, and what we call."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import cast

from ocpilot.app.station_events import (
    ActiveProfileAnswer,
    BootInfo,
    IdTagAnswer,
    SampledValue,
    StartEvent,
    StationReservation,
    StationSample,
    StopEvent,
)
from ocpilot.base import time
from ocpilot.base.time import Clock
from ocpilot.ocpp import schemas, v16_profiles
from ocpilot.ocpp.frames import CallError, CallResult, ErrorCode, ErrorWords, Payload
from ocpilot.ocpp.version import Asked, CallRefused, Handler, Station
from ocpilot.wire.v230 import ChargingProfile, ChargingRateUnit

_OLDEST_YEAR = 2010
_FARTHEST_AHEAD = timedelta(days=1)
_BIGGEST = 2**63


async def _boot(station: Station, payload: Payload) -> Payload:
    """BootNotification (4.2). A station not accepted asks again after `interval`."""
    serial = _text(payload, "chargePointSerialNumber") or _text(payload, "chargeBoxSerialNumber")
    info = BootInfo(
        vendor=_required_text(payload, "chargePointVendor"),
        model=_required_text(payload, "chargePointModel"),
        serial=serial,
        firmware=_text(payload, "firmwareVersion"),
    )
    answer = await station.events.booted(station.id, info)
    status = "Accepted" if answer.accepted else "Rejected"
    return {"status": status, "currentTime": time.write(station.clock()), "interval": answer.interval}


async def _heartbeat(station: Station, _: Payload) -> Payload:
    """Heartbeat (4.6)."""
    return {"currentTime": time.write(await station.events.heartbeat(station.id))}


async def _status(station: Station, payload: Payload) -> Payload:
    """StatusNotification (4.9)."""
    await station.events.status(
        station.id,
        _whole(payload, "connectorId"),
        _required_text(payload, "status"),
        _required_text(payload, "errorCode"),
        _time(payload, station.clock),
        _text(payload, "info"),
    )
    return {}


async def _authorize(station: Station, payload: Payload) -> Payload:
    """Authorize (4.1)."""
    answer = await station.events.authorize(station.id, _required_text(payload, "idTag"))
    return {"idTagInfo": _id_tag_info(answer)}


async def _start(station: Station, payload: Payload) -> Payload:
    """StartTransaction (4.8)."""
    event = StartEvent(
        connector_id=_whole(payload, "connectorId"),
        id_tag=_required_text(payload, "idTag"),
        meter_start_wh=_register(payload, "meterStart"),
        at=_time(payload, station.clock),
        reservation_id=_optional_whole(payload, "reservationId"),
    )
    answer = await station.events.start(station.id, event)
    return {"transactionId": answer.transaction_id, "idTagInfo": _id_tag_info(answer.id_tag)}


async def _meter_values(station: Station, payload: Payload) -> Payload:
    """MeterValues (4.7)."""
    connector_id, transaction_id = _whole(payload, "connectorId"), _optional_whole(payload, "transactionId")
    samples = _samples(payload, "meterValue", station.clock)
    await station.events.meter_values(station.id, connector_id, transaction_id, samples)
    return {}


async def _stop(station: Station, payload: Payload) -> Payload:
    """StopTransaction (4.10)."""
    event = StopEvent(
        transaction_id=_whole(payload, "transactionId"),
        meter_stop_wh=_register(payload, "meterStop"),
        at=_time(payload, station.clock),
        id_tag=_text(payload, "idTag"),
        reason=_text(payload, "reason"),
        samples=_samples(payload, "transactionData", station.clock),
    )
    answer = await station.events.stop(station.id, event)
    return {} if answer is None else {"idTagInfo": _id_tag_info(answer)}


async def _data_transfer(_: Station, __: Payload) -> Payload:
    """DataTransfer (4.3): we have no agreement with any vendor."""
    return {"status": "UnknownVendorId"}


async def _taken(_: Station, __: Payload) -> Payload:
    """A notice that asks for nothing: FirmwareStatusNotification (4.5) and its like."""
    return {}


class V16:
    """OCPP 1.6 as the gateway sees it (`OcppVersion`)."""

    subprotocol = "ocpp1.6"
    schemas = "v16"
    # "Occurence" is how OCPP-J 1.6 (4.2.3, table 7) spells it
    words = ErrorWords(
        broken="FormationViolation", unreadable="FormationViolation", occurrence="OccurenceConstraintViolation"
    )
    handlers: Mapping[str, Handler] = {
        "BootNotification": _boot,
        "Heartbeat": _heartbeat,
        "StatusNotification": _status,
        "Authorize": _authorize,
        "StartTransaction": _start,
        "MeterValues": _meter_values,
        "StopTransaction": _stop,
        "DataTransfer": _data_transfer,
        "FirmwareStatusNotification": _taken,
        "DiagnosticsStatusNotification": _taken,
    }

    def remote_start(self, connector_id: int | None, id_tag: str) -> Asked:
        """RemoteStartTransaction (5.11)."""
        payload: Payload = {"idTag": id_tag}
        if connector_id is not None:
            payload["connectorId"] = connector_id
        return Asked(action="RemoteStartTransaction", payload=payload, refused="Rejected")

    def remote_stop(self, transaction_id: int) -> Asked:
        """RemoteStopTransaction (5.12)."""
        return Asked(action="RemoteStopTransaction", payload={"transactionId": transaction_id}, refused="Rejected")

    def unlock(self, connector_id: int) -> Asked:
        """UnlockConnector (5.18)."""
        return Asked(action="UnlockConnector", payload={"connectorId": connector_id}, refused="UnlockFailed")

    def reserve(self, reservation: StationReservation) -> Asked:
        """ReserveNow (5.13)."""
        payload: Payload = {
            "connectorId": reservation.connector_id,
            "expiryDate": time.write(reservation.until),
            "idTag": reservation.id_tag,
            "reservationId": reservation.id,
        }
        return Asked(action="ReserveNow", payload=payload, refused="Rejected")

    def cancel_reservation(self, reservation_id: int) -> Asked:
        """CancelReservation (5.2)."""
        return Asked(action="CancelReservation", payload={"reservationId": reservation_id}, refused="Rejected")

    def set_charging_profile(self, connector_id: int, transaction_id: int, profile: ChargingProfile) -> Asked:
        """SetChargingProfile (5.16)."""
        payload = v16_profiles.set_payload(connector_id, transaction_id, profile)
        return Asked(action="SetChargingProfile", payload=payload, refused="Rejected")

    def clear_charging_profile(self, transaction_id: int) -> Asked:
        """ClearChargingProfile (5.5)."""
        return Asked(
            action="ClearChargingProfile", payload=v16_profiles.clear_payload(transaction_id), refused="Unknown"
        )

    def active_charging_profile(self, connector_id: int, seconds: int, unit: ChargingRateUnit) -> Asked:
        """GetCompositeSchedule (5.7)."""
        payload: Payload = {"connectorId": connector_id, "duration": seconds, "chargingRateUnit": str(unit)}
        return Asked(action="GetCompositeSchedule", payload=payload, refused="Rejected")

    def active_profile_of(self, asked: Asked, answer: CallResult | CallError, now: datetime) -> ActiveProfileAnswer:
        """The status, and the schedule beside an `Accepted`."""
        status = self.status_of(asked, answer)
        if status != "Accepted" or isinstance(answer, CallError):
            return ActiveProfileAnswer(status=status)
        payload = schemas.check(self.schemas, f"{asked.action}Response", answer.payload).payload
        return ActiveProfileAnswer(status=status, profile=v16_profiles.active_profile(payload, now))

    def status_of(self, asked: Asked, answer: CallResult | CallError) -> str:
        """An answer without a status, or a refusal, is the word for "no" that the action has."""
        if isinstance(answer, CallError):
            no_such_action = answer.code in (ErrorCode.NOT_IMPLEMENTED, ErrorCode.NOT_SUPPORTED)
            return "NotSupported" if no_such_action else asked.refused
        checked = schemas.check(self.schemas, f"{asked.action}Response", answer.payload)
        return asked.refused if checked.errors else _required_text(checked.payload, "status")


def _id_tag_info(answer: IdTagAnswer) -> Payload:
    info: Payload = {"status": str(answer.status)}
    if answer.parent is not None:
        info["parentIdTag"] = answer.parent
    if answer.expires is not None:
        info["expiryDate"] = time.write(answer.expires)
    return info


def _text(payload: Payload, key: str) -> str | None:
    """Firmware pads texts with NUL characters, which a database cannot hold."""
    value = payload.get(key)
    return value.replace("\0", "") if isinstance(value, str) else None


def _required_text(payload: Payload, key: str) -> str:
    return _text(payload, key) or ""


def _whole(payload: Payload, key: str) -> int:
    value = cast(int, payload[key])
    if not -_BIGGEST <= value < _BIGGEST:
        raise CallRefused(ErrorCode.PROPERTY_CONSTRAINT, f"$.{key}: found {value}, expected at most 64 bits")
    return value


def _optional_whole(payload: Payload, key: str) -> int | None:
    return _whole(payload, key) if key in payload else None


def _register(payload: Payload, key: str) -> Decimal:
    value = payload[key]
    return value if isinstance(value, Decimal) else Decimal(_whole(payload, key))


def _time(payload: Payload, clock: Clock) -> datetime | None:
    """The station's time; None when there is none, it cannot be read, or it is no time of charging (clocks of 1970)."""
    try:
        moment = time.parse(_required_text(payload, "timestamp"))
    except (ValueError, OverflowError):
        return None
    return moment if moment.year >= _OLDEST_YEAR and moment - clock() < _FARTHEST_AHEAD else None


def _samples(payload: Payload, key: str, clock: Clock) -> tuple[StationSample, ...]:
    moments = cast(list[Payload], payload.get(key, []))
    return tuple(StationSample(at=_time(moment, clock), values=_values(moment)) for moment in moments)


def _values(moment: Payload) -> tuple[SampledValue, ...]:
    return tuple(
        SampledValue(
            value=_required_text(value, "value"),
            measurand=_text(value, "measurand"),
            unit=_text(value, "unit"),
            phase=_text(value, "phase"),
            context=_text(value, "context"),
            format=_text(value, "format"),
            location=_text(value, "location"),
        )
        for value in cast(list[Payload], moment["sampledValue"])
    )
