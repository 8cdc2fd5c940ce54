"""What became of objects per peer."""

from datetime import timedelta

from msgspec.structs import replace

from ocpilot.app.kept.peer_records import Delivery, DeliveryState
from ocpilot.store.postgres import PostgresStore


async def test_one_delivery_per_peer_and_object(store: PostgresStore, tariff, noon) -> None:
    first = Delivery(
        peer_id=7, key=tariff().key, state=DeliveryState.WAITING, attempts=1, next_at=noon, updated_at=noon
    )
    again = replace(first, key=tariff("NIGHT").key, attempts=2, last_error="HTTP 500", remote_url="https://x.example/1")
    again = replace(again, nonsense_since=noon, unsure=True)
    await store.deliveries.save(first)
    await store.deliveries.save(again)
    await store.deliveries.save(replace(first, peer_id=8))
    assert await store.deliveries.get(7, tariff().key) == again
    assert len(await store.deliveries.all()) == 2
    await store.deliveries.remove(7, tariff("niGHT").key)
    assert await store.deliveries.get(7, tariff().key) is None
    assert await store.deliveries.all(8) == (replace(first, peer_id=8),)


async def test_due_are_waiting_ones_whose_time_has_come_oldest_first(store: PostgresStore, tariff, noon) -> None:
    for name, state, minutes in (
        ("second", DeliveryState.WAITING, -1),
        ("first", DeliveryState.WAITING, -2),
        ("later", DeliveryState.WAITING, 1),
        ("dead", DeliveryState.DEAD, -3),
        ("done", DeliveryState.ACKNOWLEDGED, -3),
    ):
        at = noon + timedelta(minutes=minutes)
        delivery = Delivery(peer_id=7, key=tariff(name).key, state=state, next_at=at, updated_at=at)
        await store.deliveries.save(delivery)
    assert [one.key.id for one in await store.deliveries.due(7, noon, 10)] == ["first", "second"]
    assert [one.key.id for one in await store.deliveries.due(7, noon, 1)] == ["first"]
    assert [one.key.id for one in await store.deliveries.all()] == ["later", "second", "first", "dead"]


async def test_those_of_some_objects_are_found_at_once(store: PostgresStore, tariff, noon) -> None:
    made = [
        Delivery(peer_id=7, key=tariff(name).key, state=state, refusals=2, unsure=True, updated_at=noon)
        for name, state in (("A", DeliveryState.WAITING), ("b", DeliveryState.ACKNOWLEDGED), ("C", DeliveryState.DEAD))
    ]
    for one in made:
        await store.deliveries.save(one)
    found = await store.deliveries.of(7, [tariff("a").key, tariff("B").key, tariff("nothing").key])
    assert set(found) == set(made[:2])
    assert await store.deliveries.of(8, [tariff("a").key]) == ()
    assert await store.deliveries.of(7, []) == ()


async def test_they_are_counted_listed_replayed_and_dropped_by_peer(store: PostgresStore, tariff, noon) -> None:
    waiting, dead, done = DeliveryState.WAITING, DeliveryState.DEAD, DeliveryState.ACKNOWLEDGED
    for number, state in enumerate((dead, dead, waiting, done)):
        at = noon + timedelta(minutes=number)
        key = tariff(f"T{number}").key
        await store.deliveries.save(Delivery(peer_id=7, key=key, state=state, attempts=6, refusals=6, updated_at=at))
    await store.deliveries.save(Delivery(peer_id=8, key=tariff("T0").key, state=dead, updated_at=noon))
    assert await store.deliveries.counts() == {(7, dead): 2, (7, waiting): 1, (8, dead): 1}
    assert [one.key.id for one in await store.deliveries.all(7, {done})] == ["T3"]
    assert [one.key.id for one in await store.deliveries.all(7, limit=2)] == ["T2", "T1"]
    later = noon + timedelta(hours=1)
    assert await store.deliveries.replay(7, later) == 2
    again = {(one.key.id, one.state, one.attempts, one.refusals) for one in await store.deliveries.due(7, later, 10)}
    assert {("T0", waiting, 0, 0), ("T1", waiting, 0, 0)} <= again
    assert await store.deliveries.drop(7) == 0
    assert await store.deliveries.drop(8) == 1
