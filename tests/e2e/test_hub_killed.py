"""kill -9 of a hub again and again: afterwards the operator, the hub and the provider hold the same, each CDR once, and
every order has its result."""

import asyncio

import pytest
from slow_station import SlowStation
from told import NAMES, SITE, count, held, more_than, same_in_the_end, write

from ocpilot.app.hub import hub_orders
from ocpilot.app.kept.records import ObjectKey
from ocpilot.app.orders import commands
from ocpilot.app.platform import Platform
from ocpilot.demo import people
from ocpilot.demo.network import OPERATOR
from ocpilot.demo.pair import eventually
from ocpilot.wire.protocol import ModuleID

CDRS = 120
PLACE = ObjectKey(module=ModuleID.LOCATIONS, party=OPERATOR, id=SITE)
EVSE = f"{SITE}-1"


@pytest.fixture
async def station(three):
    """The operator's station, connected."""
    station = SlowStation()
    async with station.at(three.stations_url, SITE, people.STATION_PASSWORD):
        yield station


async def knows_place(provider: Platform) -> bool:
    return bool(await provider.store.locations.find(SITE))


async def unlocked_until(provider: Platform, over: asyncio.Event) -> None:
    """One order after the other, whatever comes of them."""
    while not over.is_set():
        await commands.unlock_connector(provider, PLACE, EVSE, "1")


async def test_a_hub_killed_again_and_again_loses_nothing_and_passes_no_cdr_on_twice(three, station):
    name = three.hub.settings.name
    async with (
        three.look(three.operator) as operator,
        three.look(three.hub) as hub,
        three.look(three.provider) as provider,
    ):
        await eventually("the provider knows the place", lambda: knows_place(provider))
        over = asyncio.Event()
        writing = asyncio.create_task(write(operator, CDRS))
        ordering = asyncio.create_task(unlocked_until(provider, over))
        for least in (5, 30, 60, 90):
            await eventually(f"{least} CDRs arrived", more_than(least, lambda: count(provider, [ModuleID.CDRS], name)))
            await three.kill(three.hub)
            await three.start(three.hub)
        await writing
        over.set()
        await ordering
        await same_in_the_end(operator, hub, three.operator.settings.name, (ModuleID.CDRS, ModuleID.TARIFFS))
        await same_in_the_end(operator, provider, name, (ModuleID.CDRS, ModuleID.TARIFFS))
        for platform, owner in ((operator, None), (hub, three.operator.settings.name), (provider, name)):
            assert len(await held(platform, ModuleID.CDRS, owner)) == CDRS
            told = {ident for ident, _ in await held(platform, ModuleID.TARIFFS, owner)}
            assert set(NAMES) <= told
        await results_are_the_same(operator, hub, provider)


async def results_are_the_same(operator: Platform, hub: Platform, provider: Platform) -> None:
    """What the station did is what the provider knows, for each order that reached the operator."""

    async def all_told() -> bool:
        done = [one.result_sent_at for one in await operator.store.commands.recent(10_000)]
        accepted = [one.result for one in await provider.store.commands.recent(10_000) if one.response == "ACCEPTED"]
        passed_on = not await hub_orders.waiting(hub)
        return passed_on and None not in done and None not in accepted and len(done) >= len(accepted) > 0

    await eventually("every order that was accepted has a result", all_told)
    given = {one.id: one for one in await provider.store.commands.recent(10_000)}
    for command in await operator.store.commands.recent(10_000):
        order = await hub.store.hub.get(last_segment(command.response_url))
        assert (command.result, order.sent_at is None) == ("ACCEPTED", False)
        assert given[last_segment(order.response_url)].result == "ACCEPTED"


def last_segment(url: str) -> str:
    return url.rsplit("/", 1)[-1]


async def test_a_result_that_comes_while_the_hub_is_dead_reaches_the_provider(three, station):
    async with three.look(three.operator) as operator, three.look(three.provider) as provider:
        await eventually("the provider knows the place", lambda: knows_place(provider))
        driver = await provider.store.accounts.by_email(people.DRIVERS[0].email)
        station.may.clear()
        given = await commands.start_session(provider, driver, PLACE, EVSE, "1")
        assert (given.response, given.result) == ("ACCEPTED", None)
        await asyncio.wait_for(station.asked.wait(), 20)
        await three.kill(three.hub)
        station.may.set()

        async def result_of(platform: Platform) -> str | None:
            [command] = await platform.store.commands.recent(10)
            return command.result

        assert await eventually("the operator has a result", lambda: result_of(operator)) == "ACCEPTED"
        assert await result_of(provider) is None
        await three.start(three.hub)
        assert await eventually("the provider has it", lambda: result_of(provider)) == "ACCEPTED"
