"""May this Token charge here? Asked by our stations (operator) and by other platforms about our Tokens (provider)."""

import asyncio
import logging
from datetime import datetime, timedelta

import msgspec

from ocpilot.app.charges import shown_tokens
from ocpilot.app.charges.command_records import LATE_START
from ocpilot.app.kept.charge_records import Authorization, Command
from ocpilot.app.kept.peer_records import Peer, PeerState
from ocpilot.app.kept.records import Record
from ocpilot.app.kept.station_events import IdToken
from ocpilot.app.ocpi import tokens
from ocpilot.app.ocpi.bodies import parsed, text_of
from ocpilot.app.ocpi.heard import heard
from ocpilot.app.ocpi.visibility import may_send, meant_for, party_of
from ocpilot.app.platform import Platform
from ocpilot.app.ports import OWN_VERSION
from ocpilot.base.errors import (
    BadRequest,
    NoMatchingEndpoints,
    NotFound,
    PeerError,
    PeerNonsense,
    PeerRefused,
    UnknownToken,
)
from ocpilot.base.ids import PartyId, fold, new_id
from ocpilot.roaming import emaids
from ocpilot.wire import codec
from ocpilot.wire.codec import Context
from ocpilot.wire.protocol import PROTOCOLS, InterfaceRole, ModuleID
from ocpilot.wire.v230 import (
    AllowedType,
    AuthMethod,
    AuthorizationInfo,
    LocationReferences,
    Token,
    TokenType,
    WhitelistType,
)

log = logging.getLogger(__name__)

#: How long an answer serves for the start that follows it (mod_commands, "StartSession object": 15 minutes).
ANSWER_HOLDS = timedelta(minutes=15)
#: CiString(36) (mod_tokens, "Token object").
_UID_LENGTH = 36


class Decision(Record, frozen=True):
    """Whether a Token may charge. `allowed` is None for a Token nobody knows; `reference` came with the answer.

    `location` is where it may, when the provider said so; no `evse_uids` in it means all of them.
    """

    allowed: AllowedType | None
    token: Token | None = None
    method: AuthMethod = AuthMethod.WHITELIST
    reference: str | None = None
    location: LocationReferences | None = None

    def at(self, evse_uid: str) -> AllowedType | None:
        """The same at one EVSE (mod_tokens, "AuthorizationInfo": only the EVSEs where he may charge are returned)."""
        evses = self.location.evse_uids if self.location else ()
        elsewhere = bool(evses) and fold(evse_uid) not in map(fold, evses)
        return AllowedType.NOT_ALLOWED if self.allowed == AllowedType.ALLOWED and elsewhere else self.allowed


UNKNOWN = Decision(allowed=None)


# ---- operator: a card at our station -------------------------------------------------------------------------------


async def authorize_token(
    platform: Platform,
    operator: PartyId,
    shown: IdToken,
    place: LocationReferences,
    *,
    starting: bool = False,
    number: int | None = None,
) -> Decision:
    """Decide about what is shown at a station of ours; the answer comes within `roaming.authorize_deadline`.

    A command of the provider within 15 minutes is an answer already, also an older one for a Token that only commands
    use: nobody may be asked about those (mod_commands, "StartSession object"). With `starting` so is what the provider
    said within 15 minutes: the start belongs to that question. Of several commands the one with this `number` counts,
    else one about the EVSE that starts. Otherwise the whitelist of the Token says who is asked,
    and about a Token that nobody told us of those who tell of none, and the provider that a contract names.

    Whom a station lets charge without knowing him may not, unless `stations.ad_hoc` says so: then he pays there.
    """
    if shown_tokens.is_nobody(shown):
        return _nobody(platform, operator, shown)
    known = await shown_tokens.known(platform, shown)
    uids = dict.fromkeys((shown.value, *(token.uid for _, token in known)))
    for uid in uids:
        answered = await _answered(platform, uid, place, starting=starting, number=number)
        if answered is not None:
            return answered
    refused = None
    for stored, token in known:
        if stored.peer_id is None:
            decision = Decision(allowed=_verdict(token), token=token)
        else:
            decision = await _by_whitelist(platform, operator, stored.peer_id, token, place)
        if decision.allowed == AllowedType.ALLOWED:
            return decision
        refused = refused or decision
    return refused or await _ask_around(platform, operator, shown, place)


def _nobody(platform: Platform, operator: PartyId, shown: IdToken) -> Decision:
    """Somebody pays at the station, or nobody knows who he is."""
    if not platform.settings.stations.ad_hoc:
        return UNKNOWN
    fits = 0 < len(shown.value) <= _UID_LENGTH
    return Decision(
        allowed=AllowedType.ALLOWED,
        token=tokens.of_nobody(platform, operator, shown.value if fits else None),
        method=AuthMethod.AUTH_REQUEST,
    )


def forgotten_at(platform: Platform, decision: Decision) -> datetime | None:
    """Until when a station may let the Token charge without asking again; None: until it hears otherwise."""
    never = decision.token is not None and decision.token.whitelist == WhitelistType.NEVER
    return platform.clock() + ANSWER_HOLDS if never and decision.allowed == AllowedType.ALLOWED else None


