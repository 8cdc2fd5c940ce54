"""Frames are logged as they went by: answers under their action, without secrets, errors alone where that is set."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from ocpilot.app.kept.frames import FrameDirection
from ocpilot.app.logs.frame_log import FrameLog
from ocpilot.app.logs.frame_secrets import without_secrets
from ocpilot.base.settings import Logged, LogSettings

NOW = datetime(2026, 11, 26, 10, tzinfo=UTC)
IN, OUT, NOTE, FAULT = FrameDirection


class Shelf:
    """`Frames` in memory."""

    def __init__(self):
        self.kept = []

    async def prepare(self, first, last):
        pass

    async def add(self, frames):
        self.kept += frames


async def logged(*frames, station="CS1", **settings):
    log, shelf = FrameLog(LogSettings(**settings)), Shelf()
    for number, (direction, text) in enumerate(frames):
        log.add(station, direction, text, NOW + timedelta(seconds=number))
    await log.write(shelf)
    return shelf.kept


async def test_an_answer_is_found_under_the_action_that_it_answers():
    kept = await logged(
        (IN, '[2,"1","Heartbeat",{}]'),
        (OUT, '[3,"1",{"currentTime":"2026-11-26T10:00:00Z"}]'),
        (OUT, '[2,"2","Reset",{"type":"Soft"}]'),
        (IN, ' [ 2 , "3", "MeterValues", {}]'),
        (IN, '[3,"2",{"status":"Accepted"}]'),
        (IN, '[3,"9",{}]'),
        (IN, '[6,"4","NotifyPeriodicEventStream",{}]'),
    )
    assert [(one.direction, one.action, one.message_id) for one in kept] == [
        (IN, "Heartbeat", "1"),
        (OUT, "Heartbeat", "1"),
        (OUT, "Reset", "2"),
        (IN, "MeterValues", "3"),
        (IN, "Reset", "2"),
        (IN, None, "9"),
        (IN, "NotifyPeriodicEventStream", "4"),
    ]
    assert not any(one.failed for one in kept)


async def test_errors_broken_text_and_faults_have_failed():
    kept = await logged(
        (IN, '[2,"1","Nonsense",{}]'),
        (OUT, '[4,"1","NotImplemented","",{}]'),
        (IN, "[2,"),
        (FAULT, "closed: 1006"),
        (NOTE, "connected: ocpp1.6"),
    )
    assert [(one.action, one.failed) for one in kept] == [
        ("Nonsense", False),
        ("Nonsense", True),
        (None, True),
        (None, True),
        (None, False),
    ]


async def test_of_errors_only_the_call_is_kept_with_its_error():
    kept = await logged(
        (IN, '[2,"1","Heartbeat",{}]'),
        (OUT, '[3,"1",{}]'),
        (IN, '[2,"2","Nonsense",{}]'),
        (OUT, '[4,"2","NotImplemented","",{}]'),
        (NOTE, "connected: ocpp1.6"),
        frames=Logged.ERRORS,
    )
    assert [one.text for one in kept] == ['[2,"2","Nonsense",{}]', '[4,"2","NotImplemented","",{}]']
    assert await logged((FAULT, "closed: 1006"), frames=Logged.NONE) == []


async def test_a_call_before_the_connection_was_lost_is_answered_by_nothing_after_it():
    kept = await logged((OUT, '[2,"1","Reset",{}]'), (FAULT, "closed: 1006"), (IN, '[3,"1",{}]'))
    assert kept[2].action is None


async def test_a_long_frame_is_cut_and_what_no_database_takes_is_replaced():
    [kept] = await logged(
        (IN, '[2,"1","DataTransfer",{"data":"a\0\ud800' + "x" * 100), station="A\0", frame_characters=50
    )
    assert (len(kept.text), kept.size, kept.station_id) == (50, 134, "A\N{REPLACEMENT CHARACTER}")
    assert "\0" not in kept.text
    kept.text.encode()


@pytest.mark.parametrize(
    ("action", "payload"),
    [
        ("ChangeConfiguration", {"key": "AuthorizationKey", "value": "hush-hush"}),
        (
            "GetConfiguration",
            {"configurationKey": [{"key": "authorizationkey", "readonly": False, "value": "hush-hush"}]},
        ),
        (
            "SetVariables",
            {
                "setVariableData": [
                    {
                        "component": {"name": "SecurityCtrlr"},
                        "variable": {"name": "BasicAuthPassword"},
                        "attributeValue": "hush-hush",
                    }
                ]
            },
        ),
        (
            "NotifyReport",
            {
                "reportData": [
                    {
                        "component": {"name": "SecurityCtrlr"},
                        "variable": {"name": "BasicAuthPassword"},
                        "variableAttribute": [{"type": "Actual", "value": "hush-hush"}],
                    }
                ]
            },
        ),
        ("SetNetworkProfile", {"connectionData": {"vpn": {"password": "hush-hush"}, "basicAuthPassword": "hush-hush"}}),
        ("UpdateFirmware", {"location": "ftp://user:hush-hush@files.example/f.bin"}),
        ("GetLog", {"log": {"remoteLocation": "https://files.example/?access_token=hush-hush"}}),
        ("DataTransfer", {"data": '{"wifiPassword":"hush-hush"}'}),
        (None, {"key": "AuthorizationKey", "value": "hush-hush"}),
    ],
)
def test_a_secret_is_taken_out_of_a_frame_and_nothing_else(action, payload):
    text = json.dumps([2, "1", action, {**payload, "id": 1.50}])
    masked = without_secrets(action, text)
    assert "hush" not in masked
    assert json.loads(masked)[3]["id"] == 1.5
    broken = without_secrets(action, text[:-1] + "hush")
    assert "hush" not in broken


@pytest.mark.parametrize(
    "text",
    [
        '[2,"1","Authorize",{"idTag":"04AABBCC"}]',
        '[2,"1","GetConfiguration",{"key":["AuthorizeRemoteTxRequests","AuthorizationKey"]}]',
        '[2,"1","SetVariables",{"setVariableData":[{"variable":{"name":"Interval"},"attributeValue":"60"}]}]',
        '[3,"1",{"status":"Accepted"}]',
    ],
)
def test_what_is_no_secret_stays_as_it_was(text):
    assert without_secrets(None, text) is text or without_secrets(None, text) == text


async def test_a_masked_frame_says_so():
    kept = await logged(
        (OUT, '[2,"1","ChangeConfiguration",{"key":"AuthorizationKey","value":"hush"}]'),
        (IN, '[3,"1",{"status":"Accepted"}]'),
    )
    assert [one.masked for one in kept] == [True, False]
    assert '"value":"***"' in kept[0].text
