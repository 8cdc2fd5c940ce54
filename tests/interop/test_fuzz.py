"""Any JSON, any header, any query at any endpoint gets an envelope, never a 500, and never leaves half an object.

`OCPILOT_FUZZ=10 pytest tests/interop/test_fuzz.py` tries ten times as much.
"""

import dataclasses
import logging
from random import Random

import asyncpg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shooting import PREPARED, WRONG, Nowhere, Range, known_peers, own_things, rows_of, shot_at

from generated import fuzz, seeds
from ocpilot.base.settings import PartySettings
from ocpilot.http.routes import TABLE
from ocpilot.wire.protocol import PROTOCOLS, SUPPORTED

OURS = {
    "operator": (("OPR", "CPO"),),
    "provider": (("PRO", "EMSP"), ("PAY", "PTP"), ("SMA", "SCSP")),
    "hub": (("NAV", "HUB"), ("NOP", "CPO"), ("NPR", "EMSP")),
}


@pytest.fixture(params=list(OURS))
async def target(request, start, database_url, tmp_path):
    """Each kind of platform in turn."""
    played = OURS[request.param]
    parties = tuple(PartySettings(country_code="SE", party_id=one, role=role, name=one) for one, role in played)
    async with start("Target", parties, database_url, tmp_path) as node:
        platform = dataclasses.replace(node.platform, partners=Nowhere())
        known = await known_peers(platform)
        await own_things(platform, known[SUPPORTED[0]][0])
        database = await asyncpg.connect(database_url)
        yield Range(platform, rows_of(role for _, role in played), known, database)
        await platform.background.drain()
        await database.close()


def is_ours(record):
    """Whether a line of the log says that we failed, and not a partner or a station."""
    return bool(record.exc_info) or record.levelno >= logging.ERROR


def test_every_row_of_the_table_is_shot_at():
    shot_at_rows = [row for played in OURS.values() for row in rows_of(role for _, role in played)]
    assert all(row in shot_at_rows for row in TABLE)


@fuzz(900)
@given(seed=seeds, wrong=st.sampled_from(WRONG))
async def test_whatever_comes_gets_an_envelope_and_leaves_whole_objects(target, caplog, seed, wrong):
    caplog.clear()
    random = Random(seed)
    row = random.choice(target.rows)
    method = random.choice(sorted(row.methods))
    having = [one for one in SUPPORTED if one in row.versions and row.module in PROTOCOLS[one].modules]
    version = random.choice(SUPPORTED if wrong == "method" else having)
    await target.begin(row, method, version, random)
    shot = shot_at(target, row, method, version, wrong=wrong, random=random)
    if wrong in PREPARED:
        for other, right in target.right_ones(row, shot.path, version, random):
            await target.shoot(other, right, version, random)
    await target.shoot(row, shot, version, random, astray=wrong in ("path", "method"))
    await target.platform.background.drain()
    assert not [record for record in caplog.records if is_ours(record)], shot
