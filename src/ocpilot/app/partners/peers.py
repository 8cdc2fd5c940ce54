"""Connections with other platforms from our side: invite, register, update, unregister, suspend.

Each function stores what must survive before it says anything to the other side, and may be run again after a crash:
a registration whose answer got lost is finished by the same command.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress

import msgspec

from ocpilot.app.kept.peer_records import LIMITS, Peer, PeerProfile, PeerState
from ocpilot.app.kept.records import PartnerAnswer, Record
from ocpilot.app.ocpi import hub_clients
from ocpilot.app.ocpi.exchange import versions_url
from ocpilot.app.partners import credentials
from ocpilot.app.partners.credentials import Discovered
from ocpilot.app.platform import Platform
from ocpilot.app.secrets import hash_token
from ocpilot.base.errors import (
    Conflict,
    InvalidObject,
    NotFound,
    PeerError,
    PeerNonsense,
    PeerRefused,
    PeerUnreachable,
    UserError,
)
from ocpilot.base.ids import new_credentials_token
from ocpilot.roaming import claims, handshake
from ocpilot.wire import codec
from ocpilot.wire.protocol import Version
from ocpilot.wire.v230 import Credentials


class Invitation(Record, frozen=True):
    """What the other platform's people need to register with us; `token` (CREDENTIALS_TOKEN_A) is shown once."""

    peer: Peer
    token: str
    versions_url: str


async def invite(platform: Platform, name: str, allowed: Sequence[str] = ()) -> Invitation:
    """A token for a platform that will register with us. Again for the same name: a new token, the old one ends.

    `allowed` is what it may claim (`roaming/claims.py`); when nothing is said, what it claims at its first
    registration. Conflict when that peer is registered or suspended.
    """
    peer = await _open_peer(platform, name, allowed)
    token = new_credentials_token()
    peer = await _keep(platform, msgspec.structs.replace(peer, invitation_hash=hash_token(token)))
    return Invitation(peer=peer, token=token, versions_url=versions_url(platform.settings))


async def register(  # noqa: PLR0917 - two secrets, a name, and what was agreed on
    platform: Platform,
    url: str,
    invitation: str,
    name: str,
    version: Version | None = None,
    allowed: Sequence[str] = (),
) -> Peer:
    """Register with the platform whose versions endpoint is `url`, by the token it gave us (CREDENTIALS_TOKEN_A).

    Takes the newest version in common, or `version`. `allowed` is as for `invite`. Raises Conflict, UnsupportedVersion,
    NoMatchingEndpoints, ForbiddenAddress, PeerError, or InvalidObject for parties of theirs that cannot be.
    """
    peer = await _open_peer(platform, name, allowed)
    found = await credentials.discover(platform, url, invitation, peer, version)
    handshake.match(credentials.our_roles(platform), (), found.endpoints)
    peer = peer if peer.id else await platform.store.peers.add(peer)
    async with platform.store.peers.exchanging(peer):
        return await _registered(platform, await _open_peer(platform, name, allowed), url, invitation, found)


async def _registered(platform: Platform, peer: Peer, url: str, invitation: str, found: Discovered) -> Peer:
    token = new_credentials_token()
    # Known before they are told: they call back with it while our POST waits.
    peer = await _keep(platform, msgspec.structs.replace(peer, invitation_hash=hash_token(token), versions_url=url))
    theirs = await _offer(platform, peer, found, invitation, token)
    try:
        return await _finish(platform, peer, theirs, found, token)
    except InvalidObject:
        # Their parties cannot be accepted: tell them that it is over.
        with suppress(PeerError):
            await platform.partners.post_credentials(
                "DELETE", credentials.endpoint_of(found.endpoints), theirs.token, b"", peer=peer
            )
        raise


async def update(platform: Platform, peer: Peer, version: Version | None = None) -> Peer:
    """Exchange both tokens again, read the peer's endpoints again, and change to `version` when it is another.

    InvalidObject when it claims parties that cannot be accepted: the tokens are exchanged then, and it goes on with
    the parties it had.
    """
    async with platform.store.peers.exchanging(peer):
        return await _updated(platform, await _current(platform, peer), version)


async def _updated(platform: Platform, peer: Peer, version: Version | None) -> Peer:
    url, used = _in_use(platform, peer)
    found = await credentials.discover(platform, url, used, peer, version or peer.version, speaking=peer.version)
    token = new_credentials_token()
    now = platform.clock()
    # It calls back with the new token while our PUT waits, and may use it before we have heard the answer.
    pending = msgspec.structs.replace(peer, other_hash=hash_token(token), rotated_at=now, updated_at=now)
    await platform.store.peers.save(pending)
    theirs = await _send(platform, peer, "PUT", found, used=used, token=token)
    try:
        return await _finish(platform, pending, theirs, found, token)
    except InvalidObject:
        before = msgspec.structs.replace(theirs, roles=peer.roles, hub_party_id=peer.hub_party)
        await _kept(platform, pending, before, found, token)
        raise


