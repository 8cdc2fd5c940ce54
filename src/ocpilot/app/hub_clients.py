"""Who is connected to a hub, and how: told by us when we are the hub, kept when another is (mod_hub_client_info).

A ClientInfo is kept under the party it is about; `ObjectKey.id` is the hub that says so (its peer number, 0 for us),
for two hubs may know the same party, and `sub` its role, for a party may have several.
"""

import logging
from datetime import datetime, timedelta

import msgspec

from ocpilot.app.bodies import own, value_of
from ocpilot.app.exchange import Answer, Call, stored_answer
from ocpilot.app.in_version import text_in
from ocpilot.app.owned import check_same, kept
from ocpilot.app.peer_records import Peer, PeerState
from ocpilot.app.platform import Platform
from ocpilot.app.records import ObjectKey, PageQuery, StoredObject
from ocpilot.app.visibility import require_hub
from ocpilot.base.errors import ForbiddenAddress, NotFound, PeerError
from ocpilot.base.ids import PartyId
from ocpilot.base.settings import HUB
from ocpilot.wire.protocol import ModuleID
from ocpilot.wire.v230 import ClientInfo, ConnectionStatus, Role

log = logging.getLogger(__name__)

#: How long a hub believes that a party is alive before it asks ("Still alive check").
ALIVE = timedelta(minutes=5)
_STATUS = {
    PeerState.REGISTERED: ConnectionStatus.CONNECTED,
    PeerState.SUSPENDED: ConnectionStatus.OFFLINE,
    PeerState.UNREGISTERED: ConnectionStatus.SUSPENDED,
}
_MOST = 1000


# ---- receiver: a hub tells us --------------------------------------------------------------------------------------


async def receiver_get(platform: Platform, call: Call) -> Answer:
    """GET of what this hub said of a party; of several roles the one that changed last."""
    require_hub(call.peer)
    party = PartyId.of(call.path["country_code"], call.path["party_id"])
    found = [await platform.store.objects.get(key, call.peer.id) for key in _keys(party, call.peer.id)]
    newest = max((one for one in found if one is not None), key=lambda one: one.last_updated, default=None)
    if newest is None:
        raise NotFound(f"you have told nothing of {party}")
    return Answer(data=await text_in(platform, newest, call.version))


async def receiver_put(platform: Platform, call: Call) -> Answer:
    """PUT of a new or changed ClientInfo."""
    require_hub(call.peer)
    received = call.read(ClientInfo, call.object())
    check_same(received.body, {name: call.path[name] for name in ("country_code", "party_id")}, "ClientInfo")
    key = key_of(received.value.country_code, received.value.party_id, str(received.body["role"]), call.peer.id)
    return stored_answer(await platform.store.objects.put(kept(call, key, received.body)))


async def known(platform: Platform, hub: Peer | None = None) -> tuple[ClientInfo, ...]:
    """Every client of a hub as it told us, or of our own hub."""
    query = PageQuery(module=ModuleID.HUB_CLIENT_INFO, limit=_MOST, peer_id=hub.id if hub else None)
    found: list[ClientInfo] = []
    while True:
        page = await platform.store.objects.page(query)
        found += [value_of(ClientInfo, stored) for stored in page.items]
        if page.next is None:
            return tuple(found)
        query = msgspec.structs.replace(query, after=page.next)


async def status_of(platform: Platform, hub: Peer, party: PartyId, role: Role) -> ConnectionStatus | None:
    """What a hub said last of a party in this role; None when it said nothing, or is no hub."""
    stored = await platform.store.objects.get(key_of(party.country_code, party.party_id, role, hub.id), hub.id)
    return value_of(ClientInfo, stored).status if stored else None


def key_of(country_code: str, party_id: str, role: str, hub: int) -> ObjectKey:
    """Where what a hub says of a party in a role is kept."""
    return ObjectKey(module=ModuleID.HUB_CLIENT_INFO, party=PartyId.of(country_code, party_id), id=str(hub), sub=role)


def _keys(party: PartyId, hub: int) -> list[ObjectKey]:
    return [key_of(party.country_code, party.party_id, role, hub) for role in (*Role, HUB)]


# ---- sender: we are the hub ----------------------------------------------------------------------------------------


class HubClients:
    """Keeps the list of our clients as they are; a change is pushed to all of them like any other object."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._asked: dict[int, datetime] = {}
        self._offline: set[int] = set()

    async def once(self) -> None:
        """Write what changed. Nothing is to be done for who is no hub."""
        if not self._platform.settings.parties_as(HUB):
            return
        for peer in await self._platform.store.peers.all():
            if peer.state is PeerState.REGISTERED:
                await self._check(peer)
            for role in peer.roles:
                await self._note(peer, role.country_code, role.party_id, role.role)

    async def _check(self, peer: Peer) -> None:
        """Ask for the versions now and then: every platform has them, and asking changes nothing."""
        now = self._platform.clock()
        if now - self._asked.get(peer.id, peer.updated_at) < ALIVE:
            return
        self._asked[peer.id] = now
        try:
            await self._versions(peer)
        except (PeerError, ForbiddenAddress) as error:
            log.info("%s is offline: %s", peer.name, error)
            self._offline.add(peer.id)
        else:
            self._offline.discard(peer.id)

    async def _versions(self, peer: Peer) -> None:
        if peer.versions_url is None or peer.token_sealed is None:
            return
        token = self._platform.sealing.open(peer.token_sealed)
        await self._platform.partners.get(
            peer.versions_url, token, encoding=peer.profile.token_encoding, version=peer.version
        )

    async def _note(self, peer: Peer, country_code: str, party_id: str, role: Role) -> None:
        status = _STATUS.get(peer.state)
        if status is ConnectionStatus.CONNECTED and peer.id in self._offline:
            status = ConnectionStatus.OFFLINE
        key = key_of(country_code, party_id, role, 0)
        stored = await self._platform.store.objects.get(key)
        if status is None or (stored is not None and value_of(ClientInfo, stored).status is status):
            return
        await self._platform.store.objects.put(_info(key, role, status, self._platform.clock()))


def _info(key: ObjectKey, role: Role, status: ConnectionStatus, now: datetime) -> StoredObject:
    info = ClientInfo(
        country_code=key.party.country_code, party_id=key.party.party_id, role=role, status=status, last_updated=now
    )
    return own(key, info, now)