async def remember_command(platform: Platform, command: Command, token: Token, place: LocationReferences) -> None:
    """Keep that a provider's command allows this Token, under the idTag its station will show."""
    info = AuthorizationInfo(
        allowed=AllowedType.ALLOWED,
        token=token,
        location=place,
        authorization_reference=command.authorization_reference,
    )
    id_tag = tokens.id_tag_of(token.uid)
    await _keep(platform, info, place, id_=command.id, peer_id=command.peer_id, token_uid=id_tag)


async def _answered(
    platform: Platform, shown: str, place: LocationReferences, *, starting: bool, number: int | None
) -> Decision | None:
    id_tag, since = tokens.id_tag_of(shown), platform.clock() - LATE_START
    if starting:
        evse_uid = next(iter(place.evse_uids), None)
        kept = await platform.store.authorizations.of_command(id_tag, since, evse_uid=evse_uid, number=number)
        answered = await _standing(platform, kept, place, answers_too=False)
        if answered is not None:
            return answered
    kept = await platform.store.authorizations.latest(id_tag, since)
    return await _standing(platform, kept, place, answers_too=starting)


async def _standing(
    platform: Platform, kept: Authorization | None, place: LocationReferences, *, answers_too: bool
) -> Decision | None:
    """What an answer that was given before says now, if anything."""
    now = platform.clock()
    if kept is None or kept.allowed != AllowedType.ALLOWED:
        return None
    if kept.location_id is not None and fold(kept.location_id) != fold(place.location_id):
        return None
    info = parsed(AuthorizationInfo, kept.info)
    by_command = await platform.store.commands.get(kept.id) is not None
    if tokens.is_ours(platform, kept.token_party) and not by_command:
        return None  # what we said to another operator; here the Token itself decides
    never_asked = by_command and info.token.type in (TokenType.APP_USER, TokenType.AD_HOC_USER)
    if not never_asked and (kept.at < now - ANSWER_HOLDS or not (by_command or answers_too)):
        return None
    return _decision(info, AuthMethod.COMMAND if by_command else AuthMethod.AUTH_REQUEST)


async def _by_whitelist(
    platform: Platform, operator: PartyId, peer_id: int, token: Token, place: LocationReferences
) -> Decision:
    """The matrix of (mod_tokens, "WhitelistType"): who is asked, and what holds when there is no answer."""
    local = Decision(allowed=_verdict(token), token=token)
    if token.whitelist in (WhitelistType.ALWAYS, WhitelistType.ALLOWED):
        return local
    try:
        peer = await platform.store.peers.get(peer_id)
        return await _ask(platform, operator, peer, token, place)
    except UnknownToken:
        return Decision(allowed=None, token=token, method=AuthMethod.AUTH_REQUEST)
    except (PeerError, NoMatchingEndpoints, BadRequest, TimeoutError) as error:
        log.warning("authorize %s: the provider gave no answer (%s)", token.uid, error or type(error).__name__)
    if token.whitelist == WhitelistType.ALLOWED_OFFLINE:
        return local
    return Decision(allowed=AllowedType.NOT_ALLOWED, token=token, method=AuthMethod.AUTH_REQUEST)


async def _ask_around(platform: Platform, operator: PartyId, shown: IdToken, place: LocationReferences) -> Decision:
    """What providers that do not tell us their Tokens say of a card (mod_tokens, "Real-time authorization"), or the
    provider that a contract names.

    All are asked at once. The first that knows it and lets it charge counts, else the first that knows it.
    """
    peers = [peer for peer in await platform.store.peers.all() if _tells_tokens(peer)]
    asked = [(peer, _presumed(platform, peer, shown.value)) for peer in peers if peer.profile.tokens_on_demand]
    if shown_tokens.is_contract(shown) and emaids.is_emaid(shown.value):
        provider = emaids.provider_of(shown.value)
        theirs = [peer for peer in peers if may_send(peer, ModuleID.TOKENS, provider)]
        asked = [(peer, _contract(platform, peer, shown.value, provider)) for peer in theirs] or asked
    answers = await asyncio.gather(*(_says(platform, operator, peer, token, place) for peer, token in asked))
    known = [one for one in answers if one is not None]
    return next((one for one in known if one.allowed == AllowedType.ALLOWED), next(iter(known), UNKNOWN))


async def _says(
    platform: Platform, operator: PartyId, peer: Peer, presumed: Token, place: LocationReferences
) -> Decision | None:
    uid = presumed.uid
    try:
        decision = await _ask(platform, operator, peer, presumed, place)
    except (PeerError, NotFound, NoMatchingEndpoints, BadRequest, TimeoutError) as error:
        log.info("authorize %s: %s does not know it (%s)", uid, peer.name, error or type(error).__name__)
        return None
    token = decision.token
    if token is None or not may_send(peer, ModuleID.TOKENS, PartyId.of(token.country_code, token.party_id)):
        log.warning("authorize %s: %s answers with a Token that is not its own", uid, peer.name)
        return None
    return decision


