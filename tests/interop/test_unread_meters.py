"""Charges whose begin or end no meter value tells: it is asked for, told by what comes later, or given up."""

import json
from datetime import timedelta

import pytest
from odd_stations import CARD, SECOND_CARD, Became, event, odd_station, play, start, stop, values
from raw_station import raw_station
from test_odd_events import began, billed, ended, other

from ocpilot.app.transactions import held_charges
from ocpilot.app.work.jobs import Jobs
from ocpilot.metering.findings import Oddity
from ocpilot.wire.protocol import ModuleID

#: 5 kWh in half an hour, and 14 minutes of which nobody knows.
QUARTERS = [began(0), event(15, "Updated", 3500, seq=1), event(30, "Updated", 6000, seq=2), ended(44, None, seq=3)]
TOLD = billed("7.3", Oddity.END_READ_LATER, minutes=44)
WAITS = other("stopped", Oddity.END_UNREAD)
HOURS = 60


def idle(minute: float, wh: int, evse: int = 1, **more: object):
    """MeterValues of 2.x, of an EVSE where nobody charges."""

    async def step(station) -> None:
        sampled = [{"value": wh, "context": "Sample.Clock", **more}]
        moments = [{"timestamp": station.said(minute), "sampledValue": sampled}]
        await station.call("MeterValues", {"evseId": evse, "meterValue": moments}, minute)

    return step


async def remark(node) -> str:
    [bill] = await node.platform.store.objects.newest(ModuleID.CDRS, 5)
    return json.loads(bill.body)["remark"]


# ---- told later ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "later",
    [
        idle(45, 8300),
        event(70, "Started", 8300, key="T2", evse=1, token=SECOND_CARD),
        event(44.5, "Updated", 8300, seq=2, said=44.5),
    ],
    ids=["a value of the wall clock", "the start of the next charge", "a value after the end"],
)
async def test_the_next_value_of_the_meter_tells_the_end(lade, bodies, later) -> None:
    async with odd_station(lade, bodies, "ocpp2.0.1") as station:
        await play(station, [*QUARTERS, later])
        found = await station.became(75)
    assert found[0] == TOLD, found[0].why
    if len(found) == 1:
        assert (await remark(lade)).startswith("The end was not read; the next meter value tells what it was: 8300 Wh")


async def test_a_charge_that_waits_is_billed_when_the_next_one_begins(lade, bodies) -> None:
    async with odd_station(lade, bodies, "ocpp2.0.1") as station:
        await play(station, QUARTERS)
        assert await station.became(50) == [WAITS]
        await play(station, [event(6 * HOURS, "Started", 8300, key="T2", evse=1, token=SECOND_CARD)])
        assert await station.became(6 * HOURS + 5) == [TOLD, other("open")]


async def test_what_tells_nothing_new_does_not_end_the_wait(lade, bodies) -> None:
    async with odd_station(lade, bodies, "ocpp2.0.1") as station:
        await play(station, QUARTERS)
        assert await station.became(50) == [WAITS]
        await play(station, [QUARTERS[-1], event(60, "Updated", 3500, seq=1, said=15), idle(61, 5000)])
        assert await station.became(65) == [WAITS]


async def test_what_another_evse_shows_tells_nothing(lade, bodies) -> None:
    async with odd_station(lade, bodies, "ocpp2.0.1") as station:
        await play(station, [*QUARTERS, idle(45, 8300, evse=2), idle(46, 8300, evse=0), idle(47, 5000)])
        assert await station.became(50) == [WAITS]


async def test_more_than_the_charge_can_have_taken_is_not_billed(lade, bodies) -> None:
    """Somebody else may have charged there of whom we were not told."""
    async with odd_station(lade, bodies, "ocpp2.0.1") as station:
        await play(station, [*QUARTERS, idle(45, 9100)])
        assert await station.became(50) == [billed("5", Oddity.END_UNREAD, minutes=44)]


async def test_a_short_charge_without_any_sample_is_told_by_the_next_start(lade, bodies) -> None:
    async with odd_station(lade, bodies, "ocpp2.0.1") as station:
        await play(station, [began(0), ended(12, None, seq=1), idle(13, 4000)])
        assert await station.became(20) == [billed("3", Oddity.END_READ_LATER, minutes=12)]


