"""What an object of an older version does not say by itself: whose it is (2.1.1), and which Token it means.

2.1.1 has an `auth_id`, 2.2 a CdrToken without its party.
"""

from datetime import timedelta

from ocpilot.app.kept.charge_records import CommandDirection
from ocpilot.app.kept.peer_records import Peer
from ocpilot.app.ocpi.bodies import value_of
from ocpilot.app.ocpi.tokens import cdr_token_of, known
from ocpilot.app.ocpi.visibility import party_of
from ocpilot.app.platform import Platform
from ocpilot.base.ids import PartyId
from ocpilot.wire import codec
from ocpilot.wire.codec import NOTHING, Context
from ocpilot.wire.completing import PARTY
from ocpilot.wire.protocol import PROTOCOLS, InterfaceRole, ModuleID, Version
from ocpilot.wire.steps import provider_in
from ocpilot.wire.v230 import CdrToken, Role, Token, TokenType

#: Modules whose objects are about a Token.
_CHARGES = frozenset({ModuleID.SESSIONS, ModuleID.CDRS})
#: How far back a command or an answer may be what a charge began with.
_RECENT = timedelta(hours=24)


async def unsaid(
    platform: Platform, peer: Peer, version: Version, module: ModuleID, body: object, *, party: PartyId | None = None
) -> Context:
    """What to read this body of a peer with. `party` is the owner that a URL names, else the one party of the peer.

    NotFound when the peer has no party that owns such objects.
    """
    if PROTOCOLS[version].owners:
        return await _bearer(platform, body) if module in _CHARGES else NOTHING
    owner = party or party_of(peer, (module, InterfaceRole.SENDER), None)
    token = await _token(platform, body) if module in _CHARGES and isinstance(body, dict) else None
    return Context(party=owner, token=None if token is None else codec.body_of(token))


async def _bearer(platform: Platform, body: object) -> Context:
    """Whose a CdrToken is that does not say it (2.2): the party of the Token of ours (at a hub of anybody's), else our
    only provider."""
    named = body.get("cdr_token") if isinstance(body, dict) else None
    if not isinstance(named, dict) or all(named.get(name) is not None for name in PARTY):
        return NOTHING
    hub = platform.settings.hub is not None
    found = [token for stored, token in await known(platform, str(named.get("uid"))) if hub or stored.peer_id is None]
    parties = {PartyId.of(one.country_code, one.party_id) for one in found}
    parties = parties or {one.id for one in platform.settings.parties_as(Role.EMSP)}
    if len(parties) != 1:
        return NOTHING
    [party] = parties
    return Context(token={"country_code": party.country_code, "party_id": party.party_id})


async def _token(platform: Platform, body: codec.Body) -> CdrToken | None:
    """The Token of ours (at a hub of anybody's) whose contract a Session or CDR names: of several the one that was used
    last.

    A contract that we do not know and that names no provider must be of ours: a connection of 2.1.1 has one party on
    each side. None for one that does: then the `auth_id` itself is all there is.
    """
    contract = body.get("auth_id")
    if not isinstance(contract, str):
        return None
    hub = platform.settings.hub is not None
    tokens = [value_of(Token, stored) for stored in await platform.store.objects.of_contract(contract, anyones=hub)]
    if not tokens and provider_in(contract) is None:
        return _unknown(platform, contract)
    if len(tokens) > 1:
        location = body.get("location")
        place = str(location.get("id")) if isinstance(location, dict) else ""
        used = [token for token in tokens if await _was_used(platform, token, place)]
        tokens = used or sorted(tokens, key=lambda token: not token.valid)
    return cdr_token_of(tokens[0]) if tokens else None


def _unknown(platform: Platform, contract: str) -> CdrToken | None:
    """What can be said of a contract of our provider that none of its Tokens has."""
    ours = next(iter(platform.settings.parties_as(Role.EMSP)), None)
    if ours is None:
        return None
    owner = ours.id
    return CdrToken(
        country_code=owner.country_code,
        party_id=owner.party_id,
        uid=contract,
        type=TokenType.OTHER,
        contract_id=contract,
    )


async def _was_used(platform: Platform, token: Token, location_id: str) -> bool:
    """Whether a command of ours waits for a charge with it there, or an operator asked about it lately."""
    since = platform.clock() - _RECENT
    command = await platform.store.commands.awaiting_session(
        direction=CommandDirection.SENT, token_uid=token.uid, location_id=location_id, since=since
    )
    return command is not None or await platform.store.authorizations.latest(token.uid, since) is not None
