"""OCPP 1.6: the table of what stations call and how it reaches the platform, and what we call."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import cast

from ocpilot.app.kept.charge_records import Transaction
from ocpilot.app.kept.station_events import (
    ActiveProfileAnswer,
    AuthorizationStatus,
    BootInfo,
    IdTagAnswer,
    IdToken,
    ListUpdate,
    LocalListLimits,
    Payload,
    SampledValue,
    StartEvent,
    StationReservation,
    StationSample,
    StatusEvent,
    StopEvent,
)
from ocpilot.app.ocpi.tokens import id_tag_of
from ocpilot.base import time
from ocpilot.base.time import Clock
from ocpilot.ocpp import schemas, v16_lists, v16_profiles
from ocpilot.ocpp.certificate_requests import sign_certificate
from ocpilot.ocpp.frames import CallError, CallResult, ErrorWords
from ocpilot.ocpp.notices import always, notice, notices
from ocpilot.ocpp.values import moment, optional_whole, register, required_text, text, token_text, whole
from ocpilot.ocpp.version import Asked, Handler, Station, payload_of, status_word
from ocpilot.wire.v230 import ChargingProfile, ChargingRateUnit, DisplayText, Tariff

#: 1.6 has fewer words (7.2, "AuthorizationStatus"): blocked means "not allowed for charging".
_WORDS = {
    AuthorizationStatus.NO_CREDIT: AuthorizationStatus.BLOCKED,
    AuthorizationStatus.NOT_AT_THIS_LOCATION: AuthorizationStatus.BLOCKED,
    AuthorizationStatus.UNKNOWN: AuthorizationStatus.INVALID,
}
_MAX_TAG = 20


async def _boot(station: Station, payload: Payload) -> Payload:
    """BootNotification (4.2). A station not accepted asks again after `interval`."""
    serial = text(payload, "chargePointSerialNumber") or text(payload, "chargeBoxSerialNumber")
    info = BootInfo(
        vendor=required_text(payload, "chargePointVendor"),
        model=required_text(payload, "chargePointModel"),
        serial=serial,
        firmware=text(payload, "firmwareVersion"),
    )
    answer = await station.events.booted(station.id, info)
    return {"status": answer.status, "currentTime": time.write(station.clock()), "interval": answer.interval}


async def _heartbeat(station: Station, _: Payload) -> Payload:
    """Heartbeat (4.6)."""
    return {"currentTime": time.write(await station.events.heartbeat(station.id))}


async def _status(station: Station, payload: Payload) -> Payload:
    """StatusNotification (4.9)."""
    event = StatusEvent(
        evse_id=whole(payload, "connectorId"),
        status=required_text(payload, "status"),
        error_code=required_text(payload, "errorCode"),
        at=moment(payload, station.clock),
        info=text(payload, "info"),
        vendor_error_code=text(payload, "vendorErrorCode"),
    )
    await station.events.status(station.id, event)
    return {}


async def _authorize(station: Station, payload: Payload) -> Payload:
    """Authorize (4.1)."""
    answer = await station.events.authorize(station.id, IdToken(token_text(payload, "idTag")))
    return {"idTagInfo": _id_tag_info(answer)}


async def _start(station: Station, payload: Payload) -> Payload:
    """StartTransaction (4.8)."""
    event = StartEvent(
        evse_id=whole(payload, "connectorId"),
        token=IdToken(token_text(payload, "idTag")),
        meter_start_wh=register(payload, "meterStart"),
        at=moment(payload, station.clock),
        reservation_id=optional_whole(payload, "reservationId"),
    )
    answer = await station.events.start(station.id, event)
    return {"transactionId": answer.transaction_id, "idTagInfo": _id_tag_info(answer.id_tag)}


async def _meter_values(station: Station, payload: Payload) -> Payload:
    """MeterValues (4.7)."""
    connector_id, transaction_id = whole(payload, "connectorId"), optional_whole(payload, "transactionId")
    samples = _samples(payload, "meterValue", station.clock)
    await station.events.meter_values(station.id, connector_id, transaction_id, samples)
    return {}


async def _stop(station: Station, payload: Payload) -> Payload:
    """StopTransaction (4.10)."""
    event = StopEvent(
        transaction_id=whole(payload, "transactionId"),
        meter_stop_wh=register(payload, "meterStop"),
        at=moment(payload, station.clock),
        id_tag=token_text(payload, "idTag") if "idTag" in payload else None,
        reason=text(payload, "reason"),
        samples=_samples(payload, "transactionData", station.clock),
    )
    answer = await station.events.stop(station.id, event)
    return {} if answer is None else {"idTagInfo": _id_tag_info(answer)}


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
        # 4.3: we have no agreement with any vendor
        "DataTransfer": notice("DataTransfer", always(status="UnknownVendorId")),
        "SignCertificate": sign_certificate,
        **notices(
            "DiagnosticsStatusNotification",
            "FirmwareStatusNotification",
            "LogStatusNotification",
            "SecurityEventNotification",
            "SignedFirmwareStatusNotification",
        ),
    }
    sent: Mapping[str, Handler] = {}

    def remote_start(self, evse_id: int | None, token: IdToken, _: int) -> Asked:
        """RemoteStartTransaction (5.11)."""
        payload: Payload = {"idTag": id_tag_of(token.value)}
        if evse_id is not None:
            payload["connectorId"] = evse_id
        return Asked(action="RemoteStartTransaction", payload=payload, refused="Rejected")

    def remote_stop(self, transaction: Transaction) -> Asked:
        """RemoteStopTransaction (5.12)."""
        return Asked(action="RemoteStopTransaction", payload={"transactionId": transaction.id}, refused="Rejected")

    def unlock(self, evse_id: int, _: int) -> Asked:
        """UnlockConnector (5.18)."""
        return Asked(action="UnlockConnector", payload={"connectorId": evse_id}, refused="UnlockFailed")

    def reserve(self, reservation: StationReservation) -> Asked:
        """ReserveNow (5.13)."""
        payload: Payload = {
            "connectorId": reservation.evse_id,
            "expiryDate": time.write(reservation.until),
            "idTag": id_tag_of(reservation.token.value),
            "reservationId": reservation.id,
        }
        return Asked(action="ReserveNow", payload=payload, refused="Rejected")

    def cancel_reservation(self, reservation_id: int) -> Asked:
        """CancelReservation (5.2)."""
        return Asked(action="CancelReservation", payload={"reservationId": reservation_id}, refused="Rejected")

    def set_charging_profile(self, transaction: Transaction, profile: ChargingProfile) -> Asked:
        """SetChargingProfile (5.16)."""
        payload = v16_profiles.set_payload(transaction.evse_id, transaction.id, profile)
        return Asked(action="SetChargingProfile", payload=payload, refused="Rejected")

    def clear_charging_profile(self, transaction: Transaction) -> Asked:
        """ClearChargingProfile (5.5)."""
        payload = v16_profiles.clear_payload(transaction.id)
        return Asked(action="ClearChargingProfile", payload=payload, refused="Unknown")

    def active_charging_profile(self, transaction: Transaction, seconds: int, unit: ChargingRateUnit) -> Asked:
        """GetCompositeSchedule (5.7)."""
        payload: Payload = {"connectorId": transaction.evse_id, "duration": seconds, "chargingRateUnit": str(unit)}
        return Asked(action="GetCompositeSchedule", payload=payload, refused="Rejected")

    def local_list_limits(self) -> Asked:
        """GetConfiguration (5.8)."""
        return v16_lists.limits()

    def local_list_limits_of(self, asked: Asked, answer: CallResult | CallError) -> LocalListLimits | None:
        """(9.3 "Local Auth List Management Profile")."""
        return v16_lists.limits_of(payload_of(self.schemas, asked, answer))

    def send_local_list(self, update: ListUpdate) -> Asked:
        """SendLocalList (5.15)."""
        return Asked(action="SendLocalList", payload=v16_lists.payload(update), refused="Failed")

    def cost_updated(self, _: Transaction, __: Decimal) -> None:
        """1.6 has no such message."""

    def set_default_tariff(self, _: int, __: Tariff, ___: str, ____: Sequence[DisplayText]) -> None:
        """1.6 has no such message."""

    def active_profile_of(self, asked: Asked, answer: CallResult | CallError, now: datetime) -> ActiveProfileAnswer:
        """The status, and the schedule beside an `Accepted`."""
        status = self.status_of(asked, answer)
        if status != "Accepted" or isinstance(answer, CallError):
            return ActiveProfileAnswer(status=status)
        payload = schemas.check_answer(self.schemas, asked.action, answer.payload).payload
        return ActiveProfileAnswer(status=status, profile=v16_profiles.active_profile(payload, now))

    def status_of(self, asked: Asked, answer: CallResult | CallError) -> str:
        """See `status_word`."""
        return status_word(self.schemas, asked, answer)


def _id_tag_info(answer: IdTagAnswer) -> Payload:
    """The parent only when it fits (mod_tokens, "Token object", note)."""
    info: Payload = {"status": str(_WORDS.get(answer.status, answer.status))}
    if answer.parent is not None and len(answer.parent) <= _MAX_TAG:
        info["parentIdTag"] = answer.parent
    if answer.expires is not None:
        info["expiryDate"] = time.write(answer.expires)
    return info


def _samples(payload: Payload, key: str, clock: Clock) -> tuple[StationSample, ...]:
    moments = cast(list[Payload], payload.get(key, []))
    return tuple(StationSample(at=moment(one, clock), values=_values(one)) for one in moments)


def _values(sample: Payload) -> tuple[SampledValue, ...]:
    return tuple(
        SampledValue(
            value=required_text(value, "value"),
            measurand=text(value, "measurand"),
            unit=text(value, "unit"),
            phase=text(value, "phase"),
            context=text(value, "context"),
            format=text(value, "format"),
            location=text(value, "location"),
        )
        for value in cast(list[Payload], sample["sampledValue"])
    )
