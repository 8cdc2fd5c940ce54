"""Payloads of a lean station as text, ready to be sent: no object is made for a message."""

from typing import Protocol

from ocpilot.simulator.make import OcppVersion

_SAMPLED = (
    '{"value":%s,"measurand":"Energy.Active.Import.Register",%s},'
    '{"value":%s,"measurand":"Power.Active.Import",%s},'
    '{"value":%s,"measurand":"Current.Import","phase":"L1",%s},'
    '{"value":%s,"measurand":"Current.Import","phase":"L2",%s},'
    '{"value":%s,"measurand":"Current.Import","phase":"L3",%s}'
)
#: Stands for the transaction's number in what is said before it is known.
NUMBER = '"@"'


class LeanFrames(Protocol):
    """(action, payload) of everything a lean station says. `key` names a transaction of 2.x."""

    def boot(self, station_id: str) -> tuple[str, str]:
        """At the start."""

    def status(self, charging: bool, at: str) -> tuple[str, str]:
        """Free, or charging."""

    def authorize(self, card: str) -> tuple[str, str]:
        """A driver comes."""

    def started(self, card: str, wh: int, at: str, key: str) -> tuple[str, str]:
        """The charge begins."""

    def metered(self, wh: int, watts: int, at: str, key: str, seq: int) -> tuple[str, str]:
        """It goes on."""

    def ended(self, wh: int, at: str, key: str, seq: int) -> tuple[str, str]:
        """It is over."""


class Lean16:
    """OCPP 1.6."""

    def boot(self, station_id: str) -> tuple[str, str]:
        """See `LeanFrames`."""
        said = '{"chargePointVendor":"OCPIlot","chargePointModel":"Lean 11","chargePointSerialNumber":"%s"}'
        return "BootNotification", said % station_id[:25]

    def status(self, charging: bool, at: str) -> tuple[str, str]:
        """See `LeanFrames`."""
        word = "Charging" if charging else "Available"
        said = '{"connectorId":1,"errorCode":"NoError","status":"%s","timestamp":"%s"}'
        return "StatusNotification", said % (word, at)

    def authorize(self, card: str) -> tuple[str, str]:
        """See `LeanFrames`."""
        return "Authorize", f'{{"idTag":"{card}"}}'

    def started(self, card: str, wh: int, at: str, key: str) -> tuple[str, str]:  # noqa: ARG002 - of 2.x
        """See `LeanFrames`."""
        said = '{"connectorId":1,"idTag":"%s","meterStart":%d,"timestamp":"%s"}'
        return "StartTransaction", said % (card, wh, at)

    def metered(self, wh: int, watts: int, at: str, key: str, seq: int) -> tuple[str, str]:  # noqa: ARG002 - of 2.x
        """See `LeanFrames`."""
        said = '{"connectorId":1,"transactionId":%s,"meterValue":[{"timestamp":"%s","sampledValue":[%s]}]}'
        return "MeterValues", said % (NUMBER, at, _sampled(wh, watts, '"%s"', '"unit":"%s"'))

    def ended(self, wh: int, at: str, key: str, seq: int) -> tuple[str, str]:  # noqa: ARG002 - of 2.x
        """See `LeanFrames`."""
        said = '{"transactionId":%s,"meterStop":%d,"timestamp":"%s","reason":"EVDisconnected"}'
        return "StopTransaction", said % (NUMBER, wh, at)


class Lean2:
    """OCPP 2.0.1 and 2.1."""

    def boot(self, station_id: str) -> tuple[str, str]:
        """See `LeanFrames`."""
        said = '{"reason":"PowerUp","chargingStation":{"vendorName":"OCPIlot","model":"Lean 11","serialNumber":"%s"}}'
        return "BootNotification", said % station_id[:25]

    def status(self, charging: bool, at: str) -> tuple[str, str]:
        """See `LeanFrames`."""
        word = "Occupied" if charging else "Available"
        said = '{"evseId":1,"connectorId":1,"connectorStatus":"%s","timestamp":"%s"}'
        return "StatusNotification", said % (word, at)

    def authorize(self, card: str) -> tuple[str, str]:
        """See `LeanFrames`."""
        return "Authorize", f'{{"idToken":{{"idToken":"{card}","type":"ISO14443"}}}}'

    def started(self, card: str, wh: int, at: str, key: str) -> tuple[str, str]:
        """See `LeanFrames`."""
        token = f',"idToken":{{"idToken":"{card}","type":"ISO14443"}}'
        info = f'"transactionId":"{key}","chargingState":"Charging"'
        return _event("Started", "Authorized", 0, info, _value(wh, 0, at) + token)

    def metered(self, wh: int, watts: int, at: str, key: str, seq: int) -> tuple[str, str]:
        """See `LeanFrames`."""
        return _event("Updated", "MeterValuePeriodic", seq, f'"transactionId":"{key}"', _value(wh, watts, at))

    def ended(self, wh: int, at: str, key: str, seq: int) -> tuple[str, str]:
        """See `LeanFrames`."""
        info = f'"transactionId":"{key}","stoppedReason":"EVDisconnected","chargingState":"Idle"'
        return _event("Ended", "EVCommunicationLost", seq, info, _value(wh, 0, at))


def _event(kind: str, trigger: str, seq: int, info: str, more: str) -> tuple[str, str]:
    return "TransactionEvent", (
        f'{{"eventType":"{kind}","triggerReason":"{trigger}","seqNo":{seq},'
        f'"transactionInfo":{{{info}}},"evse":{{"id":1,"connectorId":1}},{more}}}'
    )


def _value(wh: int, watts: int, at: str) -> str:
    """The time of an event and what was measured then."""
    values = _sampled(wh, watts, "%s", '"unitOfMeasure":{"unit":"%s"}')
    return f'"timestamp":"{at}","meterValue":[{{"timestamp":"{at}","sampledValue":[{values}]}}]'


def frames_of(version: OcppVersion) -> LeanFrames:
    """How a version says it."""
    return Lean16() if version is OcppVersion.V16 else Lean2()


def _sampled(wh: int, watts: int, number: str, unit: str) -> str:
    amps = number % f"{watts / 690:.1f}"
    in_amps = unit % "A"
    return _SAMPLED % (
        *(number % wh, unit % "Wh", number % watts, unit % "W"),
        *(amps, in_amps, amps, in_amps, amps, in_amps),
    )
