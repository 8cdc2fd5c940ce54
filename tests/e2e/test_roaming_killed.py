"""kill -9 in the middle of push, pull and the receipt of CDRs: afterwards both sides hold the same, each CDR once."""

import asyncio

import msgspec
from told import cdr, count, held, more_than, same_in_the_end, tariff, write

from ocpilot.demo.pair import eventually
from ocpilot.wire.protocol import ModuleID

CDRS = 120


async def test_an_operator_killed_again_and_again_while_it_pushes_loses_nothing_and_sends_no_cdr_twice(two):
    name = two.operator.settings.name
    async with two.look(two.operator) as operator, two.look(two.provider) as provider:
        writing = asyncio.create_task(write(operator, CDRS))
        for least in (5, 40, 80):
            await eventually(f"{least} CDRs arrived", more_than(least, lambda: count(provider, [ModuleID.CDRS], name)))
            await two.kill(two.operator)
            await two.start(two.operator)
        await writing
        await same_in_the_end(operator, provider, name, (ModuleID.CDRS, ModuleID.TARIFFS))
        assert len(await held(provider, ModuleID.CDRS, name)) == CDRS


async def test_a_provider_killed_again_and_again_while_it_receives_cdrs_has_each_once(two):
    name = two.operator.settings.name
    async with two.look(two.operator) as operator, two.look(two.provider) as provider:
        for number in range(CDRS):
            await operator.store.objects.put(cdr(number))
        for least in (5, 40, 80):
            await eventually(f"{least} CDRs arrived", more_than(least, lambda: count(provider, [ModuleID.CDRS], name)))
            await two.kill(two.provider)
            await two.start(two.provider)
        await same_in_the_end(operator, provider, name, (ModuleID.CDRS,))
        peer = (await operator.store.peers.all())[0]
        assert await operator.store.deliveries.all(peer.id) == ()


async def test_a_provider_killed_while_it_fetches_has_everything_in_the_end(two):
    """It was away when 600 Tariffs were made, and its operator pushes none: only a pull brings them."""
    name = two.operator.settings.name
    async with two.look(two.operator) as operator, two.look(two.provider) as provider:
        await two.kill(two.provider)
        [peer] = await operator.store.peers.all()
        quiet = msgspec.structs.replace(peer, profile=msgspec.structs.replace(peer.profile, push=()))
        await operator.store.peers.save(quiet)
        for number in range(600):
            await operator.store.objects.put(tariff(f"P{number:04}", number))
        [there] = await provider.store.peers.all()
        await provider.store.peers.save(msgspec.structs.replace(there, pulled_at=None))
        await two.start(two.provider)
        for least in (100, 300):
            look = more_than(least, lambda: count(provider, [ModuleID.TARIFFS], name))
            await eventually(f"{least} Tariffs arrived", look)
            await two.kill(two.provider)
            await two.start(two.provider)
        await same_in_the_end(operator, provider, name, (ModuleID.TARIFFS,))
