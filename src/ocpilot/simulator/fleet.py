"""Many simulated stations in one process: of several versions, with cars that come and go, and a report at the end."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime

import msgspec

from ocpilot.simulator.car import SimulatedCar
from ocpilot.simulator.clock import SimClock
from ocpilot.simulator.faults import FaultPlan, Rates
from ocpilot.simulator.ledger import Ledger, total
from ocpilot.simulator.make import OcppVersion, StationMake
from ocpilot.simulator.station import SimulatedStation
from ocpilot.simulator.visits import Habits, end_all, visitors

_AC_KW = 22.0
_DC_KW = 150.0
#: Seconds of real time that stations get at the end to tell what they have to tell.
LAST_WORDS = 30.0


class FleetPlan(msgspec.Struct, frozen=True, kw_only=True):
    """`versions` take turns, station by station; `dc` is the share of fast stations. `ids` are OCPP identities.

    `start` is the time of the first moment and `speed` how fast it passes; `connects` how many stations a second come.
    """

    url: str
    password: str | None
    ids: Sequence[str]
    versions: Sequence[OcppVersion]
    habits: Habits
    start: datetime
    evses: int = 1
    dc: float = 0.2
    speed: float = 1.0
    minutes: float | None = None
    make: StationMake = StationMake()
    faults: Rates = msgspec.field(default_factory=dict)
    seed: int = 0
    connects: float = 100.0


class Totals(msgspec.Struct, kw_only=True):
    """What a line of progress says."""

    seconds: int
    stations: int
    connected: int
    charging: int
    energy_wh: int
    ledger: Ledger


class StationReport(msgspec.Struct, kw_only=True):
    """One station at the end; `undelivered` messages had no answer yet."""

    id: str
    version: OcppVersion
    undelivered: int
    ledger: Ledger


class FleetReport(msgspec.Struct, kw_only=True):
    """A run at its end. `total` is without the single charges."""

    seconds: float
    total: Ledger
    stations: list[StationReport]


class Fleet:
    """`say` gets the totals about every second."""

    def __init__(self, plan: FleetPlan, say: Callable[[Totals], None]) -> None:
        self._plan = plan
        self._say = say
        self._clock = SimClock(plan.start, plan.speed)
        self._began = asyncio.get_running_loop().time()
        self.stations = [self._station(number, each) for number, each in enumerate(plan.ids)]

    async def run(self) -> FleetReport:
        """Until the time is over, every car has come, or it is cancelled; then every car leaves."""
        async with self._progress():
            connections = [asyncio.create_task(self._live(each, at)) for at, each in enumerate(self.stations)]
            lives = asyncio.gather(*connections)
            with suppress(TimeoutError, asyncio.CancelledError):
                await asyncio.wait_for(lives, self._real_seconds())
            return await self._end()

    async def _live(self, station: SimulatedStation, place: int) -> None:
        """Cars come once it is accepted; until all have come it runs."""
        await asyncio.sleep(place / self._plan.connects)
        station.connect()
        await station.ready()
        passing = asyncio.create_task(station.run())
        try:
            chance = random.Random(f"{self._plan.seed}/{station.id}")  # noqa: S311 - a draw, no secret
            async with asyncio.TaskGroup() as tasks:
                for evse in station.evses:
                    own = random.Random(chance.random())  # noqa: S311 - a draw, no secret
                    tasks.create_task(visitors(station, evse, self._plan.habits, own))
        finally:
            passing.cancel()
            await asyncio.wait({passing})

    async def _end(self) -> FleetReport:
        with suppress(asyncio.CancelledError):  # who asks again to stop gets what there is
            await asyncio.gather(*(end_all(each, LAST_WORDS) for each in self.stations))
        report = FleetReport(
            seconds=round(self._passed(), 1),
            total=total([each.ledger for each in self.stations]),
            stations=[
                StationReport(id=each.id, version=each.version, undelivered=each.link.undelivered, ledger=each.ledger)
                for each in self.stations
            ],
        )
        for each in self.stations:
            await each.disconnect()
        return report

    @asynccontextmanager
    async def _progress(self) -> AsyncIterator[None]:
        async def telling() -> None:
            while True:
                await asyncio.sleep(1.0)
                self._say(self.totals())

        task = asyncio.create_task(telling())
        try:
            yield
        finally:
            task.cancel()
            await asyncio.wait({task})

    def totals(self) -> Totals:
        """Now."""
        counted = Counter(each.link.ready.is_set() for each in self.stations)
        return Totals(
            seconds=round(self._passed()),
            stations=len(self.stations),
            connected=counted[True],
            charging=sum(1 for each in self.stations for _ in each.charging.running()),
            energy_wh=sum(each.energy_wh for each in self.stations),
            ledger=total([each.ledger for each in self.stations]),
        )

    def _passed(self) -> float:
        return asyncio.get_running_loop().time() - self._began

    def _real_seconds(self) -> float | None:
        return None if self._plan.minutes is None else self._plan.minutes * 60.0 / self._plan.speed

    def _station(self, number: int, station_id: str) -> SimulatedStation:
        plan = self._plan
        chance = random.Random(f"{plan.seed}/{station_id}/kind")  # noqa: S311 - a draw, no secret
        dc = chance.random() < plan.dc
        return SimulatedStation(
            plan.url,
            station_id,
            plan.password,
            clock=self._clock,
            version=plan.versions[number % len(plan.versions)],
            evses=plan.evses,
            power_kw=_DC_KW if dc else _AC_KW,
            make=msgspec.structs.replace(plan.make, serial=station_id[:25], dc=dc),
            plan=FaultPlan(plan.faults, plan.seed, station_id),
            car_for_remote_start=lambda: SimulatedCar(battery_kwh=64, soc=35, max_kw=_DC_KW if dc else 11),
        )
