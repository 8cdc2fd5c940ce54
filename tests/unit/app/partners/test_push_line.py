"""The line in which objects wait for their call (app/partners/push_line.py)."""

import asyncio

import pytest

from ocpilot.app.kept.records import ObjectKey
from ocpilot.app.partners.push_line import AHEAD, Line
from ocpilot.base.ids import PartyId
from ocpilot.wire.protocol import ModuleID

KEYS = [ObjectKey(module=ModuleID.TARIFFS, party=PartyId("SE", "LAD"), id=f"T{n}") for n in range(2 * AHEAD + 3)]


async def test_each_object_is_handed_out_once_in_order_and_read_shortly_before():
    read, taken = [], []

    async def read_ahead(some):
        read.append(len(some))
        await asyncio.sleep(0)

    line = Line(KEYS, read_ahead)

    async def some():
        while (key := await line.following()) is not None:
            taken.append(key)
            assert len(taken) <= sum(read)

    await asyncio.gather(*(some() for _ in range(8)))
    assert taken == KEYS
    assert read == [AHEAD, AHEAD, 3]


async def test_as_many_calls_are_on_their_way_as_may_be_though_each_is_answered_at_once():
    on_their_way, seen = 0, []

    async def read_ahead(_):
        await asyncio.sleep(0)

    line = Line(KEYS, read_ahead)

    async def some():
        nonlocal on_their_way
        while await line.following() is not None:
            on_their_way += 1
            seen.append(on_their_way)
            await asyncio.sleep(0)
            on_their_way -= 1

    await asyncio.gather(*(some() for _ in range(8)))
    assert seen.count(8) > len(KEYS) / 8 - 8


async def test_when_reading_fails_nobody_goes_on():
    async def read_ahead(_):
        await asyncio.sleep(0)
        raise OSError("the database is away")

    line = Line(KEYS, read_ahead)
    ended = await asyncio.gather(*(line.following() for _ in range(3)), return_exceptions=True)
    assert [type(one) for one in ended] == [OSError] * 3
    assert await line.following() is None


async def test_whoever_waits_in_line_can_be_cancelled():
    async def read_ahead(_):
        await asyncio.Event().wait()

    waiting = asyncio.create_task(Line(KEYS, read_ahead).following())
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
