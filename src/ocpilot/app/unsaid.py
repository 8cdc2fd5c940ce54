"""What an object of 2.1.1 does not say by itself: whose it is, and which Token its `auth_id` means."""

from datetime import timedelta

from ocpilot.app.bodies import value_of
from ocpilot.app.platform import Platform
from ocpilot.app.records import CommandDirection, Peer
from ocpilot.app.tokens import cdr_token_of
from ocpilot.app.visibility import party_of
from ocpilot.base.ids import PartyId
from ocpilot.wire import codec
from ocpilot.wire.codec import NOTHING, Context
from ocpilot.wire.protocol import PROTOCOLS, InterfaceRole, ModuleID, Version
from ocpilot.wire.v230 import CdrToken, Token

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
        return NOTHING
    owner = party or party_of(peer, (module, InterfaceRole.SENDER), None)
    token = await _token(platform, body) if module in _CHARGES and isinstance(body, dict) else None
    return Context(party=owner, token=None if token is None else codec.body_of(token))


async def _token(platform: Platform, body: codec.Body) -> CdrToken | None:
    """The Token of ours whose contract a Session or CDR names: of several the one that was used last.

    None for a contract we do not know: then the `auth_id` itself is all there is.
    """
    contract = body.get("auth_id")
    found = await platform.store.objects.of_contract(contract) if isinstance(contract, str) else ()
    tokens = [value_of(Token, stored) for stored in found]
    if len(tokens) > 1:
        location = body.get("location")
        place = str(location.get("id")) if isinstance(location, dict) else ""
        used = [token for token in tokens if await _was_used(platform, token, place)]
        tokens = used or sorted(tokens, key=lambda token: not token.valid)
    return cdr_token_of(tokens[0]) if tokens else None


async def _was_used(platform: Platform, token: Token, location_id: str) -> bool:
    """Whether a command of ours waits for a charge with it there, or an operator asked about it lately."""
    since = platform.clock() - _RECENT
    command = await platform.store.commands.awaiting_session(
        direction=CommandDirection.SENT, token_uid=token.uid, location_id=location_id, since=since
    )
    return command is not None or await platform.store.authorizations.latest(token.uid, since) is not None
