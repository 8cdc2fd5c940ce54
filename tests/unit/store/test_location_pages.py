"""Pages of Locations are made of what is at hand, and never of what is out of date."""

import asyncio
import json
from dataclasses import dataclass

import asyncpg
import pytest
from msgspec.structs import replace

from ocpilot.app.kept.peer_records import ChangeCursor
from ocpilot.app.kept.records import ObjectKey, PageQuery, StoredObject
from ocpilot.base import time
from ocpilot.store import location_pages
from ocpilot.store.bell import CHANNEL
from ocpilot.store.postgres import PostgresStore, store_at
from ocpilot.wire.protocol import ModuleID

ALL = PageQuery(module=ModuleID.LOCATIONS, limit=10)
#: The view with every body put together from its rows.
FROM_ROWS = """
SELECT kept.body, left(location.body, -1) || ',"evses":['
    || (SELECT string_agg(evse.body, ',' ORDER BY place, key_uid) FROM evse WHERE key_location = location.key_id) || ']'
FROM location JOIN assembled_location AS kept USING (party, key_id, stamp)
"""


@dataclass
class Hearing:
    store: PostgresStore
    seconds: float = 0.0


@pytest.fixture
async def connection(database_url):
    connected = await asyncpg.connect(database_url)
    yield connected
    await connected.close()


def statuses(stored: StoredObject) -> list[str]:
    return [evse["status"] for evse in json.loads(stored.body)["evses"]]


async def test_a_page_shows_what_changed_since_it_was_last_read(store: PostgresStore, location, evse) -> None:
    for name in ("A", "B", "C"):
        await store.locations.put(location(name))
    before = await store.locations.page(ALL)
    await store.locations.put(evse("E2", "CHARGING", 5, location_id="B"))
    after = await store.locations.page(ALL)
    assert [one.key.id for one in after.items] == ["A", "C", "B"]
    assert statuses(after.items[2]) == ["AVAILABLE", "CHARGING"]
    assert after.items[:2] == (before.items[0], before.items[2])


async def test_a_page_shows_what_another_process_changed(store, database_url, location, evse) -> None:
    await store.locations.put(location("A"))
    await store.locations.page(ALL)
    async with store_at(database_url, pool=2) as other:
        await other.locations.put(evse("E1", "BLOCKED", 1, location_id="A"))
        assert statuses((await other.locations.page(ALL)).items[0]) == ["BLOCKED", "AVAILABLE"]
    assert statuses((await store.locations.page(ALL)).items[0]) == ["BLOCKED", "AVAILABLE"]


@pytest.fixture
async def hearing(store: PostgresStore, monkeypatch: pytest.MonkeyPatch) -> Hearing:
    """A store that hears of what is written elsewhere, and a clock that stands."""
    clock = Hearing(store)
    monkeypatch.setattr(location_pages, "monotonic", lambda: clock.seconds)
    assert await store.changes.lead(7)  # what holds the lead hears, too
    return clock


async def test_a_page_is_not_asked_for_again_while_nothing_is_written(hearing, connection, location) -> None:
    told = asyncio.Event()
    await connection.add_listener(CHANNEL, lambda *_: told.set())
    await hearing.store.locations.put(location("A"))
    before = await hearing.store.locations.page(ALL)
    # That something was written here is told to the others, and is no news here.
    await told.wait()
    async with asyncio.timeout(10), connection.transaction():
        await connection.execute("LOCK TABLE location IN ACCESS EXCLUSIVE MODE")
        assert await hearing.store.locations.page(ALL) is before


async def test_a_page_at_hand_shows_what_was_written_here_at_once(hearing, location, evse) -> None:
    await hearing.store.locations.put(location("A"))
    await hearing.store.locations.page(ALL)
    await hearing.store.locations.put(evse("E1", "BLOCKED", 1, location_id="A"))
    assert statuses((await hearing.store.locations.page(ALL)).items[0]) == ["BLOCKED", "AVAILABLE"]


async def test_a_page_at_hand_shows_what_is_heard_from_another_process(hearing, database_url, location, evse) -> None:
    await hearing.store.locations.put(location("A"))
    await hearing.store.locations.page(ALL)
    await hearing.store.changes.after(ChangeCursor(), 10)
    async with store_at(database_url, pool=2) as other:
        await other.locations.put(evse("E1", "BLOCKED", 1, location_id="A"))
        await hearing.store.changes.wait(30)
        assert statuses((await hearing.store.locations.page(ALL)).items[0]) == ["BLOCKED", "AVAILABLE"]


async def test_what_a_process_wrote_and_never_said_is_shown_within_a_second(hearing, connection, location) -> None:
    await hearing.store.locations.put(location("A"))
    await hearing.store.locations.page(ALL)
    await connection.execute("UPDATE location SET audience = 'SEXYZ', stamp = nextval('location_stamp')")
    hearing.seconds += 1
    assert (await hearing.store.locations.page(ALL)).items[0].audience == "SEXYZ"


async def test_a_change_keeps_its_time_and_still_is_another_state(store, location, evse) -> None:
    await store.locations.put(location("A", minutes=9))
    await store.locations.page(ALL)
    await store.locations.put(evse("E1", "BLOCKED", 0, location_id="A"))
    (shown,) = (await store.locations.page(ALL)).items
    assert statuses(shown) == ["BLOCKED", "AVAILABLE"]


