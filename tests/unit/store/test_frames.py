"""The log of OCPP frames is written by days, beside that of messages, and found by station, action, side and time."""

from datetime import UTC, datetime, timedelta

import asyncpg
import pytest
from msgspec.structs import replace

from ocpilot.app.kept.frames import FrameDirection, FrameLine, FrameQuery
from ocpilot.app.kept.messages import MessageGap
from ocpilot.store.frames import statement_of

NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
DAY = timedelta(days=1)
FRAME = FrameLine(
    at=NOON,
    station_id="CS1",
    direction=FrameDirection.IN,
    action="Heartbeat",
    message_id="1",
    text='[2,"1","Heartbeat",{}]',
    size=22,
)


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ({}, [4, 3, 2, 1]),
        ({"station_id": "CS1"}, [4, 2, 1]),
        ({"station_id": "cs1"}, []),
        ({"direction": FrameDirection.OUT}, [2]),
        ({"action": "heartBeat"}, [2, 1]),
        ({"failed": True}, [4]),
        ({"since": NOON + timedelta(seconds=2)}, [4, 3]),
        ({"until": NOON + timedelta(seconds=2), "station_id": "CS1"}, [2, 1]),
        ({"after_id": 2}, [4, 3]),
        ({"before": (NOON + timedelta(seconds=2), 3), "limit": 1}, [2]),
    ],
)
async def test_frames_are_found_by_what_is_known(store, asked, found):
    await store.frames.add(
        [
            FRAME,
            replace(FRAME, at=NOON + timedelta(seconds=1), direction=FrameDirection.OUT),
            replace(FRAME, at=NOON + timedelta(seconds=2), station_id="CS2", action="Reset"),
            replace(FRAME, at=NOON + timedelta(seconds=3), direction=FrameDirection.FAULT, action=None, failed=True),
        ]
    )
    frames = await store.frames.find(FrameQuery(**asked))
    assert [frame.id for frame in frames] == found


async def test_a_frame_comes_back_as_it_was(store):
    await store.frames.add([FRAME])
    assert await store.frames.find(FrameQuery()) == (replace(FRAME, id=1),)


async def test_days_and_gaps_of_one_log_are_not_those_of_another(store, database_url):
    gap = MessageGap(began_at=NOON - 3 * DAY, ended_at=NOON - 3 * DAY, count=7)
    await store.frames.add([replace(FRAME, at=NOON - 3 * DAY), FRAME])
    await store.frames.add_gap(gap)
    await store.messages.add_gap(gap)
    await store.messages.prepare(NOON - 3 * DAY, NOON - 3 * DAY)
    assert await store.frames.drop_before(NOON) >= 1
    assert [one.id for one in await store.frames.find(FrameQuery())] == [2]
    assert await store.frames.gaps(None, None) == ()
    assert await store.messages.gaps(None, None) == (gap,)
    connection = await asyncpg.connect(database_url)
    assert await connection.fetchval("SELECT to_regclass('message_20261123')") is not None
    await connection.close()


@pytest.mark.parametrize(
    ("asked", "index"),
    [({"station_id": "CS7"}, "station_id_at"), ({"failed": True}, "at"), ({"station_id": "CS7", "failed": True}, "at")],
)
async def test_a_search_reads_an_index_of_the_newest_day_first(store, database_url, asked, index):
    await store.frames.add(
        [
            replace(FRAME, at=NOON - timedelta(seconds=number), station_id=f"CS{number % 50}", failed=number % 300 == 0)
            for number in range(6000)
        ]
    )
    connection = await asyncpg.connect(database_url)
    await connection.execute("ANALYZE station_frame")
    statement, values = statement_of(FrameQuery(**asked))
    plan = "\n".join(row[0] for row in await connection.fetch(f"EXPLAIN {statement.text}", *statement.bind(values)))
    await connection.close()
    assert "Seq Scan on station_frame_20261126" not in plan
    assert f"station_frame_20261126_{index}" in plan
