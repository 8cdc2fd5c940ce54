"""What a station says about itself is kept: progress of firmware and logs, events, its configuration.

Both OCPP generations are read here by the names they give things (1.6: keys; 2.x: variables of components).
"""

from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec

from ocpilot.app.kept.station_notice_records import StationNotice, StationVariable
from ocpilot.app.logs.frame_secrets import is_secret, without_secrets
from ocpilot.app.logs.log_writing import storable
from ocpilot.app.platform import Platform

#: An OCPP payload.
Payload = Mapping[str, object]

_ENCODER = msgspec.json.Encoder(decimal_format="number")
#: Characters of a notice and of a value that are kept.
_LONGEST = 65_536
_LONGEST_VALUE = 4_000


async def notice(platform: Platform, station_id: str, action: str, payload: Payload) -> None:
    """A call of a station that asks for nothing: a report becomes variables, anything else is kept as it is."""
    if action == "NotifyReport":
        await _learn(platform, station_id, _reported(payload, platform.clock()))
        return
    text = without_secrets(None, _ENCODER.encode(payload).decode())
    kept = StationNotice(action=action, at=platform.clock(), payload=storable(text[:_LONGEST]))
    await platform.store.station_notices.add(station_id, kept)


async def answered(platform: Platform, station_id: str, action: str, request: Payload, answer: Payload) -> None:
    """What the answer to a call of ours tells about the configuration; of other calls nothing is kept."""
    now = platform.clock()
    found: Iterable[StationVariable] = ()
    match action:
        case "GetConfiguration":
            found = [_key(one, now) for one in _objects(answer, "configurationKey")]
        case "ChangeConfiguration" if answer.get("status") in {"Accepted", "RebootRequired"}:
            found = [_key({**request, "readonly": False}, now)]
        case "GetVariables":
            found = [_got(one, now) for one in _objects(answer, "getVariableResult") if _accepted(one)]
        case "SetVariables":
            pairs = zip(_objects(request, "setVariableData"), _objects(answer, "setVariableResult"), strict=False)
            found = [_got(asked, now) for asked, result in pairs if _accepted(result)]
        case _:
            pass
    await _learn(platform, station_id, found)


async def _learn(platform: Platform, station_id: str, found: Iterable[StationVariable]) -> None:
    known = {(one.component, one.variable, one.attribute): one for one in found if one.variable}
    if known:
        await platform.store.station_notices.learn(station_id, tuple(known.values()))


def _accepted(result: Payload) -> bool:
    return result.get("attributeStatus") in {"Accepted", "RebootRequired"}


def _key(key: Payload, now: datetime) -> StationVariable:
    """A KeyValue (1.6, 7.29)."""
    name = _text(key, "key")
    return StationVariable(
        component="",
        variable=name,
        value=_value(name, key.get("value")),
        writable=not key.get("readonly", False),
        named=_json({"key": name}),
        at=now,
    )


def _reported(report: Payload, now: datetime) -> list[StationVariable]:
    """NotifyReport (2.0.1, "ReportDataType"): the attributes of variables with what they are like."""
    return [
        _variable(data, attribute, attribute.get("value"), now)
        for data in _objects(report, "reportData")
        for attribute in _objects(data, "variableAttribute")
    ]


def _got(result: Payload, now: datetime) -> StationVariable:
    """Of GetVariables or SetVariables: one attribute."""
    return _variable(result, {"type": result.get("attributeType")}, result.get("attributeValue"), now)


def _variable(named: Payload, attribute: Payload, value: object, now: datetime) -> StationVariable:
    component, variable = _object(named, "component"), _object(named, "variable")
    unit = _text(_object(named, "variableCharacteristics"), "unit")
    return StationVariable(
        component=_shown(component),
        variable=_shown(variable),
        attribute=_text(attribute, "type") or "Actual",
        value=_value(_text(variable, "name"), value),
        writable=_text(attribute, "mutability") != "ReadOnly",
        unit=unit or None,
        named=_json({"component": component, "variable": variable}),
        at=now,
    )


def _shown(named: Payload) -> str:
    """`Connector[1] EVSE 1/2`."""
    instance, evse = _text(named, "instance"), _object(named, "evse")
    place = "/".join(str(evse[part]) for part in ("id", "connectorId") if part in evse)
    return _text(named, "name") + (f"[{instance}]" if instance else "") + (f" EVSE {place}" if place else "")


def _value(name: str, value: object) -> str | None:
    return None if value is None or is_secret(name) else storable(str(value)[:_LONGEST_VALUE])


def _json(value: object) -> str:
    return storable(_ENCODER.encode(value).decode())


def _text(payload: Payload, key: str) -> str:
    value = payload.get(key)
    return storable(value) if isinstance(value, str) else ""


def _object(payload: Payload, key: str) -> Payload:
    value = payload.get(key)
    return value if isinstance(value, Mapping) else {}


def _objects(payload: Payload, key: str) -> list[Payload]:
    values = payload.get(key)
    return [one for one in values if isinstance(one, Mapping)] if isinstance(values, list) else []
