"""What a charge costs, told to a station of OCPP 2.x while it goes on and when it is over."""

from datetime import timedelta

import pytest
from raw_station import raw_station

from ocpilot.app import sessions
from ocpilot.wire.protocol import ModuleID

CARD = {"idToken": "04A1B2C3", "type": "ISO14443"}


def event(kind, number, minutes, wh, **fields):
    return {
        "eventType": kind,
        "timestamp": f"2026-11-23T08:{minutes:02}:00Z",
        "triggerReason": "MeterValuePeriodic",
        "seqNo": number,
        "transactionInfo": {"transactionId": "T-1", "chargingState": "Charging"},
        "evse": {"id": 1, "connectorId": 1},
        "meterValue": [{"timestamp": f"2026-11-23T08:{minutes:02}:00Z", "sampledValue": [{"value": wh}]}],
    } | fields


@pytest.fixture(params=["ocpp2.0.1", "ocpp2.1"])
async def station(request, lade, bodies):
    await lade.keep(ModuleID.TOKENS, bodies.token())
    async with raw_station(lade, bodies, request.param) as station:
        yield station


async def settled(node):
    await node.platform.background.drain()


async def test_the_cost_so_far_is_told_now_and_then_and_the_last_one_in_the_answer(lade, station):
    station.answers["CostUpdated"] = {}
    await station.call("TransactionEvent", event("Started", 0, 0, 1000, idToken=CARD))
    await settled(lade)
    await station.call("TransactionEvent", event("Updated", 1, 10, 3000))  # too soon
    await sessions.write(lade.platform, await lade.platform.store.transactions.keyed("CS1", "T-1"))
    lade.clock.ahead = timedelta(minutes=2)
    await station.call("TransactionEvent", event("Updated", 2, 15, 4000))
    await settled(lade)
    told = await station.was_asked("CostUpdated")
    assert told[-1]["transactionId"] == "T-1"
    assert [round(one["totalCost"], 2) for one in told if one["totalCost"]] == [8.75]
    answer = await station.call("TransactionEvent", event("Ended", 3, 20, 5000))
    assert round(answer["totalCost"], 2) == 17.5


async def test_a_station_that_shows_no_costs_is_not_asked_again_until_it_boots(lade, station):
    await station.call("TransactionEvent", event("Started", 0, 0, 1000, idToken=CARD))
    for number in range(1, 4):
        lade.clock.ahead = timedelta(minutes=2 * number)
        await station.call("TransactionEvent", event("Updated", number, number, 1000 + 1000 * number))
        await settled(lade)
    assert [action for action, _ in station.asked] == ["CostUpdated"]


async def test_what_nobody_is_to_pay_has_no_cost(lade, station):
    await station.call("TransactionEvent", event("Started", 0, 0, 1000, idToken=CARD | {"idToken": "NOBODY"}))
    assert await station.call("TransactionEvent", event("Ended", 1, 20, 5000)) == {}
