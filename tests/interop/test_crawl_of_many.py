"""A partner with very many Locations: read to the end in flat memory, and again without a write when nothing changed.

A hundred thousand take minutes: `OCPILOT_LONG=1 pytest --log-cli-level=INFO tests/interop/test_crawl_of_many.py`, which
says how long.
"""

import logging
import os
import random
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

import asyncpg
import pytest
from msgspec.structs import replace

from ocpilot.app.partners import peers, pull
from ocpilot.app.partners.pull import PullWish
from ocpilot.base import time
from ocpilot.base.ids import PartyId
from ocpilot.mock import places
from ocpilot.mock.partner import Part
from ocpilot.mock.started import Plan, started
from ocpilot.wire.protocol import ModuleID, Version

log = logging.getLogger(__name__)

PARTY = PartyId("SE", "MCP")
PAGE = 1000
LOCATIONS = PullWish(modules=(ModuleID.LOCATIONS,))
COUNTS = (3000, 100_000) if "OCPILOT_LONG" in os.environ else (3000,)
#: Bytes by which the process may grow, which plays the partner as well.
MOST = 100_000_000
#: Which versions of its rows a table consists of: another text when anything was written.
ROWS = "SELECT count(*) || md5(coalesce(string_agg(ctid || '/' || xmin, ',' ORDER BY ctid), '')) FROM {}"


@dataclass(frozen=True)
class Many:
    """A list of Locations, each made when it is looked at."""

    count: int
    pattern: list

    def __len__(self):
        return self.count

    def __getitem__(self, which):
        return [self._one(number) for number in range(*which.indices(self.count))]

    def _one(self, number):
        body = self.pattern[number % len(self.pattern)]
        ident = f"M{number:06}"
        return body | {"id": ident, "evses": [one | {"uid": f"{ident}-{one['uid']}"} for one in body["evses"]]}


def resident():
    """Bytes of memory of this process."""
    [line] = [one for one in Path("/proc/self/status").read_text().splitlines() if one.startswith("VmRSS")]
    return int(line.split()[1]) * 1024


@pytest.fixture(params=COUNTS)
async def mock(request, resa):
    async with started(Plan(part=Part.CPO, objects=0, party=PARTY)) as partner:
        pattern = places.locations(PARTY, PAGE, 10, time.now(), random.Random(1))
        partner.memory.own[ModuleID.LOCATIONS] = Many(request.param, pattern)
        partner.page_limit = PAGE
        peer = await peers.register(
            resa.platform, partner.versions_url, partner.connection.token_a, "Mock", version=Version.V2_3_0
        )
        yield request.param, replace(peer, profile=replace(peer.profile, page_size=PAGE, timeout_seconds=60))


async def rows(database_url):
    """What stands in the tables of objects, and how many changes were told."""
    connection = await asyncpg.connect(database_url)
    try:
        return [await connection.fetchval(ROWS.format(table)) for table in ("location", "evse", "change", "leniency")]
    finally:
        await connection.close()


async def crawled(resa, peer, told=lambda _: None):
    """What came of it, and the seconds it took."""
    began = perf_counter()
    [done] = (await pull.pull(resa.platform, peer, wish=LOCATIONS, told=told)).modules
    return done, perf_counter() - began


async def test_a_crawl_of_many_ends_in_flat_memory_and_a_second_one_writes_nothing(mock, resa, second_database_url):
    count, peer = mock
    before, grown = resident(), []
    first, took = await crawled(resa, peer, lambda _: grown.append(resident() - before))
    assert (first.error, first.kept, first.pages) == (None, count, count // PAGE)
    written = await rows(second_database_url)
    again, took_again = await crawled(resa, peer, lambda _: grown.append(resident() - before))
    log.info("%d: %.0f s, again %.0f s, %.0f MB more at most", count, took, took_again, max(grown) / 1e6)
    assert (again.error, again.kept, again.known) == (None, 0, count)
    assert await rows(second_database_url) == written
    assert max(grown) < MOST
