"""The gateway on a real server, with a bare websocket as the station."""

import asyncio
import json
from contextlib import suppress

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from begun import charge
from ocpilot.app.kept.station_events import IdToken
from ocpilot.base.errors import DatabaseAway, StationTimeout, StationUnreachable
from ocpilot.ocpp import gateway

BOOT = {"chargePointVendor": "V", "chargePointModel": "M"}
START = {"connectorId": 1, "idTag": "TAG", "meterStart": 100, "timestamp": "2026-11-23T08:00:00Z"}
STOP = {"transactionId": 1, "meterStop": 1100, "timestamp": "2026-11-23T08:30:00Z", "idTag": "TAG"}


async def test_a_station_boots_and_learns_the_time_and_the_interval(served):
    async with served.station() as station:
        answer = await station.call("BootNotification", BOOT)
    assert answer == [3, "1", {"status": "Accepted", "currentTime": "2026-11-23T09:00:00Z", "interval": 300}]
    assert served.platform.words()[:2] == ["connected", "booted"]


@pytest.mark.parametrize("password", ["wrong", None])
async def test_a_station_without_the_right_password_is_refused_before_the_upgrade(served, password, caplog):
    with pytest.raises(InvalidStatus) as refused:
        async with served.connect(password=password):
            pass
    assert refused.value.response.status_code == 401
    assert refused.value.response.headers["WWW-Authenticate"] == 'Basic realm="ocpp"'
    assert served.platform.heard == []
    assert [one.message for one in caplog.records if one.levelname == "ERROR"] == []


async def test_a_subprotocol_we_do_not_speak_is_refused_with_those_we_do(served):
    async with served.connect(subprotocols=("ocpp1.2",)) as socket, asyncio.timeout(10):
        with pytest.raises(ConnectionClosed) as closed:
            await socket.recv()
    ours = "subprotocols spoken here: ocpp2.1, ocpp2.0.1, ocpp1.6"
    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1002, ours)
    assert served.platform.heard == []


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [
        (("ocpp1.5", "ocpp1.6"), "ocpp1.6"),
        (("ocpp1.6", "ocpp2.0.1"), "ocpp2.0.1"),
        (("ocpp2.0.1", "ocpp2.1"), "ocpp2.1"),
    ],
)
async def test_the_newest_version_that_a_station_offers_is_chosen(served, offered, chosen):
    async with served.connect(subprotocols=offered) as socket:
        assert socket.subprotocol == chosen


async def test_a_charge_from_authorization_to_stop(served):
    sample = {"timestamp": "2026-11-23T08:10:00Z", "sampledValue": [{"value": "600"}]}
    async with served.station() as station:
        assert await station.call("Authorize", {"idTag": "TAG"}) == [3, "1", {"idTagInfo": {"status": "Accepted"}}]
        started = await station.call("StartTransaction", START, "2")
        assert started == [3, "2", {"transactionId": 1, "idTagInfo": {"status": "Accepted"}}]
        metered = {"connectorId": 1, "transactionId": 1, "meterValue": [sample]}
        assert await station.call("MeterValues", metered, "3") == [3, "3", {}]
        assert await station.call("StopTransaction", STOP, "4") == [3, "4", {"idTagInfo": {"status": "Accepted"}}]
    assert served.platform.words()[1:5] == ["authorize", "start", "meter_values", "stop"]


async def test_a_broken_frame_is_answered_and_the_connection_stays(served):
    async with served.station() as station:
        await station.send('[2,"9","Heartbeat",')
        assert (await station.read())[:3] == [4, "9", "FormationViolation"]
        await station.send("\x00garbage")
        assert (await station.read())[:3] == [4, "-1", "FormationViolation"]
        assert (await station.call("Heartbeat", {}))[0] == 3


async def test_a_text_sent_as_a_binary_message_is_read_as_text(served):
    async with served.station() as station:
        await station.socket.send(b'[2,"1","Heartbeat",{}]')
        assert await station.read() == [3, "1", {"currentTime": "2026-11-23T09:00:00Z"}]


