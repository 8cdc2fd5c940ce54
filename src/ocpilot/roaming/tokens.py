"""The credentials token in the Authorization header: written one way, read both ways that exist in the field."""

import base64
from functools import lru_cache

from ocpilot.base.errors import NotAuthorized
from ocpilot.wire.protocol import TokenEncoding


@lru_cache(maxsize=1024)
def header_value(token: str, encoding: TokenEncoding) -> str:
    """`Token ...` as sent (transport_and_format, "Authorization header")."""
    if encoding is TokenEncoding.BASE64:
        return "Token " + base64.b64encode(token.encode()).decode()
    return f"Token {token}"


def candidates(header: str | None) -> tuple[str, ...]:
    """The tokens that an Authorization header may mean, the standard's reading (Base64) first.

    NotAuthorized when there is no header or it is no `Token` header.
    """
    scheme, _, rest = (header or "").strip().partition(" ")
    sent = rest.strip()
    if scheme.lower() != "token" or not sent:
        raise NotAuthorized("Authorization: expected 'Token' and the credentials token in Base64")
    decoded = _decoded(sent)
    return (sent,) if decoded is None else (decoded, sent)


def _decoded(sent: str) -> str | None:
    padded = sent + "=" * (-len(sent) % 4)
    try:
        text = base64.b64decode(padded, validate=True).decode()
    except ValueError:
        # No Base64, not even ASCII, or the Base64 of something that is no text.
        return None
    # The standard's own example encodes "example-token" with a line feed after it.
    return text.strip() or None


def encodings_to_try(configured: str | None, by_version: TokenEncoding) -> tuple[TokenEncoding, ...]:
    """The encoding a profile says, else the version's own and after a 401 the other one."""
    if configured is not None:
        return (TokenEncoding(configured),)
    other = TokenEncoding.PLAIN if by_version is TokenEncoding.BASE64 else TokenEncoding.BASE64
    return (by_version, other)
