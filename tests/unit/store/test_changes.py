"""The change log never skips a slow transaction, wakes those who wait, and has one leader per peer."""

import asyncio
import time
from datetime import UTC, datetime, timedelta

import asyncpg
import pytest

from ocpilot.app.kept.peer_records import ChangeCursor, Delivery, DeliveryState
from ocpilot.store.postgres import PostgresStore, store_at

LONG = 30.0

INSERT = "INSERT INTO change (module, party, id, sub, audience, deleted) VALUES ('tariffs', 'SELAD', $1, '', '', false)"


async def read(store: PostgresStore, cursor: ChangeCursor) -> tuple[list[str], ChangeCursor]:
    found = await store.changes.after(cursor, 100)
    return [change.key.id for change in found], found[-1].at if found else cursor


async def test_a_slow_transaction_is_read_when_it_ends_and_holds_back_those_after_it(
    store: PostgresStore, tariff, database_url: str
) -> None:
    """The slow one took its number first and commits last: a cursor that had passed it would lose it for ever."""
    await store.objects.put(tariff("before"))
    names, cursor = await read(store, ChangeCursor())
    assert names == ["before"]
    slow = await asyncpg.connect(database_url)
    transaction = slow.transaction()
    await transaction.start()
    await slow.execute(INSERT, "slow")
    await store.objects.put(tariff("quick"))
    assert await read(store, cursor) == ([], cursor)
    await transaction.commit()
    await slow.close()
    assert (await read(store, cursor))[0] == ["slow", "quick"]


async def test_a_slow_transaction_with_a_later_number_is_read_in_order_of_transactions(
    store: PostgresStore, tariff, database_url: str
) -> None:
    slow = await asyncpg.connect(database_url)
    transaction = slow.transaction()
    await transaction.start()
    await slow.execute("SELECT pg_current_xact_id()")
    await store.objects.put(tariff("quick"))
    await slow.execute(INSERT, "slow")
    assert (await read(store, ChangeCursor()))[0] == []
    await transaction.commit()
    await slow.close()
    names, cursor = await read(store, ChangeCursor())
    assert names == ["slow", "quick"]
    await store.objects.put(tariff("next"))
    assert (await read(store, cursor))[0] == ["next"]


async def test_many_writers_and_one_reader_lose_nothing(store: PostgresStore, tariff) -> None:
    async def write(worker: int) -> None:
        for number in range(20):
            await store.objects.put(tariff(f"{worker}-{number}"))

    writers = [asyncio.create_task(write(worker)) for worker in range(8)]
    seen: list[str] = []
    cursor = ChangeCursor()
    while len(seen) < 160:
        names, cursor = await read(store, cursor)
        seen += names
        if not names:
            await store.changes.wait(LONG)
    await asyncio.gather(*writers)
    assert sorted(seen) == sorted(f"{worker}-{number}" for worker in range(8) for number in range(20))


async def test_reading_goes_on_where_a_limit_stopped_it(store: PostgresStore, tariff) -> None:
    for number in range(5):
        await store.objects.put(tariff(f"T{number}"))
    cursor, seen = ChangeCursor(), []
    while found := await store.changes.after(cursor, 2):
        seen += [change.key.id for change in found]
        cursor = found[-1].at
    assert seen == ["T0", "T1", "T2", "T3", "T4"]


async def test_cursor_and_failures_are_kept_together(store: PostgresStore, tariff, noon) -> None:
    assert await store.changes.cursor(7) == ChangeCursor()
    failed = Delivery(
        peer_id=7, key=tariff().key, state=DeliveryState.WAITING, attempts=1, next_at=noon, updated_at=noon
    )
    await store.changes.advance(7, ChangeCursor(xid=5_000_000_000, seq=9), [failed])
    assert await store.changes.cursor(7) == ChangeCursor(xid=5_000_000_000, seq=9)
    assert await store.deliveries.due(7, noon, 10) == (failed,)


async def test_a_write_of_another_process_wakes(store: PostgresStore, tariff, database_url: str) -> None:
    await listen(store)
    waiting = asyncio.create_task(store.changes.wait(LONG))
    await asyncio.sleep(0)
    async with store_at(database_url, pool=2) as other:
        await other.objects.put(tariff())
        await asyncio.wait_for(waiting, 10)


async def test_what_was_written_between_reading_and_waiting_wakes(store: PostgresStore, tariff) -> None:
    assert await store.changes.after(ChangeCursor(), 10) == ()
    await store.objects.put(tariff())
    await asyncio.wait_for(store.changes.wait(LONG), 10)
    assert (await read(store, ChangeCursor()))[0] == ["Night"]


async def test_nothing_written_waits_its_time(store: PostgresStore) -> None:
    await listen(store)
    started = time.monotonic()
    await store.changes.wait(0.05)
    assert time.monotonic() - started >= 0.05


async def test_a_transaction_that_writes_no_change_holds_nobody_back_for_long(
    store: PostgresStore, tariff, database_url: str
) -> None:
    """Its end rings no bell, so the reader looks again by itself."""
    silent = await asyncpg.connect(database_url)
    transaction = silent.transaction()
    await transaction.start()
    await silent.execute("SELECT pg_current_xact_id()")
    await store.objects.put(tariff())
    assert await store.changes.after(ChangeCursor(), 10) == ()
    await asyncio.wait_for(store.changes.wait(LONG), 10)
    await transaction.commit()
    await silent.close()