@pytest.mark.parametrize(
    ("action", "code"),
    [("Dance", "NotImplemented"), ("GetLog", "NotSupported"), ("RemoteStartTransaction", "NotSupported")],
)
async def test_unknown_is_not_implemented_and_known_but_not_offered_is_not_supported(served, action, code):
    async with served.station() as station:
        assert (await station.call(action, {}))[:3] == [4, "1", code]


async def test_extra_keys_are_taken_and_noted(served):
    async with served.station() as station:
        assert (await station.call("StartTransaction", START | {"vendor": {"x": 1}}))[0] == 3
    assert [str(finding.path) for finding in served.findings] == ["$.vendor"]


async def test_a_missing_field_is_refused_with_its_path(served):
    async with served.station() as station:
        answer = await station.call("StartTransaction", {"connectorId": 1, "meterStart": 5, "timestamp": "x"})
    problem = {"path": "$.idTag", "found": "nothing", "expected": "a required field"}
    assert answer[:3] == [4, "1", "OccurenceConstraintViolation"]
    assert answer[4] == {"problems": [problem]}


async def test_a_wrong_type_is_refused_as_such(served):
    async with served.station() as station:
        answer = await station.call("StartTransaction", START | {"connectorId": "one"})
    assert answer[:4] == [4, "1", "TypeConstraintViolation", "$.connectorId: found 'one', expected integer"]


async def test_a_failure_of_the_platform_is_an_internal_error_without_its_words_and_may_be_tried_again(served, caplog):
    served.platform.fail_once = ValueError("password hunter2 of the database")
    async with served.station() as station:
        failed = await station.call("StartTransaction", START)
        again = await station.call("StartTransaction", START)
    assert failed[:3] == [4, "1", "InternalError"]
    assert "hunter2" not in json.dumps(failed)
    assert again[0] == 3


async def test_what_cannot_be_stored_is_not_answered_and_comes_again_on_the_next_connection(served, caplog):
    served.platform.gate.clear()
    served.platform.fail_once = DatabaseAway("connection refused")
    async with served.station() as station:
        await station.send(json.dumps([2, "1", "StartTransaction", START]))
        await station.send(json.dumps([2, "2", "StopTransaction", STOP]))
        served.platform.gate.set()
        with pytest.raises(ConnectionClosed) as closed:
            await station.read()
    assert (closed.value.rcvd.code, served.platform.starts, served.platform.stops) == (1011, [], [])
    async with served.station() as station:
        assert (await station.call("StartTransaction", START))[0] == 3
    said = [one.getMessage() for one in caplog.records if "database" in one.getMessage()]
    assert said == [
        "stations are sent away until the database is back: connection refused",
        "the database is back, stations are let in",
    ]


async def test_while_the_database_is_away_nobody_is_let_in_and_it_is_said_once(served, caplog):
    served.platform.away = True
    for _ in range(3):
        with pytest.raises(InvalidStatus) as refused:
            await served.connect().__aenter__()
        assert refused.value.response.status_code == 503
    assert [one.levelname for one in caplog.records if "database" in one.getMessage()] == ["ERROR"]


async def test_that_a_station_has_gone_is_written_down_when_the_database_is_back(served, monkeypatch, eventually):
    monkeypatch.setattr(gateway, "_AGAIN", 0.01)
    async with served.station() as station:
        await station.boot()
        served.platform.away = True
    await eventually(lambda: not served.gateway.holds("CS1"))
    served.platform.away = False
    await eventually(lambda: served.platform.words()[-1] == "disconnected")


async def test_a_repeated_call_is_answered_again_and_handled_once(served):
    async with served.station() as station:
        assert await station.call("StartTransaction", START) == await station.call("StartTransaction", START)
    assert len(served.platform.starts) == 1


