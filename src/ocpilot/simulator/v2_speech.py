"""What a station says in OCPP 2.0.1 and 2.1: the same words, of other modules of the `ocpp` package."""

import base64
from datetime import datetime
from types import ModuleType
from typing import cast

from ocpilot.simulator import signing
from ocpilot.simulator.evse import RunningTransaction, SimulatedEvse
from ocpilot.simulator.faults import Fault
from ocpilot.simulator.make import IdToken, StationMake
from ocpilot.simulator.meter import Sample
from ocpilot.simulator.signing import Signer
from ocpilot.simulator.speech import Message, Payload, Stamp

_STATUS = {"Available": "Available", "Reserved": "Reserved", "Unavailable": "Unavailable", "Faulted": "Faulted"}
#: The reason of 1.6 to stoppedReason and triggerReason.
_ENDS = {
    "Local": ("Local", "StopAuthorized"),
    "EVDisconnected": ("EVDisconnected", "EVCommunicationLost"),
    "Remote": ("Remote", "RemoteStop"),
    "UnlockCommand": ("Other", "UnlockCommand"),
    "HardReset": ("ImmediateReset", "ResetCommand"),
    "SoftReset": ("ImmediateReset", "ResetCommand"),
    "DeAuthorized": ("DeAuthorized", "Deauthorized"),
    "PowerLoss": ("PowerLoss", "AbnormalCondition"),
}
_CONTEXT_TRIGGERS = {"Sample.Periodic": "MeterValuePeriodic", "Trigger": "Trigger"}


