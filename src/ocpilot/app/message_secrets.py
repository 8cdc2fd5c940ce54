"""What is taken out of a message before anything of it is kept: credentials tokens, wherever they stand.

A Token's uid is data of the modules and stays (docs/decisions/20261126-message-log.md).
"""

import base64
import binascii
import re
from collections.abc import Iterable
from urllib.parse import quote, unquote_plus

import msgspec

MASK = "***"
_MASK = MASK.encode()

#: Names of headers and parameters whose values are secrets.
_NAME = re.compile(r"token|secret|passw|api[-_]?key|access[-_]?key|authori[sz]ation|cookie|credential", re.IGNORECASE)
#: Words that lead an Authorization header; anything else there may be the secret itself.
_SCHEMES = frozenset({"token", "basic", "bearer"})
#: A text under the key `token` is a credentials token; a driver's Token there is an object.
_TOKEN_TEXT = re.compile(rb'("token"\s*:\s*)"(?:[^"\\]|\\.)*(?:"|\\?\Z)', re.IGNORECASE)
_USER_IN_URL = re.compile(r"//[^/@\s]*@")
_URL_PARAMETER = re.compile(r"([?&;])([^=&;#\s<>\"]+)=([^&;#\s<>\"]*)")
#: What is shorter than this is found in innocent places too.
_SHORTEST = 6


def secrets_in(authorization: str) -> tuple[bytes, ...]:
    """What an Authorization header may give away: its words as they are, and what they are the Base64 of."""
    found: list[str] = []
    for word in authorization.split():
        if word.lower() in _SCHEMES:
            continue
        found += [word, *_decoded(word)]
    return spellings(found)


def spellings(tokens: Iterable[str]) -> tuple[bytes, ...]:
    """The ways in which these tokens may stand in a text: as they are, in a URL, in Base64; the longest first."""
    ways: set[bytes] = set()
    for token in tokens:
        if len(token) >= _SHORTEST:
            encoded = token.encode(errors="surrogateescape")
            ways |= {encoded, quote(token, safe="", errors="replace").encode(), base64.b64encode(encoded)}
            ways.add(base64.b64encode(encoded).rstrip(b"="))
    return tuple(sorted(ways, key=len, reverse=True))


def without(secrets: Iterable[bytes], data: bytes) -> bytes:
    """The bytes with every one of these secrets masked."""
    for secret in secrets:
        if secret in data:
            data = data.replace(secret, _MASK)
    return data


def header_line(name: str, value: str) -> str:
    """A header as it is kept: the value of one that holds a secret is masked, so are parameters in URLs."""
    if _NAME.search(name):
        scheme, space, _ = value.partition(" ")
        return f"{name}: {scheme} {MASK}" if space and scheme.lower() in _SCHEMES else f"{name}: {MASK}"
    return f"{name}: {masked_url(value)}" if "?" in value or "@" in value else f"{name}: {value}"


def masked_url(text: str) -> str:
    """A text with URLs in it, such as a header, without users, passwords and parameters that hold secrets."""
    return _URL_PARAMETER.sub(_masked_parameter, _USER_IN_URL.sub(f"//{MASK}@", text))


def masked_query(query: str) -> str:
    """The query of a URL, without its question mark."""
    return _URL_PARAMETER.sub(_masked_parameter, f"?{query}")[1:] if "=" in query else query


def _masked_parameter(found: re.Match[str]) -> str:
    lead, name, value = found.groups()
    return f"{lead}{name}={MASK if value and _NAME.search(unquote_plus(name)) else value}"


def masked_body(data: bytes) -> bytes:
    """A body of any module without texts that stand where Credentials have their token."""
    return _TOKEN_TEXT.sub(rb'\1"***"', data) if b'oken"' in data or b'OKEN"' in data else data


def masked_credentials(data: bytes) -> bytes | None:
    """A body of a credentials call without any token, however deep; None when it is no JSON, and nobody can tell."""
    if not data.strip():
        return data
    try:
        said = msgspec.json.decode(data)
        masked = _masked(said)
        return data if masked == said else msgspec.json.encode(masked)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _masked(value: object) -> object:
    if isinstance(value, dict):
        return {
            name: MASK if _NAME.search(str(name)) and inner is not None else _masked(inner)
            for name, inner in value.items()
        }
    if isinstance(value, list):
        return [_masked(one) for one in value]
    # Some envelopes carry the object as text.
    return MASK if isinstance(value, str) and '"token"' in value.lower() else value


def _decoded(word: str) -> list[str]:
    try:
        text = base64.b64decode(word + "=" * (-len(word) % 4), validate=True).decode()
    except (binascii.Error, ValueError):
        return []
    # Of `Basic`, the password alone is a secret too.
    return [text, text.strip(), text.partition(":")[2]]