async def test_a_station_of_16_that_does_not_know_its_meter_at_the_end(lade, bodies) -> None:
    async with odd_station(lade, bodies) as station:
        steps = [start(0), values(15, 3500), values(30, 6000), stop(44, 0), start(60, 8300, tag=SECOND_CARD)]
        await play(station, steps)
        found = await station.became(70)
    assert found[0] == billed("7.3", Oddity.END_EMPTY, Oddity.END_READ_LATER, minutes=44)


# ---- asked for -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("protocol", ["ocpp2.0.1", "ocpp2.1"])
async def test_a_station_that_does_not_say_what_its_meter_shows_is_asked(lade, bodies, protocol) -> None:
    await lade.keep(ModuleID.TOKENS, bodies.token(CARD, whitelist="ALWAYS"))
    async with raw_station(lade, bodies, protocol) as station:
        station.answers["TriggerMessage"] = {"status": "Accepted"}
        at = lade.platform.clock
        for kind, number in (("Started", 0), ("Ended", 1)):
            fields = {"eventType": kind, "seqNo": number, "triggerReason": "CablePluggedIn"}
            about = {"transactionInfo": {"transactionId": "T1"}, "evse": {"id": 1, "connectorId": 1}}
            said = {"timestamp": at().isoformat(), "idToken": {"idToken": CARD, "type": "ISO14443"}}
            await station.call("TransactionEvent", fields | about | said)
            if kind == "Started":
                await station.was_asked("TriggerMessage")
                await _show(station, at(), 1000)
                lade.clock.ahead += timedelta(minutes=40)
        jobs = Jobs(lade.platform)
        await jobs.once()
        lade.clock.ahead += timedelta(seconds=12)
        await jobs.once()
        asked = await station.was_asked("TriggerMessage", 2)
        assert asked == [{"requestedMessage": "MeterValues", "evse": {"id": 1}}] * 2
        await _show(station, at(), 11_000)
        for _ in range(2):
            lade.clock.ahead += timedelta(seconds=12)
            await jobs.once()
    [bill] = await lade.platform.store.objects.newest(ModuleID.CDRS, 5)
    assert json.loads(bill.body)["total_energy"] == 10


async def _show(station, at, wh: int) -> None:
    moment = {"timestamp": at.isoformat(), "sampledValue": [{"value": wh, "context": "Trigger"}]}
    await station.call("MeterValues", {"evseId": 1, "meterValue": [moment]})


# ---- given up ------------------------------------------------------------------------------------------------------


async def test_what_nobody_ever_reads_is_not_billed_and_the_bill_says_so(lade, bodies) -> None:
    async with odd_station(lade, bodies, "ocpp2.0.1") as station:
        await play(station, QUARTERS)
        assert await station.became(50) == [WAITS]
        assert await station.became(11 * HOURS) == [WAITS]
        assert await station.became(13 * HOURS) == [billed("5", Oddity.END_UNREAD, minutes=44)]
    assert "about 2333 Wh in 0:14:00 before the end" in await remark(lade)


async def test_a_person_decides_when_it_may_be_much(lade, bodies) -> None:
    """An hour and a half at 10 kW."""
    async with odd_station(lade, bodies, "ocpp2.0.1") as station:
        await play(station, [*QUARTERS[:-1], ended(120, None, seq=3)])
        await station.became(3 * HOURS)
        assert await station.became(16 * HOURS) == [other("held", Oddity.END_UNREAD)]
        await play(station, [event(17 * HOURS, "Started", 9000, key="T2", evse=1, token=SECOND_CARD)])
        found = await station.became(17 * HOURS + 5)
    assert found[0] == billed("8", Oddity.END_READ_LATER, minutes=120)


async def test_a_person_may_bill_it_before(lade, bodies) -> None:
    async with odd_station(lade, bodies, "ocpp2.0.1") as station:
        await play(station, QUARTERS)
        [waiting] = await station.became(50)
        assert waiting == WAITS
        await held_charges.release(lade.platform, 1)
        assert await station.became(60) == [billed("5", Oddity.END_UNREAD, minutes=44)]


async def test_nothing_known_at_all_is_for_a_person(lade, bodies) -> None:
    async with odd_station(lade, bodies, "ocpp2.0.1") as station:
        await play(station, [began(0), ended(12, None, seq=1)])
        await station.became(20)
        found = await station.became(13 * HOURS)
    assert found == [Became("held", kinds=frozenset({Oddity.NO_METER_VALUES}))]
