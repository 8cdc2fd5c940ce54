"""People who sign in: drivers of ours, who get a Token for the app, and operators."""

from ocpilot.app import passwords
from ocpilot.app.kept.records import Account, AccountRole, StoredObject
from ocpilot.app.ocpi import tokens
from ocpilot.app.platform import Platform
from ocpilot.base.errors import Conflict, UserError
from ocpilot.base.ids import PartyId, fold
from ocpilot.wire.v230 import CdrToken, TokenType

_SHORTEST_PASSWORD = 8


async def create_driver(
    platform: Platform, *, email: str, name: str, password: str, language: str = "en", cards: tuple[str, ...] = ()
) -> Account:
    """A new driver with an APP_USER Token of our first EMSP party; `cards` are RFID uids that become Tokens too.

    Raises Conflict when the email is taken, UserError for a password that is too short or without an EMSP party.
    """
    party = provider(platform)
    await _check(platform, email, password)
    rfid = [await tokens.issue(platform, party, uid=card, type_=TokenType.RFID, language=language) for card in cards]
    app = await tokens.issue(platform, party, language=language)
    uids = (app.uid, *(card.uid for card in rfid))
    return await _create(
        platform,
        email=email,
        name=name,
        password=password,
        role=AccountRole.DRIVER,
        language=language,
        token_uids=uids,
    )


async def create_operator(platform: Platform, *, email: str, name: str, password: str, language: str = "en") -> Account:
    """A new employee of the operator. Raises as `create_driver`."""
    await _check(platform, email, password)
    return await _create(
        platform, email=email, name=name, password=password, role=AccountRole.OPERATOR, language=language
    )


async def sign_in(platform: Platform, email: str, password: str) -> Account | None:
    """The account with this email and password, or None; both kinds of None take the same time."""
    account = await platform.store.accounts.by_email(email.strip())
    fits = await passwords.matches(password, account.password_hash if account else None)
    return account if fits else None


def provider(platform: Platform) -> PartyId:
    """Our party that issues Tokens to drivers; UserError when we play no EMSP."""
    parties = platform.settings.parties_as("EMSP")
    if not parties:
        raise UserError("no party of ours has the role EMSP, so we have no drivers; add one to `parties`")
    return parties[0].id


def is_his(platform: Platform, account: Account, stored: StoredObject, token: CdrToken) -> bool:
    """Whether a Session or CDR with this Token is of this driver of ours."""
    return fold(token.uid) in {fold(uid) for uid in account.token_uids} and may_be_his(platform, stored, token)


def may_be_his(platform: Platform, stored: StoredObject, token: CdrToken) -> bool:
    """Whether it may be of a driver of ours at all. At a station of ours charges whoever has a Token of any provider,
    and uids of two providers may be the same. What peers send us is about Tokens of ours, in whatever name."""
    party = PartyId.of(token.country_code, token.party_id)
    return stored.peer_id is not None or tokens.is_ours(platform, party)


async def _check(platform: Platform, email: str, password: str) -> None:
    if len(password) < _SHORTEST_PASSWORD:
        raise UserError(f"a password needs at least {_SHORTEST_PASSWORD} characters")
    if "@" not in email:
        raise UserError(f"{email!r} is no email address")
    if await platform.store.accounts.by_email(email.strip()) is not None:
        raise Conflict(f"{email} has an account already")


async def _create(
    platform: Platform,
    *,
    email: str,
    name: str,
    password: str,
    role: AccountRole,
    language: str,
    token_uids: tuple[str, ...] = (),
) -> Account:
    return await platform.store.accounts.add(
        Account(
            email=email.strip(),
            name=name.strip() or email.strip(),
            role=role,
            password_hash=await passwords.hashed(password),
            language=language,
            token_uids=token_uids,
            created_at=platform.clock(),
        )
    )
