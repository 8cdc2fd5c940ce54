"""The credentials module as the other platform calls it (credentials, "Interfaces and endpoints").

A peer whose answer got lost still has the token it used: for a while that keeps opening versions and credentials, so
the peer can try again. While tokens are exchanged again both open everything for a moment (`Peer.other_hash`): what is
on its way with the old one, or comes with the new one before we heard that it was taken, is not refused.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from ocpilot.app.kept.peer_records import ChangeCursor, Detected, FindingKind, Peer, PeerState, party_key
from ocpilot.app.ocpi import hub_clients
from ocpilot.app.ocpi.exchange import Answer, Call, Handler, versions_url
from ocpilot.app.ocpi.heard import count
from ocpilot.app.platform import Platform
from ocpilot.app.ports import OWN_VERSION
from ocpilot.app.secrets import hash_token
from ocpilot.base.errors import InvalidObject, NotAuthorized, PeerError, PeerNonsense
from ocpilot.base.ids import PartyId, new_credentials_token
from ocpilot.base.problem import Problem
from ocpilot.base.settings import HUB
from ocpilot.roaming import claims, handshake
from ocpilot.wire import codec
from ocpilot.wire.codec import NOTHING, Context
from ocpilot.wire.protocol import PROTOCOLS, ModuleID, Version
from ocpilot.wire.v230 import (
    BusinessDetails,
    Credentials,
    CredentialsRole,
    Endpoint,
    Image,
    ImageCategory,
    Role,
    VersionDetails,
    VersionInfo,
)

_CONNECTED = frozenset({PeerState.REGISTERED, PeerState.SUSPENDED})
#: How long a replaced token opens versions and credentials, and one that was offered waits to be accepted.
REPLACEMENT = timedelta(minutes=15)
#: How long both tokens of a peer open everything while they are exchanged again: as long as a call may be on its way.
OVERLAP = timedelta(seconds=15)


class Discovered(msgspec.Struct, frozen=True, kw_only=True):
    """What a platform offers in the version we chose, and how it talks."""

    version: Version
    endpoints: tuple[Endpoint, ...]
    noticed: Detected = Detected()


# ---- handlers ------------------------------------------------------------------------------------------------------


async def get(platform: Platform, call: Call) -> Answer:
    """Our credentials object with the token the caller uses (credentials, "GET Method")."""
    return await _credentials_answer(platform, call, call.credentials_token)


async def post(platform: Platform, call: Call) -> Answer:
    """Registration: the caller becomes a registered peer in this version (credentials, "POST Method")."""
    return await _alone(platform, call, _accept)


async def put(platform: Platform, call: Call) -> Answer:
    """New token, parties, endpoints or version of a registered peer (credentials, "PUT Method")."""
    return await _alone(platform, call, _accept)


async def delete(platform: Platform, call: Call) -> Answer:
    """The peer leaves: all tokens end (credentials, "DELETE Method")."""
    return await _alone(platform, call, _leave)


async def _alone(platform: Platform, call: Call, handler: Handler) -> Answer:
    """While nobody else exchanges tokens with this peer, and with the peer as it is by then."""
    async with platform.store.peers.exchanging(call.peer):
        peer = await platform.store.peers.get(call.peer.id)
        used = hash_token(call.credentials_token)
        if peer is None or used not in {peer.token_hash, peer.other_hash, peer.invitation_hash}:
            raise NotAuthorized("unknown credentials token")
        handshake.check_method(call.method, registered=peer.state is not PeerState.INVITED)
        return await handler(platform, dataclasses.replace(call, peer=peer))


async def _leave(platform: Platform, call: Call) -> Answer:
    gone = forgotten(platform, call.peer)
    await platform.store.peers.save(gone)
    await hub_clients.tell(platform, gone)
    return Answer()


async def _accept(platform: Platform, call: Call) -> Answer:
    read = call.read(Credentials, call.object(), theirs_in(platform, call.version, call.peer))
    theirs = await acceptable(platform, call.peer, read.value)
    found = await _call_back(platform, theirs, call.version, call.peer)
    handshake.match(our_roles(platform), [role.role for role in theirs.roles], found.endpoints)
    token = new_credentials_token()
    peer = _with_used(registered(platform, call.peer, theirs, found, token), call)
    await keep_registered(platform, call.peer, peer, found.noticed)
    answer = await _credentials_answer(platform, call, token)
    refused = found.noticed.refused_endpoints
    return dataclasses.replace(answer, message=f"never called: {handshake.in_words(refused)}") if refused else answer


def _with_used(peer: Peer, call: Call) -> Peer:
    """The token it used goes on for a while: as it opened everything, or only what an invitation opens."""
    used = hash_token(call.credentials_token)
    if call.limited:
        return msgspec.structs.replace(peer, invitation_hash=used)
    return msgspec.structs.replace(peer, other_hash=used)


async def _call_back(platform: Platform, theirs: Credentials, version: Version, peer: Peer) -> Discovered:
    """Their endpoints, asked with the token they gave; every failure is a 3001 (credentials, "Errors during
    registration")."""
    try:
        return await discover(platform, theirs.url, theirs.token, peer, version, speaking=version)
    except PeerError as error:
        raise PeerError(f"calling {theirs.url} back failed: {error}") from error


# ---- shared with our own side of a registration (peers.py) ---------------------------------------------------------


async def discover(
    platform: Platform,
    url: str,
    token: str,
    peer: Peer,
    wanted: Version | None = None,
    *,
    speaking: Version | None = None,
) -> Discovered:
    """Versions and version details of a platform; PeerNonsense when they break the standard, ForbiddenAddress when
    endpoints lead inside without which nothing can be exchanged.

    `speaking` is the version it speaks with us already, which says how its token is written.
    """
    encoding = peer.profile.token_encoding
    answer = await platform.partners.get(url, token, encoding=encoding, version=speaking, peer=peer)
    version, details_url = handshake.choose_version(_version_infos(url, answer.data), wanted)
    if details_url != url:
        answer = await platform.partners.get(details_url, token, encoding=encoding, version=speaking, peer=peer)
    details = answer.data
    noticed = Detected(token_encoding=answer.encoding)
    if isinstance(details, dict):
        theirs = None if PROTOCOLS[version].roles else (their_role(platform, peer),)
        if theirs is None:
            without = handshake.without_roles(details.get("endpoints"))
            noticed = msgspec.structs.replace(noticed, endpoints_without_role=without)
        details |= {"endpoints": handshake.with_roles(our_roles(platform), details.get("endpoints"), theirs)}
    try:
        read = codec.read(VersionDetails, version, details).value
    except InvalidObject as error:
        raise PeerNonsense(f"{details_url}: {error}") from error
    allow_inner = platform.settings.security.allow_inner_addresses
    endpoints, refused = handshake.callable_endpoints(read.endpoints, allow_inner=allow_inner)
    noticed = msgspec.structs.replace(noticed, refused_endpoints=refused)
    return Discovered(version=version, endpoints=endpoints, noticed=noticed)


def _version_infos(url: str, listed: object) -> list[VersionInfo]:
    """The versions listed; where the URL leads to the details of one version, that one."""
    if isinstance(listed, dict) and "endpoints" in listed:
        listed = [{"version": listed.get("version"), "url": url}]
    if not isinstance(listed, list):
        raise PeerNonsense(f"{url}: found no list, expected the list of versions")
    infos = []
    for one in listed:
        try:
            infos.append(codec.read(VersionInfo, OWN_VERSION, one).value)
        except InvalidObject:
            # A version we cannot even read is one we do not speak; the others count.
            continue
    return infos


def our_roles(platform: Platform) -> tuple[str, ...]:
    """The roles our parties play."""
    return tuple(party.role for party in platform.settings.parties)


def their_role(platform: Platform, peer: Peer) -> Role:
    """What a peer whose version does not say it is for us: as its profile says, else as what it may claim, else the
    other side of our first."""
    return handshake.counterpart(our_roles(platform), peer.profile.role or claims.sole_role(peer.allowed or ()))


def in_its_role(platform: Platform, peer: Peer) -> Peer:
    """A peer whose version does not say what it is, as what its profile says by now: it looks as if it had registered
    so. Others stay as they are."""
    role = their_role(platform, peer)
    if peer.version is None or PROTOCOLS[peer.version].roles or all(one.role == role for one in peer.roles):
        return peer
    roles = tuple(msgspec.structs.replace(one, role=role) for one in peer.roles)
    rows = [
        {"identifier": module, "url": url}
        for module, url in dict.fromkeys((e.identifier, e.url) for e in peer.endpoints)
    ]
    endpoints = msgspec.convert(handshake.with_roles(our_roles(platform), rows, (role,)), tuple[Endpoint, ...])
    return msgspec.structs.replace(
        peer, roles=roles, allowed=claims.renamed(peer.allowed, peer.roles, roles), endpoints=endpoints, pulled_at=None
    )


def theirs_in(platform: Platform, version: Version, peer: Peer) -> Context:
    """What to read Credentials and version details of a peer with."""
    return NOTHING if PROTOCOLS[version].roles else Context(role=their_role(platform, peer))


def _logo(url: str | None) -> Image | None:
    return None if url is None else Image(url=url, category=ImageCategory.OPERATOR, type=url.rpartition(".")[2].lower())


def our_credentials(platform: Platform, token: str, behind: Sequence[CredentialsRole] = ()) -> Credentials:
    """Our credentials object with the token the other platform is to use; `behind` are those reached through us."""
    roles = tuple(
        CredentialsRole(
            role=Role.OTHER if party.role == HUB else Role(party.role),
            business_details=BusinessDetails(name=party.name, website=party.website, logo=_logo(party.logo)),
            party_id=party.id.party_id,
            country_code=party.id.country_code,
        )
        for party in platform.settings.parties
    )
    hub = platform.settings.hub
    return Credentials(
        token=token,
        url=versions_url(platform.settings),
        hub_party_id=hub.key if hub else None,
        roles=(*roles, *behind),
    )


async def text_of(platform: Platform, peer: Peer, token: str, version: Version) -> bytes:
    """Our credentials object as JSON text of a version; where it has one party, the one on the other side of the
    peer: of a hub always the hub."""
    theirs = their_role(platform, peer)
    facing = [one.id for one in platform.settings.parties if handshake.counterpart((one.role,)) == theirs]
    ours = platform.settings.hub or next(iter(facing), None)
    behind = await _behind_us(platform, peer) if PROTOCOLS[version].hubs_list_members else ()
    body = codec.body_of(our_credentials(platform, token, behind))
    return codec.dumps(codec.convert(Credentials, body, OWN_VERSION, version, Context(party=ours)).body)


async def _behind_us(platform: Platform, peer: Peer) -> tuple[CredentialsRole, ...]:
    """What the other members of our hub play; none for who is no hub."""
    if platform.settings.hub is None:
        return ()
    known = {*peer.parties, *(party.id.key for party in platform.settings.parties)}
    others = [one for one in await platform.store.peers.all() if one.id != peer.id and one.state in _CONNECTED]
    return tuple(role for one in others for role in one.roles if party_key(role) not in known)


async def acceptable(platform: Platform, peer: Peer, theirs: Credentials) -> Credentials:
    """The credentials of a peer, with the roles that it will play here; InvalidObject with all problems.

    What it claims beyond what was allowed is named in one of them.
    """
    holders = await _taken(platform, peer.id, theirs)
    reached = handshake.reached_through(theirs, holders)
    handshake.check_credentials(reached.token, reached.roles, holders)
    beyond = () if peer.allowed is None else claims.beyond(claims.claimed(reached), peer.allowed)
    if beyond:
        agreed = ", ".join(peer.allowed or ()) or "nothing"
        found = f"{', '.join(beyond)}, not agreed on for this connection"
        raise InvalidObject([Problem(path="$.roles", found=found, expected=agreed)], "Credentials")
    return reached


async def _taken(platform: Platform, peer_id: int, theirs: Credentials) -> Mapping[str, str]:
    """Which parties of these credentials are ours or another registered peer's, and whose. A party that so far was
    behind a hub may come itself."""
    holders = {party.id.key: "ours" for party in platform.settings.parties}
    for role in theirs.roles:
        party = PartyId.of(role.country_code, role.party_id)
        holder = await platform.store.peers.of_party(party)
        comes_itself = holder is not None and theirs.hub_party_id is None and holder.hub_party not in (None, party.key)
        if holder is not None and holder.id != peer_id and not comes_itself:
            holders[party.key] = "registered by another platform"
    return holders


async def keep_registered(platform: Platform, before: Peer, peer: Peer, noticed: Detected) -> None:
    """Store a peer whose tokens are exchanged. What it plays is not reached through hubs any more: nothing of it is
    told, or billed, twice."""
    if before.state is PeerState.INVITED or _is_mended(before, peer):
        await told_from_the_beginning(platform, peer)
    await platform.store.peers.save(peer)
    await platform.store.peers.noticed(peer.id, noticed)
    _count_refused(platform, peer, noticed)
    await hub_clients.tell(platform, peer)
    for info in await hub_clients.known(platform, peer) if peer.hub_party is not None else ():
        await hub_clients.reached(platform, peer, info)
    for hub in await platform.store.peers.all() if peer.hub_party is None else ():
        behind = tuple(role for role in hub.roles if party_key(role) not in peer.parties)
        if hub.hub_party is not None and behind != hub.roles:
            await platform.store.peers.save(msgspec.structs.replace(hub, roles=behind))


def _count_refused(platform: Platform, peer: Peer, noticed: Detected) -> None:
    for one in noticed.refused_endpoints or ():
        module = ModuleID(one.identifier) if one.identifier in set(ModuleID) else ModuleID.CREDENTIALS
        expected = "a URL that everybody can reach, by https"
        count(platform, peer, FindingKind.LIST, module, place="$.endpoints[].url", expected=expected, found=one.why)


def _is_mended(before: Peer, peer: Peer) -> bool:
    """Whether an endpoint that was never called may be now: what was for it has been passed over until then."""
    usable = {(one.identifier, one.role) for one in peer.endpoints}
    return any((one.identifier, one.role) in usable for one in before.detected.refused_endpoints or ())


async def told_from_the_beginning(platform: Platform, peer: Peer) -> None:
    """Who comes back after it left need not hold what it was told then; what it acknowledged for good is not sent
    twice."""
    await platform.store.changes.advance(peer.id, ChangeCursor(), ())
    await platform.store.deliveries.replay(peer.id, platform.clock())


def registered(platform: Platform, peer: Peer, theirs: Credentials, found: Discovered, token: str) -> Peer:
    """The peer with both tokens exchanged: `theirs.token` for us to use, `token` for it to use. What it claims at its
    first registration is what it may claim from then on, unless the operator said otherwise."""
    return msgspec.structs.replace(
        peer,
        state=PeerState.REGISTERED,
        version=found.version,
        versions_url=theirs.url,
        endpoints=found.endpoints,
        roles=theirs.roles,
        hub_party=theirs.hub_party_id.upper() if theirs.hub_party_id else None,
        token_hash=hash_token(token),
        token_sealed=platform.sealing.seal(theirs.token),
        invitation_hash=None,
        other_hash=peer.token_hash if peer.state is PeerState.REGISTERED else None,
        rotated_at=platform.clock(),
        allowed=claims.claimed(theirs) if peer.allowed is None else peer.allowed,
        pulled_at=None,
        updated_at=platform.clock(),
    )


def forgotten(platform: Platform, peer: Peer) -> Peer:
    """The peer without any token."""
    return msgspec.structs.replace(
        peer,
        state=PeerState.UNREGISTERED,
        token_hash=None,
        token_sealed=None,
        invitation_hash=None,
        other_hash=None,
        updated_at=platform.clock(),
    )


async def identify(platform: Platform, hashes: Sequence[bytes]) -> tuple[Peer, int, bool] | None:
    """The peer that one of these token hashes belongs to, which of them, and whether it only opens credentials."""
    for index, candidate in enumerate(hashes):
        peer = await platform.store.peers.by_token(candidate)
        if peer is not None:
            limited = _is_limited(peer, candidate, platform.clock())
            return None if limited is None else (peer, index, limited)
    return None


def _is_limited(peer: Peer, candidate: bytes, now: datetime) -> bool | None:
    """Whether this token of the peer only opens versions and credentials; None when it opens nothing any more."""
    if peer.token_hash == candidate:
        return False
    if peer.state is PeerState.INVITED:
        return True
    age = now - (peer.rotated_at or peer.updated_at)
    if age > REPLACEMENT:
        return None
    return peer.other_hash != candidate or age > OVERLAP


async def _credentials_answer(platform: Platform, call: Call, token: str) -> Answer:
    return Answer(data=await text_of(platform, call.peer, token, call.version))


def endpoint_of(endpoints: Sequence[Endpoint]) -> str:
    """The URL of their credentials endpoint; its role has no meaning."""
    return next(one.url for one in endpoints if one.identifier == ModuleID.CREDENTIALS)
