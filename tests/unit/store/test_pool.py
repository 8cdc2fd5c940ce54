"""Connections are lent to as many as want one, and survive what goes wrong with one."""

import asyncio

import asyncpg
import pytest

from ocpilot.base.errors import BadRequest, DatabaseAway
from ocpilot.store.pool import Database, _stands, open_pool
from ocpilot.store.queries import Statement

ONE = Statement("one", "One.", "SELECT 1 AS one", ())
SLOW = Statement("slow", "Slow.", "SELECT pg_sleep(30)", ())
RUNS = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'active' AND query = $1"
TEXT = Statement("text", "Text.", "SELECT $1::text AS text", ("text",))


@pytest.fixture
async def database(database_url):
    async with open_pool(database_url, 2) as pool:
        opened = Database(pool)
        yield opened
        await opened.close()


async def ended_by_the_server(database_url: str) -> None:
    other = await asyncpg.connect(database_url)
    await other.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    await other.close()


async def begun(database_url: str, statement: Statement) -> None:
    """The server works on this statement."""
    other = await asyncpg.connect(database_url)
    async with asyncio.timeout(60):
        while not await other.fetchval(RUNS, statement.text):
            pass
    await other.close()


async def in_transaction(database: Database) -> int:
    async with database.transaction() as session:
        return (await session.row(ONE))["one"] + (await session.row(ONE))["one"]


async def test_more_statements_and_transactions_than_connections_all_get_their_turn(database):
    asked = [database.row(ONE) if n % 2 else in_transaction(database) for n in range(40)]
    answers = await asyncio.gather(*asked)
    assert [answer if n % 2 == 0 else answer["one"] for n, answer in enumerate(answers)] == [2, 1] * 20


async def test_a_statement_that_is_given_up_leaves_its_connection_usable(database):
    for _ in range(3):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await database.row(SLOW)
    assert [(await database.row(ONE))["one"] for _ in range(4)] == [1] * 4


async def test_what_cannot_be_stored_is_the_fault_of_the_sender_and_ends_nothing(database):
    with pytest.raises(BadRequest):
        await database.row(TEXT, {"text": "a\x00b"})
    assert (await database.row(TEXT, {"text": "ab"}))["text"] == "ab"


async def test_a_connection_that_the_server_ended_is_replaced(database, database_url):
    await database.row(ONE)
    await ended_by_the_server(database_url)
    while _stands(database._free[0]):  # noqa: ASYNC110 asyncpg tells nobody when it notices
        await asyncio.sleep(0)
    assert (await database.row(ONE))["one"] == 1


async def test_a_database_that_goes_in_the_middle_of_a_statement_or_transaction_is_away(database, database_url):
    asked = asyncio.create_task(database.row(SLOW))
    transaction = database.transaction()
    session = await transaction.__aenter__()
    await session.row(ONE)
    await begun(database_url, SLOW)
    await ended_by_the_server(database_url)
    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError)) as gone:
        await session.row(ONE)
    with pytest.raises(DatabaseAway, match="went away"):
        await transaction.__aexit__(gone.type, gone.value, gone.tb)
    with pytest.raises(DatabaseAway, match="went away"):
        await asked
    assert (await database.row(ONE))["one"] == 1


class GonePool:
    async def acquire(self) -> None:
        raise ConnectionRefusedError("connection refused")


async def test_a_database_that_lets_nobody_in_is_away():
    with pytest.raises(DatabaseAway, match="no connection to the database: connection refused"):
        await Database(GonePool()).row(ONE)


async def test_a_standby_and_a_full_disk_are_a_database_that_takes_nothing(database):
    for state in ("25006", "53100"):
        failing = Statement("full", "Full.", f"DO $$BEGIN RAISE EXCEPTION 'no' USING ERRCODE = '{state}'; END$$", ())
        with pytest.raises(DatabaseAway):
            await database.row(failing)


async def test_a_statement_of_ours_that_is_wrong_is_no_outage(database):
    with pytest.raises(asyncpg.PostgresSyntaxError):
        await database.row(Statement("wrong", "Wrong.", "SELEC 1", ()))
    with pytest.raises(asyncpg.InterfaceError):
        await database.row(Statement("wrong", "Wrong.", "SELECT $1::int", ()))
