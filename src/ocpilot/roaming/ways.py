"""In which way a request is written: how the token stands in its header, and whether the URL ends with a slash.

What a person set is done so; else what worked before comes first, and after an answer that tells of the other way that
one is tried. Such an answer means that nothing was processed, so trying again is safe for every method.
"""

import re
from collections.abc import Sequence

import msgspec

from ocpilot.base.errors import PeerRefused
from ocpilot.wire.protocol import TokenEncoding

#: Redirects that keep the method: what a web framework answers when only the slash at the end is missing.
_MOVED = frozenset({301, 307, 308})
_AUTHORIZATION = re.compile(r"authori[sz]", re.IGNORECASE)


class Way(msgspec.Struct, frozen=True, kw_only=True):
    """One way; `slash` is whether the path of the URL ends with one."""

    encoding: TokenEncoding
    slash: bool

    def url(self, url: str) -> str:
        """The URL written so."""
        path, mark, query = url.partition("?")
        if path.endswith("/") == self.slash and not path.endswith("//"):
            return url
        return path.rstrip("/") + ("/" if self.slash else "") + mark + query


class Fixed(msgspec.Struct, frozen=True, kw_only=True):
    """What a person decided."""

    encoding: bool
    slash: bool


def another(tried: Sequence[Way], error: PeerRefused, fixed: Fixed, *, settled: bool = False) -> Way | None:
    """The way to try after this answer to the last one; None when there is no other. `settled`: others have worked this
    way, so that a URL which does not exist says nothing about the slash, and only a 401 something about the token."""
    last = tried[-1]
    following = None
    if not fixed.encoding and (error.http == 401 or (not settled and _is_about_the_token(error))):
        following = msgspec.structs.replace(last, encoding=_other(last.encoding))
    elif not fixed.slash and (error.http in _MOVED or (not settled and _is_no_place(error))):
        following = msgspec.structs.replace(last, slash=not last.slash)
    return None if following is None or following in tried else following


def _is_no_place(error: PeerRefused) -> bool:
    """A 404 that is no OCPI: a platform that knows the URL answers in an envelope."""
    return error.http == 404 and error.ocpi is None


def _is_about_the_token(error: PeerRefused) -> bool:
    """A 403, or an OCPI error that speaks of authorization: what some answer to a token they do not know."""
    return error.http == 403 or (error.ocpi is not None and bool(_AUTHORIZATION.search(error.said or "")))


def _other(encoding: TokenEncoding) -> TokenEncoding:
    return TokenEncoding.PLAIN if encoding is TokenEncoding.BASE64 else TokenEncoding.BASE64
