"""What an operator does with a station at a distance, in the words of the OCPP version that it speaks.

Pure: from what a person chose to a call's action and payload.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

import msgspec

from ocpilot.app.kept.station_events import Payload
from ocpilot.base import time
from ocpilot.base.errors import UserError
from ocpilot.base.texts import mark

#: What was chosen, by field.
Chosen = Mapping[str, str]

#: Messages that may be triggered by name (1.6, 7.35 with the security extension; 2.x "MessageTriggerEnumType").
TRIGGERS: Final = (
    "BootNotification",
    "StatusNotification",
    "Heartbeat",
    "MeterValues",
    "FirmwareStatusNotification",
    "DiagnosticsStatusNotification",
    "LogStatusNotification",
    "TransactionEvent",
)
_ONLY_16 = frozenset({"DiagnosticsStatusNotification"})
_ONLY_2X = frozenset({"LogStatusNotification", "TransactionEvent"})
_NEEDS_ADDRESS = mark("An address is missing, such as https://files.example/firmware.bin.")
_NEEDS_CARD = mark("The number of a card is missing.")
_NO_SUCH = mark("This action does not exist.")
_WRONG_NUMBER = mark("Choose an EVSE.")


class Call(msgspec.Struct, frozen=True):
    """A call of ours."""

    action: str
    payload: Payload


def is_old(protocol: str | None) -> bool:
    """Does a station speak OCPP 1.6?"""
    return protocol == "ocpp1.6"


def triggers(protocol: str | None) -> tuple[str, ...]:
    """What can be triggered in this version."""
    missing = _ONLY_2X if is_old(protocol) else _ONLY_16
    return tuple(word for word in TRIGGERS if word not in missing)


def call_of(protocol: str, name: str, chosen: Chosen, now: datetime) -> Call:
    """The call that does this; UserError when something is missing."""
    made = _MADE.get(name)
    if made is None:
        raise UserError(_NO_SUCH)
    return made(is_old(protocol), chosen, now)


def _start(old: bool, chosen: Chosen, now: datetime) -> Call:
    token, evse = chosen.get("token", "").strip(), _evse(chosen)
    if not token:
        raise UserError(_NEEDS_CARD)
    if old:
        return Call("RemoteStartTransaction", {"idTag": token, **({"connectorId": evse} if evse else {})})
    named: Payload = {"idToken": token, "type": "Central"}
    return Call(
        "RequestStartTransaction",
        {"idToken": named, "remoteStartId": _number(now), **({"evseId": evse} if evse else {})},
    )


def _stop(old: bool, chosen: Chosen, _: datetime) -> Call:
    """`transaction` is its number in 1.6, and what the station calls it in 2.x."""
    named = chosen.get("transaction", "")
    if old:
        return Call("RemoteStopTransaction", {"transactionId": _whole(named)})
    return Call("RequestStopTransaction", {"transactionId": named})


def _unlock(old: bool, chosen: Chosen, _: datetime) -> Call:
    evse = _evse(chosen)
    if not evse:
        raise UserError(_WRONG_NUMBER)
    return Call("UnlockConnector", {"connectorId": evse} if old else {"evseId": evse, "connectorId": 1})


def _reset(old: bool, chosen: Chosen, _: datetime) -> Call:
    """`now` ends what runs; otherwise a station of 2.x waits until it is idle, one of 1.6 ends it in an orderly way."""
    at_once = chosen.get("kind") == "now"
    if old:
        return Call("Reset", {"type": "Hard" if at_once else "Soft"})
    return Call("Reset", {"type": "Immediate" if at_once else "OnIdle"})


def _availability(old: bool, chosen: Chosen, _: datetime) -> Call:
    word, evse = "Inoperative" if chosen.get("operative") == "no" else "Operative", _evse(chosen)
    if old:
        return Call("ChangeAvailability", {"connectorId": evse, "type": word})
    return Call("ChangeAvailability", {"operationalStatus": word, **({"evse": {"id": evse}} if evse else {})})


def _trigger(old: bool, chosen: Chosen, _: datetime) -> Call:
    evse = _evse(chosen)
    place: Payload = {} if not evse else {"connectorId": evse} if old else {"evse": {"id": evse}}
    return Call("TriggerMessage", {"requestedMessage": chosen.get("message", ""), **place})


def _clear_cache(_: bool, __: Chosen, ___: datetime) -> Call:
    return Call("ClearCache", {})


def _log(old: bool, chosen: Chosen, now: datetime) -> Call:
    """`kind` is `security` or `diagnostics`; 1.6 without its security extension knows the second only."""
    address = _address(chosen)
    security = chosen.get("kind") == "security"
    if old and not security:
        return Call("GetDiagnostics", {"location": address})
    kind = "SecurityLog" if security else "DiagnosticsLog"
    return Call("GetLog", {"logType": kind, "requestId": _number(now), "log": {"remoteLocation": address}})


def _firmware(old: bool, chosen: Chosen, now: datetime) -> Call:
    address, at = _address(chosen), time.write(now)
    if old:
        return Call("UpdateFirmware", {"location": address, "retrieveDate": at})
    firmware: Payload = {"location": address, "retrieveDateTime": at}
    return Call("UpdateFirmware", {"requestId": _number(now), "firmware": firmware})


def _read(old: bool, _: Chosen, now: datetime) -> Call:
    """All that the station can tell of its configuration; a station of 2.x tells it in reports that follow."""
    if old:
        return Call("GetConfiguration", {})
    return Call("GetBaseReport", {"requestId": _number(now), "reportBase": "FullInventory"})


def _set(old: bool, chosen: Chosen, _: datetime) -> Call:
    """`named` is a `StationVariable.named`."""
    named, value = _named(chosen.get("named", "")), chosen.get("value", "")
    if old:
        return Call("ChangeConfiguration", {"key": named.get("key", ""), "value": value})
    data: Payload = {**named, "attributeType": chosen.get("attribute") or "Actual", "attributeValue": value}
    return Call("SetVariables", {"setVariableData": [data]})


_MADE: Mapping[str, Callable[[bool, Chosen, datetime], Call]] = {
    "start": _start,
    "stop": _stop,
    "unlock": _unlock,
    "reset": _reset,
    "availability": _availability,
    "trigger": _trigger,
    "clear-cache": _clear_cache,
    "log": _log,
    "firmware": _firmware,
    "read": _read,
    "set": _set,
}
ACTIONS: Final = tuple(_MADE)


def outcome(answer: Payload) -> str:
    """The word of a station's answer: its status, also where that is deeper down."""
    status = answer.get("status")
    if isinstance(status, str):
        return status
    results = answer.get("setVariableResult")
    first = results[0] if isinstance(results, list) and results else {}
    word = first.get("attributeStatus") if isinstance(first, dict) else None
    return word if isinstance(word, str) else ""


def _number(now: datetime) -> int:
    """A number that no earlier request had."""
    return int(now.timestamp()) % 2**31


def _evse(chosen: Chosen) -> int:
    """Its number, 0 for the whole station."""
    return _whole(chosen.get("evse") or "0")


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and len(text) < 10):
        raise UserError(_WRONG_NUMBER)
    return int(text)


def _address(chosen: Chosen) -> str:
    address = chosen.get("address", "").strip()
    if not address:
        raise UserError(_NEEDS_ADDRESS)
    return address


def _named(text: str) -> Payload:
    try:
        return msgspec.json.decode(text, type=dict[str, object])
    except msgspec.DecodeError:
        raise UserError(_NO_SUCH) from None
