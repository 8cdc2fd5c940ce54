"""The message log is written by days and found by whatever a person knows of a message."""

from datetime import timedelta

import asyncpg
import pytest
from msgspec.structs import replace

from messages import NOON, message
from ocpilot.app.kept.messages import Cut, Direction, MessageGap, MessageQuery
from ocpilot.base.errors import BadRequest
from ocpilot.store.messages import statement_of

DAY = timedelta(days=1)


async def ids(store, **asked):
    return [one.id for one in await store.messages.find(MessageQuery(**asked))]


async def test_a_message_comes_back_as_it_was(store):
    kept = message(response_cut=Cut.LIST)
    await store.messages.add([kept])
    assert await store.messages.get(1) == replace(kept, id=1)
    assert await store.messages.get(2) is None


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, [4, 3, 2, 1]),
        ({"peer_id": 1}, [2, 1]),
        ({"peer_id": 0}, [4]),
        ({"direction": Direction.OUT}, [3]),
        ({"module": "cdrs"}, [3]),
        ({"object_id": "c-\u00c51"}, []),
        ({"object_id": "c-1"}, [3]),
        ({"request_id": "r2"}, [2]),
        ({"correlation_id": "correlation"}, [4, 2, 1]),
        ({"http_status": (400, 499)}, [4]),
        ({"http_status": (200, 299)}, [2, 1]),
        ({"ocpi_status": (2003, 2003)}, [2]),
        ({"ocpi_status": (1000, 1999)}, [1]),
        ({"failed": True}, [4, 3, 2]),
        ({"failed": True, "peer_id": 1}, [2]),
        ({"since": NOON + timedelta(seconds=2)}, [4, 3]),
        ({"until": NOON + timedelta(seconds=2)}, [2, 1]),
        ({"replay_of": 1}, [3]),
        ({"after_id": 2}, [4, 3]),
        ({"limit": 2}, [4, 3]),
    ],
)
async def test_messages_are_found_by_what_is_known(store, asked, found):
    await store.messages.add(
        [
            message(),
            message(at=NOON + timedelta(seconds=1), request_id="r2", ocpi_status=2003),
            message(
                at=NOON + timedelta(seconds=2),
                peer_id=2,
                direction=Direction.OUT,
                module="cdrs",
                object_id="C-1",
                correlation_id="c3",
                http_status=None,
                ocpi_status=None,
                error="gone",
                replay_of=1,
            ),
            message(at=NOON + timedelta(seconds=3), peer_id=None, http_status=401, ocpi_status=2000),
        ]
    )
    assert await ids(store, **asked) == found


async def test_pages_go_on_where_the_one_before_ended(store):
    await store.messages.add([message(at=NOON - DAY * (number // 4)) for number in range(10)])
    seen, before = [], None
    while found := await store.messages.find(MessageQuery(limit=3, before=before)):
        seen += [one.id for one in found]
        before = found[-1]
    assert seen == [4, 3, 2, 1, 8, 7, 6, 5, 10, 9]


async def test_a_day_is_made_when_a_message_needs_it_and_dropped_whole(store, database_url):
    days = [NOON - DAY * 400, NOON - DAY, NOON, NOON + DAY * 40]
    await store.messages.add([message(at=at) for at in days])
    assert await store.messages.drop_before(NOON - DAY) >= 1
    connection = await asyncpg.connect(database_url)
    assert await connection.fetchval("SELECT to_regclass('message_20251022')") is None
    await connection.close()
    assert await ids(store) == [4, 3, 2]
    await store.messages.add([message(at=days[0])])
    assert await ids(store) == [4, 3, 2, 5]


async def test_a_day_that_another_process_dropped_is_made_again(store, database_url):
    await store.messages.add([message()])
    connection = await asyncpg.connect(database_url)
    await connection.execute("DROP TABLE message_20261126")
    await connection.close()
    await store.messages.add([message()])
    assert len(await ids(store)) == 1


async def test_days_are_made_ahead(store, database_url):
    await store.messages.prepare(NOON + 90 * DAY, NOON + 92 * DAY)
    connection = await asyncpg.connect(database_url)
    found = await connection.fetch("SELECT relname FROM pg_class WHERE relname ~ '^message_2027022[0-9]$' ORDER BY 1")
    await connection.close()
    assert [row["relname"] for row in found] == ["message_20270224", "message_20270225", "message_20270226"]


async def test_all_of_a_batch_is_stored_or_none(store):
    with pytest.raises(BadRequest):
        await store.messages.add([message(), message(said="a\0b")])
    assert await ids(store) == []


async def test_gaps_are_told_of_in_their_time(store):
    gap = MessageGap(began_at=NOON, ended_at=NOON + timedelta(minutes=5), count=7)
    await store.messages.add_gap(gap)
    assert await store.messages.gaps(None, None) == (gap,)
    assert await store.messages.gaps(NOON + timedelta(minutes=1), NOON + DAY) == (gap,)
    assert await store.messages.gaps(NOON + timedelta(minutes=6), None) == ()
    assert await store.messages.gaps(None, NOON) == ()


@pytest.mark.parametrize(
    ("asked", "index"),
    [
        ({}, "at"),
        ({"peer_id": 3}, "peer_id_at"),
        ({"module": "cdrs"}, "module_at"),
        ({"object_id": "S77"}, "lower_at"),
        ({"correlation_id": "c77"}, "correlation_id_at"),
        ({"request_id": "r77"}, "request_id_at"),
        ({"failed": True}, "at_idx"),
        ({"http_status": (500, 599)}, "at_idx"),
    ],
)
async def test_a_search_reads_an_index_of_the_newest_day_first(store, database_url, asked, index):
    await store.messages.add(
        [
            message(
                at=NOON - timedelta(minutes=number),
                peer_id=number % 50,
                module="cdrs" if number % 100 == 0 else "sessions",
                object_id=f"S{number}",
                request_id=f"r{number}",
                correlation_id=f"c{number}",
                http_status=500 if number % 200 == 0 else 200,
            )
            for number in range(4000)
        ]
    )
    connection = await asyncpg.connect(database_url)
    await connection.execute("ANALYZE message")
    query = MessageQuery(**asked, before=replace(message(), id=10**9))
    statement, values = statement_of(query)
    plan = "\n".join(row[0] for row in await connection.fetch(f"EXPLAIN {statement.text}", *statement.bind(values)))
    await connection.close()
    # Days that other tests left are empty and are read at once.
    assert "Seq Scan on message_20261126" not in plan
    assert "Merge Append" not in plan
    assert f"message_20261126_{index}" in plan