async def unregister(platform: Platform, peer: Peer, *, untold: bool = False) -> Peer:
    """End the connection on both sides, or take an invitation back. A peer that does not know us any more counts as
    told.

    PeerUnreachable or PeerRefused when it cannot be told: then nothing changes here, unless it may remain `untold`.
    """
    async with platform.store.peers.exchanging(peer):
        return await _unregistered(platform, await _current(platform, peer), untold=untold)


async def _unregistered(platform: Platform, peer: Peer, *, untold: bool) -> Peer:
    if peer.state is not PeerState.INVITED:
        try:
            await _tell_it_is_over(platform, peer)
        except PeerError:
            if not untold:
                raise
    gone = credentials.forgotten(platform, peer)
    await platform.store.peers.save(gone)
    await hub_clients.tell(platform, gone)
    return gone


async def allow(platform: Platform, peer: Peer, allowed: Sequence[str]) -> Peer:
    """From now on the peer may claim exactly this; nothing given: what it claims the next time it registers.

    Everything is fetched from it again: what was not its own before was refused. A hub speaks at once for those who
    are behind it and allowed now, and no more for those who are not.
    """
    agreed = _allowed(allowed)
    changed = msgspec.structs.replace(peer, allowed=agreed, pulled_at=None, updated_at=platform.clock())
    if peer.hub_party is not None and agreed is not None:
        changed = msgspec.structs.replace(changed, roles=claims.within(peer.roles, peer.hub_party, agreed))
    await platform.store.peers.save(changed)
    for info in await hub_clients.known(platform, changed) if changed.hub_party is not None else ():
        await hub_clients.reached(platform, changed, info)
    return changed


async def suspend(platform: Platform, peer: Peer) -> Peer:
    """Stop talking with a registered peer for now; its token is refused."""
    return await _change_state(platform, peer, PeerState.REGISTERED, PeerState.SUSPENDED)


async def resume(platform: Platform, peer: Peer) -> Peer:
    """Talk again with a suspended peer."""
    return await _change_state(platform, peer, PeerState.SUSPENDED, PeerState.REGISTERED)


async def change_profile(platform: Platform, peer: Peer, changes: Mapping[str, object]) -> Peer:
    """Change quirks of a peer, named as in `PeerProfile.quirks`; None goes back to the usual. UserError names what is
    wrong."""
    known, wanted = peer.profile.quirks, _named(changes)
    unknown = sorted(wanted.keys() - known.keys())
    if unknown:
        raise UserError(f"found {', '.join(unknown)}, expected one of {', '.join(known)}")
    try:
        kept = {name: value for name, value in (known | wanted).items() if value is not None}
        profile = msgspec.convert(msgspec.to_builtins(_nested(kept)), PeerProfile, strict=False)
        _require_bounds(profile)
    except ValueError as error:
        raise UserError(f"profile of {peer.name}: {error}") from error
    changed = msgspec.structs.replace(peer, profile=profile, updated_at=platform.clock())
    changed = credentials.in_its_role(platform, changed)
    if changed.roles != peer.roles:
        await credentials.told_from_the_beginning(platform, changed)
    await platform.store.peers.save(changed)
    return changed


def _named(changes: Mapping[str, object]) -> dict[str, object]:
    """Limits of CDRs that came as one object by their names."""
    limits = changes.get(LIMITS)
    if not isinstance(limits, Mapping):
        return dict(changes)
    others = {name: value for name, value in changes.items() if name != LIMITS}
    return others | {f"{LIMITS}.{name}": value for name, value in limits.items()}


def _nested(flat: Mapping[str, object]) -> dict[str, object]:
    part = f"{LIMITS}."
    limits = {name.removeprefix(part): value for name, value in flat.items() if name.startswith(part)}
    return {name: value for name, value in flat.items() if not name.startswith(part)} | {LIMITS: limits}


def _require_bounds(profile: PeerProfile) -> None:
    """What the class cannot say: msgspec knows no bounds of a Decimal."""
    limits = profile.clearing
    bounds = {
        "tolerance": profile.tolerance,
        "relative_tolerance": profile.relative_tolerance,
        "clearing.most_hours": limits.most_hours,
        "clearing.most_kwh": limits.most_kwh,
        "clearing.power_tolerance": limits.power_tolerance,
        "clearing.late_days": limits.late_days,
        **{f"clearing.most_cost {currency}": most for currency, most in limits.most_cost.items()},
    }
    for name, bound in bounds.items():
        if bound is not None and not (bound.is_finite() and bound >= 0):
            raise ValueError(f"{name}: found {bound}, expected a number from 0")


