"""What a peer lists, beside what we hold of it."""

import dataclasses
from datetime import timedelta

import pytest
from msgspec.structs import replace

from ocpilot.app.kept.comparison_records import Gap
from ocpilot.app.kept.peer_records import VanishedPolicy
from ocpilot.app.kept.records import ObjectKey
from ocpilot.app.partners import compare, peers, pull
from ocpilot.app.partners.comparing import Comparing
from ocpilot.base.errors import SettingsError
from ocpilot.base.ids import PartyId
from ocpilot.wire.protocol import ModuleID, Version

LAD = PartyId("SE", "LAD")
LATER = "2026-11-01T12:00:00Z"


async def compared(connection, **how):
    done = await compare.compare(connection.resa.platform, connection.lade_at_resa, **how)
    return {str(one.module): {found.gap: found.examples for found in one.found} for one in done}


async def test_what_differs_is_counted_and_named_and_nothing_is_written(connection, bodies):
    lade, resa = connection.lade, connection.resa
    for ident in ("T1", "T2", "T3", "T4"):
        await lade.keep(ModuleID.TARIFFS, bodies.tariff(Version.V2_3_0, ident))
    for ident in ("L1", "L2"):
        await lade.keep(ModuleID.LOCATIONS, bodies.location(ident))
    await pull.pull(resa.platform, connection.lade_at_resa)
    assert await compared(connection) == {"locations": {}, "tariffs": {}, "sessions": {}, "cdrs": {}}

    await lade.keep(ModuleID.TARIFFS, bodies.tariff(Version.V2_3_0, "T1", last_updated=LATER))
    await lade.keep(ModuleID.TARIFFS, bodies.tariff(Version.V2_3_0, "T2", currency="NOK"))
    await lade.keep(ModuleID.TARIFFS, bodies.tariff(Version.V2_3_0, "T9"))
    await lade.platform.store.objects.delete(ObjectKey(module=ModuleID.TARIFFS, party=LAD, id="T3"))
    await lade.keep(ModuleID.TARIFFS, bodies.tariff(Version.V2_3_0, "T4", last_updated="2026-10-01T00:00:00Z"))
    await lade.keep(ModuleID.LOCATIONS, bodies.location("L2", evses=[bodies.evse(status="CHARGING")]))
    expected = {
        "tariffs": {
            Gap.MISSING_HERE: ("T9",),
            Gap.MISSING_THERE: ("T3",),
            Gap.OLDER_HERE: ("T1",),
            Gap.NEWER_HERE: ("T4",),
            Gap.OTHER: ("T2",),
        },
        "locations": {Gap.OTHER: ("L2",)},
        "sessions": {},
        "cdrs": {},
    }
    for _ in range(2):
        assert await compared(connection) == expected
    kept = await resa.platform.store.comparisons.of_peer(connection.lade_at_resa.id)
    assert {str(one.module): one.differing for one in kept} == {"cdrs": 0, "locations": 1, "sessions": 0, "tariffs": 5}


async def test_mending_takes_over_what_is_missing_or_older(newest, bodies):
    await newest.lade.keep(ModuleID.TARIFFS, bodies.tariff(Version.V2_3_0, "T1"))
    await newest.lade.keep(ModuleID.TARIFFS, bodies.tariff(Version.V2_3_0, "T2"))
    await pull.pull(newest.resa.platform, newest.lade_at_resa)
    await newest.lade.keep(ModuleID.TARIFFS, bodies.tariff(Version.V2_3_0, "T1", last_updated=LATER))
    await newest.lade.keep(ModuleID.TARIFFS, bodies.tariff(Version.V2_3_0, "T3"))
    await newest.lade.platform.store.objects.delete(ObjectKey(module=ModuleID.TARIFFS, party=LAD, id="T2"))
    peer = newest.lade_at_resa
    removing = replace(peer, profile=replace(peer.profile, vanished=VanishedPolicy.REMOVE))
    tariffs = {one.module: one for one in await compare.compare(newest.resa.platform, removing, mend=True)}["tariffs"]
    assert tariffs.mended == 2
    assert {key: value for key, value in (await compared(newest)).items() if value} == {}
    found = await newest.resa.platform.store.objects.newest(ModuleID.TARIFFS, 9)
    assert {one.key.id for one in found} == {"T1", "T3"}


async def test_a_peer_that_cannot_be_read_says_so_and_calls_nothing_missing(newest, bodies):
    await newest.lade.keep(ModuleID.TARIFFS, bodies.tariff(Version.V2_3_0, "T1"))
    await pull.pull(newest.resa.platform, newest.lade_at_resa)
    await peers.suspend(newest.lade.platform, newest.resa_at_lade)
    for one in await compare.compare(newest.resa.platform, newest.lade_at_resa):
        assert "401" in one.error
        assert one.found == ()


# ---- every night ---------------------------------------------------------------------------------------------------


async def test_peers_are_compared_once_a_day(newest, bodies):
    resa = newest.resa
    comparing = Comparing(resa.platform)
    await comparing.once()
    assert await resa.platform.store.comparisons.of_peer(newest.lade_at_resa.id) == ()
    resa.clock.ahead = timedelta(days=1)
    await comparing.once()
    first = await resa.platform.store.comparisons.of_peer(newest.lade_at_resa.id)
    await comparing.once()
    assert first == await resa.platform.store.comparisons.of_peer(newest.lade_at_resa.id)
    assert {str(one.module) for one in first} == {"locations", "tariffs", "sessions", "cdrs"}
    resa.clock.ahead = timedelta(days=2)
    await comparing.once()
    assert first != await resa.platform.store.comparisons.of_peer(newest.lade_at_resa.id)


@pytest.mark.parametrize("text", ["3", "25:00", "night"])
def test_a_time_that_is_none_is_named(newest, text):
    settings = newest.resa.platform.settings
    changed = dataclasses.replace(
        newest.resa.platform, settings=replace(settings, roaming=replace(settings.roaming, compare_at=text))
    )
    with pytest.raises(SettingsError, match="compare_at"):
        Comparing(changed)
