"""Writes that arrive together are committed together, and a bad one fails alone."""

import asyncio

import pytest

from ocpilot.app.kept.records import ObjectKey, StoredObject
from ocpilot.base import time
from ocpilot.base.errors import Conflict
from ocpilot.base.ids import PartyId
from ocpilot.store.together import Together
from ocpilot.wire.protocol import ModuleID, Version


class Writer:
    """Remembers its batches; a negative value cannot be written, and spoils the batch it is in."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []

    async def write(self, values):
        self.batches.append(list(values))
        await asyncio.sleep(0)
        if any(value < 0 for value in values):
            raise ValueError(f"{values} cannot be written")
        return [value * 10 for value in values]


async def test_what_arrives_while_a_batch_is_written_is_the_next_batch():
    writer = Writer()
    together = Together(writer.write)
    first = asyncio.create_task(together.put("a", 1))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert await asyncio.gather(first, *(together.put(str(n), n) for n in (2, 3, 4))) == [10, 20, 30, 40]
    assert writer.batches == [[1], [2, 3, 4]]


class HeldWriter(Writer):
    """Writes nothing before it is released."""

    def __init__(self) -> None:
        super().__init__()
        self.released = asyncio.Event()

    async def write(self, values):
        self.batches.append(list(values))
        await self.released.wait()
        return [value * 10 for value in values]


async def test_when_many_wait_a_second_batch_is_written_beside_the_first_but_never_a_key_of_it():
    writer = HeldWriter()
    together = Together(writer.write)
    puts = [asyncio.create_task(together.put("first", 0))]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    puts += [asyncio.create_task(together.put(key, n)) for n, key in enumerate(["first", *"abcdefghij"], start=1)]
    for _ in range(3):
        await asyncio.sleep(0)
    assert writer.batches == [[0], list(range(2, 12))]
    writer.released.set()
    assert await asyncio.gather(*puts) == [n * 10 for n in range(12)]
    assert writer.batches[2:] == [[1]]


async def test_a_bad_value_fails_alone():
    together = Together(Writer().write)
    outcomes = await asyncio.gather(*(together.put(str(n), n) for n in (1, -2, 3)), return_exceptions=True)
    assert [outcomes[0], outcomes[2]] == [10, 30]
    assert isinstance(outcomes[1], ValueError)


async def test_two_values_of_one_key_are_written_one_after_the_other():
    writer = Writer()
    together = Together(writer.write)
    await asyncio.gather(together.put("same", 1), together.put("other", 5), together.put("same", 2))
    assert writer.batches == [[1, 5], [2]]


async def test_a_caller_that_gave_up_disturbs_nobody():
    together = Together(Writer().write)
    gone = asyncio.create_task(together.put("a", 1))
    other = asyncio.create_task(together.put("b", 2))
    await asyncio.sleep(0)
    gone.cancel()
    assert await other == 20


def tariff(ident: str, peer_id: int) -> StoredObject:
    key = ObjectKey(module=ModuleID.TARIFFS, party=PartyId.of("SE", "LAD"), id=ident)
    return StoredObject(key=key, version=Version.V2_3_0, body="{}", last_updated=time.now(), peer_id=peer_id)


async def test_an_object_of_another_peer_fails_alone_among_many(store):
    await store.objects.put(tariff("T5", peer_id=1))
    puts = (store.objects.put(tariff(f"T{n}", peer_id=2)) for n in range(10))
    outcomes = await asyncio.gather(*puts, return_exceptions=True)
    assert [n for n, outcome in enumerate(outcomes) if isinstance(outcome, Conflict)] == [5]
    assert [outcome for outcome in outcomes if outcome is not True and not isinstance(outcome, Conflict)] == []
    with pytest.raises(Conflict):
        await store.objects.put(tariff("T5", peer_id=2))
