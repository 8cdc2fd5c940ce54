"""Identifiers: parties, case-insensitive ids, new ids."""

import os
import re
import secrets
import uuid
from typing import Self

import msgspec

#: What two octets of a random UUID are whose other bits are drawn (RFC 9562, 5.4).
_VERSION = bytes([0x40 | octet & 0x0F for octet in range(256)])
_VARIANT = bytes([0x80 | octet & 0x3F for octet in range(256)])
_UUID = re.compile("(.{8})(.{4})(.{4})(.{4})(.{12})")
_AT_ONCE = 64
_ready: list[str] = []
# A child would hand out the same ones as its parent.
os.register_at_fork(after_in_child=_ready.clear)
_NAMESPACE = uuid.UUID("6f0c1a52-0f2f-5d0e-9c33-0c5b6f1b7a11")


class PartyId(msgspec.Struct, frozen=True, order=True):
    """A party: country (ISO 3166 alpha-2) and party id (ISO 15118), upper case, as `SE/LAD`."""

    country_code: str
    party_id: str

    @classmethod
    def of(cls, country_code: str, party_id: str) -> Self:
        """The party with both parts upper-cased: OCPI compares them case-insensitively."""
        return cls(country_code.upper(), party_id.upper())

    @classmethod
    def parse(cls, text: str) -> Self:
        """From `SE/LAD`, `SE*LAD`, `SE-LAD` or `SELAD`; ValueError otherwise."""
        plain = "".join(ch for ch in text if ch.isalnum())
        if len(plain) != 5:
            raise ValueError(f"{text!r} is no party such as SE/LAD")
        return cls.of(plain[:2], plain[2:])

    @property
    def key(self) -> str:
        """The five characters the tables lead with: `SELAD`."""
        return self.country_code + self.party_id

    def __str__(self) -> str:
        return f"{self.country_code}/{self.party_id}"


#: What a party looks like, in words.
PARTY_SHAPE = "two letters and three letters or digits"


def is_party(country_code: str, party_id: str) -> bool:
    """Whether these are the codes of a party (ISO 3166 alpha-2, ISO 15118): anything else could not be told apart as
    `SERES` (credentials, "CredentialsRole")."""
    return re.fullmatch(r"[A-Za-z]{2}/[A-Za-z0-9]{3}", f"{country_code}/{party_id}") is not None


def shown_party(key: str) -> str:
    """`SE/LAD` for the key `SELAD`; what is no key stays as it is."""
    return f"{key[:2]}/{key[2:]}" if len(key) == 5 and key.isalnum() else key


def fold(ident: str) -> str:
    """The form in which ids are compared: CiString is case-insensitive (types, "CiString")."""
    return ident.lower()


def new_id() -> str:
    """A new random id (UUID 4, 36 characters: what CiString(36) holds)."""
    try:
        return _ready.pop()
    except IndexError:
        fresh = _new_ids()
        _ready.extend(fresh[1:])
        return fresh[0]


def _new_ids() -> list[str]:
    """To ask the system for chance takes longer than all else, so it is asked for many ids at once."""
    drawn = bytearray(os.urandom(16 * _AT_ONCE))
    drawn[6::16] = drawn[6::16].translate(_VERSION)
    drawn[8::16] = drawn[8::16].translate(_VARIANT)
    return list(map("-".join, _UUID.findall(drawn.hex())))


def derived_id(*parts: str) -> str:
    """The same id for the same parts: what must be made once however often it is tried."""
    return str(uuid.uuid5(_NAMESPACE, "\x1f".join(parts)))


def new_credentials_token() -> str:
    """A credentials token: 43 printable characters, 256 bits (credentials, "Credentials object": at most 64)."""
    return secrets.token_urlsafe(32)
