"""Tariffs: our own, put and taken back, and those that hold at a Connector."""

from collections.abc import Collection, Iterable

from ocpilot.app.kept.records import ObjectKey, StoredObject
from ocpilot.app.ocpi.bodies import own, value_of
from ocpilot.app.ocpi.homes import put_ours
from ocpilot.app.ocpi.visibility import meant_for
from ocpilot.app.platform import Platform
from ocpilot.base.ids import PartyId
from ocpilot.wire.protocol import ModuleID
from ocpilot.wire.v230 import Connector, Tariff


def key_of(party: PartyId, tariff_id: str) -> ObjectKey:
    """Where a Tariff is kept."""
    return ObjectKey(module=ModuleID.TARIFFS, party=party, id=tariff_id)


async def put(platform: Platform, tariff: Tariff) -> None:
    """Store a Tariff of ours, new or changed; every provider it is for gets it: all of them, unless it was said to be
    for one party."""
    key = key_of(PartyId.of(tariff.country_code, tariff.party_id), tariff.id)
    await put_ours(platform, own(key, tariff, tariff.last_updated))


async def delete(platform: Platform, party: PartyId, tariff_id: str) -> bool:
    """Take a Tariff of ours back; True when it was there."""
    return await platform.store.objects.delete(key_of(party, tariff_id))


async def at_connector(
    platform: Platform, party: PartyId, connector: Connector, driver: PartyId | None
) -> tuple[Tariff, ...]:
    """Our Tariffs that a Connector of ours names and that are for a driver of this party, in its order; ids that point
    at nothing are left out. When some are for his party alone, those for everybody do not count."""
    found = await _stored(platform, party, connector.tariff_ids, None)
    parties = () if driver is None else (driver.key,)
    meant = [one for one in found if meant_for(one.audience, parties)]
    own_ones = [one for one in meant if one.audience is not None]
    return tuple(value_of(Tariff, stored) for stored in own_ones or meant)


async def named(
    platform: Platform,
    party: PartyId,
    tariff_ids: Iterable[str],
    peer_id: int | None = None,
    parties: Collection[str] | None = None,
) -> tuple[Tariff, ...]:
    """The Tariffs of a party with these ids, ours or those a peer sent us, that are for one of `parties` (None: whoever
    asks)."""
    found = await _stored(platform, party, tariff_ids, peer_id)
    return tuple(value_of(Tariff, stored) for stored in found if meant_for(stored.audience, parties))


async def _stored(
    platform: Platform, party: PartyId, tariff_ids: Iterable[str], peer_id: int | None
) -> list[StoredObject]:
    found = [await platform.store.objects.get(key_of(party, one), peer_id) for one in tariff_ids]
    return [stored for stored in found if stored is not None]
