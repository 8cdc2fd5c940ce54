"""The cars that come to an EVSE, one after the other: when, how empty, how long they stay, and what goes wrong."""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import msgspec

from ocpilot.simulator.car import SimulatedCar
from ocpilot.simulator.charging import ACCEPTED
from ocpilot.simulator.faults import Fault
from ocpilot.simulator.station import SimulatedStation

_MINUTE = 60.0
_BATTERIES_KWH = (40, 52, 58, 64, 77, 90)
_AC_KW = (3.7, 7.4, 11.0, 11.0, 11.0, 22.0)
_DC_KW = (50.0, 100.0, 130.0, 150.0, 200.0)
#: Of the charges so many end with the card; with the others the driver takes the cable.
_ENDS_WITH_CARD = 0.3
_CARD_FIRST = 0.15


class Habits(msgspec.Struct, frozen=True, kw_only=True):
    """`between`: minutes from one car to the next on average; `stay`: minutes a car charges at most, likewise.
    `charges`: how many come to an EVSE, None for no end."""

    cards: Sequence[str]
    between: float = 30.0
    stay: float = 60.0
    charges: int | None = None


def car(chance: random.Random, dc: bool) -> SimulatedCar:
    """As they come: DC to about 80 %, AC rather to the full."""
    soc = chance.uniform(10, 70)
    wanted = chance.uniform(70, 90) if dc else chance.uniform(80, 100)
    return SimulatedCar(
        battery_kwh=chance.choice(_BATTERIES_KWH),
        soc=soc,
        target=max(wanted, soc + 5),
        max_kw=chance.choice(_DC_KW if dc else _AC_KW),
    )


async def visitors(station: SimulatedStation, evse_id: int, habits: Habits, chance: random.Random) -> None:
    """One visit after the other, until there are enough."""
    number = 0
    while habits.charges is None or number < habits.charges:
        await station.clock.sleep(chance.expovariate(1.0 / (habits.between * _MINUTE)))
        # the number of a charge is one of the station: EVSE 2 gets other faults than EVSE 1
        faults = station.plan.of_charge(evse_id * 100_000 + number)
        await Visit(station, evse_id, habits, chance, faults).whole()
        number += 1


class Visit:
    """One car at one EVSE. A remote start may have come before it: then it finds the EVSE taken and drives on."""

    def __init__(
        self,
        station: SimulatedStation,
        evse_id: int,
        habits: Habits,
        chance: random.Random,
        faults: frozenset[Fault] = frozenset(),
    ) -> None:
        self._station = station
        self._evse_id = evse_id
        self._habits = habits
        self._chance = chance
        self._faults = faults
        self._card = chance.choice(habits.cards)

    async def whole(self) -> None:
        """From the arrival to the next free place."""
        evse = self._station.evses[self._evse_id]
        if evse.car is not None or not evse.free_for(self._card):
            return
        evse.faults = self._faults
        async with self._offline(Fault.OFFLINE_START):
            status = await self._begin()
            if status == ACCEPTED:
                await self._sleep(1.0)
        if evse.transaction is not None:
            await self._charge()
        async with self._offline(Fault.OFFLINE_STOP):
            await self._leave()
            await self._sleep(0.5)

    async def _begin(self) -> str:
        coming = car(self._chance, self._station.charging.make.dc)
        if self._chance.random() < _CARD_FIRST:
            status = await self._present()
            await self._sleep(0.2)
            await self._station.plug_in(self._evse_id, coming)
            return status
        await self._station.plug_in(self._evse_id, coming)
        await self._sleep(0.2)
        return await self._present()

    async def _charge(self) -> None:
        """Until it is full or the driver comes back, and a while parked."""
        stay = self._chance.lognormvariate(0.0, 0.5) * self._habits.stay
        before = stay * self._chance.uniform(0.2, 0.8)
        await self._sleep(before)
        await self._middle()
        evse = self._station.evses[self._evse_id]
        left = stay - before
        while left > 0 and evse.transaction is not None and evse.car is not None and not evse.car.full:
            await self._sleep(min(left, 1.0))
            left -= 1.0
        await self._sleep(self._chance.expovariate(1.0 / (self._habits.stay / 6.0)))

    async def _middle(self) -> None:
        """What happens in the middle of a charge."""
        async with self._offline(Fault.DROP):
            if Fault.DROP in self._faults:
                await self._sleep(self._chance.uniform(1, 10))
        if Fault.REBOOT in self._faults:
            await self._station.reboot("Watchdog")
        if Fault.POWER_LOSS in self._faults:
            await self._station.lose_power(self._chance.uniform(1, 10) * _MINUTE)

    async def _leave(self) -> None:
        evse = self._station.evses[self._evse_id]
        if evse.transaction is not None and self._chance.random() < _ENDS_WITH_CARD:
            await self._station.present_token(evse.transaction.token.value, self._evse_id)
            await self._sleep(0.2)
        await self._station.unplug(self._evse_id)

    @asynccontextmanager
    async def _offline(self, fault: Fault) -> AsyncIterator[None]:
        if fault not in self._faults:
            yield
            return
        await self._station.link.hang_up()
        try:
            yield
        finally:
            self._station.link.call_again()

    async def _present(self) -> str:
        return await self._station.present_token(self._card, self._evse_id)

    async def _sleep(self, minutes: float) -> None:
        await self._station.clock.sleep(minutes * _MINUTE)


async def end_all(station: SimulatedStation, within: float) -> None:
    """Every car leaves, and what the station has to tell is told, if that takes no longer than `within` seconds."""
    for evse in station.evses.values():
        station.charging.flow(evse)
        if evse.car is not None or evse.transaction is not None:
            station.charging.unplugged(evse)
    station.link.call_again()
    try:
        async with asyncio.timeout(within):
            while station.link.undelivered:
                await station.link.delivered()
                await asyncio.sleep(0.05)
    except TimeoutError:
        return
