"""OCPP 2.0.1 and 2.1: the table of what stations call and how it reaches the platform, and what we call.

Sections are use cases of OCPP 2.0.1, part 2; 2.1 keeps their letters.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import cast

import msgspec

from ocpilot.app.kept.charge_records import Transaction
from ocpilot.app.kept.station_events import (
    ActiveProfileAnswer,
    BootInfo,
    EventKind,
    IdTagAnswer,
    IdToken,
    ListUpdate,
    LocalListLimits,
    Payload,
    StationReservation,
    StatusEvent,
    TransactionEvent,
)
from ocpilot.base import time
from ocpilot.ocpp import schemas, v2_lists, v2_profiles, v21_tariffs
from ocpilot.ocpp.frames import CallError, CallResult, ErrorWords
from ocpilot.ocpp.v2_notices import V21_NOTICES, V21_SENT, V201_NOTICES
from ocpilot.ocpp.v2_samples import samples_of
from ocpilot.ocpp.values import inner, moment, optional_whole, required_text, text, token_text, whole
from ocpilot.ocpp.version import Asked, Handler, Station, payload_of, status_word
from ocpilot.wire.v230 import ChargingProfile, ChargingRateUnit, DisplayText, Tariff


async def _boot(station: Station, payload: Payload) -> Payload:
    """BootNotification (B01). A station not accepted asks again after `interval`."""
    about = cast(Payload, payload["chargingStation"])
    info = BootInfo(
        vendor=required_text(about, "vendorName"),
        model=required_text(about, "model"),
        serial=text(about, "serialNumber"),
        firmware=text(about, "firmwareVersion"),
    )
    answer = await station.events.booted(station.id, info)
    return {"currentTime": time.write(station.clock()), "interval": answer.interval, "status": answer.status}


async def _heartbeat(station: Station, _: Payload) -> Payload:
    """Heartbeat (G02)."""
    return {"currentTime": time.write(await station.events.heartbeat(station.id))}


async def _status(station: Station, payload: Payload) -> Payload:
    """StatusNotification (G01)."""
    event = StatusEvent(
        evse_id=whole(payload, "evseId"),
        connector_id=whole(payload, "connectorId"),
        status=required_text(payload, "connectorStatus"),
        at=moment(payload, station.clock),
    )
    await station.events.status(station.id, event)
    return {}


async def _authorize(station: Station, payload: Payload) -> Payload:
    """Authorize (C01)."""
    answer = await station.events.authorize(station.id, _token(cast(Payload, payload["idToken"])))
    # C07: a certificate given to us is not verified here. Without one the station has verified it, and we add nothing.
    unverified: Payload = {"certificateStatus": "CertChainError"} if "certificate" in payload else {}
    return {"idTokenInfo": _token_info(answer), **unverified}


async def _transaction_event(station: Station, payload: Payload) -> Payload:
    """TransactionEvent (E01 to E15)."""
    about = cast(Payload, payload["transactionInfo"])
    evse, token, costs = inner(payload, "evse") or {}, inner(payload, "idToken"), inner(payload, "costDetails")
    event = TransactionEvent(
        kind=EventKind(required_text(payload, "eventType")),
        station_key=required_text(about, "transactionId"),
        seq_no=whole(payload, "seqNo"),
        trigger=required_text(payload, "triggerReason"),
        at=moment(payload, station.clock),
        offline=payload.get("offline") is True,
        evse_id=optional_whole(evse, "id"),
        connector_id=optional_whole(evse, "connectorId"),
        token=_token(token) if token else None,
        remote_start_id=optional_whole(about, "remoteStartId"),
        reservation_id=optional_whole(payload, "reservationId"),
        state=text(about, "chargingState"),
        samples=samples_of(payload, station.clock),
        reason=text(about, "stoppedReason"),
        cost=v21_tariffs.cost_of(costs) if costs else None,
    )
    if costs and (event.kind is EventKind.ENDED or event.cost is None):
        await station.events.notice(station.id, "CostDetails", {"transactionId": event.station_key, **costs})
    answer = await station.events.transaction_event(station.id, event)
    said: Payload = {}
    if answer.token is not None:
        said["idTokenInfo"] = _token_info(answer.token)
    if answer.total_cost is not None:
        said["totalCost"] = answer.total_cost
    return said


async def _meter_values(station: Station, payload: Payload) -> Payload:
    """MeterValues (J01), which name no transaction."""
    await station.events.meter_values(station.id, whole(payload, "evseId"), None, samples_of(payload, station.clock))
    return {}


async def _reservation(station: Station, payload: Payload) -> Payload:
    """ReservationStatusUpdate (H04): `Expired`, `Removed` or, in 2.1, `NoTransaction`."""
    number, word = whole(payload, "reservationId"), required_text(payload, "reservationUpdateStatus")
    await station.events.reservation_ended(station.id, number, expired=word == "Expired")
    return {}


class V2:
    """What both versions share (`OcppVersion`)."""

    subprotocol = "ocpp2.0.1"
    schemas = "v201"
    words = ErrorWords(
        broken="FormatViolation", unreadable="RpcFrameworkError", occurrence="OccurrenceConstraintViolation"
    )
    handlers: Mapping[str, Handler] = {
        "BootNotification": _boot,
        "Heartbeat": _heartbeat,
        "StatusNotification": _status,
        "Authorize": _authorize,
        "TransactionEvent": _transaction_event,
        "MeterValues": _meter_values,
        "ReservationStatusUpdate": _reservation,
        **V201_NOTICES,
    }
    sent: Mapping[str, Handler] = {}

    def remote_start(self, evse_id: int | None, token: IdToken, remote_start_id: int) -> Asked:
        """RequestStartTransaction (F01, F02)."""
        payload: Payload = {"idToken": v2_lists.token(token), "remoteStartId": remote_start_id}
        if evse_id is not None:
            payload["evseId"] = evse_id
        return Asked(action="RequestStartTransaction", payload=payload, refused="Rejected")

    def remote_stop(self, transaction: Transaction) -> Asked:
        """RequestStopTransaction (F03)."""
        payload: Payload = {"transactionId": _name(transaction)}
        return Asked(action="RequestStopTransaction", payload=payload, refused="Rejected")

    def unlock(self, evse_id: int, connector_id: int) -> Asked:
        """UnlockConnector (F05)."""
        payload: Payload = {"evseId": evse_id, "connectorId": connector_id}
        return Asked(action="UnlockConnector", payload=payload, refused="UnlockFailed")

    def reserve(self, reservation: StationReservation) -> Asked:
        """ReserveNow (H01)."""
        payload: Payload = {
            "id": reservation.id,
            "expiryDateTime": time.write(reservation.until),
            "idToken": v2_lists.token(reservation.token),
            "evseId": reservation.evse_id,
        }
        return Asked(action="ReserveNow", payload=payload, refused="Rejected")

    def cancel_reservation(self, reservation_id: int) -> Asked:
        """CancelReservation (H02)."""
        return Asked(action="CancelReservation", payload={"reservationId": reservation_id}, refused="Rejected")

    def set_charging_profile(self, transaction: Transaction, profile: ChargingProfile) -> Asked:
        """SetChargingProfile (K01, K05)."""
        payload = v2_profiles.set_payload(transaction, _name(transaction), profile)
        return Asked(action="SetChargingProfile", payload=payload, refused="Rejected")

    def clear_charging_profile(self, transaction: Transaction) -> Asked:
        """ClearChargingProfile (K10)."""
        payload = v2_profiles.clear_payload(transaction)
        return Asked(action="ClearChargingProfile", payload=payload, refused="Unknown")

    def active_charging_profile(self, transaction: Transaction, seconds: int, unit: ChargingRateUnit) -> Asked:
        """GetCompositeSchedule (K08)."""
        payload: Payload = {"evseId": transaction.evse_id, "duration": seconds, "chargingRateUnit": str(unit)}
        return Asked(action="GetCompositeSchedule", payload=payload, refused="Rejected")

    def local_list_limits(self) -> Asked:
        """GetVariables (B06)."""
        return v2_lists.limits()

    def local_list_limits_of(self, asked: Asked, answer: CallResult | CallError) -> LocalListLimits | None:
        """Of the device model ("LocalAuthListCtrlr")."""
        return v2_lists.limits_of(payload_of(self.schemas, asked, answer))

    def send_local_list(self, update: ListUpdate) -> Asked:
        """SendLocalList (D01)."""
        return Asked(action="SendLocalList", payload=v2_lists.payload(update), refused="Failed")

    def cost_updated(self, transaction: Transaction, cost: Decimal) -> Asked:
        """CostUpdated (I02)."""
        payload: Payload = {"totalCost": cost, "transactionId": _name(transaction)}
        return Asked(action="CostUpdated", payload=payload, done="Accepted")

    def active_profile_of(self, asked: Asked, answer: CallResult | CallError, now: datetime) -> ActiveProfileAnswer:
        """The status, and the schedule beside an `Accepted`."""
        status = self.status_of(asked, answer)
        if status != "Accepted" or isinstance(answer, CallError):
            return ActiveProfileAnswer(status=status)
        payload = schemas.check_answer(self.schemas, asked.action, answer.payload).payload
        return ActiveProfileAnswer(status=status, profile=v2_profiles.active_profile(payload, now))

    def status_of(self, asked: Asked, answer: CallResult | CallError) -> str:
        """See `status_word`."""
        word = status_word(self.schemas, asked, answer)
        return _OLDER_WORDS.get(word, word)


class V201(V2):
    """OCPP 2.0.1 as the gateway sees it."""

    def set_default_tariff(self, _: int, __: Tariff, ___: str, ____: Sequence[DisplayText]) -> None:
        """2.0.1 has no such message."""


class V21(V2):
    """OCPP 2.1 as the gateway sees it."""

    subprotocol = "ocpp2.1"
    schemas = "v21"
    handlers: Mapping[str, Handler] = {**V2.handlers, **V21_NOTICES}
    sent = V21_SENT

    def set_default_tariff(self, evse_id: int, tariff: Tariff, name: str, texts: Sequence[DisplayText]) -> Asked | None:
        """SetDefaultTariff (I07)."""
        payload: Payload = {"evseId": evse_id, "tariff": v21_tariffs.tariff_of(tariff, name, texts)}
        return Asked(action="SetDefaultTariff", payload=payload)

    words = msgspec.structs.replace(V2.words, answer="FormatViolation")


#: What 2.x says beyond 1.6 about why it does not unlock ("UnlockStatusEnumType").
_OLDER_WORDS = {"OngoingAuthorizedTransaction": "Rejected", "UnknownConnector": "Rejected"}


def _name(transaction: Transaction) -> str:
    """How the station knows it."""
    return transaction.station_key or str(transaction.id)


def _token(payload: Payload) -> IdToken:
    return IdToken(token_text(payload, "idToken"), text(payload, "type"))


def _token_info(answer: IdTagAnswer) -> Payload:
    info: Payload = {"status": str(answer.status)}
    if answer.expires is not None:
        info["cacheExpiryDateTime"] = time.write(answer.expires)
    if answer.parent is not None:
        info["groupIdToken"] = v2_lists.group(answer.parent)
    if answer.message is not None:
        said: Payload = {"format": "UTF8", "language": answer.message.language, "content": answer.message.text}
        info["personalMessage"] = said
    return info
