"""Locations and their EVSEs as rows."""

import asyncio
import json
from datetime import timedelta

import asyncpg
import pytest
from msgspec.structs import replace

from ocpilot.app.kept.peer_records import ChangeCursor
from ocpilot.app.kept.records import PageQuery, StoredObject
from ocpilot.base.errors import Conflict, NotFound
from ocpilot.store.nearby import box
from ocpilot.store.postgres import PostgresStore
from ocpilot.wire.protocol import ModuleID


async def body(store: PostgresStore, stored: StoredObject) -> dict[str, object]:
    kept = await store.locations.get(stored.key, stored.peer_id)
    assert kept is not None
    return json.loads(kept.body)


async def changes(store: PostgresStore) -> list[tuple[str, str]]:
    return [(change.key.id, change.key.sub) for change in await store.changes.after(ChangeCursor(), 100)]


def charging(kept: StoredObject) -> StoredObject:
    at = kept.last_updated + timedelta(minutes=5)
    return replace(
        kept,
        body=json.dumps(json.loads(kept.body) | {"status": "CHARGING", "last_updated": at.isoformat()}),
        last_updated=at,
    )


async def test_what_was_put_comes_back_whole(store: PostgresStore, location) -> None:
    assert await store.locations.put(location()) is True
    assert await body(store, location()) == json.loads(location().body)
    kept = await store.locations.get(location().key)
    assert kept is not None
    assert '"vendor_field":1.1' in kept.body.replace(" ", "")


async def test_a_location_without_evses_has_none(store: PostgresStore, location) -> None:
    await store.locations.put(location(evses=()))
    assert "evses" not in await body(store, location())


async def test_a_status_reaches_the_location_its_time_and_the_log(store: PostgresStore, location, evse, noon) -> None:
    await store.locations.put(location())
    changed = await store.locations.modify(evse("e2").key, None, charging)
    assert changed is not None
    whole = await body(store, location())
    assert [one["status"] for one in whole["evses"]] == ["AVAILABLE", "CHARGING"]
    assert whole["last_updated"] == "2026-11-23T12:05:00Z"
    assert await changes(store) == [("Square", ""), ("Square", "E2")]
    page = await store.locations.page(
        PageQuery(module=ModuleID.LOCATIONS, limit=5, date_from=noon + timedelta(minutes=5))
    )
    assert [one.key.id for one in page.items] == ["Square"]


async def test_the_same_status_again_is_no_change(store: PostgresStore, location, evse) -> None:
    await store.locations.put(location())
    assert await store.locations.put(evse("E1")) is False
    assert await store.locations.put(location()) is False
    assert await changes(store) == [("Square", "")]


async def test_an_evse_that_comes_alone_is_added_at_the_end(store: PostgresStore, location, evse) -> None:
    await store.locations.put(location())
    assert await store.locations.put(evse("A0", minutes=1)) is True
    assert [one["uid"] for one in (await body(store, location()))["evses"]] == ["E1", "E2", "A0"]
    kept = await store.locations.get(evse("a0").key)
    assert kept is not None
    assert json.loads(kept.body)["uid"] == "A0"


async def test_an_evse_absent_from_a_new_body_stays_as_removed(store: PostgresStore, location, evse) -> None:
    await store.locations.put(location())
    await store.locations.put(location(evses=("E2", "E3"), minutes=10))
    whole = await body(store, location())
    assert sorted((one["uid"], one["status"]) for one in whole["evses"]) == [
        ("E1", "REMOVED"),
        ("E2", "AVAILABLE"),
        ("E3", "AVAILABLE"),
    ]
    removed = await store.locations.get(evse("E1").key)
    assert removed is not None
    assert json.loads(removed.body)["last_updated"] == "2026-11-23T12:10:00Z"
    assert len(await changes(store)) == 2


async def test_a_location_of_another_peer_is_never_replaced(store: PostgresStore, location, evse) -> None:
    await store.locations.put(location(peer_id=7))
    with pytest.raises(Conflict):
        await store.locations.put(location(peer_id=8))
    with pytest.raises(Conflict):
        await store.locations.put(evse(peer_id=None))
    with pytest.raises(NotFound):
        await store.locations.put(evse(location_id="nowhere"))
    assert await changes(store) == []