async def test_a_call_repeated_while_the_first_is_still_in_work_is_handled_once(served):
    served.platform.gate.clear()
    async with served.station() as station:
        await station.send(json.dumps([2, "1", "StartTransaction", START]))
        await station.send(json.dumps([2, "1", "StartTransaction", START]))
        await asyncio.sleep(0.02)
        served.platform.gate.set()
        assert await station.read() == await station.read()
    assert len(served.platform.starts) == 1


async def test_messages_are_handled_in_order_also_when_the_first_takes_long(served):
    served.platform.gate.clear()
    async with served.station() as station:
        await station.send(json.dumps([2, "1", "StartTransaction", START]))
        await station.send(json.dumps([2, "2", "StopTransaction", STOP]))
        await asyncio.sleep(0.02)
        assert served.platform.words() == ["connected"]
        served.platform.gate.set()
        assert [(await station.read())[1], (await station.read())[1]] == ["1", "2"]
    assert served.platform.words()[1:3] == ["start", "stop"]


async def test_a_station_is_called_while_it_waits_for_an_answer_itself(served):
    served.platform.gate.clear()
    async with served.station() as station:
        await station.send(json.dumps([2, "1", "StartTransaction", START]))
        asked = asyncio.create_task(served.calls.remote_stop(charge(7)))
        _, ident, action, payload = await station.read()
        assert (action, payload) == ("RemoteStopTransaction", {"transactionId": 7})
        await station.send(json.dumps([3, ident, {"status": "Rejected"}]))
        assert await asked == "Rejected"
        served.platform.gate.set()
        assert (await station.read())[1] == "1"


async def test_calls_to_a_station_go_one_after_the_other(served, eventually):
    async with served.station() as station:
        await eventually(lambda: served.gateway.holds("CS1"))
        start = asyncio.create_task(served.calls.remote_start("CS1", 1, IdToken("TAG"), 1))
        unlock = asyncio.create_task(served.calls.unlock("CS1", 1))
        first = await station.read()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(station.read(), 0.05)
        await station.send(json.dumps([3, first[1], {"status": "Accepted"}]))
        second = await station.read()
        await station.send(json.dumps([3, second[1], {"status": "Unlocked"}]))
        assert (await start, await unlock) == ("Accepted", "Unlocked")
    assert (first[2:], second[2]) == (["RemoteStartTransaction", {"idTag": "TAG", "connectorId": 1}], "UnlockConnector")


async def test_a_silent_station_times_out_and_can_be_called_again(serve_with, platform, eventually):
    async with serve_with(platform, call_timeout=0.05) as served, served.station() as station:
        await eventually(lambda: served.gateway.holds("CS1"))
        with pytest.raises(StationTimeout, match="station CS1 did not answer UnlockConnector"):
            await served.calls.unlock("CS1", 1)
        await station.read()
        again = asyncio.create_task(served.calls.unlock("CS1", 1))
        await station.send(json.dumps([3, (await station.read())[1], {"status": "Unlocked"}]))
        assert await again == "Unlocked"


async def test_each_call_to_a_silent_station_times_out_for_itself(serve_with, platform, eventually):
    async with serve_with(platform, call_timeout=0.2) as served, served.station():
        await eventually(lambda: served.gateway.holds("CS1"))
        first = asyncio.create_task(served.calls.unlock("CS1", 1))
        await asyncio.sleep(0)
        second = served.calls.call("CS1", "ClearCache", {})
        for asked, action in ((first, "UnlockConnector"), (second, "ClearCache")):
            with pytest.raises(StationTimeout, match=f"station CS1 did not answer {action} in time"):
                await asked


