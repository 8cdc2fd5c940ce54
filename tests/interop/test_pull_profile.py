"""What a peer's profile says about fetching from it: which modules, how often (app/partners/)."""

from datetime import timedelta

import pytest

from ocpilot.app.partners import peers, pull
from ocpilot.app.partners.pulling import Puller
from ocpilot.base import time
from ocpilot.wire.protocol import ModuleID


async def lade_at(resa):
    return await peers.named(resa.platform, "Lade")


@pytest.mark.parametrize(
    ("chosen", "fetched"), [(None, True), (["tariffs"], {"tariffs"}), ([], set()), (["tokens"], set())]
)
async def test_only_the_modules_of_the_profile_are_fetched(newest, chosen, fetched):
    platform = newest.resa.platform
    peer = await peers.change_profile(platform, newest.lade_at_resa, {"pull": chosen})
    summary = await pull.pull(platform, peer)
    modules = {str(one.module) for one in summary.modules}
    assert modules == fetched if chosen is not None else {"tariffs", "locations", "sessions", "cdrs"} <= modules


async def test_a_peer_is_fetched_from_as_often_as_its_profile_says(newest):
    resa = newest.resa
    await peers.change_profile(resa.platform, newest.lade_at_resa, {"pull_interval": 60, "pull": ["tariffs"]})
    puller = Puller(resa.platform)
    await puller.once()
    first = (await lade_at(resa)).pulled_at
    resa.clock.ahead += timedelta(seconds=30)
    await puller.once()
    assert (await lade_at(resa)).pulled_at == first
    resa.clock.ahead += timedelta(seconds=31)
    await puller.once()
    assert (await lade_at(resa)).pulled_at > first


async def test_after_our_clock_was_ahead_a_peer_is_fetched_from_as_before(newest):
    """A year ahead for a moment: everything is fetched once more, then what changed, as often as ever."""
    resa = newest.resa
    resa.clock.ahead = timedelta(days=365)
    await Puller(resa.platform).once()
    await resa.platform.store.peers.returned(newest.lade_at_resa.id, resa.platform.clock())
    assert (await lade_at(resa)).pulled_at > time.now() + timedelta(days=300)
    resa.clock.ahead = timedelta()
    await Puller(resa.platform).once()
    mended = (await lade_at(resa)).pulled_at
    assert mended <= time.now()
    await Puller(resa.platform).once()
    assert (await lade_at(resa)).pulled_at == mended, "once"


async def test_a_peer_that_is_back_is_fetched_from_at_once(newest):
    resa = newest.resa
    puller = Puller(resa.platform)
    await puller.once()
    first = (await lade_at(resa)).pulled_at
    await puller.once()
    assert (await lade_at(resa)).pulled_at == first
    resa.clock.ahead += timedelta(seconds=1)
    await resa.platform.store.peers.returned(newest.lade_at_resa.id, resa.platform.clock())
    resa.clock.ahead += timedelta(seconds=1)
    await puller.once()
    assert (await lade_at(resa)).pulled_at > first
    assert ModuleID.TARIFFS in pull.wanted(resa.platform, await lade_at(resa))
