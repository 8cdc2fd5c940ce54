"""The simulated station against the gateway: a charge, remote calls, and outages."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from websockets.exceptions import ConnectionClosed

from begun import charge
from ocpilot.app.kept.station_events import IdToken
from ocpilot.simulator.car import SimulatedCar
from ocpilot.simulator.clock import SimClock, SteppedClock
from ocpilot.simulator.make import Backoff, StationMake
from ocpilot.simulator.station import SimulatedStation

START = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
PASSWORD = "sixteen-letters-"
BACKOFF = Backoff(0.02, 0.1)


def simulated(url, clock=None, make=None, **more):
    make = make or StationMake(backoff=BACKOFF)
    return SimulatedStation(url, "CS1", PASSWORD, clock=clock or SteppedClock(START), make=make, **more)


def registers(platform):
    """Transaction, time and register of every MeterValues the platform got."""
    return [
        (transaction_id, sample.at, int(sample.values[0].value))
        for transaction_id, samples in platform.meter_values_of
        for sample in samples
    ]


async def test_a_station_boots_and_reports_all_its_connectors(served):
    station = simulated(served.url, evses=2)
    async with station.running():
        await station.ready()
    assert served.platform.words()[:2] == ["connected", "booted"]
    assert [each[1:3] for each in served.platform.heard[2:5]] == [(0, "Available"), (1, "Available"), (2, "Available")]


async def test_an_hour_of_charging_passes_at_once_with_its_right_times(served):
    station = simulated(served.url)
    async with station.running():
        await station.ready()
        await station.plug_in(1, SimulatedCar(battery_kwh=60, soc=20, max_kw=11))
        assert await station.present_token("TAG-1") == "Accepted"
        await station.play(3600)
        await station.unplug(1)
    (start,), (stop,) = served.platform.starts, served.platform.stops
    assert (start.at, start.meter_start_wh) == (START, 1000)
    assert (stop.at, stop.meter_stop_wh, stop.reason) == (START + timedelta(hours=1), Decimal(12_000), "EVDisconnected")
    assert [at for _, at, _ in registers(served.platform)] == [START + timedelta(minutes=m) for m in range(1, 61)]
    assert served.platform.words().count("heartbeat") == 12


async def test_a_charge_shows_its_states_in_order(served):
    station = simulated(served.url)
    async with station.running():
        await station.ready()
        await station.plug_in(1, SimulatedCar(battery_kwh=10, soc=50, target=60))
        await station.present_token("TAG-1")
        await station.play(1800)
        await station.present_token("TAG-1")
        await station.unplug(1)
    states = [each[2] for each in served.platform.heard if each[0] == "status" and each[1] == 1]
    assert states == ["Available", "Preparing", "Charging", "SuspendedEV", "Finishing", "Available"]
    (stop,) = served.platform.stops
    assert (stop.reason, stop.id_tag) == ("Local", "TAG-1")
    assert stop.meter_stop_wh == 2000


async def test_a_token_nobody_knows_starts_nothing(served):
    station = simulated(served.url)
    async with station.running():
        await station.ready()
        await station.plug_in(1)
        assert await station.present_token("NOBODY") == "Invalid"
        await station.play(120)
    assert served.platform.starts == []


async def test_a_token_may_come_before_the_car_but_not_too_long(served):
    station = simulated(served.url)
    async with station.running():
        await station.ready()
        await station.present_token("TAG-1")
        await station.play(300)
        assert station.evses[1].status == "Available"
        await station.plug_in(1)
        assert served.platform.starts == []
        await station.unplug(1)
        await station.present_token("TAG-2")
        await station.play(60)
        await station.plug_in(1)
    assert [start.token.value for start in served.platform.starts] == ["TAG-2"]


async def test_a_remote_start_and_stop(served, eventually):
    station = simulated(served.url, evses=2)
    async with station.running():
        await station.ready()
        await station.plug_in(2)
        assert await served.calls.remote_start("CS1", None, IdToken("TAG-APP"), 1) == "Accepted"
        await eventually(lambda: station.evses[2].status == "Charging" and len(served.platform.starts) == 1)
        assert await served.calls.remote_start("CS1", 2, IdToken("TAG-APP"), 1) == "Rejected"
        await station.play(600)
        assert await served.calls.remote_stop(charge(99)) == "Rejected"
        assert await served.calls.remote_stop(charge(1)) == "Accepted"
        await eventually(lambda: len(served.platform.stops) == 1)
    assert served.platform.starts[0].evse_id == 2
    assert served.platform.stops[0].reason == "Remote"


async def test_an_accepted_remote_start_without_a_car_starts_nothing(served):
    station = simulated(served.url)
    async with station.running():
        await station.ready()
        assert await served.calls.remote_start("CS1", 1, IdToken("TAG-APP"), 1) == "Accepted"
        await station.play(600)
    assert served.platform.starts == []


async def test_a_driver_may_come_with_a_car_when_a_remote_start_comes(served, eventually):
    station = simulated(served.url, car_for_remote_start=SimulatedCar)
    async with station.running():
        await station.ready()
        assert await served.calls.remote_start("CS1", 1, IdToken("TAG-APP"), 1) == "Accepted"
        await eventually(lambda: len(served.platform.starts) == 1)


async def test_unlocking_ends_the_charge_and_an_unknown_connector_is_not_supported(served, eventually):
    station = simulated(served.url)
    async with station.running():
        await station.ready()
        await station.plug_in(1)
        await station.present_token("TAG-1")
        assert await served.calls.unlock("CS1", 1) == "Unlocked"
        assert await served.calls.unlock("CS1", 5) == "NotSupported"
        await eventually(lambda: len(served.platform.stops) == 1)
    assert served.platform.stops[0].reason == "UnlockCommand"


async def test_a_whole_charge_during_an_outage_is_replayed_in_order_with_its_old_times(
    serve_with, platform, eventually
):
    async with serve_with(platform) as before:
        station = simulated(before.url)
        running = station.running()
        await running.__aenter__()
        await station.ready()
        port = int(before.url.split(":")[2].split("/")[0])
    await eventually(lambda: not station.link.ready.is_set())
    await station.plug_in(1)
    assert await station.present_token("TAG-1") == "Accepted"
    await station.play(180)
    await station.unplug(1)
    assert (platform.starts, station.link.undelivered) == ([], 5)
    platform.heard.clear()
    async with serve_with(platform, port=port):
        await eventually(lambda: station.link.undelivered == 0)
        await running.__aexit__(None, None, None)
    told = [each for each in platform.words() if each not in ("status", "connected", "disconnected")]
    assert told == ["start", "meter_values", "meter_values", "meter_values", "stop"]
    assert platform.starts[0].at == START
    assert [(tx, at) for tx, at, _ in registers(platform)] == [(1, START + timedelta(minutes=m)) for m in (1, 2, 3)]
    assert (platform.stops[0].transaction_id, platform.stops[0].at) == (1, START + timedelta(minutes=3))


async def test_nothing_acknowledged_is_lost_or_sent_twice_when_the_connection_drops_again_and_again(served, eventually):
    station = simulated(served.url)
    async with station.running():
        await station.ready()
        await station.plug_in(1, SimulatedCar(battery_kwh=100))
        await station.present_token("TAG-1")
        for _ in range(10):
            await station.play(300)
            # takes the connection over, then leaves; or has it taken from it again
            with suppress(ConnectionClosed):
                async with served.station() as intruder:
                    await intruder.call("Heartbeat", {})
        await station.unplug(1)
        await eventually(lambda: station.link.undelivered == 0)
    times = [at for _, at, _ in registers(served.platform)]
    assert times == [START + timedelta(minutes=m) for m in range(1, 51)]
    assert (len(served.platform.starts), len(served.platform.stops)) == (1, 1)


async def test_a_platform_that_fails_for_a_while_gets_the_message_until_it_takes_it(served, eventually):
    station = simulated(served.url)
    served.platform.fail_once = RuntimeError("no database")
    async with station.running():
        await station.ready()
        await station.plug_in(1)
        await station.present_token("TAG-1")
        await station.unplug(1)
        await eventually(lambda: station.link.undelivered == 0)
    assert (len(served.platform.starts), served.platform.stops[0].transaction_id) == (1, 1)


async def test_a_refused_tag_of_an_offline_start_ends_the_charge(served, eventually):
    station = simulated(served.url)
    await station.plug_in(1)
    assert await station.present_token("NOBODY") == "Accepted"
    async with station.running():
        await eventually(lambda: len(served.platform.stops) == 1)
    assert served.platform.stops[0].reason == "DeAuthorized"


async def test_a_station_may_be_told_not_to_start_offline(served):
    station = simulated(served.url, make=StationMake(offline_starts=False, backoff=BACKOFF))
    await station.plug_in(1)
    assert await station.present_token("TAG-1") == "Invalid"


async def test_a_fast_clock_plays_a_charge_faster_than_real_time(served):
    station = simulated(served.url, clock=SimClock(START, speed=3_600))
    async with station.running():
        await station.ready()
        await station.plug_in(1, SimulatedCar(battery_kwh=100, soc=0))
        await station.present_token("TAG-1")
        async with asyncio.timeout(10):
            await station.play(3600)
        await station.unplug(1)
    (start,), (stop,) = served.platform.starts, served.platform.stops
    hours = Decimal((stop.at - start.at).total_seconds()) / 3600
    assert hours >= Decimal("0.9")
    # The clock runs on between a look at it and one at the meter, on a busy machine for minutes of its time.
    assert abs((stop.meter_stop_wh - start.meter_start_wh) - 11_000 * hours) < 500
