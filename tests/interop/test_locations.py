"""Locations, EVSEs and Connectors between two platforms (mod_locations, "Interfaces and endpoints")."""

import pytest

from ocpilot.wire.protocol import ModuleID

LATER = "2026-11-02T12:00:00Z"
LATEST = "2026-11-03T12:00:00Z"


def url(connection, *parts):
    return "/".join([f"{connection.version}/receiver/locations/SE/LAD", *parts])


async def push(connection, method, body, *parts):
    return await connection.resa.ask(method, url(connection, *parts), connection.lades_token, body)


async def kept(connection, *parts):
    reply = await connection.resa.ask("GET", url(connection, *parts), connection.lades_token)
    assert reply.http == 200, reply.message
    return reply.data


@pytest.fixture
async def with_location(newest, bodies):
    assert (await push(newest, "PUT", bodies.location(), "L1")).http == 201
    return newest


async def test_a_location_is_read_back_whole_and_in_parts(connection, bodies):
    assert (await push(connection, "PUT", bodies.location(), "L1")).http == 201
    assert await kept(connection, "L1") == bodies.location()
    assert await kept(connection, "L1", "E1") == bodies.evse()
    assert await kept(connection, "L1", "E1", "1") == bodies.connector()


async def test_a_status_change_takes_the_locations_last_updated_along(with_location):
    reply = await push(with_location, "PATCH", {"status": "CHARGING", "last_updated": LATER}, "L1", "E1")
    assert (reply.http, reply.status) == (200, 1000)
    whole = await kept(with_location, "L1")
    assert whole["evses"][0]["status"] == "CHARGING"
    assert whole["last_updated"] == whole["evses"][0]["last_updated"] == LATER


async def test_a_new_evse_is_added(with_location, bodies):
    reply = await push(with_location, "PUT", bodies.evse("E2", last_updated=LATER), "L1", "E2")
    assert reply.http == 201
    whole = await kept(with_location, "L1")
    assert [one["uid"] for one in whole["evses"]] == ["E1", "E2"]
    assert whole["last_updated"] == LATER


async def test_an_evse_of_an_unknown_location_is_404(with_location, bodies):
    assert (await push(with_location, "PUT", bodies.evse(), "L9", "E1")).http == 404


async def test_a_new_connector_takes_both_parents_along(with_location, bodies):
    reply = await push(with_location, "PUT", bodies.connector("2", last_updated=LATER), "L1", "E1", "2")
    assert reply.http == 201
    whole = await kept(with_location, "L1")
    assert [one["id"] for one in whole["evses"][0]["connectors"]] == ["1", "2"]
    assert whole["last_updated"] == whole["evses"][0]["last_updated"] == LATER


async def test_a_connector_is_replaced(with_location, bodies):
    changed = bodies.connector(max_amperage=16, last_updated=LATER)
    assert (await push(with_location, "PUT", changed, "L1", "E1", "1")).http == 200
    assert await kept(with_location, "L1", "E1", "1") == changed


async def test_a_connector_is_patched(with_location):
    patch = {"tariff_ids": ["T2"], "last_updated": LATER}
    assert (await push(with_location, "PATCH", patch, "L1", "E1", "1")).http == 200
    assert (await kept(with_location, "L1", "E1", "1"))["tariff_ids"] == ["T2"]
    assert (await kept(with_location, "L1"))["last_updated"] == LATER


async def test_a_patch_clears_what_is_null_and_replaces_lists(connection, bodies):
    evse = bodies.evse(evse_id="SE*LAD*E1", capabilities=["RESERVABLE", "RFID_READER"], floor_level="-1")
    await push(connection, "PUT", bodies.location(evses=[evse], facilities=["CAFE", "WIFI"]), "L1")
    patch = {"capabilities": ["RFID_READER"], "floor_level": None, "last_updated": LATER}
    assert (await push(connection, "PATCH", patch, "L1", "E1")).status == 1000
    assert (await push(connection, "PATCH", {"facilities": ["WIFI"], "last_updated": LATER}, "L1")).status == 1000
    changed = await kept(connection, "L1", "E1")
    assert changed["capabilities"] == ["RFID_READER"]
    assert "floor_level" not in changed
    assert (await kept(connection, "L1"))["facilities"] == ["WIFI"]


async def test_an_evse_is_removed_by_its_status_and_may_lose_its_id(connection, bodies):
    await push(connection, "PUT", bodies.location(evses=[bodies.evse(evse_id="SE*LAD*E1")]), "L1")
    patch = {"status": "REMOVED", "evse_id": None, "last_updated": LATER}
    assert (await push(connection, "PATCH", patch, "L1", "E1")).status == 1000
    whole = await kept(connection, "L1")
    assert [one["status"] for one in whole["evses"]] == ["REMOVED"]
    assert "evse_id" not in whole["evses"][0]
    assert whole["last_updated"] == LATER


