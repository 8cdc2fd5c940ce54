"""What a charge costs, told to a station of OCPP 2.x while it goes on and when it is over."""

from datetime import timedelta

import msgspec
import pytest
from raw_station import raw_station

from ocpilot.app.charges import sessions
from ocpilot.app.ocpi.bodies import value_of
from ocpilot.metering.findings import Oddity
from ocpilot.wire.protocol import ModuleID
from ocpilot.wire.v230 import Session

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


async def test_who_shows_his_card_at_the_start_reads_the_price(station):
    answer = await station.call("TransactionEvent", event("Started", 0, 0, 1000, idToken=CARD))
    message = answer["idTokenInfo"]["personalMessage"]
    assert (message["format"], message["language"]) == ("UTF8", "en")
    assert "4.375" in message["content"]
    refused = await station.call("TransactionEvent", event("Ended", 1, 9, 2000, idToken=CARD | {"idToken": "OTHER"}))
    assert "personalMessage" not in refused["idTokenInfo"]


@pytest.mark.parametrize(
    ("total", "found"),
    [
        ({"inclTax": 17.5}, None),
        ({"inclTax": 17.51, "exclTax": 99}, None),
        ({"exclTax": 14}, None),
        ({"inclTax": 18}, "18 SEK at the station, 17.50 SEK here"),
        ({"exclTax": 13}, "13 SEK at the station, 14.00 SEK here"),
    ],
)
async def test_what_a_station_of_2_1_counted_is_kept_and_compared(lade, bodies, total, found):
    await lade.keep(ModuleID.TOKENS, bodies.token())
    async with raw_station(lade, bodies, "ocpp2.1") as station:
        await station.call("TransactionEvent", event("Started", 0, 0, 1000, idToken=CARD))
        usage = {"energy": 4000, "chargingTime": 1200, "idleTime": 0}
        details = {"totalCost": {"currency": "SEK", "typeOfCost": "NormalCost", "total": total}, "totalUsage": usage}
        await station.call("TransactionEvent", event("Ended", 1, 20, 5000, costDetails=details))
    store = lade.platform.store
    [notice] = [one for one in await store.station_notices.of("CS1") if one.action == "CostDetails"]
    assert '"transactionId":"T-1"' in notice.payload
    transaction = await store.transactions.keyed("CS1", "T-1")
    findings = await store.transaction_findings.of(transaction.id)
    assert [one.found for one in findings if one.kind is Oddity.COST_DISAGREES] == ([found] if found else [])


@pytest.mark.parametrize("told", [False, True])
async def test_how_full_the_battery_is_is_told_where_that_is_wanted(lade, bodies, told):
    charging = msgspec.structs.replace(lade.platform.settings.charging, send_soc=told)
    object.__setattr__(lade.platform, "settings", msgspec.structs.replace(lade.platform.settings, charging=charging))
    await lade.keep(ModuleID.TOKENS, bodies.token())
    async with raw_station(lade, bodies) as station:
        for number, (kind, wh) in enumerate((("Started", 1000), ("Updated", 3000), ("Ended", 5000))):
            sampled = [{"value": wh}, {"value": 40 + number, "measurand": "SoC", "location": "EV"}]
            at = f"2026-11-23T08:{10 * number:02}:00Z"
            values = [{"timestamp": at, "sampledValue": sampled}]
            await station.call(
                "TransactionEvent", event(kind, number, 10 * number, wh, meterValue=values, idToken=CARD)
            )
    [stored] = await lade.platform.store.objects.newest(ModuleID.SESSIONS, 5)
    kinds = {each.type for one in value_of(Session, stored).charging_periods for each in one.dimensions}
    assert ("STATE_OF_CHARGE" in kinds, "POWER" in kinds) == (told, True)
