"""Secrets: tokens we only compare are kept as hashes, tokens we must send are sealed."""

import base64
import hashlib
import os
import secrets
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ocpilot.base.errors import OcpilotError, SettingsError
from ocpilot.base.settings import Settings

KEY_FILE = "secret.key"
SHORTEST_SECRET_KEY = 16


def hash_token(token: str) -> bytes:
    """SHA-256 of a credentials token: it has 256 random bits, so it needs no salt and no slow hash."""
    return hashlib.sha256(token.encode()).digest()


def secret_key(settings: Settings) -> str:
    """`security.secret_key`, or the key in `data_dir` (mode 0600), made at the first call."""
    given = settings.security.secret_key
    key = given or _key_in(settings.data_dir)
    if len(key) < SHORTEST_SECRET_KEY:
        where = "security.secret_key" if given else settings.data_dir / KEY_FILE
        raise SettingsError(f"{where}: found {len(key)} characters, expected {SHORTEST_SECRET_KEY} or more")
    return key


def derived_key(settings: Settings, purpose: str) -> bytes:
    """32 bytes for one purpose: what signs cookies cannot open seals."""
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=f"ocpilot {purpose}".encode()).derive(
        secret_key(settings).encode()
    )


class Seal:
    """`app.ports.Sealing`: AES with HMAC (Fernet) under the platform's key."""

    def __init__(self, settings: Settings) -> None:
        self._fernet = Fernet(base64.urlsafe_b64encode(derived_key(settings, "seal")))
        #: A token is sent with every call to its peer.
        self._opened = lru_cache(maxsize=1024)(self._decrypted)

    def seal(self, secret: str) -> bytes:
        """See the port."""
        return self._fernet.encrypt(secret.encode())

    def open(self, sealed: bytes) -> str:
        """See the port."""
        return self._opened(sealed)

    def _decrypted(self, sealed: bytes) -> str:
        try:
            return self._fernet.decrypt(sealed).decode()
        except InvalidToken as error:
            raise OcpilotError(
                "a sealed secret cannot be opened: security.secret_key (or the key file in data_dir) is not the one "
                "it was sealed with"
            ) from error


def _key_in(folder: Path) -> str:
    """Written aside and linked, so that processes starting together agree on one key."""
    path = folder / KEY_FILE
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        new = folder / f".{KEY_FILE}.{os.getpid()}.{secrets.token_hex(4)}"
        new.touch(mode=0o600, exist_ok=False)
        with new.open("w") as file:
            file.write(secrets.token_urlsafe(48))
            file.flush()
            # What is sealed with it may be on disk before it is, and would be lost with it.
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            path.hardlink_to(new)
        new.unlink()
    return path.read_text().strip()
