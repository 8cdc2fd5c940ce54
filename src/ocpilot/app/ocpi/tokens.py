"""Our own Tokens, those we issue to drivers, and the Tokens anyone told us about (mod_tokens)."""

from collections.abc import Sequence

from ocpilot.app.kept.records import ObjectKey, StoredObject
from ocpilot.app.kept.station_events import IdToken
from ocpilot.app.ocpi.bodies import own, value_of
from ocpilot.app.ocpi.homes import put_ours
from ocpilot.app.platform import Platform
from ocpilot.base.errors import Conflict, InvalidObject
from ocpilot.base.ids import PartyId, derived_id, fold, new_id
from ocpilot.roaming import emaids
from ocpilot.wire.protocol import ModuleID
from ocpilot.wire.v230 import CdrToken, Role, Token, TokenType, WhitelistType

#: OCPP 2.x ("IdTokenEnumType"); what stands here in no other way is known to the platform only.
_KINDS: dict[str, str] = {TokenType.RFID: "ISO14443", TokenType.EMAID: "eMAID"}


def key_of(token: Token) -> ObjectKey:
    """Where a Token is kept: uid and type together are unique per party (mod_tokens, "Token object")."""
    party = PartyId.of(token.country_code, token.party_id)
    return ObjectKey(module=ModuleID.TOKENS, party=party, id=token.uid, sub=token.type)


async def put(platform: Platform, token: Token) -> None:
    """Store a Token of ours, new or changed; every operator it is for gets it: all of them, unless it was said to be
    for one party."""
    await put_ours(platform, own(key_of(token), token, token.last_updated))


async def issue(
    platform: Platform,
    party: PartyId,
    *,
    uid: str | None = None,
    type_: str = TokenType.APP_USER,
    language: str | None = None,
) -> Token:
    """A new valid Token of `party`. Operators must ask us each time it is used, except for cards, which may also be
    used while we cannot be reached (mod_tokens, notes at "TokenType"). Conflict when the uid is taken."""
    token = Token(
        country_code=party.country_code,
        party_id=party.party_id,
        uid=uid or new_id(),
        type=type_,
        contract_id=_contract_id(party),
        issuer=platform.settings.name,
        valid=True,
        whitelist=WhitelistType.ALLOWED_OFFLINE if type_ == TokenType.RFID else WhitelistType.NEVER,
        language=language,
        last_updated=platform.clock(),
    )
    if await platform.store.objects.get(key_of(token)) is not None:
        raise Conflict(f"the Token {token.uid} exists already")
    await put(platform, token)
    return token


async def known(platform: Platform, uid: str) -> tuple[tuple[StoredObject, Token], ...]:
    """Every Token with this uid we know, ours first; those that break the standard are left out."""
    return _readable(await platform.store.objects.find(ModuleID.TOKENS, uid))


async def of_contract(platform: Platform, emaid: str) -> tuple[tuple[StoredObject, Token], ...]:
    """Every Token with this contract id, written in whatever way, ours first."""
    return _readable(await platform.store.objects.of_emaid(emaids.plain(emaid)))


def of_nobody(platform: Platform, operator: PartyId, uid: str | None = None) -> Token:
    """A Token of somebody nobody knows who charges at a station of `operator`: of the party he pays to, our payment
    terminal provider when we are one."""
    paid_to = next((one.id for one in platform.settings.parties_as(Role.PTP)), operator)
    return of_one_charge(platform, paid_to, uid)


def of_one_charge(platform: Platform, party: PartyId, uid: str | None = None) -> Token:
    """A Token of somebody nobody knows. Not pushed to anybody (mod_commands, "StartSession object")."""
    uid = uid or new_id()
    return Token(
        country_code=party.country_code,
        party_id=party.party_id,
        uid=uid,
        type=TokenType.AD_HOC_USER,
        contract_id=uid,
        issuer=platform.settings.name,
        valid=True,
        whitelist=WhitelistType.NEVER,
        last_updated=platform.clock(),
    )


def _readable(found: Sequence[StoredObject]) -> tuple[tuple[StoredObject, Token], ...]:
    readable = []
    for stored in sorted(found, key=lambda one: one.peer_id is not None):
        try:
            readable.append((stored, value_of(Token, stored)))
        except InvalidObject:
            continue
    return tuple(readable)


async def act_as_one(platform: Platform, one: str, other: str) -> bool:
    """Whether two idTags are the same Token, or of the same group: Tokens of one provider with the same `group_id` work
    as one (mod_tokens, "Token object")."""
    if fold(id_tag_of(one)) == fold(id_tag_of(other)):
        return True
    groups = [{_group_of(token) for _, token in await known(platform, uid)} - {None} for uid in (one, other)]
    return not groups[0].isdisjoint(groups[1])


def _group_of(token: Token) -> tuple[PartyId, str] | None:
    return (PartyId.of(token.country_code, token.party_id), fold(token.group_id)) if token.group_id else None


def is_ours(platform: Platform, party: PartyId) -> bool:
    """Whether this party, the owner of a Token, is one of ours."""
    return any(one.id == party for one in platform.settings.parties)


def cdr_token_of(token: Token) -> CdrToken:
    """What Sessions and CDRs say about the Token (mod_cdrs, "CdrToken")."""
    return CdrToken(
        country_code=token.country_code,
        party_id=token.party_id,
        uid=token.uid,
        type=token.type,
        contract_id=token.contract_id,
    )


def shown_as(token: Token) -> IdToken:
    """What a station is told that the driver of a Token will show."""
    return id_token_of(token.uid, token.type)


def id_token_of(uid: str, type_: str) -> IdToken:
    """The same for what is known of a Token."""
    return IdToken(uid, _KINDS.get(type_, "Central"))


def id_tag_of(uid: str) -> str:
    """The idTag a station of OCPP 1.6 gets for a Token: at most 20 characters (OCPP 1.6, 7.28 "IdToken").

    A longer uid gets a surrogate that always is the same.
    """
    return uid if len(uid) <= 20 else derived_id("id tag", fold(uid)).replace("-", "")[:20]


def _contract_id(party: PartyId) -> str:
    """An eMA ID of the party: country, provider, `C`, eight characters (no check digit, which is optional)."""
    return f"{party.country_code}-{party.party_id}-C{new_id().replace('-', '')[:8].upper()}"
