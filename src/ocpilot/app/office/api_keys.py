"""Keys of back offices: made and shown once, recognised by their hash, limited by scopes and perhaps to one party."""

import secrets
from collections.abc import Collection
from datetime import timedelta

from ocpilot.app.kept.api_ports import OF_THE_PLATFORM, ApiKey, Scope
from ocpilot.app.platform import Platform
from ocpilot.app.secrets import hash_token
from ocpilot.base.errors import Forbidden, NotAuthorized, NotFound, UserError
from ocpilot.base.ids import PartyId

#: Leads every key, so that one that leaks into a log or a repository is recognised.
PREFIX = "ocpi_"
#: How exact `last_used_at` is: a write for every request would cost more than the request.
_NOTED_EVERY = timedelta(minutes=1)


async def add(
    platform: Platform, name: str, scopes: Collection[str], party: PartyId | None = None, days: int | None = None
) -> tuple[ApiKey, str]:
    """A new key and its text, which nobody can read again. Conflict when the name is taken."""
    given = _scopes(scopes)
    if party is not None:
        _check_limit(platform, given, party)
    if not name.strip() or len(name) > 100:
        raise UserError(f"found the name {name!r}, expected 1 to 100 characters")
    if days is not None and not 0 < days <= 3660:
        raise UserError(f"found {days} days, expected 1 to 3660")
    text = PREFIX + secrets.token_urlsafe(32)
    now = platform.clock()
    key = ApiKey(
        name=name.strip(),
        key_hash=hash_token(text),
        scopes=given,
        party=party.key if party else None,
        created_at=now,
        expires_at=None if days is None else now + timedelta(days=days),
    )
    return await platform.store.api_keys.add(key), text


async def revoke(platform: Platform, name: str) -> ApiKey:
    """End a key; NotFound."""
    key = await platform.store.api_keys.revoke(name, platform.clock())
    if key is None:
        raise NotFound(f"no API key is called {name!r}")
    return key


async def identify(platform: Platform, text: str) -> ApiKey:
    """The key whose text this is. It is looked up by its hash, so how long that takes tells nothing about it.

    NotAuthorized for an unknown, expired or revoked one.
    """
    key = await platform.store.api_keys.by_hash(hash_token(text))
    now = platform.clock()
    if key is None:
        raise NotAuthorized("unknown API key")
    if key.revoked_at is not None:
        raise NotAuthorized(f"the API key {key.name} is revoked")
    if key.expires_at is not None and key.expires_at <= now:
        raise NotAuthorized(f"the API key {key.name} has expired")
    if key.last_used_at is None or now - key.last_used_at >= _NOTED_EVERY:
        await platform.store.api_keys.used(key.id, now)
    return key


def require(key: ApiKey, scope: Scope) -> None:
    """Forbidden, which names the scope, when the key does not have it."""
    if scope not in key.scopes:
        raise Forbidden(f"the API key {key.name} has no scope {scope}", scope)


def require_party(key: ApiKey, party: PartyId) -> None:
    """Forbidden when the key is limited to another party."""
    if key.only not in (None, party):
        raise Forbidden(f"the API key {key.name} is limited to {key.only}, found {party}")


def _scopes(words: Collection[str]) -> tuple[Scope, ...]:
    unknown = sorted(set(words) - set(Scope))
    if unknown or not words:
        found = ", ".join(unknown) or "no scope"
        raise UserError(f"found {found}, expected some of {', '.join(Scope)}")
    return tuple(scope for scope in Scope if scope in words)


def _check_limit(platform: Platform, scopes: Collection[Scope], party: PartyId) -> None:
    ours = [one.id for one in platform.settings.parties]
    if party not in ours:
        raise UserError(f"found the party {party}, expected one of ours: {', '.join(map(str, ours))}")
    if common := sorted(OF_THE_PLATFORM.intersection(scopes)):
        raise UserError(f"{', '.join(common)}: of the whole platform, a key for {party} alone cannot have it")
