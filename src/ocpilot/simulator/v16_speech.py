"""What a station says in OCPP 1.6."""

import base64
import json
from datetime import datetime
from typing import cast

from ocpp.v16 import call

from ocpilot.simulator import signing
from ocpilot.simulator.evse import RunningTransaction, SimulatedEvse
from ocpilot.simulator.faults import Fault
from ocpilot.simulator.make import IdToken, StationMake
from ocpilot.simulator.meter import Sample
from ocpilot.simulator.signing import Signer
from ocpilot.simulator.speech import Message, Payload, Stamp

#: Firmware and log words of 2.x that 1.6 has by another name, or not at all.
_DIAGNOSTICS = {"Uploading": "Uploading", "Uploaded": "Uploaded", "UploadFailure": "UploadFailed", "Idle": "Idle"}


class V16Speech:
    """`speech.Speech`. The connectors of 1.6 are the EVSEs."""

    def __init__(self, make: StationMake, stamp: Stamp, signer: Signer | None) -> None:
        self._make = make
        self._stamp = stamp
        self._signer = signer

    def boot(self, reason: str) -> object:  # noqa: ARG002 - 1.6 has none
        """See `Speech`."""
        return call.BootNotification(
            charge_point_vendor=self._make.vendor,
            charge_point_model=self._make.model,
            charge_point_serial_number=self._make.serial,
            firmware_version=self._make.firmware,
        )

    def heartbeat(self) -> object:
        """See `Speech`."""
        return call.Heartbeat()

    def status(self, evse: SimulatedEvse, at: datetime) -> object:
        """See `Speech`."""
        return self._status(evse.id, evse.status, at)

    def whole_status(self, at: datetime) -> object | None:
        """See `Speech`."""
        return self._status(0, "Available", at)

    def status_word(self, status: str) -> str:
        """See `Speech`."""
        return status

    def authorize(self, token: IdToken) -> object:
        """See `Speech`."""
        return call.Authorize(id_tag=token.value)

    def authorization(self, answer: Payload) -> str:
        """See `Speech`."""
        info = cast(Payload | None, answer.get("id_tag_info"))
        return str(info["status"]) if info else ""

    def started(self, running: RunningTransaction, offline: bool) -> Message:  # noqa: ARG002 - 1.6 does not say
        """See `Speech`."""
        said = call.StartTransaction(
            connector_id=running.evse_id,
            id_tag=running.token.value,
            meter_start=running.begin.register_wh,
            timestamp=self._stamp(running.began),
            reservation_id=running.reservation_id,
        )

        def acknowledged(answer: Payload) -> None:
            running.number = cast(int, answer["transaction_id"])

        return Message(call=lambda: said, acknowledged=acknowledged)

    def metered(self, running: RunningTransaction, sample: Sample, offline: bool) -> Message:  # noqa: ARG002 - as above
        """See `Speech`. The transaction's number may be known only when its turn comes."""
        values = [self._value(sample, running)]
        return Message(
            call=lambda: call.MeterValues(
                connector_id=running.evse_id, transaction_id=_number(running), meter_value=values
            )
        )

    def state_changed(
        self,
        running: RunningTransaction,  # noqa: ARG002 - as above
        at: datetime,  # noqa: ARG002 - as above
        offline: bool,  # noqa: ARG002 - as above
    ) -> Message | None:
        """See `Speech`. In 1.6 the status says it."""
        return None

    def ended(
        self,
        running: RunningTransaction,
        sample: Sample,
        reason: str,
        token: IdToken | None,
        offline: bool,  # noqa: ARG002 - 1.6 does not say
    ) -> Message:
        """See `Speech`."""
        data = [self._value(running.begin, running), self._value(sample, running)]
        at = self._stamp(sample.at)
        return Message(
            call=lambda: call.StopTransaction(
                meter_stop=sample.register_wh,
                timestamp=at,
                transaction_id=_number(running),
                reason=reason,
                id_tag=token.value if token else None,
                transaction_data=data,
            )
        )

    def alone(self, evse_id: int, sample: Sample) -> object:
        """See `Speech`."""
        return call.MeterValues(connector_id=evse_id, meter_value=[self._value(sample, None)])

    def firmware(self, status: str, request_id: int | None) -> object:
        """See `Speech`."""
        if request_id is None:
            return call.FirmwareStatusNotification(status=status)
        return call.SignedFirmwareStatusNotification(status=status, request_id=request_id)

    def log(self, status: str, request_id: int | None) -> object:
        """See `Speech`. Diagnostics have no request id."""
        if request_id is None:
            return call.DiagnosticsStatusNotification(status=_DIAGNOSTICS[status])
        return call.LogStatusNotification(status=status, request_id=request_id)

    def security(self, kind: str, at: datetime) -> object:
        """See `Speech`."""
        return call.SecurityEventNotification(type=kind, timestamp=self._stamp(at), tech_info="simulated")

    def _status(self, connector_id: int, status: str, at: datetime) -> object:
        return call.StatusNotification(
            connector_id=connector_id, error_code="NoError", status=status, timestamp=self._stamp(at)
        )

    def _value(self, sample: Sample, running: RunningTransaction | None) -> Payload:
        """One MeterValue (7.33)."""
        wrong = running is not None and Fault.WH_AS_KWH in running.faults
        register = _sampled(str(sample.register_wh), "Energy.Active.Import.Register", "kWh" if wrong else "Wh")
        values = [register, _sampled(f"{sample.watts:.0f}", "Power.Active.Import", "W")]
        if len(sample.amps) == 1:
            values.append(_sampled(f"{sample.amps[0]:.1f}", "Current.Import", "A"))
        else:
            values += [
                _sampled(f"{amps:.1f}", "Current.Import", "A") | {"phase": f"L{phase}"}
                for phase, amps in enumerate(sample.amps, 1)
            ]
        if sample.soc is not None:
            values.append(_sampled(f"{sample.soc:.0f}", "SoC", "Percent") | {"location": "EV"})
        if sample.signed is not None and self._signer is not None:
            values.append({"value": _signed(sample.signed, self._signer), "format": "SignedData"})
        said = [value | {"context": sample.context} for value in values]
        return {"timestamp": self._stamp(sample.at), "sampled_value": said}


def _number(running: RunningTransaction) -> int:
    return -1 if running.number is None else running.number


def _sampled(value: str, measurand: str, unit: str) -> dict[str, str]:
    return {"value": value, "measurand": measurand, "unit": unit}


def _signed(record: str, signer: Signer) -> str:
    """The SignedMeterValueType of 2.x as text (OCA, "Signed Meter Values in OCPP 1.6", 3.2.1)."""
    return json.dumps(
        {
            "signedMeterData": base64.b64encode(record.encode()).decode(),
            "signingMethod": signing.METHOD,
            "encodingMethod": signing.ENCODING,
            "publicKey": signer.public_key,
        }
    )
