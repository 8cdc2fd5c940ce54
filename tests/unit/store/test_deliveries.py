"""What became of objects per peer."""

from datetime import timedelta

from msgspec.structs import replace

from ocpilot.app.peer_records import Delivery, DeliveryState
from ocpilot.store.postgres import PostgresStore


async def test_one_delivery_per_peer_and_object(store: PostgresStore, tariff, noon) -> None:
    first = Delivery(
        peer_id=7, key=tariff().key, state=DeliveryState.WAITING, attempts=1, next_at=noon, updated_at=noon
    )
    again = replace(first, key=tariff("NIGHT").key, attempts=2, last_error="HTTP 500", remote_url="https://x.example/1")
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
