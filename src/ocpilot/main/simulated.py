"""What `ocpilot station simulate` asks for, as `cli.station_simulate` states it."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

from ocpilot.base import time
from ocpilot.base.errors import OcpilotError
from ocpilot.cli.station_simulate import Simulation
from ocpilot.simulator.car import SimulatedCar
from ocpilot.simulator.clock import SteppedClock
from ocpilot.simulator.station import SimulatedStation

#: Seconds in which a platform must accept the station.
_ACCEPTED_WITHIN = 20.0
#: So large that no car is full before its time is over.
_BATTERY_KWH = 10_000.0


class Simulations:
    """`cli.station_simulate.SimulationCommands`."""

    async def charge(self, simulation: Simulation, say: Callable[[str], None]) -> bool:
        """See `SimulationCommands`."""
        began = time.now() - timedelta(minutes=simulation.minutes + simulation.parked)
        station = SimulatedStation(
            simulation.url,
            simulation.station_id,
            simulation.password,
            clock=SteppedClock(began),
            evses=simulation.connector,
            power_kw=simulation.kw,
        )
        async with station.running():
            await _accepted(station, simulation)
            say(f"{simulation.station_id} is connected")
            return await _charged(station, simulation, say)


async def _accepted(station: SimulatedStation, simulation: Simulation) -> None:
    try:
        await asyncio.wait_for(station.ready(), _ACCEPTED_WITHIN)
    except TimeoutError:
        raise OcpilotError(
            f"{simulation.url}/{simulation.station_id}: not accepted within {_ACCEPTED_WITHIN:.0f} seconds; "
            "is it running, is the station known there, is OCPILOT_PASSWORD its password?"
        ) from None


async def _charged(station: SimulatedStation, simulation: Simulation, say: Callable[[str], None]) -> bool:
    connector = station.evses[simulation.connector]
    car = SimulatedCar(battery_kwh=_BATTERY_KWH, soc=0.0, max_kw=simulation.kw)
    await station.plug_in(simulation.connector, car)
    before = connector.meter_wh
    status = await station.present_token(simulation.card, simulation.connector)
    say(f"card {simulation.card}: {status}")
    if connector.transaction is None:
        return False
    await station.play(simulation.minutes * 60)
    car.target = car.soc
    await station.play(simulation.parked * 60)
    await station.unplug(simulation.connector)
    say(f"{(connector.meter_wh - before) / 1000:.3f} kWh in {simulation.minutes:g} minutes")
    return True
