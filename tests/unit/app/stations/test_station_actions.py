"""What an operator chooses becomes a call in the words of the station's OCPP version, and fits its schema."""

from datetime import UTC, datetime

import pytest

from ocpilot.app.stations.station_actions import ACTIONS, call_of, outcome, triggers
from ocpilot.base.errors import UserError

NOW = datetime(2026, 11, 26, 10, tzinfo=UTC)
NUMBER = int(NOW.timestamp())
CHOSEN = {
    "start": {"evse": "2", "token": " 04AABB "},
    "stop": {"transaction": "77"},
    "unlock": {"evse": "2"},
    "reset": {"kind": "now"},
    "availability": {"evse": "2", "operative": "no"},
    "trigger": {"message": "Heartbeat", "evse": "0"},
    "clear-cache": {},
    "log": {"kind": "security", "address": "ftp://files.example/"},
    "firmware": {"address": "https://files.example/f.bin"},
    "read": {},
}


def call(protocol, name, **chosen):
    made = call_of(protocol, name, chosen or CHOSEN[name], NOW)
    return made.action, made.payload


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        (
            "start",
            ("RemoteStartTransaction", {"idTag": "04AABB", "connectorId": 2}),
            (
                "RequestStartTransaction",
                {"idToken": {"idToken": "04AABB", "type": "Central"}, "remoteStartId": NUMBER, "evseId": 2},
            ),
        ),
        ("stop", ("RemoteStopTransaction", {"transactionId": 77}), ("RequestStopTransaction", {"transactionId": "77"})),
        (
            "unlock",
            ("UnlockConnector", {"connectorId": 2}),
            ("UnlockConnector", {"evseId": 2, "connectorId": 1}),
        ),
        ("reset", ("Reset", {"type": "Hard"}), ("Reset", {"type": "Immediate"})),
        (
            "availability",
            ("ChangeAvailability", {"connectorId": 2, "type": "Inoperative"}),
            ("ChangeAvailability", {"operationalStatus": "Inoperative", "evse": {"id": 2}}),
        ),
        (
            "trigger",
            ("TriggerMessage", {"requestedMessage": "Heartbeat"}),
            ("TriggerMessage", {"requestedMessage": "Heartbeat"}),
        ),
        ("clear-cache", ("ClearCache", {}), ("ClearCache", {})),
        (
            "firmware",
            (
                "UpdateFirmware",
                {"location": "https://files.example/f.bin", "retrieveDate": "2026-11-26T10:00:00Z"},
            ),
            (
                "UpdateFirmware",
                {
                    "requestId": NUMBER,
                    "firmware": {
                        "location": "https://files.example/f.bin",
                        "retrieveDateTime": "2026-11-26T10:00:00Z",
                    },
                },
            ),
        ),
        (
            "read",
            ("GetConfiguration", {}),
            ("GetBaseReport", {"requestId": NUMBER, "reportBase": "FullInventory"}),
        ),
    ],
)
def test_each_version_is_asked_in_its_own_words(name, old, new):
    assert call("ocpp1.6", name) == old
    assert call("ocpp2.0.1", name) == call("ocpp2.1", name) == new


def test_what_is_not_chosen_has_a_usual_meaning():
    assert call("ocpp1.6", "reset", kind="later")[1] == {"type": "Soft"}
    assert call("ocpp2.1", "reset", kind="later")[1] == {"type": "OnIdle"}
    assert call("ocpp1.6", "start", token="A")[1] == {"idTag": "A"}
    assert call("ocpp1.6", "availability", operative="yes")[1] == {"connectorId": 0, "type": "Operative"}
    assert call("ocpp2.1", "availability", operative="yes")[1] == {"operationalStatus": "Operative"}
    assert call("ocpp2.1", "trigger", message="MeterValues", evse="1")[1]["evse"] == {"id": 1}
    assert call("ocpp1.6", "log", address="ftp://a")[0] == "GetDiagnostics"
    assert call("ocpp1.6", "log")[1]["logType"] == "SecurityLog"
    assert call("ocpp2.1", "log", address="ftp://a")[1]["log"] == {"remoteLocation": "ftp://a"}


def test_a_key_and_a_variable_are_set_by_how_they_are_named():
    assert call("ocpp1.6", "set", named='{"key":"K"}', value="1") == ("ChangeConfiguration", {"key": "K", "value": "1"})
    named = '{"component":{"name":"C"},"variable":{"name":"V"}}'
    data = {"component": {"name": "C"}, "variable": {"name": "V"}, "attributeType": "Target", "attributeValue": "1"}
    assert call("ocpp2.1", "set", named=named, value="1", attribute="Target") == (
        "SetVariables",
        {"setVariableData": [data]},
    )


@pytest.mark.parametrize(
    ("name", "chosen"),
    [
        ("start", {"token": " "}),
        ("stop", {"transaction": "x"}),
        ("unlock", {"evse": "0"}),
        ("unlock", {"evse": "-1"}),
        ("log", {"address": ""}),
        ("set", {"named": "{"}),
        ("dance", {}),
    ],
)
def test_what_is_missing_or_nonsense_is_said(name, chosen):
    with pytest.raises(UserError):
        call_of("ocpp1.6", name, chosen, NOW)


def test_each_version_can_be_asked_for_its_own_messages():
    assert "TransactionEvent" not in triggers("ocpp1.6")
    assert "DiagnosticsStatusNotification" not in triggers("ocpp2.0.1")
    assert set(CHOSEN) | {"set"} == set(ACTIONS)


def test_the_word_of_an_answer_is_its_status_wherever_it_stands():
    assert outcome({"status": "Accepted"}) == "Accepted"
    assert outcome({"setVariableResult": [{"attributeStatus": "Rejected"}]}) == "Rejected"
    assert [outcome(one) for one in ({}, {"setVariableResult": []}, {"setVariableResult": [3]})] == ["", "", ""]
