"""A partner that for an hour answers as on a bad day, while everything changes: afterwards it has all of it, once."""

from collections import Counter
from dataclasses import dataclass
from datetime import timedelta

import msgspec
import pytest
from front import Day, Front, front_of
from msgspec.structs import replace

from ocpilot.app.invoicing import dead_letters
from ocpilot.app.kept.peer_records import DeliveryState
from ocpilot.app.kept.records import ObjectKey
from ocpilot.app.ocpi.bodies import value_of
from ocpilot.app.partners.push_outcomes import REFUSALS
from ocpilot.app.partners.push_worker import PushWorker
from ocpilot.app.stations import stations
from ocpilot.base import time
from ocpilot.base.ids import PartyId
from ocpilot.wire.protocol import ModuleID, Version
from ocpilot.wire.v230 import Location, Status

LAD = PartyId.of("SE", "LAD")
EVSES = ("E1", "E2", "E3")
TARIFFS = ("T0", "T1", "T2", "T3", "T4")
CDRS = tuple(f"C{number}" for number in range(6))
#: Different objects that change within the hour.
OBJECTS = len(EVSES) + len(TARIFFS) + len(CDRS)
STATUSES = (Status.CHARGING, Status.AVAILABLE, Status.OUTOFORDER)
#: Where nobody answers one call decides for all: one every five minutes at most, and those that find it out. When the
#: connection closes, aiohttp asks again at once for what may be asked twice.
FEW = 2 * 25
#: Where the peer answers each object is tried: so often in an hour, and for a CDR it is looked for at two places first.
PER_OBJECT = 15 * 3
#: What the peer answers, well or not.
ANSWERED = {Day.REFUSED, Day.MAINTENANCE, Day.CUT_JSON}