@pytest.mark.parametrize(
    ("parts", "patch"),
    [(("L1",), {"id": "L2"}), (("L1", "E1"), {"uid": "E2"}), (("L1", "E1", "1"), {"id": "2"})],
)
async def test_a_patch_that_names_another_id_is_2001(connection, bodies, parts, patch):
    await push(connection, "PUT", bodies.location(), "L1")
    reply = await push(connection, "PATCH", patch | {"last_updated": LATER}, *parts)
    assert (reply.http, reply.status) == (200, 2001)
    assert await kept(connection, "L1") == bodies.location()


async def test_a_put_of_an_evse_replaces_the_whole(connection, bodies):
    await push(connection, "PUT", bodies.location(evses=[bodies.evse(floor_level="2")]), "L1")
    assert (await push(connection, "PUT", bodies.evse(last_updated=LATER), "L1", "E1")).http == 200
    whole = await kept(connection, "L1")
    assert whole["evses"] == [bodies.evse(last_updated=LATER)]
    assert whole["last_updated"] == LATER


async def test_a_patch_never_takes_the_parents_back_in_time(with_location):
    await push(with_location, "PATCH", {"status": "CHARGING", "last_updated": LATEST}, "L1", "E1")
    await push(with_location, "PATCH", {"max_amperage": 16, "last_updated": LATER}, "L1", "E1", "1")
    assert (await kept(with_location, "L1"))["last_updated"] == LATEST


async def test_a_location_is_patched_and_keeps_its_evses(with_location, bodies):
    reply = await push(with_location, "PATCH", {"name": "Torget", "last_updated": LATER}, "L1")
    assert reply.http == 200
    whole = await kept(with_location, "L1")
    assert whole["name"] == "Torget"
    assert whole["evses"] == bodies.location()["evses"]


async def test_an_evse_left_out_of_a_replacing_location_is_removed_not_forgotten(with_location, bodies):
    await push(with_location, "PUT", bodies.location(evses=[bodies.evse("E2")], last_updated=LATER), "L1")
    statuses = {one["uid"]: one["status"] for one in (await kept(with_location, "L1"))["evses"]}
    assert statuses == {"E1": "REMOVED", "E2": "AVAILABLE"}


@pytest.mark.parametrize("parts", [("L1",), ("L1", "E1"), ("L1", "E1", "1")])
async def test_a_patch_without_last_updated_is_2001(with_location, parts):
    reply = await push(with_location, "PATCH", {"floor_level": "2"}, *parts)
    assert (reply.http, reply.status) == (200, 2001)
    assert "$.last_updated" in reply.message


async def test_a_patch_that_would_break_the_object_changes_nothing(with_location, bodies):
    reply = await push(with_location, "PATCH", {"status": None, "last_updated": LATER}, "L1", "E1")
    assert (reply.http, reply.status) == (200, 2001)
    assert await kept(with_location, "L1", "E1") == bodies.evse()


@pytest.mark.parametrize("parts", [("L9",), ("L1", "E9"), ("L1", "E1", "9")])
async def test_a_patch_of_what_is_unknown_is_404(with_location, parts):
    assert (await push(with_location, "PATCH", {"last_updated": LATER}, *parts)).http == 404


async def test_an_evse_id_that_differs_from_the_url_is_2001(with_location, bodies):
    reply = await push(with_location, "PUT", bodies.evse("E3"), "L1", "E2")
    assert (reply.http, reply.status) == (200, 2001)
    assert "$.uid" in reply.message


async def test_locations_cannot_be_deleted(with_location):
    reply = await push(with_location, "DELETE", None, "L1")
    assert reply.http == 405


# ---- the operator's own --------------------------------------------------------------------------------------------


async def test_a_provider_reads_a_location_of_ours_whole_and_in_parts(connection, bodies):
    await connection.lade.keep(ModuleID.LOCATIONS, bodies.location())
    base = f"{connection.version}/sender/locations"

    async def read(path):
        return (await connection.lade.ask("GET", f"{base}{path}", connection.resas_token)).data

    assert await read("") == [bodies.location()]
    assert await read("/L1") == bodies.location()
    assert await read("/L1/E1") == bodies.evse()
    assert await read("/L1/E1/1") == bodies.connector()


@pytest.mark.parametrize("path", ["L9", "L1/E9", "L1/E1/9"])
async def test_what_we_do_not_have_is_404(newest, bodies, path):
    await newest.lade.keep(ModuleID.LOCATIONS, bodies.location())
    reply = await newest.lade.ask("GET", f"2.3.0/sender/locations/{path}", newest.resas_token)
    assert reply.http == 404
