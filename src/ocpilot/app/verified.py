"""Passwords that were found right a while ago, so that ten thousand stations that reconnect cost no argon2 each.

Of a password only a keyed hash stays, in this process and under a key that dies with it.
"""

import asyncio
import hmac
import secrets
from collections import OrderedDict
from datetime import datetime, timedelta

from ocpilot.app import passwords

_KEPT = timedelta(hours=12)
_MOST = 100_000
#: argon2 takes 64 MiB and most of a core at a time; whoever else is served must not wait for strangers.
_AT_A_TIME = 2


class Verified:
    """Checks passwords, and remembers the right ones by a name."""

    def __init__(self) -> None:
        self._key = secrets.token_bytes(32)
        self._seen: OrderedDict[str, tuple[bytes, datetime]] = OrderedDict()
        self._turns = asyncio.Semaphore(_AT_A_TIME)

    def remembers(self, name: str, password: str, password_hash: str | None, now: datetime) -> bool:
        """Was this password found right for this very hash, not too long ago?"""
        kept = self._seen.get(name)
        if kept is None or password_hash is None or kept[1] <= now:
            return False
        return hmac.compare_digest(kept[0], self._mark(password, password_hash))

    async def matches(self, name: str, password: str, password_hash: str | None, now: datetime) -> bool:
        """Is it the password of this hash? As slow without a hash."""
        if passwords.is_of_key(password_hash):
            return await passwords.matches(password, password_hash)
        async with self._turns:
            fits = await passwords.matches(password, password_hash)
        if fits and password_hash is not None:
            self._seen[name] = self._mark(password, password_hash), now + _KEPT
            self._seen.move_to_end(name)
            while len(self._seen) > _MOST:
                self._seen.popitem(last=False)
        return fits

    def _mark(self, password: str, password_hash: str) -> bytes:
        return hmac.digest(self._key, f"{password_hash} {password}".encode(), "sha256")
