"""What is taken out of a message before anything of it is kept: credentials tokens, wherever they stand.

A Token's uid is data of the modules and stays (docs/decisions/20261126-message-log.md).
"""

import base64
import binascii
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import AnyStr
from urllib.parse import quote, unquote_plus

import msgspec

MASK = "***"
_MASK = MASK.encode()

#: Names of headers and parameters whose values are secrets.
_NAME = re.compile(r"token|secret|passw|api[-_]?key|access[-_]?key|authori[sz]ation|cookie|credential", re.IGNORECASE)
_NO_JSON = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
#: Words that lead an Authorization header; anything else there may be the secret itself.
_SCHEMES = frozenset({"token", "basic", "bearer"})
#: A text under the key `token` is a credentials token; a driver's Token there is an object.
_TOKEN_TEXT = re.compile(rb'("token"\s*:\s*)"(?:[^"\\]|\\.)*(?:"|\\?\Z)', re.DOTALL)
_USER_IN_URL = re.compile(r"//[^/@\s]*@")
_URL_PARAMETER = re.compile(r"([?&;])([^=&;#\s<>\"]+)=([^&;#\s<>\"]*)")
#: What is shorter than this is found in innocent places too.
_SHORTEST = 6
#: So much of a longer one is enough to know it by.
_HEAD = 12
#: So much of an Authorization header is looked for elsewhere: no token is longer.
_LONGEST = 1000


class Secrets:
    """Tokens, in every spelling in which they may stand in a text: as they are, in a URL, in JSON, in Base64; `words`
    are looked for as they are, without what fills up Base64."""

    def __init__(self, tokens: Iterable[str], words: Iterable[str] = ()) -> None:
        ways = {word.rstrip("=") for word in words}
        for token in tokens:
            coded = base64.b64encode(token.encode(errors="replace")).decode()
            ways |= {token, quote(token, safe="", errors="replace"), token.replace("/", "\\/"), coded.rstrip("=")}
        texts = sorted((way for way in ways if len(way) >= _SHORTEST), key=len, reverse=True)
        self._texts = tuple((text[:_HEAD], text) for text in texts)
        data = [text.encode(errors="replace") for text in texts]
        self._data = tuple((one[:_HEAD], one) for one in data)

    def out_of(self, text: str) -> str:
        """The text with every one of them masked."""
        for head, secret in self._texts:
            if head in text:
                text = _without(secret, text, MASK)
        return text

    def out_of_bytes(self, data: bytes) -> bytes:
        """The bytes with every one of them masked."""
        for head, secret in self._data:
            if head in data:
                data = _without(secret, data, _MASK)
        return data


def _without(secret: AnyStr, text: AnyStr, mask: AnyStr) -> AnyStr:
    """The text without the secret, also where only its beginning stands: messages quote the first so many characters,
    and bodies are cut."""
    head = secret[:_HEAD]
    at = text.find(head)
    while at >= 0:
        length = len(head)
        while length < len(secret) and text[at + length : at + length + 1] == secret[length : length + 1]:
            length += 1
        text = text[:at] + mask + text[at + length :]
        at = text.find(head, at + len(mask))
    return text


@lru_cache(maxsize=1024)
def secrets_of(authorization: str, *tokens: str) -> Secrets:
    """What an exchange may give away: the words of its Authorization header and what they are the Base64 of, and the
    tokens that are known to be in it."""
    words = [word for word in authorization[:_LONGEST].split() if word.lower() not in _SCHEMES]
    return Secrets([*tokens, *(decoded for word in words for decoded in _decoded(word))], words)


def header_lines(headers: Iterable[tuple[bytes, bytes]] | Mapping[str, str]) -> str:
    """Headers as they are kept, a line each, every byte a character: the values of those that hold a secret are masked,
    so are parameters in URLs."""
    text = _lines_of_text(headers) if isinstance(headers, Mapping) else _lines_of_bytes(headers)
    return masked_url(text) if "?" in text or "@" in text else text


def _lines_of_text(headers: Mapping[str, str]) -> str:
    lines = list(map(": ".join, headers.items()))
    for at in _hiding(tuple(headers)):
        name, _, value = lines[at].partition(": ")
        lines[at] = f"{name}: {_masked_header(value)}"
    text = "\n".join(lines)
    return text if text.isascii() else text.encode(errors="replace").decode("latin-1")


def _lines_of_bytes(headers: Iterable[tuple[bytes, bytes]]) -> str:
    pairs = tuple(headers)
    lines = list(map(b": ".join, pairs))
    for at in _hiding(tuple([name for name, _ in pairs])):
        name, value = pairs[at]
        lines[at] = b"%b: %b" % (name, _masked_header(value.decode("latin-1")).encode("latin-1"))
    return b"\n".join(lines).decode("latin-1")


@lru_cache(maxsize=1024)
def _hiding(names: tuple[str | bytes, ...]) -> tuple[int, ...]:
    """Where among these headers, nearly always the same, are those whose values are secrets."""
    texts = [name if isinstance(name, str) else name.decode("latin-1") for name in names]
    return tuple(at for at, text in enumerate(texts) if _NAME.search(text))


def _masked_header(value: str) -> str:
    scheme, space, _ = value.partition(" ")
    return f"{scheme} {MASK}" if space and scheme.lower() in _SCHEMES else MASK


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
    return _TOKEN_TEXT.sub(rb'\1"***"', data) if b'"token"' in data else data


def masked_credentials(data: bytes) -> bytes | None:
    """A body of a credentials call without any token, however deep; None when it is no JSON, and nobody can tell."""
    if not data.strip():
        return data
    try:
        said = msgspec.json.decode(data)
        masked = _masked(said)
        return data if masked == said else msgspec.json.encode(masked)
    except _NO_JSON:
        return None


def credentials_tokens(data: bytes) -> tuple[str, ...]:
    """The tokens in a body of a credentials call: messages about it may quote them."""
    try:
        return tuple(_tokens(msgspec.json.decode(data))) if data else ()
    except _NO_JSON:
        return ()


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


def _tokens(value: object) -> Iterator[str]:
    for name, inner in value.items() if isinstance(value, dict) else ():
        if _NAME.search(str(name)) and isinstance(inner, str):
            yield inner
        yield from _tokens(inner)
    for one in value if isinstance(value, list) else ():
        yield from _tokens(one)


def _decoded(word: str) -> list[str]:
    try:
        text = base64.b64decode(word + "=" * (-len(word) % 4), validate=True).decode()
    except (binascii.Error, ValueError):
        return []
    # Of `Basic`, the password alone is a secret too.
    return [text, text.strip(), text.partition(":")[2]]