def _tells_tokens(peer: Peer) -> bool:
    """Whether an answer says which Token it is about: before 2.2 it did not, and there would be nobody to bill."""
    return peer.state is PeerState.REGISTERED and peer.version is not None and PROTOCOLS[peer.version].owners


def _presumed(platform: Platform, peer: Peer, uid: str) -> Token:
    """A card as it may be known to a peer, for asking about it."""
    owner = peer.addressee or party_of(peer, (ModuleID.TOKENS, InterfaceRole.SENDER), None)
    return Token(
        country_code=owner.country_code,
        party_id=owner.party_id,
        uid=uid,
        type=TokenType.RFID,
        contract_id=uid,
        issuer=peer.name,
        valid=True,
        whitelist=WhitelistType.NEVER,
        last_updated=platform.clock(),
    )


def _contract(platform: Platform, peer: Peer, emaid: str, provider: PartyId) -> Token:
    """A contract as it may be known to its provider."""
    return msgspec.structs.replace(
        _presumed(platform, peer, emaid),
        country_code=provider.country_code,
        party_id=provider.party_id,
        type=TokenType.EMAID,
    )


async def _ask(
    platform: Platform, operator: PartyId, peer: Peer | None, token: Token, place: LocationReferences
) -> Decision:
    if peer is None or peer.state != PeerState.REGISTERED or peer.version is None:
        raise PeerError("we are not connected with the provider")
    body = codec.convert(LocationReferences, codec.body_of(place), OWN_VERSION, peer.version).body
    try:
        async with asyncio.timeout(platform.settings.roaming.authorize_deadline):
            answer = await platform.partners.call(
                peer,
                "POST",
                ModuleID.TOKENS,
                InterfaceRole.SENDER,
                (token.uid, "authorize"),
                body=codec.dumps(body),
                params={"type": codec.word_in(TokenType, token.type, peer.version)},
                sender=operator,
                receiver=PartyId.of(token.country_code, token.party_id),
            )
    except PeerRefused as error:
        if error.http == 404 or error.ocpi == UnknownToken.ocpi_status:
            raise UnknownToken(f"the provider does not know the Token {token.uid}") from error
        raise
    about = Context(token=codec.body_of(token))
    info = heard(platform, peer, ModuleID.TOKENS, AuthorizationInfo, answer.data, context=about).value
    if not shown_tokens.is_same(info.token.uid, token.uid):
        raise PeerNonsense(f"the answer is about the Token {info.token.uid}, not {token.uid}")
    await _keep(platform, info, place, id_=new_id(), peer_id=peer.id, token_uid=tokens.id_tag_of(token.uid))
    return _decision(info, AuthMethod.AUTH_REQUEST)


def _decision(info: AuthorizationInfo, method: AuthMethod) -> Decision:
    return Decision(
        allowed=info.allowed,
        token=info.token,
        method=method,
        reference=info.authorization_reference,
        location=info.location,
    )


# ---- provider: another platform asks about our driver --------------------------------------------------------------


async def decide(
    platform: Platform, peer: Peer, token_uid: str, token_type: str | None, place: LocationReferences | None
) -> AuthorizationInfo:
    """The answer to POST authorize (mod_tokens, "POST Method"), kept before it is given.

    `token_type` is in the words of the peer's version, RFID when it names none. Raises UnknownToken for a Token that is
    not ours, or not for this peer. The place is not checked for opening hours or status, which the standard forbids; a
    Location we do not know is fine too.
    """
    version, wanted = peer.version or OWN_VERSION, token_type or TokenType.RFID
    known = await tokens.known(platform, token_uid)
    ours = [token for stored, token in known if stored.peer_id is None and meant_for(stored.audience, peer.parties)]
    token = next((one for one in ours if fold(codec.word_in(TokenType, one.type, version)) == fold(wanted)), None)
    if token is None:
        raise UnknownToken(f"no Token {token_uid} of type {wanted} here")
    allowed = _verdict(token)
    may = allowed == AllowedType.ALLOWED
    info = AuthorizationInfo(
        allowed=allowed,
        token=token,
        location=place if may else None,
        authorization_reference=new_id() if may else None,
    )
    await _keep(
        platform,
        info,
        place,
        id_=info.authorization_reference or new_id(),
        peer_id=peer.id,
        token_uid=token.uid,
    )
    return info


def _verdict(token: Token) -> AllowedType:
    return AllowedType.ALLOWED if token.valid else AllowedType.BLOCKED


async def _keep(
    platform: Platform,
    info: AuthorizationInfo,
    place: LocationReferences | None,
    *,
    id_: str,
    peer_id: int,
    token_uid: str,
) -> None:
    await platform.store.authorizations.add(
        Authorization(
            id=id_,
            peer_id=peer_id,
            token_party=PartyId.of(info.token.country_code, info.token.party_id),
            token_uid=token_uid,
            location_id=place.location_id if place else None,
            allowed=info.allowed,
            authorization_reference=info.authorization_reference,
            info=text_of(info),
            at=platform.clock(),
        )
    )
