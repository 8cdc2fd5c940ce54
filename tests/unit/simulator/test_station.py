"""A simulated station of each version against a central system of another make: what it says, in order."""

from datetime import UTC, datetime

import pytest
from central import Standing, standing

from ocpilot.simulator.car import SimulatedCar
from ocpilot.simulator.clock import SteppedClock
from ocpilot.simulator.make import Backoff, OcppVersion, StationMake
from ocpilot.simulator.station import SimulatedStation

START = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
BACKOFF = Backoff(0.02, 0.1)
BOTH_OF_2 = [OcppVersion.V201, OcppVersion.V21]


def simulated(stood: Standing, version: OcppVersion, make: StationMake | None = None, **more) -> SimulatedStation:
    make = make or StationMake(backoff=BACKOFF)
    return SimulatedStation(stood.url, "CS1", None, clock=SteppedClock(START), version=version, make=make, **more)


@pytest.mark.parametrize("version", OcppVersion)
async def test_an_hour_of_charging_in_every_version(stood, version):
    station = simulated(stood, version)
    async with station.running():
        await station.ready()
        await station.plug_in(1, SimulatedCar(battery_kwh=60, soc=20, max_kw=11))
        assert await station.present_token("TAG-1") == "Accepted"
        await station.play(3600)
        await station.unplug(1)
    assert station.ledger.energy_wh == 11_000
    assert station.ledger.sent == station.ledger.answered == len(stood.central.said)
    assert stood.central.counts()["Heartbeat"] == 12


@pytest.mark.parametrize("version", BOTH_OF_2)
async def test_a_transaction_of_2_tells_its_events_in_order(stood, version):
    station = simulated(stood, version)
    async with station.running():
        await station.ready()
        await station.plug_in(1, SimulatedCar(battery_kwh=10, soc=50, target=60))
        await station.present_token("TAG-1")
        await station.play(600)
        await station.present_token("TAG-1")
        await station.unplug(1)
    events = stood.central.of("TransactionEvent")
    assert [event["seq_no"] for event in events] == list(range(len(events)))
    assert {event["transaction_info"]["transaction_id"] for event in events} == {station.ledger.charges[0].transaction}
    shown = [(event["event_type"], event["trigger_reason"]) for event in events]
    assert shown[:3] == [
        ("Started", "Authorized"),
        ("Updated", "ChargingStateChanged"),
        ("Updated", "MeterValuePeriodic"),
    ]
    assert shown[-1] == ("Ended", "StopAuthorized")
    assert shown.count(("Updated", "MeterValuePeriodic")) == 10
    states = [event["transaction_info"]["charging_state"] for event in events]
    assert [state for at, state in enumerate(states) if states[at - 1 : at] != [state]] == [
        "EVConnected",
        "Charging",
        "SuspendedEV",
        "EVConnected",
    ]
    assert events[0]["id_token"] == {"id_token": "TAG-1", "type": "ISO14443"}
    registers = [event["meter_value"][0]["sampled_value"][0]["value"] for event in events if "meter_value" in event]
    assert (registers[0], registers[-1]) == (1000, 2000)
    statuses = [status["connector_status"] for status in stood.central.of("StatusNotification")]
    assert statuses == ["Available", "Occupied", "Available"]


@pytest.mark.parametrize("version", OcppVersion)
async def test_dc_tells_the_state_of_charge_and_ac_the_current_of_each_phase(stood, version):
    make = StationMake(backoff=BACKOFF, dc=True, meter_interval=300)
    station = simulated(stood, version, make, power_kw=150.0)
    async with station.running():
        await station.ready()
        await station.plug_in(1, SimulatedCar(battery_kwh=77, soc=20, max_kw=120))
        await station.present_token("TAG-1")
        await station.play(1800)
    [*_, last] = [
        each["meter_value"][0]["sampled_value"]
        for each in stood.central.of("MeterValues", "TransactionEvent")
        if "meter_value" in each
    ]
    told = [value["measurand"] for value in last]
    assert told == ["Energy.Active.Import.Register", "Power.Active.Import", "Current.Import", "SoC"]
    assert float(last[1]["value"]) < 120_000  # above the knee it takes less and less
    assert 80 < float(last[3]["value"]) <= 100


@pytest.mark.parametrize("version", OcppVersion)
async def test_a_charge_during_an_outage_is_told_later_in_order_with_its_old_times(stood, version, eventually):
    station = simulated(stood, version)
    async with station.running():
        await station.ready()
        await station.link.hang_up()
        await station.plug_in(1)
        assert await station.present_token("TAG-1") == "Accepted"
        await station.play(180)
        await station.unplug(1)
        assert not stood.central.of("StartTransaction", "TransactionEvent")
        station.link.call_again()
        await eventually(lambda: station.link.undelivered == 0)
    if version is OcppVersion.V16:
        told = [each for each in stood.central.actions() if each.endswith("Transaction") or each == "MeterValues"]
        assert told == ["StartTransaction", *["MeterValues"] * 3, "StopTransaction"]
        assert stood.central.of("StartTransaction")[0]["timestamp"] == "2026-11-23T07:00:00Z"
    else:
        events = stood.central.of("TransactionEvent")
        assert {event["offline"] for event in events} == {True}
        assert [event["seq_no"] for event in events] == list(range(len(events)))
        assert events[-1]["timestamp"] == "2026-11-23T07:03:00Z"


@pytest.mark.parametrize("version", OcppVersion)
async def test_what_is_answered_with_an_internal_error_is_told_again(version, eventually):
    async with standing() as stood:
        stood.central.refusing = ["StartTransaction", "TransactionEvent"]
        station = simulated(stood, version)
        async with station.running():
            await station.ready()
            await station.plug_in(1)
            await station.present_token("TAG-1")
            await station.play(60)
            await station.unplug(1)
            await eventually(lambda: station.link.undelivered == 0)
        assert station.ledger.refused == 1
        first = stood.central.of("StartTransaction", "TransactionEvent")[0]
        assert first.get("event_type", "Started") == "Started"


@pytest.mark.parametrize("version", BOTH_OF_2)
async def test_a_token_that_is_refused_after_an_offline_start_ends_the_charge(stood, version, eventually):
    station = simulated(stood, version)
    await station.plug_in(1)
    assert await station.present_token("NOBODY") == "Accepted"
    async with station.running():
        await eventually(lambda: stood.central.actions().count("TransactionEvent") >= 3)
    last = stood.central.of("TransactionEvent")[-1]
    assert (last["trigger_reason"], last["transaction_info"]["stopped_reason"]) == ("Deauthorized", "DeAuthorized")


@pytest.mark.parametrize("version", OcppVersion)
async def test_a_station_boots_once_and_again_after_a_power_cut(stood, version, eventually):
    station = simulated(stood, version)
    async with station.running():
        await station.ready()
        await station.plug_in(1)
        await station.present_token("TAG-1")
        await station.play(120)
        await station.lose_power(60)
        await eventually(lambda: stood.central.counts()["BootNotification"] == 2 and station.link.undelivered == 0)
    [stop] = [
        each
        for each in stood.central.of("StopTransaction", "TransactionEvent")
        if each.get("event_type", "Ended") == "Ended"
    ]
    reason = stop["reason"] if version is OcppVersion.V16 else stop["transaction_info"]["stopped_reason"]
    assert reason == "PowerLoss"
    assert station.ledger.charges[0].ended == "2026-11-23T07:02:00Z"
