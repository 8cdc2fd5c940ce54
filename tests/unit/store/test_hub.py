"""What a hub remembers, and the pages of what all its members sent."""

from datetime import timedelta

import asyncpg
import msgspec
import pytest

from ocpilot.app.kept.hub_records import HubOrder, HubRoute
from ocpilot.app.kept.records import ObjectKey, PageQuery, StoredObject
from ocpilot.base import time
from ocpilot.base.ids import PartyId
from ocpilot.store.pages import values_of
from ocpilot.store.queries import load
from ocpilot.wire.protocol import ModuleID, Version

NOW = time.parse("2026-11-01T10:00:00Z")
LADE = PartyId("SE", "LAD")


def order(ident="1", **fields):
    return HubOrder(
        **{
            "id": ident,
            "module": ModuleID.COMMANDS,
            "word": "RESERVE_NOW",
            "origin": 1,
            "executor": 2,
            "response_url": "https://res.example/1",
            "version": Version.V2_1_1,
            "sender": "SERES",
            "receiver": "SELAD",
            "about": "R1",
            "created_at": NOW,
        }
        | fields
    )


async def test_an_order_is_found_by_its_id_and_by_what_it_is_about(store):
    await store.hub.add(order())
    assert await store.hub.get("1") == order()
    assert await store.hub.about("r1", "RESERVE_NOW") == (order(),)
    assert await store.hub.about("r1", "STOP_SESSION") == ()
    assert await store.hub.get("2") is None


async def test_a_result_waits_until_it_is_sent_and_not_for_ever(store):
    await store.hub.add(order())
    assert await store.hub.unsent(NOW) == ()

    def resulted(here):
        return msgspec.structs.replace(here, result="{}", result_at=NOW)

    changed = await store.hub.modify("1", resulted)
    assert await store.hub.unsent(NOW) == (changed,)
    assert await store.hub.unsent(NOW + timedelta(seconds=1)) == ()
    await store.hub.modify("1", lambda here: msgspec.structs.replace(here, sent_at=NOW))
    assert await store.hub.unsent(NOW) == ()
    assert await store.hub.modify("2", resulted) is None


async def test_routes_are_replaced_and_forgotten_with_old_orders(store):
    first = HubRoute(module=ModuleID.SESSIONS, party=LADE, id="S1", audience="SERES", noted_at=NOW)
    second = msgspec.structs.replace(first, id="s1", audience="SEBEE")
    await store.hub.note(first)
    await store.hub.note(second)
    assert [one.audience for one in await store.hub.routes(ModuleID.SESSIONS, "S1")] == ["SEBEE"]
    await store.hub.add(order())
    await store.hub.forget(NOW + timedelta(seconds=1))
    assert (await store.hub.routes(ModuleID.SESSIONS, "S1"), await store.hub.get("1")) == ((), None)


async def test_audiences_of_several_are_found_by_each(store):
    for _ in range(2):
        await store.hub.open_audience("SEBEE+SERES", ["SEBEE", "SERES"])
    assert await store.hub.audiences(["SERES"]) == ("SEBEE+SERES",)
    assert await store.hub.audiences(["SEXXX"]) == ()


def sent(module, ident, peer_id, *, audience=None, seconds=0):
    at = NOW + timedelta(seconds=seconds)
    body = {"id": ident, "last_updated": time.write(at)}
    if module is ModuleID.LOCATIONS:
        body |= {"coordinates": {"latitude": "1.0", "longitude": "1.0"}, "publish": True, "evses": []}
    return StoredObject(
        key=ObjectKey(module=module, party=LADE, id=ident),
        version=Version.V2_3_0,
        body=msgspec.json.encode(body).decode(),
        last_updated=at,
        peer_id=peer_id,
        audience=audience,
    )


@pytest.mark.parametrize("module", [ModuleID.TARIFFS, ModuleID.LOCATIONS])
async def test_a_page_of_everyone_has_ours_and_all_but_the_asker_s_in_order_of_time(store, module):
    source = store.locations if module is ModuleID.LOCATIONS else store.objects
    for number in range(12):
        await source.put(sent(module, f"O{number:02}", (None, 1, 2)[number % 3], seconds=number))
    await source.put(sent(module, "HIDDEN", 2, audience="SEBEE"))
    await source.put(sent(module, "MINE", 2, audience="SERES"))
    found, after = [], None
    while True:
        query = PageQuery(module=module, limit=3, viewer=("SERES",), but_of=1, after=after)
        page = await source.page(query)
        found += [one.key.id for one in page.items]
        assert page.total == 9
        if page.next is None:
            break
        after = page.next
    assert found == ["MINE", *(f"O{number:02}" for number in range(12) if number % 3 != 1)]


async def test_an_object_is_found_whoever_sent_it(store):
    await store.objects.put(sent(ModuleID.TARIFFS, "T1", 7))
    await store.locations.put(sent(ModuleID.LOCATIONS, "L1", 7))
    assert (await store.objects.held(ObjectKey(module=ModuleID.TARIFFS, party=LADE, id="t1"))).peer_id == 7
    assert (await store.locations.held(ObjectKey(module=ModuleID.LOCATIONS, party=LADE, id="L1"))).peer_id == 7
    assert await store.objects.held(ObjectKey(module=ModuleID.TARIFFS, party=LADE, id="T2")) is None


async def test_a_page_deep_down_is_an_index_range(store, database_url):
    """No plan that sorts or reads all rows: the pages of a crawl cost the same at any depth."""
    statement = load("pages", table="tariff", body="body")["page_of_everyones"]
    connection = await asyncpg.connect(database_url)
    try:
        await connection.execute(
            """
            INSERT INTO tariff (party, key_id, key_sub, id, sub, peer_id, version, audience, last_updated, body)
            SELECT
                'SELAD', 't' || n, '', 't' || n, '', 1 + n % 50, '2.3.0', '',
                '2026-01-01'::timestamptz + n * '1 s'::interval, '{}'
            FROM generate_series(1, 20000) AS n
            """
        )
        await connection.execute("ANALYZE tariff")
        early = NOW - timedelta(days=305)
        query = PageQuery(module=ModuleID.TARIFFS, limit=10, viewer=("SERES",), but_of=1, date_from=early)
        plan = await connection.fetch(f"EXPLAIN {statement.text}", *statement.bind(values_of(query)))
    finally:
        await connection.close()
    text = "\n".join(row[0] for row in plan)
    assert "tariff_heard" in text
    assert "Seq Scan" not in text
