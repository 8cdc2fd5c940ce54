"""What `ocpilot simulate` and `ocpilot station simulate` ask for, as `cli.simulate` and `cli.station_simulate` state
it."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import cast

import msgspec

from ocpilot.base import time
from ocpilot.base.errors import OcpilotError
from ocpilot.cli import simulate, station_simulate
from ocpilot.cli.simulate import SimulateOptions
from ocpilot.cli.station_simulate import Simulation
from ocpilot.main.alone import alone
from ocpilot.simulator.car import SimulatedCar
from ocpilot.simulator.clock import SteppedClock
from ocpilot.simulator.faults import SENTENCES, read_faults
from ocpilot.simulator.fleet import Fleet, FleetPlan, Totals
from ocpilot.simulator.lean_fleet import LeanFleet
from ocpilot.simulator.make import OcppVersion, StationMake
from ocpilot.simulator.station import SimulatedStation
from ocpilot.simulator.visits import Habits

#: Seconds in which a platform must accept the station.
_ACCEPTED_WITHIN = 20.0
#: How far back a fast run begins that nobody ends.
_DAY_MINUTES = 1440.0
#: So large that no car is full before its time is over.
_BATTERY_KWH = 10_000.0


class Fleets:
    """`cli.simulate.SimulateCommands`."""

    def faults(self) -> Sequence[tuple[str, str]]:
        """See `SimulateCommands`."""
        return [(str(name), sentence) for name, sentence in SENTENCES.items()]

    async def simulate(self, options: SimulateOptions, say: Callable[[str], None]) -> Mapping[str, object]:
        """See `SimulateCommands`."""
        kind = LeanFleet if options.lean else Fleet
        report = await kind(_plan(options), lambda totals: say(_line(totals))).run()
        say(_last_line(report.total.energy_wh, report.total.transactions, sum(e.undelivered for e in report.stations)))
        return cast(Mapping[str, object], msgspec.to_builtins(report))


def _plan(options: SimulateOptions) -> FleetPlan:
    return FleetPlan(
        url=options.url,
        password=options.password,
        ids=options.ids,
        versions=tuple(OcppVersion(version) for version in options.versions),
        habits=Habits(cards=options.cards, between=options.between, stay=options.stay, charges=options.charges),
        start=_start(options),
        evses=options.evses,
        dc=options.dc,
        speed=options.speed,
        minutes=options.minutes,
        make=StationMake(
            heartbeat=options.heartbeat,
            meter_interval=options.meter_interval,
            signed=options.signed,
            checked=options.checked,
        ),
        faults=read_faults(options.faults),
        seed=options.seed,
        connects=options.connects,
    )


def _start(options: SimulateOptions) -> datetime:
    """So long ago that the run ends now: nothing is told of the future."""
    minutes = _DAY_MINUTES if options.minutes is None else options.minutes
    return time.now() - timedelta(minutes=minutes * (1.0 - 1.0 / max(1.0, options.speed)))


def _line(totals: Totals) -> str:
    ledger = totals.ledger
    return (
        f"{totals.seconds:6d} s  connected {totals.connected}/{totals.stations}  charging {totals.charging}"
        f"  {totals.energy_wh / 1000:.3f} kWh  messages {ledger.answered} (refused {ledger.refused})"
        f"  faults {sum(ledger.faults.values())}"
    )


def _last_line(energy_wh: int, transactions: int, undelivered: int) -> str:
    left = f"; {undelivered} messages could not be delivered" if undelivered else ""
    return f"{transactions} transactions with {energy_wh / 1000:.3f} kWh{left}"


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
            version=OcppVersion(simulation.version),
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
    evse = station.evses[simulation.connector]
    car = SimulatedCar(battery_kwh=_BATTERY_KWH, soc=0.0, max_kw=simulation.kw)
    await station.plug_in(simulation.connector, car)
    status = await station.present_token(simulation.card, simulation.connector)
    say(f"card {simulation.card}: {status}")
    if evse.transaction is None:
        return False
    await station.play(simulation.minutes * 60)
    car.target = car.soc
    await station.play(simulation.parked * 60)
    await station.unplug(simulation.connector)
    say(f"{station.energy_wh / 1000:.3f} kWh in {simulation.minutes:g} minutes")
    return True


run_simulate = alone(lambda args: simulate.run(args, Fleets()))
run_station_simulate = alone(lambda args: station_simulate.run(args, Simulations()))