async def test_a_call_whose_asker_left_before_its_turn_never_reaches_the_station(serve_with, platform, eventually):
    async with serve_with(platform) as served, served.station() as station:
        await eventually(lambda: served.gateway.holds("CS1"))
        first = asyncio.create_task(served.calls.unlock("CS1", 1))
        sent = await station.read()
        left = asyncio.create_task(served.calls.remote_start("CS1", 1, IdToken("TAG"), 1))
        await asyncio.sleep(0)
        left.cancel()
        with suppress(asyncio.CancelledError):
            await left
        await station.send(json.dumps([3, sent[1], {"status": "Unlocked"}]))
        assert await first == "Unlocked"
        asked = asyncio.create_task(served.calls.unlock("CS1", 2))
        assert (await station.read())[2:] == ["UnlockConnector", {"connectorId": 2}]
        asked.cancel()


async def test_a_call_whose_asker_left_does_not_block_the_next(serve_with, platform, eventually):
    async with serve_with(platform, call_timeout=0.05) as served, served.station() as station:
        await eventually(lambda: served.gateway.holds("CS1"))
        left = asyncio.create_task(served.calls.unlock("CS1", 1))
        await station.read()
        left.cancel()
        await asyncio.sleep(0.06)
        asked = asyncio.create_task(served.calls.unlock("CS1", 2))
        await station.send(json.dumps([3, (await station.read())[1], {"status": "Unlocked"}]))
        assert await asked == "Unlocked"


async def test_a_station_that_is_not_there_is_unreachable(served):
    assert not served.gateway.holds("CS1")
    with pytest.raises(StationUnreachable, match="station CS1 is not connected"):
        await served.calls.remote_start("CS1", 1, IdToken("TAG"), 1)


async def test_a_station_that_leaves_before_it_answers_is_unreachable(served, eventually):
    async with served.station() as station:
        await eventually(lambda: served.gateway.holds("CS1"))
        asked = asyncio.create_task(served.calls.remote_start("CS1", 1, IdToken("TAG"), 1))
        await station.read()
    with pytest.raises(StationUnreachable, match="disconnected before it answered"):
        await asked
    await eventually(lambda: served.platform.words() == ["connected", "disconnected"])


async def test_the_newer_connection_wins_and_the_older_is_closed(served, eventually):
    async with served.station() as older:
        await older.call("Heartbeat", {})
        async with served.station() as newer:
            with pytest.raises(ConnectionClosed) as closed:
                await older.read()
            assert (await newer.call("Heartbeat", {}))[0] == 3
            assert served.platform.words() == ["connected", "heartbeat", "connected", "heartbeat"]
            assert served.gateway.holds("CS1")
    assert closed.value.rcvd.reason == "a newer connection of this station took over"
    await eventually(lambda: served.platform.words()[-1] == "disconnected")
    assert served.platform.words().count("disconnected") == 1


async def test_what_the_older_connection_brought_is_handled_before_the_newer_is_served(served, eventually):
    served.platform.gate.clear()
    async with served.station() as older:
        await older.send(json.dumps([2, "1", "StartTransaction", START]))
        async with served.station() as newer:
            await newer.send(json.dumps([2, "2", "StopTransaction", STOP]))
            with pytest.raises(ConnectionClosed):
                await older.read()
            served.platform.gate.set()
            assert (await newer.read())[1] == "2"
    assert served.platform.words()[:4] == ["connected", "start", "connected", "stop"]


async def test_a_call_being_handled_is_finished_though_the_socket_is_gone(served, eventually):
    served.platform.gate.clear()
    async with served.station() as station:
        await station.send(json.dumps([2, "1", "StartTransaction", START]))
        await asyncio.sleep(0.02)
    served.platform.gate.set()
    await eventually(lambda: served.platform.words() == ["connected", "start", "disconnected"])


async def test_a_shut_down_says_goodbye_and_refuses_the_next(served):
    async with served.station() as station:
        await station.call("Heartbeat", {})
        await served.gateway.close()
        with pytest.raises(ConnectionClosed) as closed:
            await station.read()
    assert closed.value.rcvd.code == 1001
    with pytest.raises(InvalidStatus) as refused:
        async with served.connect():
            pass
    assert refused.value.response.status_code == 503
