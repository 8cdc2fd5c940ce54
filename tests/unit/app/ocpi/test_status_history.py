"""The status of an EVSE: every change is kept with its time and reason, and planned ones come and go by themselves."""

from datetime import timedelta

import msgspec

from ocpilot.app.kept.records import ObjectKey
from ocpilot.app.kept.station_events import StatusEvent
from ocpilot.app.kept.status_records import StatusReason
from ocpilot.app.ocpi import status_history
from ocpilot.app.ocpi.bodies import own
from ocpilot.app.office import our_objects
from ocpilot.app.stations import stations
from ocpilot.wire import codec
from ocpilot.wire.protocol import ModuleID
from ocpilot.wire.v230 import Status, StatusSchedule

from ..conftest import BEGIN, LOCATION, OPERATOR
from ..transactions.test_charging import changes, status

EVSE = ObjectKey(module=ModuleID.LOCATIONS, party=OPERATOR, id="L1", sub="E1")


async def said(world, word, code="NoError", info=None, evse=1):
    event = StatusEvent(evse_id=evse, status=word, error_code=code, at=world.now, info=info)
    await world.service.status("S1", event)


async def history(world, key=EVSE):
    kept = await world.store.status_history.latest(key, 50)
    return [(one.status, one.reason, one.code, one.info) for one in reversed(kept)]


async def planned(world, *plans):
    """The EVSE E1 gets this `status_schedule`: (begins after, ends after, status)."""
    schedule = tuple(
        StatusSchedule(
            period_begin=BEGIN + timedelta(seconds=begin),
            period_end=None if end is None else BEGIN + timedelta(seconds=end),
            status=word,
        )
        for begin, end, word in plans
    )
    first = msgspec.structs.replace(LOCATION.evses[0], status_schedule=schedule, status=(await world.evse())["status"])
    location = msgspec.structs.replace(LOCATION, evses=(first, LOCATION.evses[1]), last_updated=world.now)
    key = ObjectKey(module=ModuleID.LOCATIONS, party=OPERATOR, id="L1")
    await world.store.locations.put(own(key, location, world.now))


async def now(world):
    await world.jobs.once()
    return (await world.evse())["status"]


async def test_every_change_is_kept_with_its_reason_and_what_the_station_said(operator):
    for word, code, info in (
        ("Available", "NoError", None),
        ("Preparing", "NoError", None),
        ("Charging", "NoError", None),
        ("Faulted", "GroundFailure", "E17"),
        ("Unavailable", "", None),
        ("Reserved", "NoError", None),
    ):
        operator.passes(60)
        await said(operator, word, code, info)
    assert await history(operator) == [
        (Status.AVAILABLE, StatusReason.STATION, None, None),
        (Status.CHARGING, StatusReason.SESSION, None, None),
        (Status.OUTOFORDER, StatusReason.FAULT, "GroundFailure", "E17"),
        (Status.INOPERATIVE, StatusReason.UNAVAILABLE, None, None),
        (Status.RESERVED, StatusReason.RESERVED, None, None),
    ]
    [newest] = await operator.store.status_history.newest([EVSE])
    assert (newest.at, newest.said_at) == (operator.now, operator.now)


async def test_another_fault_is_a_change_for_us_and_none_for_partners(operator):
    await said(operator, "Faulted", "GroundFailure")
    before = await changes(operator)
    await said(operator, "Faulted", "OverVoltage")
    await said(operator, "Faulted", "OverVoltage")
    assert [code for _, _, code, _ in await history(operator)] == ["GroundFailure", "OverVoltage"]
    assert await changes(operator) == before


async def test_a_lost_connection_is_a_reason_and_after_it_all_is_as_before_also_for_another_process(operator):
    await said(operator, "Faulted", "GroundFailure", "E17")
    await operator.service.disconnected("S1")
    assert (await operator.evse())["status"] == "UNKNOWN"
    operator.reborn()
    await operator.service.connected("S1", "ocpp1.6")
    assert (await operator.evse())["status"] == "OUTOFORDER"
    fault = (Status.OUTOFORDER, StatusReason.FAULT, "GroundFailure", "E17")
    assert await history(operator) == [fault, (Status.UNKNOWN, StatusReason.CONNECTIVITY, None, None), fault]


async def test_a_fault_of_the_whole_station_is_one_of_each_evse(operator):
    await said(operator, "Faulted", "InternalError", evse=0)
    for uid in ("E1", "E2"):
        assert await history(operator, msgspec.structs.replace(EVSE, sub=uid)) == [
            (Status.OUTOFORDER, StatusReason.FAULT, "InternalError", None)
        ]


