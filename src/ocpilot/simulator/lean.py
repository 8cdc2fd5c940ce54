"""A lean station: one EVSE, constant power, real time, ready-made frames.

Not built on the classes of the `ocpp` package (see `station.py` for that): thousands fit into a process. What a
platform asks of it is answered NotSupported.
"""

import asyncio
import random
from collections.abc import Callable

import msgspec

from ocpilot.simulator.lean_frames import NUMBER, LeanFrames
from ocpilot.simulator.lean_link import LeanLink, Said
from ocpilot.simulator.link import Address
from ocpilot.simulator.make import Backoff
from ocpilot.simulator.visits import Habits

_KW = (3.7, 7.4, 11.0, 11.0, 11.0)


class LeanSetting(msgspec.Struct, frozen=True, kw_only=True):
    """What all lean stations of a run share. Times in seconds of simulated time; `passed` since its start; `stamp` is
    the present moment as OCPP writes it."""

    habits: Habits
    heartbeat: float
    meter_interval: float
    speed: float
    backoff: Backoff
    chance: random.Random
    passed: Callable[[], float]
    stamp: Callable[[], str]
    #: One that has seen all its cars.
    done: Callable[[], None]


class LeanStation(LeanLink):
    """Speaks by itself once `connect` was called."""

    __slots__ = (
        "_begin_wh",
        "_coming",
        "_frames",
        "_heartbeat",
        "_key",
        "_number",
        "_seq",
        "_setting",
        "_since",
        "_watts",
        "_wh",
        "charging",
    )

    def __init__(self, address: Address, setting: LeanSetting, frames: LeanFrames) -> None:
        super().__init__(address, setting.backoff)
        self.charging = False
        self._setting = setting
        self._frames = frames
        self._heartbeat: asyncio.TimerHandle | None = None
        #: A car that comes, or a measurement.
        self._coming: asyncio.TimerHandle | None = None
        self._number = -1
        self._wh = self._begin_wh = 1000
        self._watts = 0
        self._since = 0.0
        self._key = ""
        self._seq = 0

    @property
    def running_wh(self) -> int:
        """What has flowed in the charge that runs."""
        return self._register() - self._begin_wh if self.charging else 0

    def end(self) -> None:
        """The car leaves now, or never comes."""
        if self._coming is not None:
            self._coming.cancel()
        if self.charging:
            self._stop()

    def opened(self) -> None:
        """See `LeanLink`."""
        self.greet(self._frames.boot(self.address.station_id))

    def answered(self, said: Said, answer: dict[str, object]) -> None:
        """See `LeanLink`."""
        if said.action == "StartTransaction":
            self._number = int(str(answer["transactionId"]))
        elif said.action == "BootNotification":
            if answer.get("status") == "Accepted":
                self._booted()
            else:
                self.leave()

    def filled_in(self, payload: str) -> str:
        """The number of the transaction is known only once StartTransaction was answered."""
        return payload.replace(NUMBER, str(self._number)) if NUMBER in payload else payload

    def _booted(self) -> None:
        setting = self._setting
        self.accept()
        self.say(self._frames.status(self.charging, setting.stamp()), durable=False)
        if self._heartbeat is None:
            self._heartbeat = self._in(setting.chance.uniform(0, setting.heartbeat), self._beat)
            self._wait_for_car()

    def _beat(self) -> None:
        self._heartbeat = self._in(self._setting.heartbeat, self._beat)
        self.say(("Heartbeat", "{}"), durable=False)

    def _wait_for_car(self) -> None:
        setting = self._setting
        self._coming = self._in(setting.chance.expovariate(1.0 / setting.habits.between) * 60.0, self._arrive)

    def _arrive(self) -> None:
        """A car comes, the driver's card is read, and it charges."""
        setting, chance = self._setting, self._setting.chance
        card = chance.choice(setting.habits.cards)
        self._key = f"{chance.getrandbits(64):016x}-{self.ledger.transactions}"
        self._watts = round(1000 * chance.choice(_KW))
        self._since, self._begin_wh, self._seq = setting.passed(), self._wh, 1
        self.charging = True
        self.say(self._frames.authorize(card), durable=False)
        self.say(self._frames.started(card, self._wh, setting.stamp(), self._key))
        self.say(self._frames.status(True, setting.stamp()), durable=False)
        until = setting.passed() + chance.lognormvariate(0.0, 0.5) * setting.habits.stay * 60.0
        self._coming = self._in(setting.meter_interval, self._measure, until)

    def _measure(self, until: float) -> None:
        setting = self._setting
        if setting.passed() >= until:
            self._stop()
            return
        self.say(self._frames.metered(self._register(), self._watts, setting.stamp(), self._key, self._seq))
        self._seq += 1
        self._coming = self._in(setting.meter_interval, self._measure, until)

    def _stop(self) -> None:
        setting = self._setting
        self._wh = self._register()
        self.charging = False
        self.say(self._frames.ended(self._wh, setting.stamp(), self._key, self._seq))
        self.say(self._frames.status(False, setting.stamp()), durable=False)
        self.ledger.transactions += 1
        self.ledger.energy_wh += self._wh - self._begin_wh
        if setting.habits.charges is None or self.ledger.transactions < setting.habits.charges:
            self._wait_for_car()
        else:
            setting.done()

    def _register(self) -> int:
        return round(self._wh + self._watts * (self._setting.passed() - self._since) / 3600.0)

    def _in(self, seconds: float, act: Callable[..., None], *args: object) -> asyncio.TimerHandle:
        return self.loop.call_later(seconds / self._setting.speed, act, *args)
