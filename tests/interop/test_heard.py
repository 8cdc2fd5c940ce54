"""What a partner writes in its own way is understood, and counted against it."""

import pytest

from ocpilot.app.ocpi.heard import Hearing
from ocpilot.app.partners import pull
from ocpilot.wire.protocol import ModuleID, Version


async def counted(connection):
    await Hearing(connection.resa.platform).write()
    found = await connection.resa.platform.store.leniencies.of_peer(connection.lade_at_resa.id)
    return {(one.module, one.place): (one.count, one.example) for one in found}


async def test_leniencies_of_requests_are_counted_by_place(newest, bodies):
    odd = bodies.evse(last_updated="2026-11-01T12:00:00+02:00", floor_level=3)
    odd["connectors"] = [bodies.connector(max_voltage="230")]
    body = bodies.location(evses=[odd, odd | {"uid": "E2"}], time_zone="Europe/Stockholm", images=None)
    for _ in range(2):
        reply = await newest.resa.ask("PUT", "2.3.0/receiver/locations/SE/LAD/L1", newest.lades_token, body)
        assert reply.status == 1000, reply.message
    assert await counted(newest) == {
        (ModuleID.LOCATIONS, "$.evses[].last_updated"): (4, '"2026-11-01T12:00:00+02:00"'),
        (ModuleID.LOCATIONS, "$.evses[].floor_level"): (4, "3"),
        (ModuleID.LOCATIONS, "$.evses[].connectors[].max_voltage"): (4, '"230"'),
        (ModuleID.LOCATIONS, "$.images"): (2, "null"),
    }


async def test_counting_goes_on_where_it_was(newest, bodies):
    for _ in range(2):
        await newest.resa.ask(
            "PUT",
            "2.3.0/receiver/tariffs/SE/LAD/T1",
            newest.lades_token,
            bodies.tariff(Version.V2_3_0, end_date_time=1),
        )
        odd = bodies.tariff(Version.V2_3_0, last_updated="2026-11-01T10:00:00+00:00")
        await newest.resa.ask("PUT", "2.3.0/receiver/tariffs/SE/LAD/T1", newest.lades_token, odd)
        await counted(newest)
    [(place, (count, _))] = (await counted(newest)).items()
    assert (place, count) == ((ModuleID.TARIFFS, "$.last_updated"), 2)


@pytest.mark.parametrize("version", [Version.V2_1_1, Version.V2_3_0])
async def test_what_a_pull_brings_is_counted_too(lade, resa, register, bodies, version):
    connection = await register(lade, resa, version)
    await lade.keep(ModuleID.TARIFFS, bodies.tariff(version, currency="sek\u00e9"))
    summary = await pull.pull(resa.platform, connection.lade_at_resa)
    assert summary.modules
    assert all(place == "$.currency" for _, place in await counted(connection))


async def test_what_is_right_counts_nothing(newest, bodies):
    await newest.resa.ask("PUT", "2.3.0/receiver/locations/SE/LAD/L1", newest.lades_token, bodies.location())
    assert await counted(newest) == {}