async def test_a_planned_status_comes_when_it_is_due_and_ends_again(operator):
    await status(operator, "Available")
    await planned(operator, (100, 200, Status.INOPERATIVE))
    assert await now(operator) == "AVAILABLE"
    operator.passes(100)
    assert await now(operator) == "INOPERATIVE"
    operator.passes(100)
    assert await now(operator) == "AVAILABLE"
    assert [(word, reason) for word, reason, _, _ in await history(operator)] == [
        (Status.AVAILABLE, StatusReason.STATION),
        (Status.INOPERATIVE, StatusReason.PLANNED),
        (Status.AVAILABLE, StatusReason.STATION),
    ]


async def test_what_a_station_says_under_a_plan_is_shown_when_that_ends(operator):
    await status(operator, "Available")
    await planned(operator, (0, 200, Status.BLOCKED))
    assert await now(operator) == "BLOCKED"
    before = await changes(operator)
    await said(operator, "Faulted", "GroundFailure")
    assert await changes(operator) == before
    assert (await operator.evse())["status"] == "BLOCKED"
    operator.passes(200)
    assert await now(operator) == "OUTOFORDER"


async def test_a_car_that_charges_is_not_hidden_by_a_plan_and_the_plan_holds_after_it(operator):
    await status(operator, "Charging")
    await planned(operator, (0, 200, Status.INOPERATIVE))
    assert await now(operator) == "CHARGING"
    await status(operator, "Available")
    assert await now(operator) == "INOPERATIVE"
    assert (await operator.store.status_history.said_last(EVSE)).status == Status.AVAILABLE


async def test_a_plan_that_is_withdrawn_ends_at_once(operator):
    await status(operator, "Available")
    await planned(operator, (0, None, Status.INOPERATIVE))
    assert await now(operator) == "INOPERATIVE"
    await planned(operator)
    operator.passes(30)
    assert await now(operator) == "AVAILABLE"


async def test_a_site_that_is_planned_opens_as_planned_and_then_its_station_knows_better(operator):
    await planned(operator, (0, 100, Status.PLANNED), (100, None, Status.AVAILABLE))
    assert await now(operator) == "PLANNED"
    operator.passes(100)
    assert await now(operator) == "AVAILABLE"
    await said(operator, "Faulted", "GroundFailure")
    assert await now(operator) == "OUTOFORDER"
    operator.passes(60)
    assert await now(operator) == "OUTOFORDER"


async def test_a_plan_that_opens_shows_what_the_station_said_meanwhile(operator):
    await planned(operator, (0, 100, Status.PLANNED), (100, None, Status.AVAILABLE))
    await now(operator)
    await said(operator, "Faulted", "GroundFailure")
    operator.passes(100)
    assert await now(operator) == "OUTOFORDER"


async def test_what_a_person_writes_is_in_the_history_too(operator):
    await said(operator, "Available")
    await our_objects.patch(operator.platform, EVSE, {"status": "INOPERATIVE"})
    location = msgspec.structs.replace(EVSE, sub="")
    await our_objects.patch(operator.platform, location, {"name": "Torget 2"})
    body = codec.body_of(msgspec.structs.replace(LOCATION, last_updated=operator.now))
    await our_objects.put(operator.platform, location, body)
    assert [(word, reason) for word, reason, _, _ in await history(operator)] == [
        (Status.AVAILABLE, StatusReason.STATION),
        (Status.INOPERATIVE, StatusReason.WRITTEN),
        (Status.AVAILABLE, StatusReason.WRITTEN),
    ]
    assert await history(operator, msgspec.structs.replace(EVSE, sub="E2")) == []


def test_of_several_plans_the_one_that_began_last_holds():
    schedule = [
        StatusSchedule(period_begin=BEGIN, status=Status.INOPERATIVE),
        StatusSchedule(
            period_begin=BEGIN + timedelta(hours=1), period_end=BEGIN + timedelta(hours=2), status=Status.BLOCKED
        ),
    ]
    found = [status_history.planned(schedule, BEGIN + timedelta(minutes=minutes)) for minutes in (-1, 0, 60, 119, 120)]
    assert found == [None, Status.INOPERATIVE, Status.BLOCKED, Status.BLOCKED, Status.INOPERATIVE]


async def test_an_evse_that_is_not_stored_has_no_history(operator, caplog):
    key = msgspec.structs.replace(EVSE, sub="E9")
    await stations.set_evse_status(operator.platform, key, Status.AVAILABLE)
    assert await operator.store.status_history.newest([key, EVSE]) == (None, None)
    assert "its status AVAILABLE is lost" in caplog.text