class V2Speech:
    """`speech.Speech`, with the `call` module of the version."""

    def __init__(self, call: ModuleType, make: StationMake, stamp: Stamp, signer: Signer | None) -> None:
        self._call = call
        self._make = make
        self._stamp = stamp
        self._signer = signer

    def boot(self, reason: str) -> object:
        """See `Speech`."""
        make = self._make
        return self._call.BootNotification(
            charging_station={
                "vendor_name": make.vendor,
                "model": make.model,
                "serial_number": make.serial,
                "firmware_version": make.firmware,
            },
            reason=reason,
        )

    def heartbeat(self) -> object:
        """See `Speech`."""
        return self._call.Heartbeat()

    def status(self, evse: SimulatedEvse, at: datetime) -> object:
        """See `Speech`."""
        return self._call.StatusNotification(
            timestamp=self._stamp(at),
            connector_status=self.status_word(evse.status),
            evse_id=evse.id,
            connector_id=1,
        )

    def whole_status(self, at: datetime) -> object | None:  # noqa: ARG002 - there is none
        """See `Speech`."""
        return None

    def status_word(self, status: str) -> str:
        """See `Speech`."""
        return _STATUS.get(status, "Occupied")

    def authorize(self, token: IdToken) -> object:
        """See `Speech`."""
        return self._call.Authorize(id_token=_token(token))

    def authorization(self, answer: Payload) -> str:
        """See `Speech`."""
        info = cast(Payload | None, answer.get("id_token_info"))
        return str(info["status"]) if info else ""

    def started(self, running: RunningTransaction, offline: bool) -> Message:
        """See `Speech`. After a remote start the central system knows the token; it is sent nevertheless (F02)."""
        info = {"remote_start_id": running.remote_start_id}
        return self._event(
            running,
            "Started",
            running.trigger,
            running.begin.at,
            offline,
            info=info,
            sample=running.begin,
            id_token=_token(running.token),
            reservation_id=running.reservation_id,
        )

    def metered(self, running: RunningTransaction, sample: Sample, offline: bool) -> Message:
        """See `Speech`."""
        return self._event(running, "Updated", _CONTEXT_TRIGGERS[sample.context], sample.at, offline, sample=sample)

    def state_changed(self, running: RunningTransaction, at: datetime, offline: bool) -> Message | None:
        """See `Speech`."""
        return self._event(running, "Updated", "ChargingStateChanged", at, offline)

    def ended(
        self, running: RunningTransaction, sample: Sample, reason: str, token: IdToken | None, offline: bool
    ) -> Message:
        """See `Speech`."""
        stopped, trigger = _ENDS[reason]
        return self._event(
            running,
            "Ended",
            trigger,
            sample.at,
            offline,
            info={"stopped_reason": stopped},
            sample=sample,
            id_token=_token(token) if token else None,
        )

    def alone(self, evse_id: int, sample: Sample) -> object:
        """See `Speech`."""
        return self._call.MeterValues(evse_id=evse_id, meter_value=[self._value(sample, None)])

    def firmware(self, status: str, request_id: int | None) -> object:
        """See `Speech`."""
        return self._call.FirmwareStatusNotification(status=status, request_id=request_id)

    def log(self, status: str, request_id: int | None) -> object:
        """See `Speech`."""
        return self._call.LogStatusNotification(status=status, request_id=request_id)

    def security(self, kind: str, at: datetime) -> object:
        """See `Speech`."""
        return self._call.SecurityEventNotification(type=kind, timestamp=self._stamp(at))

    def _event(
        self,
        running: RunningTransaction,
        kind: str,
        trigger: str,
        at: datetime,
        offline: bool,
        *,
        info: Payload | None = None,
        sample: Sample | None = None,
        id_token: Payload | None = None,
        reservation_id: int | None = None,
    ) -> Message:
        """seqNo is given when it happens, not when it is sent (E01)."""
        said = self._call.TransactionEvent(
            event_type=kind,
            timestamp=self._stamp(at),
            trigger_reason=trigger,
            seq_no=0 if Fault.CONSTANT_SEQ_NO in running.faults else running.seq,
            transaction_info={"transaction_id": running.key, "charging_state": running.state, **(info or {})},
            meter_value=[self._value(sample, running)] if sample else None,
            offline=offline,
            evse={"id": running.evse_id, "connector_id": 1},
            id_token=id_token,
            reservation_id=reservation_id,
        )
        running.seq += 1
        return Message(call=lambda: said)

    def _value(self, sample: Sample, running: RunningTransaction | None) -> Payload:
        """One MeterValueType."""
        wrong = running is not None and Fault.WH_AS_KWH in running.faults
        unit = "kWh" if wrong else "Wh"
        register = _sampled(sample.register_wh, "Energy.Active.Import.Register", unit)
        if sample.signed is not None and self._signer is not None:
            register["signed_meter_value"] = _signed(sample.signed, self._signer)
        values = [register, _sampled(round(sample.watts), "Power.Active.Import", "W")]
        if len(sample.amps) == 1:
            values.append(_sampled(round(sample.amps[0], 1), "Current.Import", "A"))
        else:
            values += [
                _sampled(round(amps, 1), "Current.Import", "A") | {"phase": f"L{phase}"}
                for phase, amps in enumerate(sample.amps, 1)
            ]
        if sample.soc is not None:
            values.append(_sampled(round(sample.soc), "SoC", "Percent") | {"location": "EV"})
        said = [value | {"context": sample.context} for value in values]
        return {"timestamp": self._stamp(sample.at), "sampled_value": said}


def _token(token: IdToken) -> Payload:
    return {"id_token": token.value, "type": token.kind}


def _sampled(value: float, measurand: str, unit: str) -> dict[str, object]:
    return {"value": value, "measurand": measurand, "unit_of_measure": {"unit": unit}}


def _signed(record: str, signer: Signer) -> Payload:
    """SignedMeterValueType; the key comes with every value, as PublicKeyWithSignedMeterValue may ask."""
    return {
        "signed_meter_data": base64.b64encode(record.encode()).decode(),
        "signing_method": signing.METHOD,
        "encoding_method": signing.ENCODING,
        "public_key": signer.public_key,
    }
