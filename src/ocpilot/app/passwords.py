"""Passwords: argon2 hashes, made and checked in a thread because they are slow on purpose."""

import asyncio

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_HASHER = PasswordHasher()
#: Checked when there is nobody by that name, so that the answer takes as long as for a wrong password.
_NOBODY = _HASHER.hash("nobody has this password")


async def hashed(password: str) -> str:
    """The argon2 hash of a new password."""
    return await asyncio.to_thread(_HASHER.hash, password)


async def matches(password: str, password_hash: str | None) -> bool:
    """Is it the password of this hash? False, and as slow, when there is no hash."""
    fits = await asyncio.to_thread(_fits, password, password_hash or _NOBODY)
    return fits and password_hash is not None


def _fits(password: str, password_hash: str) -> bool:
    try:
        return _HASHER.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False