async def test_an_evse_uid_in_two_locations_is_found_in_both(store: PostgresStore, location) -> None:
    await store.locations.put(location("North"))
    await store.locations.put(location("South", peer_id=7))
    found = await store.locations.find_evse("e1")
    assert [(key.id, key.sub) for key in found] == [("North", "E1"), ("South", "E1")]
    assert [one.peer_id for one in await store.locations.find("SOUTH")] == [7]


async def test_modify_of_a_location_keeps_its_evses(store: PostgresStore, location) -> None:
    await store.locations.put(location())

    def rename(kept: StoredObject) -> StoredObject:
        return replace(kept, body=json.dumps(json.loads(kept.body) | {"name": "Square 1"}))

    await store.locations.modify(location().key, None, rename)
    whole = await body(store, location())
    assert whole["name"] == "Square 1"
    assert len(whole["evses"]) == 2
    assert await store.locations.modify(location("none").key, None, rename) is None


async def test_statuses_and_whole_puts_at_once_neither_block_nor_get_lost(store: PostgresStore, location, evse) -> None:
    uids = tuple(f"E{number}" for number in range(8))
    await store.locations.put(location(evses=uids))
    statuses = [store.locations.modify(evse(uid).key, None, charging) for uid in uids]
    puts = [store.locations.put(location("Other", evses=uids, minutes=number)) for number in range(4)]
    names = [store.locations.modify(location().key, None, lambda kept: kept) for _ in range(4)]
    await asyncio.gather(*statuses, *puts, *names)
    assert {one["status"] for one in (await body(store, location()))["evses"]} == {"CHARGING"}


async def test_a_status_writes_as_many_rows_at_one_evse_as_at_a_thousand(
    store: PostgresStore, location, evse, database_url: str
) -> None:
    """One EVSE, its Location and one change, whatever else stands at the Location."""
    await store.locations.put(location("Small", evses=("E1",)))
    await store.locations.put(location("Large", evses=tuple(f"E{number}" for number in range(1000))))
    connection = await asyncpg.connect(database_url)
    written = {}
    for name in ("Small", "Large"):
        before = await connection.fetchval("SELECT pg_snapshot_xmax(pg_current_snapshot())::text")
        await store.locations.modify(evse("E1", location_id=name).key, None, charging)
        written[name] = await connection.fetchrow(
            """
            SELECT
                (SELECT count(*) FROM location WHERE xmin::text::xid8 >= $1::text::xid8),
                (SELECT count(*) FROM evse WHERE xmin::text::xid8 >= $1::text::xid8),
                (SELECT count(*) FROM change WHERE xmin::text::xid8 >= $1::text::xid8)
            """,
            before,
        )
    await connection.close()
    assert written == {"Small": (1, 1, 1), "Large": (1, 1, 1)}


async def test_near_finds_published_locations_nearest_first(store: PostgresStore, location) -> None:
    await store.locations.put(location("Here"))
    await store.locations.put(location("Close", point=("59.620000", "16.545000"), peer_id=7))
    await store.locations.put(location("Far", point=("59.900000", "16.545000")))
    await store.locations.put(location("Private", publish=False))
    found = await store.locations.near(59.6121, 16.5451, 5, 10)
    assert [one.key.id for one in found] == ["Here", "Close"]
    assert len(json.loads(found[0].body)["evses"]) == 2
    assert [one.key.id for one in await store.locations.near(59.6121, 16.5451, 5, 1)] == ["Here"]
    assert [one.key.id for one in await store.locations.near(59.6121, 16.5451, 50, 9, peer_id=7)] == ["Close"]


async def test_near_reaches_across_the_date_line(store: PostgresStore, location) -> None:
    await store.locations.put(location("Taveuni", point=("-16.800000", "-179.990000")))
    assert [one.key.id for one in await store.locations.near(-16.8, 179.99, 10, 5)] == ["Taveuni"]


async def test_coordinates_that_are_no_numbers_are_only_not_near(store: PostgresStore, location) -> None:
    await store.locations.put(location(point=("north", "east")))
    assert await store.locations.near(0, 0, 20000, 5) == ()
    assert (await body(store, location()))["coordinates"] == {"latitude": "north", "longitude": "east"}


def test_the_box_around_a_pole_holds_all_longitudes() -> None:
    assert (box(89.9, 10, 50).west, box(89.9, 10, 50).east) == (-180, 180)
