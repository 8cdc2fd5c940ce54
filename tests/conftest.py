"""Fixtures for every test: one real PostgreSQL for the run, an empty database with the newest schema per test."""

import asyncio
import itertools
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Generator, Iterator
from pathlib import Path

import asyncpg
import hypothesis
import pytest
from xdist.scheduler import LoadScopeScheduling

import hanging
from ocpilot.store.postgres import PostgresStore, store_at
from ocpilot.store.schema import upgrade
from ocpilot.store.server import BundledServer

# A slow machine fails no test; a build tries the same examples each time, a developer's machine always new ones.
hypothesis.settings.register_profile("developer", deadline=None)
hypothesis.settings.register_profile("build", deadline=None, derandomize=True)
hypothesis.settings.load_profile("build" if os.environ.get("CI") else "developer")

#: Tests lose nothing when the machine loses power.
NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "shared_buffers": "64MB"}
TEMPLATE = "template_of_tests"
#: Ends what a test left connected, empties every table and numbers from 1 again (TRUNCATE takes ten times as long).
EMPTY = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend';
SET session_replication_role = replica;
DO $$
DECLARE
    name text;
BEGIN
    FOR name IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'schema_version' LOOP
        EXECUTE format('DELETE FROM %I', name);
    END LOOP;
    PERFORM setval(format('%I', sequencename)::regclass, 1, false) FROM pg_sequences WHERE schemaname = 'public';
END
$$;
"""
_numbers = itertools.count(1)


#: Takes long, and most of it waiting.
GUIDES = "tests/e2e/test_guide.py"


class ByFile(LoadScopeScheduling):
    """Which tests go to the same process: those of a file, and all that kill or load whole platforms, which leave no
    core idle."""

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.split("::", 1)[0]
        return "e2e" if path.startswith("tests/e2e/") and path != GUIDES else path


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are cores: most tests wait for a database or a socket now and then."""
    return (os.cpu_count() or 1) + 1


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> ByFile:
    return ByFile(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol() -> Generator[None, object, object]:
    """With all that is set up and tidied up."""
    with hanging.watched():
        return (yield)


async def run_sql(url: str, *statements: str) -> None:
    """Statements on a connection of their own, each its own transaction."""
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


async def make_template(server: BundledServer) -> None:
    await run_sql(server.url("postgres"), f"CREATE DATABASE {TEMPLATE}")
    connection = await asyncpg.connect(server.url(TEMPLATE))
    try:
        await upgrade(connection)
    finally:
        await connection.close()


@pytest.fixture(scope="session")
def database_server() -> Iterator[BundledServer]:
    """One PostgreSQL for the test run, gone after it."""
    folder = Path(tempfile.mkdtemp(prefix="ocpilot-tests-"))
    folder.chmod(0o711)
    server = BundledServer(folder / "postgres", NOT_DURABLE)
    try:
        server.start()
        asyncio.run(make_template(server))
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder)


class Databases:
    """Databases with the newest schema, emptied and lent again: several times quicker than a copy per test."""

    def __init__(self, server: BundledServer) -> None:
        self._server = server
        self._free: list[str] = []

    async def create(self, template: str) -> str:
        """The URL of a new database."""
        name = f"test_{next(_numbers)}"
        await run_sql(self._server.url("postgres"), f"CREATE DATABASE {name} TEMPLATE {template}")
        return self._server.url(name)

    async def lend(self) -> AsyncIterator[str]:
        url = self._free.pop() if self._free else await self.create(TEMPLATE)
        yield url
        await run_sql(url, EMPTY)
        self._free.append(url)


@pytest.fixture(scope="session")
def databases(database_server: BundledServer) -> Databases:
    """Where tests get their databases."""
    return Databases(database_server)


@pytest.fixture
async def database_url(databases: Databases) -> AsyncIterator[str]:
    """The URL of an empty database with the newest schema."""
    async for url in databases.lend():
        yield url


@pytest.fixture
async def second_database_url(databases: Databases) -> AsyncIterator[str]:
    """Another one, for a test with two platforms."""
    async for url in databases.lend():
        yield url


@pytest.fixture
async def empty_database_url(databases: Databases) -> str:
    """The URL of a database without any schema."""
    return await databases.create("template0")


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[PostgresStore]:
    """A store on a fresh database."""
    async with store_at(database_url, pool=10) as opened:
        yield opened


@pytest.fixture
async def second_store(second_database_url: str) -> AsyncIterator[PostgresStore]:
    """A store on another database, for a test with two platforms."""
    async with store_at(second_database_url, pool=10) as opened:
        yield opened