@dataclass
class Traffic:
    """An operator that pushes to a provider through its front door, and what it has to tell."""

    connection: object
    bodies: type
    front: Front
    worker: PushWorker

    @property
    def lade(self):
        return self.connection.lade

    async def peer(self):
        return await self.lade.platform.store.peers.get(self.connection.resa_at_lade.id)

    async def push(self):
        """What can be sent now is sent."""
        while await self.worker.round(await self.peer()):
            pass

    def passes(self, **time_passed):
        for node in (self.connection.lade, self.connection.resa):
            node.clock.ahead += timedelta(**time_passed)

    async def tariff(self, ident, price):
        elements = [{"price_components": [{"type": "ENERGY", "price": price, "step_size": 1}]}]
        now = time.write(self.lade.clock())
        body = self.bodies.tariff(Version.V2_3_0, ident, elements=elements, last_updated=now)
        await self.lade.keep(ModuleID.TARIFFS, body)

    async def cdr(self, ident):
        body = self.bodies.cdr(Version.V2_3_0, ident, last_updated=time.write(self.lade.clock()))
        await self.lade.keep(ModuleID.CDRS, body, audience="SERES")

    async def everything_once(self):
        await self.lade.keep(ModuleID.LOCATIONS, self.bodies.location(evses=[self.bodies.evse(uid) for uid in EVSES]))
        for name in TARIFFS:
            await self.tariff(name, 1)
        await self.push()

    async def an_hour(self):
        """Every minute a Tariff and a status change; every ten minutes a charge has ended."""
        for minute in range(60):
            await self.tariff(TARIFFS[minute % len(TARIFFS)], 10 + minute)
            evse = ObjectKey(module=ModuleID.LOCATIONS, party=LAD, id="L1", sub=EVSES[minute // 3 % 3])
            await stations.set_evse_status(self.lade.platform, evse, STATUSES[minute % 3])
            if minute % 10 == 0:
                await self.cdr(CDRS[minute // 10])
            await self.push()
            self.passes(minutes=1)

    async def recovered(self):
        """It is well again, and the longest pause passes some times."""
        self.front.day = Day.WELL
        for _ in range(3):
            self.passes(minutes=5)
            await self.push()

    async def waiting(self):
        return await self.lade.platform.store.deliveries.all((await self.peer()).id)

    # ---- what arrived ----------------------------------------------------------------------------------------------

    async def received(self, module):
        newest = await self.connection.resa.platform.store.objects.newest(module, 100)
        return {one.key.id: msgspec.json.decode(one.body) for one in newest if one.peer_id is not None}

    async def prices(self):
        found = await self.received(ModuleID.TARIFFS)
        return {name: body["elements"][0]["price_components"][0]["price"] for name, body in found.items()}

    async def statuses(self, node):
        [stored] = await node.platform.store.locations.find("L1")
        return {one.uid: one.status for one in value_of(Location, stored).evses}

    def posted(self):
        """How often each CDR went through the door."""
        return Counter(msgspec.json.decode(body)["id"] for method, _, body in self.front.passed if method == "POST")

    async def assert_all_arrived_once(self):
        assert await self.prices() == {name: 65 + number for number, name in enumerate(TARIFFS)}
        assert await self.statuses(self.connection.resa) == await self.statuses(self.lade)
        assert set(await self.received(ModuleID.CDRS)) == set(CDRS)
        assert self.posted() == dict.fromkeys(CDRS, 1)


@pytest.fixture
async def traffic(newest, bodies):
    """The provider has everything."""
    async with front_of(newest.resa.base) as front:
        peers = newest.lade.platform.store.peers
        await peers.save(front.before(await peers.get(newest.resa_at_lade.id)))
        told = Traffic(newest, bodies, front, PushWorker(newest.lade.platform, newest.resa_at_lade.id, lambda: 0.5))
        await told.everything_once()
        assert await told.waiting() == ()
        yield told


async def in_an_hour(traffic, day):
    """The calls of an hour of such a day, under load."""
    traffic.front.day, before = day, traffic.front.calls
    if day is Day.SILENT:
        peer = await traffic.peer()
        impatient = replace(peer, profile=replace(peer.profile, timeout_seconds=0.2))
        await traffic.lade.platform.store.peers.save(impatient)
    await traffic.an_hour()
    if day is Day.SILENT:
        await traffic.lade.platform.store.peers.save(peer)
    return traffic.front.calls - before


@pytest.mark.parametrize("day", [day for day in Day if day is not Day.WELL and day not in ANSWERED])
async def test_after_an_hour_in_which_nobody_answers_all_has_arrived_once_and_few_calls_were_made(traffic, day):
    calls = await in_an_hour(traffic, day)
    assert calls <= FEW
    assert len(await traffic.waiting()) <= OBJECTS
    assert {one.state for one in await traffic.waiting()} == {DeliveryState.WAITING}
    await traffic.recovered()
    assert await traffic.waiting() == ()
    await traffic.assert_all_arrived_once()


@pytest.mark.parametrize("day", [Day.MAINTENANCE, Day.CUT_JSON])
async def test_after_an_hour_of_answers_that_are_no_ocpi_all_has_arrived_once(traffic, day):
    calls = await in_an_hour(traffic, day)
    assert calls <= PER_OBJECT * OBJECTS
    waiting = await traffic.waiting()
    assert (len(waiting), {one.state for one in waiting}) == (OBJECTS, {DeliveryState.WAITING})
    await traffic.recovered()
    assert await traffic.waiting() == ()
    await traffic.assert_all_arrived_once()


async def test_what_was_refused_for_an_hour_is_a_dead_letter_each_that_a_replay_delivers(traffic):
    calls = await in_an_hour(traffic, Day.REFUSED)
    assert calls <= REFUSALS * OBJECTS + 120
    dead = await traffic.waiting()
    assert (len(dead), {one.state for one in dead}) == (OBJECTS, {DeliveryState.DEAD})
    await traffic.recovered()
    assert (await traffic.received(ModuleID.CDRS), len(await traffic.waiting())) == ({}, OBJECTS)
    await dead_letters.replay_all(traffic.lade.platform, (await traffic.peer()).id)
    await traffic.push()
    assert await traffic.waiting() == ()
    await traffic.assert_all_arrived_once()
