"""Tariffs, Sessions, CDRs and Tokens in PostgreSQL."""

import asyncio
import json
from decimal import Decimal
from random import Random

import pytest
from msgspec.structs import replace

from ocpilot.app.kept.peer_records import ChangeCursor
from ocpilot.app.kept.records import ObjectKey, StoredObject
from ocpilot.base.errors import BadRequest, Conflict
from ocpilot.base.ids import PartyId
from ocpilot.store.postgres import PostgresStore
from ocpilot.wire.protocol import ModuleID


async def changes(store: PostgresStore) -> list[tuple[str, bool]]:
    return [(change.key.id, change.deleted) for change in await store.changes.after(ChangeCursor(), 100)]


async def test_the_first_put_creates_and_the_second_updates(store: PostgresStore, tariff) -> None:
    assert await store.objects.put(tariff(currency="SEK")) is True
    assert await store.objects.put(tariff(currency="EUR", minutes=1)) is False
    kept = await store.objects.get(tariff().key)
    assert kept == tariff(currency="EUR", minutes=1)


async def test_ids_are_compared_without_case_and_kept_with_it(store: PostgresStore, tariff) -> None:
    await store.objects.put(tariff("Night-ÅÄÖ"))
    assert await store.objects.put(tariff("NIGHT-åäö", currency="EUR")) is False
    kept = await store.objects.get(replace(tariff().key, id="night-Åäö"))
    assert kept is not None
    assert kept.key.id == "NIGHT-åäö"
    assert [one.key.id for one in await store.objects.find(ModuleID.TARIFFS, "niGHT-ÅÄÖ")] == ["NIGHT-åäö"]


async def test_an_object_of_another_peer_is_never_replaced(store: PostgresStore, tariff) -> None:
    await store.objects.put(tariff(peer_id=7))
    for other in (8, None):
        with pytest.raises(Conflict, match="another platform"):
            await store.objects.put(tariff(currency="EUR", peer_id=other))
        with pytest.raises(Conflict, match="another platform"):
            await store.objects.put(tariff(peer_id=other))
        assert await store.objects.get(tariff().key, other) is None
        assert await store.objects.delete(tariff().key, other) is False
    assert await store.objects.get(tariff().key, 7) == tariff(peer_id=7)


async def test_each_write_of_ours_is_one_change_and_a_peer_s_is_none(store: PostgresStore, tariff) -> None:
    await store.objects.put(tariff("A"))
    await store.objects.put(tariff("A", currency="EUR"))
    await store.objects.put(tariff("B", peer_id=7))
    await store.objects.delete(tariff("A").key)
    await store.objects.delete(tariff("B").key, 7)
    assert await changes(store) == [("A", False), ("A", False), ("A", True)]


async def test_a_put_that_changes_nothing_is_no_change(store: PostgresStore, tariff) -> None:
    await store.objects.put(tariff())
    assert await store.objects.put(tariff()) is False
    await store.objects.modify(tariff().key, None, lambda kept: kept)
    assert await changes(store) == [("Night", False)]


async def test_modify_of_many_at_once_loses_no_update(store: PostgresStore, tariff) -> None:
    await store.objects.put(tariff(body='{"id":"Night","n":0}'))

    def count(kept: StoredObject) -> StoredObject:
        return replace(kept, body=json.dumps({"id": "Night", "n": json.loads(kept.body)["n"] + 1}))

    await asyncio.gather(*(store.objects.modify(tariff().key, None, count) for _ in range(30)))
    kept = await store.objects.get(tariff().key)
    assert kept is not None
    assert json.loads(kept.body)["n"] == 30
    assert len(await changes(store)) == 31


async def test_modify_that_raises_changes_nothing(store: PostgresStore, tariff) -> None:
    await store.objects.put(tariff())

    def fail(kept: StoredObject) -> StoredObject:
        raise ValueError("no")

    with pytest.raises(ValueError, match="no"):
        await store.objects.modify(tariff().key, None, fail)
    assert await store.objects.get(tariff().key) == tariff()
    assert await store.objects.modify(tariff("other").key, None, fail) is None


async def test_the_body_is_kept_to_the_letter(store: PostgresStore, tariff) -> None:
    body = '{ "id" : "Night", "price": 1.10, "x": "\\u00e5", "price": 2 }'
    await store.objects.put(tariff(body=body))
    kept = await store.objects.get(tariff().key)
    assert kept is not None
    assert kept.body == body


async def test_tokens_of_one_uid_and_two_types_are_two_objects(store: PostgresStore, tariff) -> None:
    rfid, app = (
        tariff("X1", key=ObjectKey(module=ModuleID.TOKENS, party=PartyId("SE", "LAD"), id="X1", sub=kind))
        for kind in ("RFID", "APP_USER")
    )
    assert [await store.objects.put(rfid), await store.objects.put(app)] == [True, True]
    assert {one.key.sub for one in await store.objects.find(ModuleID.TOKENS, "x1")} == {"RFID", "APP_USER"}


async def test_newest_of_a_driver_s_tokens_are_ours_and_peers(store: PostgresStore, cdr) -> None:
    for number, (token, peer_id) in enumerate((("APP-1", None), ("app-1", 7), ("CARD-2", 7), ("OTHER", 7))):
        await store.objects.put(cdr(f"C{number}", token, minutes=number, peer_id=peer_id))
    newest = await store.objects.newest(ModuleID.CDRS, 10, ["App-1", "card-2"])
    assert [one.key.id for one in newest] == ["C2", "C1", "C0"]
    assert [one.key.id for one in await store.objects.newest(ModuleID.CDRS, 2)] == ["C3", "C2"]


async def test_a_session_of_2_1_1_is_found_by_its_auth_id(store: PostgresStore, tariff) -> None:
    body = json.dumps({"id": "S1", "auth_id": "APP-1", "kwh": str(Decimal("1.5"))})
    await store.objects.put(tariff("S1", module=ModuleID.SESSIONS, body=body))
    assert len(await store.objects.newest(ModuleID.SESSIONS, 10, ["app-1"])) == 1


async def test_an_id_that_no_index_can_hold_is_the_sender_s_error(store: PostgresStore, tariff) -> None:
    endless = Random(1).randbytes(5000).hex()
    with pytest.raises(BadRequest, match="cannot be stored"):
        await store.objects.put(tariff(endless))
    assert await store.objects.get(replace(tariff().key, id=endless)) is None


async def test_an_id_that_no_text_can_hold_is_the_sender_s_error(store: PostgresStore, tariff) -> None:
    with pytest.raises(BadRequest, match="cannot be stored"):
        await store.objects.put(tariff("a\x00b"))
    with pytest.raises(BadRequest, match="cannot be stored"):
        await store.transactions.get(2**40)
    assert await store.objects.put(tariff("ab")) is True
