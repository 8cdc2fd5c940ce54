"""Passwords: argon2 hashes, made and checked in a thread because they are slow on purpose.

Keys that a machine made of enough chance need no slow hash: nobody can try them all. Ten thousand stations that
reconnect after a restart would keep every core busy for minutes with it.
"""

import asyncio
import hmac
import secrets
from functools import cache
from hashlib import sha256

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_HASHER = PasswordHasher()
_KEY = "sha256:"


async def hashed(password: str) -> str:
    """The argon2 hash of a new password."""
    return await asyncio.to_thread(_HASHER.hash, password)


def made_key() -> str:
    """A password for a station, which is chance: 80 bits in hexadecimal, for some stations take no other letters."""
    return secrets.token_hex(10)


def hashed_key(key: str) -> str:
    """The hash of a password made by `secrets`, of 80 bits or more."""
    return _KEY + sha256(key.encode()).hexdigest()


def is_of_key(password_hash: str | None) -> bool:
    """Whether it is checked at once."""
    return password_hash is not None and password_hash.startswith(_KEY)


async def matches(password: str, password_hash: str | None) -> bool:
    """Is it the password of this hash? False, and as slow, when there is no hash."""
    if password_hash is not None and is_of_key(password_hash):
        return hmac.compare_digest(password_hash, hashed_key(password))
    fits = await asyncio.to_thread(_fits, password, password_hash)
    return fits and password_hash is not None


@cache
def _of_nobody() -> str:
    """Checked when there is nobody by that name, so that the answer takes as long as for a wrong password."""
    return _HASHER.hash("nobody has this password")


def _fits(password: str, password_hash: str | None) -> bool:
    try:
        return _HASHER.verify(password_hash or _of_nobody(), password)
    except (VerificationError, InvalidHashError):
        return False
