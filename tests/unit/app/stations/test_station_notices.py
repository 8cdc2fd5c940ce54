"""What stations say about themselves is kept in one shape, whatever OCPP they speak, and never a password."""

import json
from decimal import Decimal

import pytest

from ocpilot.app.stations import station_notices


async def learnt(world):
    return [
        (one.component, one.variable, one.attribute, one.value, one.writable, one.unit)
        for one in await world.store.station_notices.variables("S1")
    ]


async def test_the_newest_notices_of_each_action_are_kept(operator):
    for number in range(25):
        operator.passes(1)
        await station_notices.notice(
            operator.platform, "S1", "FirmwareStatusNotification", {"status": "Downloading", "requestId": number}
        )
    await station_notices.notice(operator.platform, "S1", "NotifyEvent", {"x": Decimal("1.50")})
    kept = await operator.store.station_notices.of("S1")
    assert kept[0].payload == '{"x":1.50}'
    firmware = [json.loads(one.payload)["requestId"] for one in kept if one.action == "FirmwareStatusNotification"]
    assert firmware == list(range(24, 4, -1))
    assert kept[1].at == operator.now
    assert await operator.store.station_notices.of("S2") == ()


async def test_a_notice_is_kept_without_what_is_secret_in_it(operator):
    event = {"eventData": [{"variable": {"name": "BasicAuthPassword"}, "actualValue": "hush"}], "text": "a\0"}
    await station_notices.notice(operator.platform, "S1", "NotifyEvent", event)
    [kept] = await operator.store.station_notices.of("S1")
    assert "hush" not in kept.payload


async def test_configuration_keys_come_from_what_is_asked_and_what_is_changed(operator):
    keys = [
        {"key": "HeartbeatInterval", "readonly": False, "value": "300"},
        {"key": "NumberOfConnectors", "readonly": True, "value": "2"},
        {"key": "AuthorizationKey", "readonly": False, "value": "hush"},
    ]
    platform = operator.platform
    await station_notices.answered(platform, "S1", "GetConfiguration", {}, {"configurationKey": keys})
    for status, value in (("Accepted", "60"), ("Rejected", "1")):
        change = {"key": "HeartbeatInterval", "value": value}
        await station_notices.answered(platform, "S1", "ChangeConfiguration", change, {"status": status})
    assert await learnt(operator) == [
        ("", "AuthorizationKey", "Actual", None, True, None),
        ("", "HeartbeatInterval", "Actual", "60", True, None),
        ("", "NumberOfConnectors", "Actual", "2", False, None),
    ]


async def test_variables_come_from_reports_from_what_is_asked_and_what_is_set(operator):
    named = {"component": {"name": "Connector", "instance": "left", "evse": {"id": 1, "connectorId": 2}}}
    named["variable"] = {"name": "Power", "instance": "max"}
    report = {
        **named,
        "variableAttribute": [
            {"type": "Target", "value": "11000", "mutability": "ReadWrite"},
            {"value": "7000", "mutability": "ReadOnly"},
        ],
        "variableCharacteristics": {"unit": "W", "dataType": "decimal"},
    }
    platform = operator.platform
    await station_notices.notice(platform, "S1", "NotifyReport", {"seqNo": 0, "reportData": [report]})
    got = {**named, "attributeStatus": "Accepted", "attributeValue": "6900"}
    missing = {**got, "attributeStatus": "UnknownVariable", "variable": {"name": "None"}}
    await station_notices.answered(platform, "S1", "GetVariables", {}, {"getVariableResult": [got, missing]})
    changes = [{**named, "attributeType": "Target", "attributeValue": value} for value in ("9000", "1")]
    results = [{"attributeStatus": status} for status in ("Accepted", "Rejected")]
    await station_notices.answered(
        platform, "S1", "SetVariables", {"setVariableData": changes}, {"setVariableResult": results}
    )
    assert await learnt(operator) == [
        ("Connector[left] EVSE 1/2", "Power[max]", "Actual", "6900", True, "W"),
        ("Connector[left] EVSE 1/2", "Power[max]", "Target", "9000", True, "W"),
    ]
    [first, _] = await operator.store.station_notices.variables("S1")
    assert json.loads(first.named) == named


@pytest.mark.parametrize(
    "payload",
    [{}, {"configurationKey": None}, {"configurationKey": [3]}, {"configurationKey": [{}]}, {"reportData": [{}]}],
)
async def test_nonsense_teaches_nothing(operator, payload):
    await station_notices.answered(operator.platform, "S1", "GetConfiguration", {}, payload)
    await station_notices.notice(operator.platform, "S1", "NotifyReport", payload)
    assert await learnt(operator) == []
