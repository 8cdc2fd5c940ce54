"""Fixtures for every test: one real PostgreSQL for the run, a fresh database with the newest schema per test."""

import asyncio
import itertools
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import asyncpg
import pytest

from ocpilot.store.postgres import PostgresStore, store_at
from ocpilot.store.schema import upgrade
from ocpilot.store.server import BundledServer

#: Tests lose nothing when the machine loses power.
NOT_DURABLE = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "shared_buffers": "64MB"}
TEMPLATE = "template_of_tests"
_numbers = itertools.count(1)


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
    server.start()
    try:
        asyncio.run(make_template(server))
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder)


async def fresh_database(server: BundledServer, template: str) -> AsyncIterator[str]:
    name = f"test_{os.getpid()}_{next(_numbers)}"
    await run_sql(server.url("postgres"), f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
    yield server.url(name)
    await run_sql(server.url("postgres"), f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def database_url(database_server: BundledServer) -> AsyncIterator[str]:
    """The URL of a fresh database with the newest schema."""
    async for url in fresh_database(database_server, TEMPLATE):
        yield url


@pytest.fixture
async def second_database_url(database_server: BundledServer) -> AsyncIterator[str]:
    """Another one, for a test with two platforms."""
    async for url in fresh_database(database_server, TEMPLATE):
        yield url


@pytest.fixture
async def empty_database_url(database_server: BundledServer) -> AsyncIterator[str]:
    """The URL of a database without any schema."""
    async for url in fresh_database(database_server, "template0"):
        yield url


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[PostgresStore]:
    """A store on a fresh database."""
    async with store_at(database_url, pool=10) as opened:
        yield opened
