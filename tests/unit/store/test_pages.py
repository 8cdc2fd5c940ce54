"""Pages by keyset: complete, in order, for the right viewer, while the rows change."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from ocpilot.app.kept.records import PageCursor, PageQuery, StoredObject
from ocpilot.store.postgres import PostgresStore
from ocpilot.wire.protocol import ModuleID

ALL = PageQuery(module=ModuleID.TARIFFS, limit=3)


async def every_page(store: PostgresStore, query: PageQuery) -> list[str]:
    found: list[str] = []
    while True:
        page = await store.objects.page(query)
        found += [one.key.id for one in page.items]
        if page.next is None:
            return found
        query = replace(query, after=page.next)


async def test_pages_hold_every_object_once_in_order_of_change(store: PostgresStore, tariff) -> None:
    for number in range(10):
        await store.objects.put(tariff(f"T{number}", minutes=number // 4))
    assert await every_page(store, ALL) == [f"T{number}" for number in range(10)]


async def test_the_total_counts_all_and_is_counted_once(store: PostgresStore, tariff) -> None:
    for number in range(5):
        await store.objects.put(tariff(f"T{number}"))
    first = await store.objects.page(ALL)
    await store.objects.put(tariff("T9", minutes=1))
    second = await store.objects.page(replace(ALL, after=first.next))
    assert (first.total, second.total) == (5, 5)
    assert [one.key.id for one in second.items] == ["T3", "T4", "T9"]
    assert second.next is None


async def test_a_last_page_that_is_full_has_no_next(store: PostgresStore, tariff) -> None:
    for number in range(3):
        await store.objects.put(tariff(f"T{number}"))
    assert (await store.objects.page(ALL)).next is None
    assert (await store.objects.page(replace(ALL, limit=0))).next is None


async def test_a_crawl_loses_nothing_while_rows_change(store: PostgresStore, tariff) -> None:
    """A changed row moves to the end: it comes again in its new state, and no other is skipped."""
    for number in range(9):
        await store.objects.put(tariff(f"T{number}", minutes=number))
    query, seen = ALL, []
    for step in range(20):
        page = await store.objects.page(query)
        seen += [(one.key.id, one.last_updated) for one in page.items]
        if step < 3:
            await store.objects.put(tariff(f"T{step}", currency="EUR", minutes=100 + step))
        if page.next is None:
            break
        query = replace(query, after=page.next)
    assert len(seen) == len(set(seen))
    assert {name for name, _ in seen} == {f"T{number}" for number in range(9)}
    assert [name for name, _ in seen[-3:]] == ["T0", "T1", "T2"]


async def test_offset_works_for_those_who_insist(store: PostgresStore, tariff) -> None:
    for number in range(5):
        await store.objects.put(tariff(f"T{number}"))
    page = await store.objects.page(replace(ALL, offset=3))
    assert ([one.key.id for one in page.items], page.total) == (["T3", "T4"], 5)


async def test_date_from_is_inclusive_and_date_to_exclusive(store: PostgresStore, tariff, noon: datetime) -> None:
    for number in range(4):
        await store.objects.put(tariff(f"T{number}", minutes=number))
    query = replace(ALL, date_from=noon + timedelta(minutes=1), date_to=noon + timedelta(minutes=3))
    page = await store.objects.page(query)
    assert ([one.key.id for one in page.items], page.total) == (["T1", "T2"], 2)


@pytest.mark.parametrize(
    ("viewer", "expected"),
    [
        (None, ["all", "fr", "nl", "se"]),
        (("SERES",), ["all", "se"]),
        (("SERES", "NLABC", "SERES"), ["all", "nl", "se"]),
        ((), ["all"]),
    ],
)
async def test_a_viewer_sees_what_is_for_all_and_for_him(
    store: PostgresStore, tariff, viewer: tuple[str, ...] | None, expected: list[str]
) -> None:
    for name, audience in (("se", "SERES"), ("nl", "NLABC"), ("fr", "FRXYZ"), ("all", None)):
        await store.objects.put(tariff(name, audience=audience))
    query = replace(ALL, viewer=viewer, limit=2)
    assert await every_page(store, query) == expected
    assert (await store.objects.page(query)).total == len(expected)


async def test_a_peer_s_objects_are_asked_for_by_its_number(store: PostgresStore, tariff) -> None:
    await store.objects.put(tariff("ours"))
    await store.objects.put(tariff("theirs", peer_id=7))
    assert await every_page(store, ALL) == ["ours"]
    assert await every_page(store, replace(ALL, peer_id=7)) == ["theirs"]


async def test_a_cursor_in_milliseconds_names_its_row_exactly(store: PostgresStore, tariff) -> None:
    """A link carries OCPI times; a row with microseconds would come again on every page."""

    def at(number: int) -> StoredObject:
        return tariff(f"T{number}", last_updated=datetime(2026, 1, 1, microsecond=123400 + number, tzinfo=UTC))

    for number in range(4):
        await store.objects.put(at(number))
    page = await store.objects.page(ALL)
    assert page.next == PageCursor(
        last_updated=datetime(2026, 1, 1, microsecond=123000, tzinfo=UTC), party="SELAD", id="t2", sub="", total=4
    )
