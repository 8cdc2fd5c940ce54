"""Tariffs: our own, put and taken back, and those that hold at a Connector."""

from collections.abc import Iterable

from ocpilot.app.bodies import own, value_of
from ocpilot.app.platform import Platform
from ocpilot.app.records import ObjectKey
from ocpilot.base.ids import PartyId
from ocpilot.wire.protocol import ModuleID
from ocpilot.wire.v230 import Connector, Tariff


def key_of(party: PartyId, tariff_id: str) -> ObjectKey:
    """Where a Tariff is kept."""
    return ObjectKey(module=ModuleID.TARIFFS, party=party, id=tariff_id)


async def put(platform: Platform, tariff: Tariff) -> None:
    """Store a Tariff of ours, new or changed; every provider we are connected with gets it."""
    key = key_of(PartyId.of(tariff.country_code, tariff.party_id), tariff.id)
    await platform.store.objects.put(own(key, tariff, tariff.last_updated))


async def delete(platform: Platform, party: PartyId, tariff_id: str) -> bool:
    """Take a Tariff of ours back; True when it was there."""
    return await platform.store.objects.delete(key_of(party, tariff_id))


async def at_connector(platform: Platform, party: PartyId, connector: Connector) -> tuple[Tariff, ...]:
    """Our Tariffs that a Connector of ours names, in its order; ids that point at nothing are left out."""
    return await named(platform, party, connector.tariff_ids)


async def named(
    platform: Platform, party: PartyId, tariff_ids: Iterable[str], peer_id: int | None = None
) -> tuple[Tariff, ...]:
    """The Tariffs of a party with these ids, ours or those a peer sent us."""
    found = [await platform.store.objects.get(key_of(party, one), peer_id) for one in tariff_ids]
    return tuple(value_of(Tariff, stored) for stored in found if stored is not None)
