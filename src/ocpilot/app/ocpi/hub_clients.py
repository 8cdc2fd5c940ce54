"""Who is connected to a hub, and how: told by us when we are the hub, kept when another is (mod_hub_client_info).

A ClientInfo is kept under the party it is about; `ObjectKey.id` is the hub that says so (its peer number, 0 for us),
for two hubs may know the same party, and `sub` its role, for a party may have several.
"""

import logging
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import msgspec

from ocpilot.app.kept.peer_records import Peer, PeerState, party_key
from ocpilot.app.kept.records import ObjectKey, PageQuery, StoredObject
from ocpilot.app.ocpi.bodies import own, value_of
from ocpilot.app.ocpi.exchange import Answer, Call, stored_answer
from ocpilot.app.ocpi.in_version import text_in
from ocpilot.app.ocpi.owned import check_same, kept
from ocpilot.app.ocpi.visibility import require_hub
from ocpilot.app.platform import Platform
from ocpilot.base.errors import ForbiddenAddress, NotFound, PeerError
from ocpilot.base.ids import PartyId
from ocpilot.base.settings import HUB
from ocpilot.roaming import claims
from ocpilot.wire.protocol import ModuleID
from ocpilot.wire.v230 import BusinessDetails, ClientInfo, ConnectionStatus, CredentialsRole, Role

log = logging.getLogger(__name__)

#: How long a hub believes that a party is alive before it asks ("Still alive check").
ALIVE = timedelta(minutes=5)
_STATUS = {
    PeerState.INVITED: ConnectionStatus.PLANNED,
    PeerState.REGISTERED: ConnectionStatus.CONNECTED,
    PeerState.SUSPENDED: ConnectionStatus.OFFLINE,
    PeerState.UNREGISTERED: ConnectionStatus.SUSPENDED,
}
_MOST = 1000
#: The number of the hub in the keys of what we say when we are it.
OURS = 0


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
    created = await platform.store.objects.put(kept(call, key, received.body))
    await reached(platform, call.peer, received.value)
    return stored_answer(created)


async def reached(platform: Platform, hub: Peer, info: ClientInfo) -> None:
    """From now on objects of this party come through the hub (mod_hub_client_info, "Another Party becomes CONNECTED").

    Only one that the hub may speak for (`Peer.allowed`): by its word alone it would send that party's objects and see
    what is for it. Not one of ours, nor one that we are connected with ourselves: nothing is told, or billed, twice.
    """
    if not await _is_behind(platform, hub, info):
        return
    if claims.beyond((_claim(info),), hub.allowed or ()):
        log.warning("%s says that %s is behind it: to believe it, ocpilot peer allow", hub.name, _claim(info))
        return
    party = PartyId.of(info.country_code, info.party_id)
    role = CredentialsRole(
        role=info.role,
        business_details=BusinessDetails(name=str(party)),
        country_code=party.country_code,
        party_id=party.party_id,
    )
    await platform.store.peers.add_role(hub.id, role)


async def not_allowed(platform: Platform, hub: Peer) -> tuple[str, ...]:
    """What the hub says is behind it and may not speak for, as it would be allowed: `EMSP:SE/BEE`."""
    told = [info for info in await known(platform, hub) if await _is_behind(platform, hub, info)]
    return claims.beyond(sorted(map(_claim, told)), hub.allowed or ())


async def _is_behind(platform: Platform, hub: Peer, info: ClientInfo) -> bool:
    party = PartyId.of(info.country_code, info.party_id)
    if info.status is ConnectionStatus.PLANNED or party.key == hub.hub_party:
        return False
    holder = await platform.store.peers.of_party(party)
    return (holder is None or holder.id == hub.id) and all(one.id != party for one in platform.settings.parties)


def _claim(info: ClientInfo) -> str:
    return f"{info.role}:{PartyId.of(info.country_code, info.party_id)}"


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


async def tell(platform: Platform, peer: Peer, *, offline: bool = False) -> None:
    """Write how a member is connected, where that changed: all others hear of it. Nothing for who is no hub."""
    if platform.settings.hub is None:
        return
    status = ConnectionStatus.OFFLINE if offline and peer.state is PeerState.REGISTERED else _STATUS[peer.state]
    for role in peer.roles:
        await _note(platform, key_of(role.country_code, role.party_id, role.role, OURS), role.role, status)


async def _note(platform: Platform, key: ObjectKey, role: Role, status: ConnectionStatus) -> None:
    stored = await platform.store.objects.get(key)
    if stored is None or value_of(ClientInfo, stored).status is not status:
        await platform.store.objects.put(_info(key, role, status, platform.clock()))


async def status_here(platform: Platform) -> Callable[[Peer], ConnectionStatus]:
    """How we say that a member is connected."""
    told = {(info.country_code + info.party_id, info.role): info.status for info in await known(platform)}

    def status(peer: Peer) -> ConnectionStatus:
        said = [told.get((party_key(role), role.role)) for role in peer.roles]
        return next((one for one in said if one is not None), _STATUS[peer.state])

    return status


class HubClients:
    """Keeps the list of our clients as they are; a change is pushed to all others like any other object."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._asked: dict[int, datetime] = {}
        self._offline: set[int] = set()

    async def once(self) -> None:
        """Write what changed. Nothing is to be done for who is no hub."""
        if self._platform.settings.hub is None:
            return
        peers = await self._platform.store.peers.all()
        for peer in peers:
            if peer.state is PeerState.REGISTERED:
                await self._check(peer)
            await tell(self._platform, peer, offline=peer.id in self._offline)
        await self._end(peers)

    async def _end(self, peers: Sequence[Peer]) -> None:
        """A party that left its platform is suspended: ClientInfos cannot be deleted ("Push model")."""
        played = {(party_key(role), role.role) for peer in peers for role in peer.roles}
        for info in await known(self._platform):
            if (info.country_code + info.party_id, info.role) not in played:
                key = key_of(info.country_code, info.party_id, info.role, OURS)
                await _note(self._platform, key, info.role, ConnectionStatus.SUSPENDED)

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
            peer.versions_url, token, encoding=peer.profile.token_encoding, version=peer.version, peer=peer
        )


def _info(key: ObjectKey, role: Role, status: ConnectionStatus, now: datetime) -> StoredObject:
    info = ClientInfo(
        country_code=key.party.country_code, party_id=key.party.party_id, role=role, status=status, last_updated=now
    )
    return own(key, info, now)
