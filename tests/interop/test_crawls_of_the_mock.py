"""Lists of the mock partner, over real HTTP, with everything wrong with them that it can do."""

import dataclasses
import random

import pytest
from msgspec.structs import replace

from ocpilot.app.kept.quality_records import Lack
from ocpilot.app.ocpi.heard import Hearing
from ocpilot.app.partners import compare, peers, pull, quality
from ocpilot.app.partners.pull import PullWish
from ocpilot.base.ids import PartyId
from ocpilot.mock.faults import Fault, Faults
from ocpilot.mock.partner import Part
from ocpilot.mock.started import Plan, started
from ocpilot.wire.protocol import ModuleID, Version

LOCATIONS = PullWish(modules=(ModuleID.LOCATIONS,))
COUNT = 230


@pytest.fixture
async def mock(resa):
    """A provider registered with the mock operator, which has many Locations in pages of 50; pauses are short."""
    async with started(Plan(part=Part.CPO, objects=COUNT, party=PartyId("SE", "MCP"))) as partner:
        settings = resa.platform.settings
        quick = replace(settings, roaming=replace(settings.roaming, retry_first=0.01))
        platform = dataclasses.replace(resa.platform, settings=quick)
        peer = await peers.register(
            platform, partner.versions_url, partner.connection.token_a, "Mock", version=Version.V2_3_0
        )
        yield partner, platform, peer


async def read(mock, faults, wish=LOCATIONS):
    partner, platform, peer = mock
    partner.faults = Faults(faults, seed=7)
    random.seed(7)  # moving pages are drawn from here
    return (await pull.pull(platform, peer, wish=wish)).modules[0]


async def held(mock):
    _, platform, peer = mock
    return {one.key.id for one in await platform.store.locations.near(60.0, 15.0, 20_000, 10_000, peer.id)}


@pytest.mark.parametrize(
    "faults",
    [
        {},
        {Fault.WRONG_TOTAL: 1.0},
        {Fault.NO_TOTAL: 1.0},
        {Fault.REPEATED_OBJECT: 1.0},
        {Fault.LOST_OBJECT: 0.4},
        {Fault.MOVING_PAGES: 1.0},
        {Fault.CUT_JSON: 0.2},
        {Fault.SERVER_ERROR: 0.2},
        {Fault.HTML: 0.2},
        {Fault.LIMIT_IGNORED: 0.5},
    ],
    ids=lambda faults: "+".join(faults) or "none",
)
async def test_all_objects_come_whatever_the_lists_do(mock, faults):
    done = await read(mock, faults)
    assert done.error is None
    assert len(await held(mock)) == COUNT


async def test_a_last_page_that_links_to_itself_is_the_end_and_is_counted(mock):
    assert (await read(mock, {Fault.ENDLESS_LINK: 1.0})).error is None
    assert len(await held(mock)) == COUNT
    _, platform, peer = mock
    await Hearing(platform).write()
    places = {one.place for one in (await quality.report(platform, peer)).of(Lack.LIST)}
    assert "Link" in places


async def test_a_peer_that_fails_for_good_is_read_on_when_it_is_back(mock):
    partner, platform, peer = mock
    small = replace(peer, profile=replace(peer.profile, page_size=20))
    told = []

    def after_three(crawl):
        told.append((crawl.pages, crawl.listed, crawl.told))
        if crawl.pages == 3:
            partner.faults = Faults({Fault.SERVER_ERROR: 1.0})

    stopped = (await pull.pull(platform, small, wish=LOCATIONS, told=after_three)).modules[0]
    assert "500" in stopped.error
    assert told[:3] == [(1, 20, COUNT), (2, 40, COUNT), (3, 60, COUNT)]
    asked = len(partner.seen)
    partner.faults = Faults()
    done = (await pull.pull(platform, small, wish=LOCATIONS)).modules[0]
    assert (done.error, done.received, done.pages) == (None, COUNT, 12)
    assert len(partner.seen) - asked == 9


async def test_broken_objects_are_told_by_their_ids(mock):
    partner, platform, peer = mock
    partner.memory.own[ModuleID.LOCATIONS][3].pop("address")
    done = await read(mock, {})
    assert (done.bad, done.kept) == (1, COUNT - 1)
    await Hearing(platform).write()
    [found] = (await quality.report(platform, peer)).of(Lack.PULL)
    assert found.examples == (partner.memory.own[ModuleID.LOCATIONS][3]["id"],)


async def test_what_was_pulled_compares_as_the_same(mock):
    _, platform, peer = mock
    await pull.pull(platform, peer)
    for one in await compare.compare(platform, peer):
        assert (one.error, one.found) == (None, ()), one
