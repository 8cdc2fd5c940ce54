"""Numbered schema files: applied once, together, in order, by one process at a time."""

import asyncio

import asyncpg
import pytest
from msgspec.structs import replace

from ocpilot.app.kept.peer_records import ChangeCursor
from ocpilot.base.errors import SettingsError
from ocpilot.base.settings import DatabaseSettings, Settings
from ocpilot.store.postgres import PostgresStore, open_store, store_at
from ocpilot.store.schema import files, status, upgrade
from ocpilot.store.upkeep import Upkeep

NAMES = tuple(migration.name for migration in files())


async def test_an_upgrade_applies_every_file_and_the_next_one_nothing(empty_database_url: str) -> None:
    upkeep = Upkeep(Settings(database=DatabaseSettings(url=empty_database_url)))
    assert await upkeep.status() == tuple((name, None) for name in NAMES)
    assert await upkeep.upgrade() == NAMES
    assert await upkeep.upgrade() == ()
    assert all(applied_at is not None for _, applied_at in await upkeep.status())


async def test_processes_that_start_together_upgrade_once(empty_database_url: str) -> None:
    connections = [await asyncpg.connect(empty_database_url) for _ in range(5)]
    applied = await asyncio.gather(*(upgrade(connection) for connection in connections))
    assert sorted(applied, key=len) == [(), (), (), (), NAMES]
    for connection in connections:
        await connection.close()


async def test_a_file_that_fails_leaves_nothing_of_the_upgrade(empty_database_url: str) -> None:
    connection = await asyncpg.connect(empty_database_url)
    broken = replace(files()[0], number=9999, name="9999_broken.sql", text="CREATE TABLE half (); SELECT nonsense")
    with pytest.raises(asyncpg.UndefinedColumnError):
        await upgrade(connection, (*files(), broken))
    assert await connection.fetchval("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == 0
    await connection.close()


async def test_an_applied_file_must_not_change(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    changed = [replace(one, checksum="other") for one in files()]
    with pytest.raises(SettingsError, match=rf"{NAMES[0]} was changed after it was applied"):
        await upgrade(connection, changed)
    await connection.close()


async def test_a_schema_newer_than_the_program_is_refused(empty_database_url: str) -> None:
    connection = await asyncpg.connect(empty_database_url)
    future = replace(files()[0], number=9999, name="9999_future.sql", text="CREATE TABLE later ()")
    await upgrade(connection, (*files(), future))
    with pytest.raises(SettingsError, match="found schema 9999, expected at most"):
        await status(connection)
    await connection.close()


async def test_a_store_opens_on_an_empty_database(empty_database_url: str, tariff) -> None:
    settings = Settings(database=DatabaseSettings(url=empty_database_url, pool=2))
    async with open_store(settings) as store:
        assert await store.objects.put(tariff()) is True
    async with open_store(settings) as store:
        assert await store.objects.get(tariff().key) == tariff()


async def test_a_database_that_is_not_there_is_a_setting_to_mend() -> None:
    settings = Settings(database=DatabaseSettings(url="postgresql://nobody@/none?host=/nonexistent"))
    with pytest.raises(SettingsError, match=r"database\.url: cannot connect"):
        async with open_store(settings):
            pass


async def test_a_restore_into_a_younger_cluster_loses_no_change(
    store: PostgresStore, tariff, database_url: str
) -> None:
    """Transaction ids start low there; changes kept from before must not hide those made after."""
    for name in ("read", "unread"):
        await store.objects.put(tariff(name))
    connection = await asyncpg.connect(database_url)
    await connection.execute("UPDATE change SET xid = (1000000000 + seq)::text::xid8")
    await store.changes.advance(7, ChangeCursor(xid=1000000001, seq=1), [])
    await upgrade(connection)
    await connection.close()
    await store.objects.put(tariff("new"))
    async with store_at(database_url, pool=1) as restored:
        changes = await restored.changes.after(await restored.changes.cursor(7), 10)
    assert [change.key.id for change in changes] == ["unread", "new"]


async def test_an_upgrade_without_a_restore_leaves_every_cursor(
    store: PostgresStore, tariff, database_url: str
) -> None:
    await store.objects.put(tariff())
    (change,) = await store.changes.after(ChangeCursor(), 10)
    await store.changes.advance(7, change.at, [])
    connection = await asyncpg.connect(database_url)
    await upgrade(connection)
    await connection.close()
    assert await store.changes.cursor(7) == change.at
    assert (await store.changes.after(ChangeCursor(), 10))[0].at == change.at