async def test_a_lost_line_wakes_and_stands_again(store: PostgresStore, tariff, database_url: str) -> None:
    await listen(store)
    waiting = asyncio.create_task(store.changes.wait(LONG))
    await asyncio.sleep(0)
    await cut_lines(database_url)
    await asyncio.wait_for(waiting, 10)
    await listen(store)
    async with store_at(database_url, pool=2) as other:
        waiting = asyncio.create_task(store.changes.wait(LONG))
        await asyncio.sleep(0)
        await other.objects.put(tariff())
        await asyncio.wait_for(waiting, 10)


async def test_a_new_line_wakes_since_nobody_heard_what_was_said_before(store: PostgresStore) -> None:
    await asyncio.wait_for(store.changes.wait(LONG), 10)


async def test_only_one_process_leads_a_peer_until_it_ends(store: PostgresStore, database_url: str) -> None:
    async with store_at(database_url, pool=2) as first:
        assert await first.changes.lead(7) is True
        assert await first.changes.lead(7) is True
        assert await store.changes.lead(7) is False
        assert await store.changes.lead(8) is True
    assert await store.changes.lead(7) is True


async def test_a_lead_lost_with_its_connection_can_be_taken_again(store: PostgresStore, database_url: str) -> None:
    assert await store.changes.lead(7) is True
    await cut_lines(database_url)
    assert await eventually(store.changes.lead, 7)
    async with store_at(database_url, pool=2) as other:
        assert await other.changes.lead(7) is False


async def listen(store: PostgresStore) -> None:
    """Until the line of the store stands."""
    assert await eventually(store.changes.lead, 999)


async def cut_lines(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    await connection.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid() AND query ILIKE '%advisory%'"
    )
    await connection.close()


async def eventually(ask, *args: object) -> bool:
    for _ in range(100):
        if await ask(*args):
            return True
        await asyncio.sleep(0.02)
    return False


@pytest.mark.parametrize("audience", [None, "SERES"])
async def test_a_change_says_who_may_see_it(store: PostgresStore, tariff, audience: str | None) -> None:
    await store.objects.put(tariff(audience=audience))
    (change,) = await store.changes.after(ChangeCursor(), 10)
    assert (change.key, change.audience, change.deleted) == (tariff().key, audience, False)


async def test_what_a_peer_sends_is_told_while_somebody_follows(store: PostgresStore, tariff, location, evse) -> None:
    """A hub passes it on and web hooks tell of it; without either the log holds only what is ours."""

    async def send(name: str) -> None:
        await store.objects.put(tariff(f"T-{name}", peer_id=7))
        await store.locations.put(location(f"L-{name}", peer_id=7))
        await store.locations.put(evse("3256", location_id=f"L-{name}", peer_id=7, status="CHARGING"))
        await store.objects.delete(tariff(f"T-{name}").key, 7)

    await send("before")
    await store.changes.follow("hook 1")
    await store.changes.follow("hook 1")
    await send("now")
    found = await store.changes.after(ChangeCursor(), 100)
    told = [(change.key.id, change.key.sub, change.deleted, change.peer_id) for change in found]
    assert told == [
        ("T-now", "", False, 7),
        ("L-now", "", False, 7),
        ("L-now", "3256", False, 7),
        ("T-now", "", True, 7),
    ]
    await store.changes.unfollow("hook 1")
    await send("after")
    await store.objects.put(tariff("ours"))
    assert (await read(store, found[-1].at))[0] == ["ours"]


async def test_a_reader_is_woken_by_what_a_peer_sends_when_it_is_told(store: PostgresStore, tariff) -> None:
    await store.changes.follow("hub")
    _, cursor = await read(store, ChangeCursor())
    await store.objects.put(tariff("T1", peer_id=7))
    await store.changes.wait(LONG)
    assert (await read(store, cursor))[0] == ["T1"]


async def test_a_compacted_log_tells_the_newest_of_everything_to_whoever_reads_from_wherever(store, tariff) -> None:
    """A new peer reads from the beginning, a slow one from the middle; a change of the last hour stays as it is."""
    for state in range(3):
        await store.objects.put(tariff("A", minutes=state))
        await store.objects.put(tariff("b" if state else "B", minutes=state))
    _, middle = await read(store, ChangeCursor())
    await store.objects.put(tariff("A", minutes=4))
    await store.objects.put(tariff("A", minutes=5, audience="SERES"))
    await store.objects.delete(tariff("B").key)
    now = datetime.now(UTC) + timedelta(minutes=1)
    await store.changes.compact(now)
    everything = await store.changes.after(ChangeCursor(), 100)
    found = [(one.key.id.lower(), one.audience, one.deleted) for one in everything]
    assert found == [("b", None, False), ("a", None, False), ("a", "SERES", False), ("b", None, True)]
    assert [one.key.id for one in await store.changes.after(middle, 100)] == ["A", "A", "b"]
    await store.objects.put(tariff("A", minutes=6, audience="SERES"))
    await store.changes.compact(now - timedelta(hours=1))
    assert len(await store.changes.after(ChangeCursor(), 100)) == 5
