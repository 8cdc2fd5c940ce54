"""Checks of CDRs, and receipts whose numbers have no gaps."""

import asyncio
from datetime import datetime
from decimal import Decimal

import asyncpg
import pytest

from ocpilot.app.kept.clearing_records import Clearing, ClearingState, ClearingStep
from ocpilot.app.kept.records import CdrCheck, ObjectKey, Receipt
from ocpilot.store.postgres import PostgresStore


def receipt(number: str, key: ObjectKey, noon: datetime) -> Receipt:
    return Receipt(number=number, key=key, account_id=3, issued_at=noon, body="{}", pdf=b"%PDF " + number.encode())


def standing(key: ObjectKey, state: ClearingState, noon: datetime) -> tuple[Clearing, ClearingStep]:
    clearing = Clearing(
        key=key,
        peer_id=1,
        audience="SERES",
        token_uid="U1",
        state=state,
        currency="SEK",
        total=Decimal(20),
        kwh=Decimal(10),
        ended_at=noon,
        at=noon,
    )
    return clearing, ClearingStep(key=key, before=ClearingState.NEW, after=state, who="platform", why="", at=noon)


async def test_receipts_issued_at_once_are_numbered_without_gaps(store: PostgresStore, cdr, noon) -> None:
    keys = [cdr(f"C{number}").key for number in range(12)]
    issued = await asyncio.gather(
        *(store.documents.issue(key, "R", lambda number, key=key: receipt(number, key, noon)) for key in keys)
    )
    assert sorted(one.number for one in issued) == [f"R-{number:06d}" for number in range(1, 13)]
    assert {one.key for one in issued} == set(keys)


async def test_a_cdr_has_one_receipt_however_often_it_is_issued(store: PostgresStore, cdr, noon) -> None:
    key = cdr().key
    issued = await asyncio.gather(
        *(store.documents.issue(key, series, lambda number: receipt(number, key, noon)) for series in "RRRR")
    )
    assert {one.number for one in issued} == {"R-000001"}
    assert await store.documents.receipt_of(cdr("c1").key) == issued[0]
    assert await store.documents.receipt("R-000001") == issued[0]
    other = cdr("C2").key
    assert (await store.documents.issue(other, "R", lambda n: receipt(n, other, noon))).number == "R-000002"


async def test_a_receipt_that_cannot_be_made_uses_no_number(store: PostgresStore, cdr, noon) -> None:
    def fail(number: str) -> Receipt:
        raise ValueError(number)

    with pytest.raises(ValueError, match="R-000001"):
        await store.documents.issue(cdr().key, "R", fail)
    issued = await store.documents.issue(cdr().key, "R", lambda number: receipt(number, cdr().key, noon))
    assert issued.number == "R-000001"


async def test_series_count_on_their_own(store: PostgresStore, cdr, noon) -> None:
    for series, name in (("R", "C1"), ("B", "C2")):
        key = cdr(name).key
        issued = await store.documents.issue(key, series, lambda number, key=key: receipt(number, key, noon))
        assert issued.number == f"{series}-000001"


async def test_an_issued_receipt_cannot_be_changed_or_removed(
    store: PostgresStore, cdr, noon, database_url: str
) -> None:
    await store.documents.issue(cdr().key, "R", lambda number: receipt(number, cdr().key, noon))
    connection = await asyncpg.connect(database_url)
    for statement in ("UPDATE receipt SET body = '[]'", "DELETE FROM receipt"):
        with pytest.raises(asyncpg.RaiseError, match="never changed or removed"):
            await connection.execute(statement)
    await connection.close()


async def test_a_cdr_goes_from_unchecked_to_checked_to_receipt(store: PostgresStore, cdr, noon) -> None:
    await store.objects.put(cdr("C1"))
    await store.objects.put(cdr("wrong", minutes=1))
    await store.objects.put(cdr("ours", peer_id=None))
    assert [one.key.id for one in await store.documents.unchecked_cdrs(10)] == ["C1", "wrong"]
    for name in ("C1", "wrong"):
        check = CdrCheck(key=cdr(name).key, agrees=name == "C1", our_total="25.00 SEK", body="{}", at=noon)
        await store.documents.save_check(check)
        assert await store.documents.check(cdr(name).key) == check
    assert await store.documents.unchecked_cdrs(10) == ()
    for name, state in (("C1", ClearingState.ACCEPTED), ("wrong", ClearingState.HELD)):
        await store.clearings.begin(*standing(cdr(name).key, state, noon))
    assert await store.documents.cdrs_without_receipt(10) == (cdr("C1").key,)
    await store.documents.receipt_settled(cdr("C1").key)
    assert await store.documents.cdrs_without_receipt(10) == ()


async def test_a_cdr_that_comes_again_with_another_body_is_checked_again(store: PostgresStore, cdr, noon) -> None:
    await store.objects.put(cdr())
    check = CdrCheck(key=cdr().key, agrees=True, our_total="25.00 SEK", body="{}", at=noon)
    await store.documents.save_check(check)
    await store.objects.put(cdr())
    assert await store.documents.unchecked_cdrs(10) == ()
    await store.objects.put(cdr(minutes=1))
    assert len(await store.documents.unchecked_cdrs(10)) == 1
    assert await store.documents.cdrs_without_receipt(10) == ()
