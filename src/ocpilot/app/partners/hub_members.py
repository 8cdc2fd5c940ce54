"""The members of our hub: who has a party, who may see what one of them sent, and to whom it is shown as whose."""

from ocpilot.app.kept.peer_records import DeliveryState, Peer, PeerState
from ocpilot.app.kept.records import Record
from ocpilot.app.ocpi.hub_clients import status_here
from ocpilot.app.ocpi.visibility import audience_of
from ocpilot.app.platform import Platform
from ocpilot.base.errors import NotConnected, UnknownReceiver
from ocpilot.base.ids import PartyId
from ocpilot.base.settings import HUB
from ocpilot.wire.fields import Wire
from ocpilot.wire.protocol import CANONICAL, PROTOCOLS
from ocpilot.wire.v230 import ConnectionStatus


def party_in(key: str) -> PartyId:
    """The party of a key such as `SERES`; UnknownReceiver (4001) when it cannot be one."""
    try:
        return PartyId.parse(key)
    except ValueError as error:
        raise UnknownReceiver(f"{key!r} is no party of this hub") from error


class Member(Record, frozen=True):
    """A party behind our hub, and the platform it is on."""

    peer: Peer
    party: PartyId


async def known(platform: Platform, party: PartyId) -> Member:
    """The member with this party, connected at the moment or not.

    UnknownReceiver (4001) when nobody ever had it, NotConnected (4003) when nobody has it any more.
    """
    peer = await platform.store.peers.of_party(party)
    if peer is not None:
        return Member(peer=peer, party=party)
    if any(party.key in one.parties for one in await platform.store.peers.all()):
        raise NotConnected(f"{party} is not connected to this hub at the moment")
    raise UnknownReceiver(f"{party} is no party of this hub")


def connected(member: Member) -> Member:
    """The member, which must be connected; NotConnected (4003) otherwise."""
    if member.peer.state is not PeerState.REGISTERED or member.peer.version is None:
        raise NotConnected(f"{member.party} is {member.peer.state} at this hub")
    return member


def tells_apart(member: Member) -> bool:
    """Whether a member is told which party asks: he decides himself what it may then. One who knows only the hub would
    show, and do, for anybody behind it what he does for one."""
    peer = member.peer
    return PROTOCOLS[peer.version or CANONICAL].routing_headers and peer.profile.routing_headers


def is_ours(platform: Platform, party: PartyId) -> bool:
    """Whether this party is one of our own that is no hub: what is addressed to it is for our handlers."""
    return any(one.id == party and one.role != HUB for one in platform.settings.parties)


async def audience_here(platform: Platform, value: Wire) -> str | None:
    """Who may see what a member sent: everybody (None), or the one member it concerns. Nobody for what is for us.

    UnknownReceiver (4001) when it concerns a party that is not here.
    """
    audience = None if platform.settings.hub is None else audience_of(value)
    if audience is None or any(party.id.key == audience for party in platform.settings.parties):
        return None
    return (await known(platform, party_in(audience))).party.key


async def viewer(platform: Platform, peer: Peer) -> tuple[str, ...]:
    """The audiences a member belongs to."""
    return (*peer.parties, *await platform.store.hub.audiences(peer.parties))


def shown_owner(platform: Platform, peer: Peer, owner: PartyId) -> PartyId:
    """Whose an object is in the URLs of this member: a version with one party per connection only knows that of
    the hub or access point."""
    passing = platform.settings.passing
    nameless = passing is not None and peer.version is not None and not PROTOCOLS[peer.version].owners
    return passing if passing is not None and nameless and owner.key not in peer.parties else owner


class MemberState(Record, frozen=True):
    """A member for a person: how it is connected, and how many objects wait for it or are given up."""

    peer: Peer
    status: ConnectionStatus
    waiting: int
    dead: int


async def states(platform: Platform) -> tuple[MemberState, ...]:
    """Every member of our hub, by name."""
    deliveries = await platform.store.deliveries.all()
    infos = await status_here(platform)
    found = []
    for peer in await platform.store.peers.all():
        mine = [one.state for one in deliveries if one.peer_id == peer.id]
        found.append(
            MemberState(
                peer=peer,
                status=infos(peer),
                waiting=mine.count(DeliveryState.WAITING),
                dead=mine.count(DeliveryState.DEAD),
            )
        )
    return tuple(found)
