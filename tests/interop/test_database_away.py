"""The database goes away under stations that charge: they keep what was not stored, and one charge becomes one bill."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from urllib.parse import urlsplit

import asyncpg
import pytest
from odd_stations import CARD, Became, connected, event, odd_station, play, start, stop, values
from websockets.exceptions import ConnectionClosed, InvalidStatus

from ocpilot.metering.findings import Oddity

BILLED = Became("billed", Decimal(10), frozenset({Oddity.REPLAYED}), 60)


@asynccontextmanager
async def away(database_url: str) -> AsyncIterator[None]:
    """The server ends all connections to the database and lets nobody in."""
    name = urlsplit(database_url).path.strip("/")
    other = await asyncpg.connect(database_url.replace(f"/{name}", "/postgres", 1))
    try:
        await other.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')
        await other.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", name)
        yield
    finally:
        await other.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')
        await other.close()


async def test_a_stop_that_could_not_be_stored_comes_again_and_is_billed_once(lade, bodies, database_url):
    async with odd_station(lade, bodies) as station:
        await play(station, [start(0), values(30, 6000)])
        async with away(database_url):
            with pytest.raises(ConnectionClosed) as closed:
                await stop(60, 11_000)(station)
            with pytest.raises(InvalidStatus) as refused:
                await station.connect(61)
        assert (closed.value.rcvd.code, refused.value.response.status_code) == (1011, 503)
        await play(station, [connected(62), stop(62, 11_000, said=60)])
        assert await station.became(80) == [BILLED]


async def test_an_event_that_could_not_be_stored_comes_again_and_is_billed_once(lade, bodies, database_url):
    async with odd_station(lade, bodies, "ocpp2.0.1") as station:
        await play(station, [event(0, "Started", 1000, token=CARD, evse=1)])
        async with away(database_url):
            with pytest.raises(ConnectionClosed):
                await event(60, "Ended", 11_000, seq=1)(station)
        await play(station, [connected(62), event(62, "Ended", 11_000, seq=1, said=60)])
        assert await station.became(80) == [BILLED]


async def test_who_waits_for_changes_goes_on_waiting(lade, database_url):
    async with away(database_url), asyncio.timeout(10):
        await lade.platform.store.changes.wait(0.01)
    assert (await lade.platform.store.peers.all()) == ()


async def test_a_partner_is_told_to_ask_again(newest, bodies, second_database_url):
    body = bodies.location()
    url = f"{newest.version}/receiver/locations/SE/LAD/{body['id']}"
    async with away(second_database_url):
        reply = await newest.resa.ask("PUT", url, newest.lades_token, body)
    assert (reply.http, reply.headers["retry-after"]) == (503, "5")
    reply = await newest.resa.ask("PUT", url, newest.lades_token, body)
    assert reply.http == 201
