"""The demo that stays: every site has a station, and cars come, charge, stay a while and leave, all the time."""

import asyncio
import random
from collections.abc import Sequence
from datetime import timedelta

import msgspec

from ocpilot.app.invoicing import invoicing
from ocpilot.app.kept.customer_records import CustomerKind
from ocpilot.app.platform import Platform
from ocpilot.base import time
from ocpilot.demo import network, people
from ocpilot.demo.network import Site
from ocpilot.demo.pair import Pair, eventually
from ocpilot.simulator.car import SimulatedCar
from ocpilot.simulator.clock import SimClock, SteppedClock
from ocpilot.simulator.make import OcppVersion, StationMake
from ocpilot.simulator.station import SimulatedStation

#: Cars that charged before anybody looked, so that history and receipts are not empty.
_EARLIER = 12
#: How many of the charges that go on are of people who sign in.
_OF_DRIVERS = 0.3
_LIVE = StationMake(model="Simulated", meter_interval=10.0)
_EARLIER_MAKE = StationMake(model="Simulated", meter_interval=300.0)


async def earlier_charges(pair: Pair, chance: random.Random, ocpp: Sequence[OcppVersion]) -> None:
    """A few charges of the last day, played in fast-forward, by stations of these versions in turn."""
    for number, site in enumerate(chance.sample(network.sites(), _EARLIER)):
        clock = SteppedClock(time.now() - timedelta(hours=3 + 2 * number))
        station = _station(pair, site, clock, _EARLIER_MAKE, ocpp)
        driver = people.DRIVERS[number % len(people.DRIVERS)]
        async with station.running():
            await asyncio.wait_for(station.ready(), 20)
            await station.plug_in(1, _car(chance, site.is_dc(1)))
            await station.present_token(driver.card, 1)
            await station.play(chance.uniform(1200, 5400))
            await station.unplug(1)


async def first_invoices(provider: Platform) -> None:
    """Of what was charged so far: the driver's are written by themselves, the company's month is not over yet."""
    company = next(iter(await provider.store.customers.of_kind(CustomerKind.COMPANY)), None)
    if company is None:
        return

    async def is_due() -> bool:
        return bool(await invoicing.due(provider, provider.clock(), company.number))

    await eventually("charges of the company that can be billed", is_due)
    async for _ in invoicing.run(provider, provider.clock(), company.number):
        pass


async def keep_charging(pair: Pair, chance: random.Random, ocpp: Sequence[OcppVersion]) -> None:
    """All stations, of these versions in turn, until cancelled."""
    cards = Cards(chance)
    async with asyncio.TaskGroup() as tasks:
        for site in network.sites():
            tasks.create_task(_site(pair, site, cards, ocpp))


class Cards:
    """Cards that nobody charges with, to take and to put back: two charges at once with one are held."""

    def __init__(self, chance: random.Random) -> None:
        self.chance = chance
        self._drivers = [one.card for one in people.DRIVERS]
        self._vans = list(people.VANS.values())

    def take(self) -> str:
        """One of a driver now and then, else one of a van."""
        some = self._drivers if self._drivers and self.chance.random() < _OF_DRIVERS else self._vans
        return some.pop(self.chance.randrange(len(some)))

    def put_back(self, card: str) -> None:
        """It is free again."""
        (self._vans if card in people.VANS.values() else self._drivers).append(card)


async def _site(pair: Pair, site: Site, cards: Cards, ocpp: Sequence[OcppVersion]) -> None:
    station = _station(pair, site, SimClock(time.now()), _LIVE, ocpp)
    async with station.running(), asyncio.TaskGroup() as tasks:
        await station.ready()
        tasks.create_task(station.run())
        for connector_id in range(1, site.evses + 1):
            tasks.create_task(_visitors(station, connector_id, site.is_dc(connector_id), cards))


async def _visitors(station: SimulatedStation, connector_id: int, fast: bool, cards: Cards) -> None:
    """One car after the other; not every EVSE is always taken, so that a reader can start a charge too."""
    chance = cards.chance
    await station.clock.sleep(chance.uniform(0, 240))
    while True:
        card = cards.take()
        if chance.random() < 0.6 and station.evses[connector_id].free_for(card):
            await station.plug_in(connector_id, _car(chance, fast))
            await station.clock.sleep(chance.uniform(2, 8))
            await station.present_token(card, connector_id)
            await station.clock.sleep(chance.uniform(120, 420))
            await station.unplug(connector_id)
        cards.put_back(card)
        await station.clock.sleep(chance.uniform(60, 300))


def _station(
    pair: Pair, site: Site, clock: SimClock | SteppedClock, make: StationMake, ocpp: Sequence[OcppVersion]
) -> SimulatedStation:
    """The version of a site's station is always the same."""
    fast = site.site == "dc"
    place = [each.id for each in network.sites()].index(site.id)
    return SimulatedStation(
        pair.station_url,
        site.id,
        people.STATION_PASSWORD,
        clock=clock,
        evses=site.evses,
        power_kw=150.0 if fast else 22.0,
        make=msgspec.structs.replace(make, dc=fast),
        version=ocpp[place % len(ocpp)],
        car_for_remote_start=lambda: SimulatedCar(battery_kwh=64, soc=35, max_kw=150 if fast else 11),
    )


def _car(chance: random.Random, fast: bool) -> SimulatedCar:
    soc = chance.uniform(15, 75)
    return SimulatedCar(
        battery_kwh=chance.choice((40, 52, 58, 64, 77, 90)),
        soc=soc,
        target=min(100.0, soc + chance.uniform(3, 40)),
        max_kw=chance.choice((100, 130, 150)) if fast else 11,
    )
