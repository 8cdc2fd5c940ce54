"""Dead letters: what a peer would not take, sent again or given up when a person says so."""

from msgspec.structs import replace

from ocpilot.app.invoicing.bill_views import dead_letter
from ocpilot.app.kept.peer_records import DeliveryState
from ocpilot.app.kept.records import ObjectKey
from ocpilot.app.platform import Platform


async def replay(platform: Platform, peer_id: int, key: ObjectKey) -> None:
    """Put it back among what is tried, due now and with its attempts forgotten; NotFound when it is no dead letter."""
    letter = await dead_letter(platform, peer_id, key)
    now = platform.clock()
    again = replace(letter, state=DeliveryState.WAITING, attempts=0, refusals=0, nonsense_since=None)
    await platform.store.deliveries.save(replace(again, next_at=now, updated_at=now))


async def replay_all(platform: Platform, peer_id: int) -> int:
    """The same for every dead letter of a peer; how many there were."""
    return await platform.store.deliveries.replay(peer_id, platform.clock())


async def drop(platform: Platform, peer_id: int, key: ObjectKey) -> None:
    """Give a dead letter up: the peer does not get this object, unless it changes again. NotFound when it is none."""
    letter = await dead_letter(platform, peer_id, key)
    await platform.store.deliveries.remove(peer_id, letter.key)


async def drop_all(platform: Platform, peer_id: int) -> int:
    """The same for every dead letter of a peer; how many there were."""
    return await platform.store.deliveries.drop(peer_id)