async def named(platform: Platform, name: str) -> Peer:
    """The peer of this name; NotFound otherwise."""
    peer = await platform.store.peers.by_name(name)
    if peer is None:
        raise NotFound(f"no peer is called {name!r}")
    return peer


async def _current(platform: Platform, peer: Peer) -> Peer:
    """The peer as it is by now."""
    return await named(platform, peer.name)


# ---- steps ---------------------------------------------------------------------------------------------------------


async def _open_peer(platform: Platform, name: str, allowed: Sequence[str]) -> Peer:
    """The peer of this name, which must not be connected yet, or a new one."""
    peer = await platform.store.peers.by_name(name)
    now = platform.clock()
    agreed = _allowed(allowed)
    if peer is None:
        return Peer(name=name, state=PeerState.INVITED, allowed=agreed, created_at=now, updated_at=now)
    if peer.state in (PeerState.REGISTERED, PeerState.SUSPENDED):
        raise Conflict(f"{name} is {peer.state} already")
    return msgspec.structs.replace(
        peer, state=PeerState.INVITED, allowed=peer.allowed if agreed is None else agreed, updated_at=now
    )


def _allowed(words: Sequence[str]) -> tuple[str, ...] | None:
    try:
        return tuple(dict.fromkeys(claims.read(word) for word in words)) or None
    except ValueError as error:
        raise UserError(str(error)) from error


async def _keep(platform: Platform, peer: Peer) -> Peer:
    if peer.id == 0:
        return await platform.store.peers.add(peer)
    await platform.store.peers.save(peer)
    return peer


async def _offer(platform: Platform, peer: Peer, found: Discovered, invitation: str, token: str) -> Credentials:
    """POST our credentials; when an earlier answer of theirs got lost they know us already, and PUT gets a new one."""
    try:
        return await _send(platform, peer, "POST", found, used=invitation, token=token)
    except PeerRefused as error:
        if error.http != 405:
            raise
        return await _send(platform, peer, "PUT", found, used=invitation, token=token)


async def _send(
    platform: Platform, peer: Peer, method: str, found: Discovered, *, used: str, token: str
) -> Credentials:
    body = await credentials.text_of(platform, peer, token, found.version)
    url = credentials.endpoint_of(found.endpoints)

    async def send() -> PartnerAnswer:
        return await platform.partners.post_credentials(
            method, url, used, body, encoding=peer.profile.token_encoding, version=found.version, peer=peer
        )

    try:
        answer = await send()
    except PeerUnreachable:
        # It may have done what it was asked, and only the answer with its token got lost.
        answer = await send()
    try:
        theirs = credentials.theirs_in(platform, found.version, peer)
        return codec.read(Credentials, found.version, answer.data, theirs).value
    except InvalidObject as error:
        raise PeerNonsense(f"their credentials: {error}") from error


async def _finish(platform: Platform, peer: Peer, theirs: Credentials, found: Discovered, token: str) -> Peer:
    """Keep what both sides agreed on; InvalidObject when their parties cannot be accepted."""
    return await _kept(platform, peer, await credentials.acceptable(platform, peer, theirs), found, token)


async def _kept(platform: Platform, peer: Peer, theirs: Credentials, found: Discovered, token: str) -> Peer:
    done = credentials.registered(platform, peer, theirs, found, token)
    await credentials.keep_registered(platform, peer, done, found.noticed)
    return done


def _in_use(platform: Platform, peer: Peer) -> tuple[str, str]:
    """The versions URL of a registered peer and the token we use with it."""
    if peer.state not in (PeerState.REGISTERED, PeerState.SUSPENDED) or not peer.token_sealed or not peer.versions_url:
        raise Conflict(f"{peer.name} is not registered")
    return peer.versions_url, platform.sealing.open(peer.token_sealed)


async def _tell_it_is_over(platform: Platform, peer: Peer) -> None:
    _, used = _in_use(platform, peer)
    url = credentials.endpoint_of(peer.endpoints)
    try:
        await platform.partners.post_credentials(
            "DELETE", url, used, b"", encoding=peer.profile.token_encoding, version=peer.version, peer=peer
        )
    except PeerRefused as error:
        if error.http not in (401, 404, 405):
            raise


async def _change_state(platform: Platform, peer: Peer, old: PeerState, new: PeerState) -> Peer:
    async with platform.store.peers.exchanging(peer):
        peer = await _current(platform, peer)
        if peer.state is not old:
            raise Conflict(f"{peer.name} is {peer.state}, not {old}")
        changed = msgspec.structs.replace(peer, state=new, updated_at=platform.clock())
        await platform.store.peers.save(changed)
    await hub_clients.tell(platform, changed)
    return changed
