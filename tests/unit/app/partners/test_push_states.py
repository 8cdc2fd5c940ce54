"""EVSEs that are read once for the pushes to several peers (app/partners/push_states.py)."""

import asyncio
from types import SimpleNamespace

import pytest

from ocpilot.app.kept.records import ObjectKey, StoredObject
from ocpilot.app.partners.push_states import ReadEvses
from ocpilot.base import time
from ocpilot.base.ids import PartyId
from ocpilot.wire.protocol import ModuleID, Version


class Locations:
    """A store whose EVSEs have the number of the reading as their body."""

    def __init__(self):
        self.readings = []
        self.away = False
        self.asked = asyncio.Event()

    async def some_evses(self, keys, *, anyones):
        self.readings.append([key.id for key in keys])
        self.asked.set()
        number = len(self.readings)
        await asyncio.sleep(0)
        if self.away:
            raise OSError("the database is away")
        return tuple(
            StoredObject(key=key, version=Version.V2_3_0, body=str(number), last_updated=time.now())
            for key in keys
            if key.id != "gone"
        )


@pytest.fixture
def locations():
    return Locations()


@pytest.fixture
def evses(locations):
    return ReadEvses(
        SimpleNamespace(
            store=SimpleNamespace(locations=locations), settings=SimpleNamespace(hub=None, access_point=None)
        )
    )


def keys(*idents):
    return [ObjectKey(module=ModuleID.LOCATIONS, party=PartyId("SE", "LAD"), id=one, sub="e1") for one in idents]


def bodies(found):
    return {key.id: stored.body for key, stored in found.items()}


async def test_who_asks_meanwhile_gets_what_is_being_read(evses, locations):
    since = evses.mark()
    both = await asyncio.gather(evses.some(keys("l1", "l2"), since), evses.some(keys("l2", "l3"), since))
    assert [bodies(one) for one in both] == [{"l1": "1", "l2": "1"}, {"l2": "1", "l3": "2"}]
    assert locations.readings == [["l1", "l2"], ["l3"]]


async def test_what_was_read_before_the_log_is_read_again(evses, locations):
    await evses.some(keys("l1"), evses.mark())
    assert bodies(await evses.some(keys("l1"), evses.mark())) == {"l1": "2"}
    assert locations.readings == [["l1"], ["l1"]]


async def test_what_is_not_there_is_left_out_and_not_asked_for_again(evses, locations):
    since = evses.mark()
    assert await evses.some(keys("gone"), since) == {}
    assert await evses.some(keys("gone"), since) == {}
    assert len(locations.readings) == 1


async def test_a_reading_that_failed_is_begun_anew(evses, locations):
    since, locations.away = evses.mark(), True
    with pytest.raises(OSError, match="away"):
        await evses.some(keys("l1"), since)
    locations.away = False
    assert bodies(await evses.some(keys("l1"), since)) == {"l1": "2"}


async def test_who_is_cancelled_takes_the_reading_from_nobody(evses, locations):
    since = evses.mark()
    first = asyncio.create_task(evses.some(keys("l1"), since))
    second = asyncio.create_task(evses.some(keys("l1"), since))
    await locations.asked.wait()
    first.cancel()
    assert bodies(await second) == {"l1": "1"}
    assert first.cancelled()


async def test_old_readings_are_forgotten(evses, locations):
    since = evses.mark()
    for number in range(20):
        await evses.some(keys(f"l{number}"), since)
    assert bodies(await evses.some(keys("l0", "l19"), since)) == {"l0": "21", "l19": "20"}
