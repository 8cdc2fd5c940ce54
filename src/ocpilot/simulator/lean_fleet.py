"""Thousands of lean stations in one process, and what they report."""

import asyncio
import random
from collections.abc import Callable
from contextlib import suppress
from itertools import cycle

from ocpilot.base import time
from ocpilot.simulator.clock import SimClock
from ocpilot.simulator.fleet import LAST_WORDS, FleetPlan, FleetReport, StationReport, Totals
from ocpilot.simulator.lean import LeanSetting, LeanStation
from ocpilot.simulator.lean_frames import frames_of
from ocpilot.simulator.ledger import total
from ocpilot.simulator.link import Address
from ocpilot.simulator.make import OcppVersion

#: Seconds of real time between two looks for missing answers.
_LOOK = 5.0
_HEARTBEAT = 300.0


class LeanFleet:
    """As `fleet.Fleet`, for thousands. Truth is counted by station; single charges are not kept."""

    def __init__(self, plan: FleetPlan, say: Callable[[Totals], None]) -> None:
        self._plan = plan
        self._loop = asyncio.get_running_loop()
        self._say = say
        self._clock = SimClock(plan.start, plan.speed)
        self._began = self._loop.time()
        self._stamped = (-1.0, "")
        self._done = 0
        frames = {version: frames_of(version) for version in OcppVersion}
        setting = self._setting()
        self.stations = [
            LeanStation(Address(plan.url, station_id, plan.password, version), setting, frames[version])
            for station_id, version in zip(plan.ids, cycle(plan.versions), strict=False)
        ]

    async def run(self) -> FleetReport:
        """See `fleet.Fleet.run`."""
        with suppress(asyncio.CancelledError):
            await self._live()
        for station in self.stations:
            station.end()
        with suppress(asyncio.CancelledError, TimeoutError):
            async with asyncio.timeout(LAST_WORDS):
                while any(station.undelivered for station in self.stations):  # noqa: ASYNC110 - it has no event
                    await asyncio.sleep(0.1)
        report = self._report()
        for station in self.stations:
            station.over = True
            station.leave()
        return report

    def _passed(self) -> float:
        return (self._loop.time() - self._began) * self._plan.speed

    def _stamp(self) -> str:
        """The present moment; made once for a hundredth of a second."""
        now = self._loop.time()
        if now - self._stamped[0] > 0.01:
            self._stamped = (now, time.write(self._clock()))
        return self._stamped[1]

    def totals(self) -> Totals:
        """Now."""
        ledger = total([each.ledger for each in self.stations])
        return Totals(
            seconds=round(self._loop.time() - self._began),
            stations=len(self.stations),
            connected=sum(each.accepted for each in self.stations),
            charging=sum(each.charging for each in self.stations),
            energy_wh=ledger.energy_wh + sum(each.running_wh for each in self.stations),
            ledger=ledger,
        )

    def _setting(self) -> LeanSetting:
        plan = self._plan
        return LeanSetting(
            habits=plan.habits,
            heartbeat=plan.make.heartbeat or _HEARTBEAT,
            meter_interval=plan.make.meter_interval,
            speed=plan.speed,
            backoff=plan.make.backoff,
            chance=random.Random(plan.seed),  # noqa: S311 - a draw, no secret
            passed=self._passed,
            stamp=self._stamp,
            done=self._one_done,
        )

    def _one_done(self) -> None:
        self._done += 1

    async def _live(self) -> None:
        end = None if self._plan.minutes is None else self._began + self._plan.minutes * 60.0 / self._plan.speed
        for number, station in enumerate(self.stations):
            self._loop.call_later(number / self._plan.connects, station.connect)
        looked = told = self._loop.time()
        while (end is None or self._loop.time() < end) and self._done < len(self.stations):
            await asyncio.sleep(0.1)
            now = self._loop.time()
            if now - told >= 1.0:
                told = now
                self._say(self.totals())
            if now - looked >= _LOOK:
                looked = now
                for station in self.stations:
                    station.look(now)

    def _report(self) -> FleetReport:
        return FleetReport(
            seconds=round(self._loop.time() - self._began, 1),
            total=total([each.ledger for each in self.stations]),
            stations=[
                StationReport(
                    id=each.address.station_id,
                    version=each.address.version,
                    undelivered=each.undelivered,
                    ledger=each.ledger,
                )
                for each in self.stations
            ],
        )