async def test_a_body_put_together_once_is_used_by_everybody_until_it_changes(
    store, database_url, connection, location, evse
) -> None:
    await store.locations.put(location("A"))
    (first,) = (await store.locations.page(ALL)).items
    await connection.execute("UPDATE assembled_location SET body = '{\"kept\":true}'")
    async with store_at(database_url, pool=2) as other:
        assert (await other.locations.page(ALL)).items[0].body == '{"kept":true}'
        await other.locations.put(evse("E1", "BLOCKED", 1, location_id="A"))
        assert statuses((await other.locations.page(ALL)).items[0]) == ["BLOCKED", "AVAILABLE"]
    assert statuses(first) == ["AVAILABLE", "AVAILABLE"]


async def test_what_a_crash_takes_is_put_together_again(store, database_url, connection, location) -> None:
    """An unlogged table is empty after a crash; it held nothing that the rows do not say."""
    await store.locations.put(location("A"))
    (before,) = (await store.locations.page(ALL)).items
    await connection.execute("TRUNCATE assembled_location")
    async with store_at(database_url, pool=2) as other:
        assert (await other.locations.page(ALL)).items == (before,)


async def test_an_earlier_state_never_replaces_a_later_one(store, connection, location, evse) -> None:
    await store.locations.put(location("A"))
    (early,) = (await store.locations.page(ALL)).items
    await store.locations.put(evse("E1", "BLOCKED", 1, location_id="A"))
    (late,) = (await store.locations.page(ALL)).items
    assert late.stamp > early.stamp
    # A reader that was slow keeps what it read before the change.
    rows = [{"party": "SELAD", "key_id": "a", "stamp": early.stamp, "body": early.body}]
    await store.locations._pages._keep_assembled(rows)
    assert await connection.fetch("SELECT stamp, body FROM assembled_location") == [(late.stamp, late.body)]


async def test_readers_beside_writers_never_keep_a_state_under_the_stamp_of_another(
    store, database_url, connection, location, evse
) -> None:
    for name in ("A", "B", "C"):
        await store.locations.put(location(name, evses=("E1", "E2", "E3")))
    writing = True

    async def write(uid: str) -> None:
        for turn in range(30):
            for name in ("A", "B", "C"):
                await store.locations.put(evse(uid, ("CHARGING", "BLOCKED")[turn % 2], turn, location_id=name))

    async def read(other: PostgresStore) -> int:
        pages = 0
        while writing:
            page = await other.locations.page(ALL)
            pages += 1
            for one in page.items:
                assert json.loads(one.body)["last_updated"] == time.write(one.last_updated)
        return pages

    async with store_at(database_url, pool=4) as one, store_at(database_url, pool=4) as two:
        readers = [asyncio.create_task(read(other)) for other in (one, one, two, two)]
        await asyncio.gather(*(write(uid) for uid in ("E1", "E2", "E3")))
        writing = False
        assert min(await asyncio.gather(*readers)) > 0
        for other in (one, two, store):
            page = await other.locations.page(ALL)
            assert [statuses(shown) for shown in page.items] == [["BLOCKED"] * 3] * 3
    for kept, from_rows in await connection.fetch(FROM_ROWS):
        assert kept.startswith(from_rows)


async def test_pages_of_stamps_end_and_go_on_like_other_pages(store: PostgresStore, location) -> None:
    for number in range(5):
        await store.locations.put(location(f"L{number}", minutes=number))
    first = await store.locations.page(replace(ALL, limit=2))
    second = await store.locations.page(replace(ALL, limit=2, after=first.next))
    last = await store.locations.page(replace(ALL, limit=2, after=second.next))
    found = [one.key.id for page in (first, second, last) for one in page.items]
    assert found == [f"L{number}" for number in range(5)]
    assert (first.total, last.total, last.next) == (5, 5, None)
    assert (await store.locations.page(replace(ALL, offset=4))).items == last.items
    assert (await store.locations.page(replace(ALL, offset=9))).total == 5


async def test_only_the_audience_sees_a_location_also_when_it_is_at_hand(store: PostgresStore, location) -> None:
    await store.locations.put(location("A", audience="SERES"))
    await store.locations.put(location("B"))
    assert len((await store.locations.page(ALL)).items) == 2
    for viewer, seen in ((("SERES",), ["A", "B"]), (("NLOTH",), ["B"])):
        page = await store.locations.page(replace(ALL, viewer=viewer))
        assert [one.key.id for one in page.items] == seen
        assert page.total == len(seen)


async def test_a_whole_location_that_is_replaced_is_another_state(store: PostgresStore, location) -> None:
    await store.locations.put(location("A"))
    await store.locations.page(ALL)
    await store.locations.put(location("A", evses=("E1",), minutes=1))
    (shown,) = (await store.locations.page(ALL)).items
    assert statuses(shown) == ["AVAILABLE", "REMOVED"]
    key = ObjectKey(module=ModuleID.LOCATIONS, party=shown.key.party, id="A")
    assert replace(shown, stamp=0) == await store.locations.get(key)
