"""kill -9 in the middle of a charge: nothing acknowledged is lost, and nothing happens twice."""

import asyncio

from ocpilot.app.kept.records import StoredObject
from ocpilot.app.ocpi.bodies import value_of
from ocpilot.app.platform import Platform
from ocpilot.demo import people
from ocpilot.demo.pair import eventually
from ocpilot.simulator.car import SimulatedCar
from ocpilot.simulator.station import SimulatedStation
from ocpilot.wire.protocol import ModuleID
from ocpilot.wire.v230 import CDR, Session, SessionStatus

CARD = people.DRIVERS[0].card


def car() -> SimulatedCar:
    return SimulatedCar(battery_kwh=77, soc=20, max_kw=11)


async def begin(two, station: SimulatedStation) -> None:
    """A charge runs, and half an hour of meter values is acknowledged."""
    await asyncio.wait_for(station.ready(), 20)
    async with two.look(two.operator) as operator:
        await eventually("the card's Token reached the operator", lambda: known(operator, CARD))
    await station.plug_in(1, car())
    assert await station.present_token(CARD, 1) == "Accepted"
    await station.play(1800)


async def known(operator: Platform, uid: str) -> bool:
    return bool(await operator.store.objects.find(ModuleID.TOKENS, uid))


async def sessions(platform: Platform) -> list[Session]:
    return [value_of(Session, one) for one in await platform.store.objects.newest(ModuleID.SESSIONS, 10)]


async def cdrs(platform: Platform) -> tuple[StoredObject, ...]:
    return await platform.store.objects.newest(ModuleID.CDRS, 10)


async def billed(platform: Platform) -> tuple[StoredObject, ...] | None:
    return await cdrs(platform) or None


async def completed(platform: Platform) -> bool:
    return [one.status for one in await sessions(platform)] == [SessionStatus.COMPLETED]


async def test_a_provider_killed_in_a_session_gets_the_session_and_its_cdr_once(two):
    station = two.station()
    async with station.running():
        await begin(two, station)
        await two.kill(two.provider)
        await station.play(1800)
        await station.unplug(1)
        async with two.look(two.operator) as operator:
            await eventually("the operator made the CDR", lambda: billed(operator))
        await two.start(two.provider)
        async with two.look(two.provider) as provider:
            await eventually("the provider has the completed Session", lambda: completed(provider))
            received = await eventually("the provider has the CDR", lambda: billed(provider))
            assert len(received) == 1
            cdr = value_of(CDR, received[0])
            check = await eventually("the CDR is checked", lambda: provider.store.documents.check(received[0].key))
            assert check.agrees
            assert cdr.session_id == (await sessions(provider))[0].id
            receipt = await eventually("the receipt", lambda: provider.store.documents.receipt_of(received[0].key))
            assert receipt.number == "RES-000001"


async def test_an_operator_killed_in_a_session_keeps_every_acknowledged_meter_value_and_makes_the_cdr_once(two):
    station = two.station()
    async with station.running():
        await begin(two, station)
        await station.link.delivered()
        async with two.look(two.operator) as operator:
            transaction = (await operator.store.transactions.in_state("open"))[0]
            acknowledged = await operator.store.transactions.samples(transaction.id)
        await two.kill(two.operator, database_too=True)
        await station.play(1800)
        assert station.link.undelivered > 0
        await two.start(two.operator)
        await asyncio.wait_for(station.ready(), 30)
        await station.link.delivered()
        await station.unplug(1)
        async with two.look(two.operator) as operator, two.look(two.provider) as provider:
            made = await eventually("the operator made the CDR", lambda: billed(operator))
            samples = await operator.store.transactions.samples(transaction.id)
            assert set(acknowledged) <= set(samples)
            received = await eventually("the provider has the CDR", lambda: billed(provider))
            assert len(made) == len(received) == 1
            cdr = value_of(CDR, made[0])
            assert value_of(CDR, received[0]).total_energy == cdr.total_energy
            meter = station.evses[1].meter_wh - transaction.meter_start_wh
            assert cdr.total_energy * 1000 == meter


async def test_an_operator_killed_between_the_stop_and_the_cdr_makes_it_once(two):
    station = two.station()
    async with station.running():
        await begin(two, station)
        await station.unplug(1)
        await two.kill(two.operator, database_too=True)
        await two.start(two.operator)
        async with two.look(two.operator) as operator, two.look(two.provider) as provider:
            made = await eventually("the operator made the CDR", lambda: billed(operator))
            received = await eventually("the provider has the CDR", lambda: billed(provider))
            await two.kill(two.operator)
            await two.start(two.operator)
            await eventually("the provider has the completed Session", lambda: completed(provider))
            assert len(await cdrs(operator)) == len(await cdrs(provider)) == 1
            assert made[0].key.id == received[0].key.id
