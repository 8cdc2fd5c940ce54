"""A fleet of all versions: cars come and go, and the report is what was told."""

import asyncio
from datetime import UTC, datetime

import pytest
from central import Central, standing

from ocpilot.simulator.faults import Fault
from ocpilot.simulator.fleet import Fleet, FleetPlan
from ocpilot.simulator.make import Backoff, OcppVersion, StationMake
from ocpilot.simulator.visits import Habits

START = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)


def plan(url, **more) -> FleetPlan:
    settings = {
        "ids": [f"F{number}" for number in range(6)],
        "versions": tuple(OcppVersion),
        "habits": Habits(cards=("TAG-1", "TAG-2"), between=2.0, stay=10.0, charges=2),
        "speed": 1200.0,
        "connects": 1000.0,
        "make": StationMake(backoff=Backoff(0.02, 0.1), meter_interval=120.0),
        "dc": 0.5,
    } | more
    return FleetPlan(url=url, password="secret", start=START, **settings)


def told_wh(central: Central) -> int:
    """What a platform would bill, however often and in whatever order it was told."""
    whole = 0
    numbers: dict[tuple[str, object], list[int]] = {}
    for station, action, payload in central.said:
        if action == "TransactionEvent" and payload["event_type"] != "Updated":
            register = payload["meter_value"][0]["sampled_value"][0]["value"]
            numbers.setdefault((station, payload["transaction_info"]["transaction_id"]), []).append(int(register))
        elif action == "StopTransaction":
            first, *_, last = (each["sampled_value"][0]["value"] for each in payload["transaction_data"])
            numbers[station, payload["transaction_id"]] = [int(first), int(last)]
    for registers in numbers.values():
        whole += max(registers) - min(registers)
    return whole


async def test_every_car_that_came_is_in_the_report_and_was_told(stood):
    report = await Fleet(plan(stood.url, evses=2), lambda _: None).run()
    assert report.total.transactions == sum(len(each.ledger.charges) for each in report.stations) == 24
    assert report.total.energy_wh == told_wh(stood.central) > 0
    assert report.total.sent == report.total.answered == len(stood.central.said)
    assert [each.undelivered for each in report.stations] == [0] * 6
    charge = report.stations[0].ledger.charges[0]
    assert charge.began < charge.ended
    assert charge.token in ("TAG-1", "TAG-2")


@pytest.mark.parametrize(
    "fault",
    [Fault.DROP, Fault.OFFLINE_START, Fault.OFFLINE_STOP, Fault.REBOOT, Fault.POWER_LOSS, Fault.DUPLICATE],
)
async def test_whatever_happens_to_the_connection_the_truth_is_told(stood, fault):
    report = await Fleet(plan(stood.url, faults={fault: 1.0}), lambda _: None).run()
    assert report.total.transactions >= 12
    assert report.total.faults == {fault: report.total.transactions}
    assert report.total.energy_wh == told_wh(stood.central)
    assert sum(each.undelivered for each in report.stations) == 0


async def test_faults_with_a_rate_hit_some_charges_and_are_counted(stood):
    report = await Fleet(plan(stood.url, faults={Fault.DUPLICATE: 0.5}, seed=3), lambda _: None).run()
    hit = [charge for each in report.stations for charge in each.ledger.charges if charge.faults]
    assert 0 < len(hit) < report.total.transactions
    assert report.total.faults == {"duplicate": len(hit)}


async def test_a_fleet_that_is_stopped_lets_every_car_leave_first(stood):
    lines = []
    habits = Habits(cards=("TAG-1",), between=0.1, stay=10_000.0)
    fleet = Fleet(plan(stood.url, habits=habits, ids=["F1", "F2"]), lines.append)
    running = asyncio.create_task(fleet.run())
    async with asyncio.timeout(20):
        while fleet.totals().charging < 2:  # noqa: ASYNC110 - what is waited for has no event to set
            await asyncio.sleep(0.01)
    assert fleet.totals().connected == 2
    running.cancel()
    report = await running
    assert report.total.transactions == 2
    assert report.total.energy_wh == told_wh(stood.central)


async def test_a_fleet_ends_when_its_minutes_are_over_though_nobody_listens():
    async with standing() as gone:
        url = gone.url
    report = await asyncio.wait_for(Fleet(plan(url, minutes=10.0), lambda _: None).run(), 10)
    assert (report.total.connections, report.total.transactions) == (0, 0)
