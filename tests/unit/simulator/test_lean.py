"""Lean stations say what the schemas want, count the truth, and lose nothing when the connection is lost."""

import asyncio
from datetime import UTC, datetime

import pytest
from central import Central, standing, until
from ocpp.exceptions import NotSupportedError
from ocpp.v16 import call

from ocpilot.simulator.fleet import FleetPlan
from ocpilot.simulator.lean_fleet import LeanFleet
from ocpilot.simulator.make import Backoff, OcppVersion, StationMake
from ocpilot.simulator.visits import Habits

START = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)


def plan(url, *versions: OcppVersion, **more) -> FleetPlan:
    ids = [f"L{number}" for number in range(2 * len(versions))]
    habits = Habits(cards=("TAG-1", "TAG-2"), between=1.0, stay=5.0, charges=2)
    make = StationMake(backoff=Backoff(0.02, 0.1), meter_interval=30, heartbeat=60)
    settings = {"speed": 600.0, "connects": 1000.0, "make": make, "habits": habits} | more
    return FleetPlan(url=url, password="secret", ids=ids, versions=versions, start=START, **settings)


def told_wh(central: Central) -> int:
    """The energy as a platform would count it."""
    begins = [each["meter_start"] for each in central.of("StartTransaction")]
    ends = [each["meter_stop"] for each in central.of("StopTransaction")]
    events = central.of("TransactionEvent")
    for kind, found in (("Started", begins), ("Ended", ends)):
        found += [
            int(each["meter_value"][0]["sampled_value"][0]["value"]) for each in events if each["event_type"] == kind
        ]
    return sum(ends) - sum(begins)


async def test_a_mixed_fleet_charges_and_its_truth_is_what_it_told(stood):
    said = []
    report = await LeanFleet(plan(stood.url, *OcppVersion), said.append).run()
    assert report.total.transactions == 12
    assert report.total.energy_wh == told_wh(stood.central) > 0
    assert report.total.sent == report.total.answered == len(stood.central.said)
    assert (report.total.refused, [each.undelivered for each in report.stations]) == (0, [0] * 6)
    counts = stood.central.counts()
    assert counts["BootNotification"] == 6
    assert counts["Authorize"] == 12
    assert counts["MeterValues"] > 10
    assert counts["Heartbeat"] > 6
    assert [each.version for each in report.stations] == [*OcppVersion, *OcppVersion]


async def test_transactions_go_by_the_number_they_were_given(stood):
    await LeanFleet(plan(stood.url, OcppVersion.V16), lambda _: None).run()
    numbers = {each["transaction_id"] for each in stood.central.of("StopTransaction", "MeterValues")}
    assert numbers == {1, 2, 3, 4}


async def test_events_of_2_are_numbered_without_a_gap(stood):
    await LeanFleet(plan(stood.url, OcppVersion.V21), lambda _: None).run()
    by_key: dict[str, list[int]] = {}
    for event in stood.central.of("TransactionEvent"):
        by_key.setdefault(event["transaction_info"]["transaction_id"], []).append(event["seq_no"])
    assert len(by_key) == 4
    assert all(numbers == list(range(len(numbers))) for numbers in by_key.values())


async def test_a_platform_that_comes_back_gets_what_happened_meanwhile_in_order(eventually):
    central = Central()
    async with standing(central) as before:
        fleet = LeanFleet(plan(before.url, OcppVersion.V16, OcppVersion.V201, minutes=60.0), lambda _: None)
        running = asyncio.create_task(fleet.run())
        await until(lambda: len(central.of("MeterValues", "TransactionEvent")) > 4)
    await eventually(lambda: not any(each.accepted for each in fleet.stations))
    await eventually(lambda: sum(each.undelivered for each in fleet.stations) > 8)
    async with standing(central, port=before.port):
        report = await running
    assert report.total.energy_wh == told_wh(central)
    # one that was answered when nobody heard it any more comes again: told twice, never lost
    assert report.total.transactions == len({str(each) for each in central.of("StopTransaction")}) + len(
        {e["transaction_info"]["transaction_id"] for e in central.of("TransactionEvent") if e["event_type"] == "Ended"}
    )


async def test_calls_of_the_platform_are_answered_not_supported(stood, eventually):
    fleet = LeanFleet(plan(stood.url, OcppVersion.V16, minutes=600.0), lambda _: None)
    running = asyncio.create_task(fleet.run())
    await eventually(lambda: all(each.accepted for each in fleet.stations))

    with pytest.raises(NotSupportedError):
        await stood.central.ask("L0", call.Reset(type="Soft"))
    running.cancel()
    report = await running
    assert report.stations[0].ledger.heard == 1


@pytest.mark.parametrize("version", OcppVersion)
async def test_what_is_answered_with_an_internal_error_is_told_again_before_all_else(version):
    async with standing() as stood:
        stood.central.refusing = ["StartTransaction", "TransactionEvent"]
        report = await LeanFleet(plan(stood.url, version), lambda _: None).run()
        assert (report.total.refused, report.total.energy_wh) == (1, told_wh(stood.central))
        first = stood.central.of("StartTransaction", "TransactionEvent")[0]
        assert first.get("event_type", "Started") == "Started"
