"""A national access point (role NAP): operators send to it, providers read from it, only what is public goes on."""

from contextlib import AsyncExitStack
from dataclasses import dataclass

import pytest
from members import lent

from ocpilot.app.partners import peers, pull
from ocpilot.app.partners.push_worker import PushWorker
from ocpilot.base.settings import PartySettings
from ocpilot.wire.protocol import ModuleID, Version

LATER = "2026-11-02T12:00:00Z"
NDL = PartySettings(country_code="SE", party_id="NDL", role="NAP", name="Nationella laddpunkter")
ONE = PartySettings(country_code="SE", party_id="ONE", role="CPO", name="Ett AB")
RES = PartySettings(country_code="SE", party_id="RES", role="EMSP", name="Resa AB")


@dataclass
class Country:
    """Two operators and a provider, all registered with the access point."""

    point: object
    operators: dict[str, object]
    provider: object

    async def push(self, node, name):
        """Everything that waits for this peer of a platform."""
        peer = await peers.named(node.platform, name)
        worker = PushWorker(node.platform, peer.id, lambda: 0.5)
        while await worker.round(peer):
            pass

    async def told(self, operator):
        """What an operator changed reaches the access point, and from there the provider."""
        await self.push(self.operators[operator], "Point")
        await self.push(self.point, "Resa")

    async def listed(self, module="locations", query=""):
        theirs = await peers.named(self.provider.platform, "Point")
        token = self.provider.platform.sealing.open(theirs.token_sealed)
        reply = await self.point.ask("GET", f"2.3.0/sender/{module}{query}", token)
        assert reply.http == 200, reply.message
        return {(one["party_id"], one["id"]) for one in reply.data}

    async def pulled(self, name):
        """What the provider fetches of this peer; the objects that it refuses."""
        node = self.provider.platform
        return (await pull.pull(node, await peers.named(node, name))).problems

    async def shown(self):
        """The Locations that the provider holds, as party and id, with `publish`."""
        found = [await self.provider.platform.store.locations.find(one) for one in ("L1", "L2")]
        return {(one.key.party.party_id, one.key.id): '"publish":true' in one.body for some in found for one in some}


@pytest.fixture
async def country(start, lade, resa, databases, tmp_path):
    async with AsyncExitStack() as running:
        urls = [await running.enter_async_context(lent(databases)) for _ in range(2)]
        point = await running.enter_async_context(start("Point", (NDL,), urls[0], tmp_path))
        one = await running.enter_async_context(start("Ett", (ONE,), urls[1], tmp_path))
        for node, name in ((lade, "Lade"), (one, "Ett"), (resa, "Resa")):
            invitation = await peers.invite(point.platform, name)
            await peers.register(node.platform, invitation.versions_url, invitation.token, "Point")
        yield Country(point, {"LAD": lade, "ONE": one}, resa)


async def test_what_operators_send_is_pushed_on_and_listed_for_providers(country, bodies):
    await country.operators["LAD"].keep(ModuleID.LOCATIONS, bodies.location())
    await country.operators["LAD"].keep(ModuleID.TARIFFS, bodies.tariff(Version.V2_3_0))
    await country.operators["ONE"].keep(ModuleID.LOCATIONS, bodies.location(party_id="ONE"))
    await country.told("LAD")
    await country.told("ONE")
    both = {("LAD", "L1"), ("ONE", "L1")}
    assert await country.listed() == both
    assert await country.listed("tariffs") == {("LAD", "T1")}
    assert set(await country.shown()) == both


async def test_a_location_that_was_never_public_is_seen_by_nobody(country, bodies):
    lade = country.operators["LAD"]
    await lade.keep(ModuleID.LOCATIONS, bodies.location(publish=False))
    await lade.keep(ModuleID.LOCATIONS, bodies.location("L2"))
    await country.told("LAD")
    assert await country.listed() == {("LAD", "L2")}
    assert set(await country.shown()) == {("LAD", "L2")}
    hidden = await country.point.platform.store.locations.find("L1")
    assert [one.audience for one in hidden] == ["SENDL"]


async def test_who_shows_a_location_hears_that_it_is_public_no_more(country, bodies):
    lade = country.operators["LAD"]
    await lade.keep(ModuleID.LOCATIONS, bodies.location())
    await country.told("LAD")
    await lade.keep(ModuleID.LOCATIONS, bodies.location(publish=False, last_updated=LATER))
    await country.told("LAD")
    assert await country.shown() == {("LAD", "L1"): False}
    assert await country.listed() == {("LAD", "L1")}


async def test_what_is_pulled_from_operators_is_treated_the_same(country, bodies):
    lade, point = country.operators["LAD"], country.point
    await lade.keep(ModuleID.LOCATIONS, bodies.location(publish=False))
    await lade.keep(ModuleID.LOCATIONS, bodies.location("L2"))
    await pull.pull(point.platform, await peers.named(point.platform, "Lade"))
    assert await country.listed() == {("LAD", "L2")}


async def test_a_status_is_pushed_on_by_itself(country, bodies):
    lade = country.operators["LAD"]
    await lade.keep(ModuleID.LOCATIONS, bodies.location())
    await country.told("LAD")
    await lade.keep(ModuleID.LOCATIONS, bodies.location(evses=[bodies.evse(status="CHARGING", last_updated=LATER)]))
    await country.told("LAD")
    [kept] = await country.provider.platform.store.locations.find("L1")
    assert '"status":"CHARGING"' in kept.body


async def test_an_operator_that_comes_itself_takes_over_what_the_access_point_told_of_it(country, bodies):
    one = country.operators["ONE"]
    await one.keep(ModuleID.LOCATIONS, bodies.location(party_id="ONE"))
    await one.keep(ModuleID.TARIFFS, bodies.tariff(Version.V2_3_0, party_id="ONE"))
    await country.told("ONE")
    assert await country.pulled("Point") == ()
    invitation = await peers.invite(one.platform, "Resa")
    await peers.register(country.provider.platform, invitation.versions_url, invitation.token, "Ett")
    await one.keep(ModuleID.LOCATIONS, bodies.location(party_id="ONE", name="Anew", last_updated=LATER))
    assert await country.pulled("Ett") == await country.pulled("Point") == ()
    operator = await peers.named(country.provider.platform, "Ett")
    [kept] = await country.provider.platform.store.locations.find("L1")
    assert (kept.peer_id, '"Anew"' in kept.body) == (operator.id, True)
    [tariff] = await country.provider.platform.store.objects.find(ModuleID.TARIFFS, "T1")
    assert tariff.peer_id == operator.id


async def test_an_operator_sees_nothing_of_the_others(country, bodies):
    await country.operators["ONE"].keep(ModuleID.LOCATIONS, bodies.location(party_id="ONE"))
    await country.told("ONE")
    lade, point = country.operators["LAD"].platform, await peers.named(country.operators["LAD"].platform, "Point")
    reply = await country.point.ask("GET", "2.3.0/sender/locations", lade.sealing.open(point.token_sealed))
    assert (reply.status, reply.data) == (2000, None)
    await country.push(country.point, "Lade")
    assert await lade.store.locations.find("L1") == ()
