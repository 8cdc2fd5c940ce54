"""The headers of a page: how many there are, how many fit, where the next page is (transport_and_format, "Pagination").

Header names are lower case, as HTTP libraries compare them; HTTP takes any case.
"""

import re
from collections.abc import Iterable, Mapping
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

import msgspec

LINK = "link"
TOTAL = "x-total-count"
LIMIT = "x-limit"

#: One link of a Link header: the URL, and its parameters (RFC 8288).
_ONE_LINK = re.compile(r'<([^>]*)>((?:[^,"]|"[^"]*")*)')
_REL = re.compile(r';\s*rel\s*=\s*(?:"([^"]*)"|([^\s;,]+))', re.IGNORECASE)


class PageHeaders(msgspec.Struct, frozen=True, kw_only=True):
    """What the headers of a page said; None where one was missing or made no sense."""

    total: int | None = None
    limit: int | None = None
    next_url: str | None = None


def next_link(url: str) -> str:
    """The value of the Link header that leads to `url`."""
    return f'<{url}>; rel="next"'


def page_url(url: str, parameters: Iterable[tuple[str, str]]) -> str:
    """`url` with `parameters` set: those it has already are replaced, its other filters stay."""
    new = list(parameters)
    if "?" not in url and "#" not in url:
        return f"{url}?{urlencode(new, safe=':')}"
    parts = urlsplit(url)
    names = {name for name, _ in new}
    query = [(name, value) for name, value in parse_qsl(parts.query, keep_blank_values=True) if name not in names]
    return urlunsplit(parts._replace(query=urlencode(query + new, safe=":"), fragment=""))


def headers(*, total: int, limit: int, next_url: str | None) -> dict[str, str]:
    """The headers of a page; no Link on the last one."""
    found = {TOTAL: str(total), LIMIT: str(limit)}
    return found if next_url is None else {**found, LINK: next_link(next_url)}


def read_headers(found: Mapping[str, str], request_url: str) -> PageHeaders:
    """The page headers among `found` (any case). A relative next URL is completed from `request_url`."""
    lower = {name.lower(): value for name, value in found.items()}
    target = next_target(lower.get(LINK, ""))
    return PageHeaders(
        total=_count(lower.get(TOTAL)),
        limit=_count(lower.get(LIMIT)),
        next_url=None if target is None else urljoin(request_url, target),
    )


def next_target(link: str) -> str | None:
    """The URL of the link with `rel="next"`, as it stands in the Link header; None without one."""
    for url, parameters in _ONE_LINK.findall(link):
        match = _REL.search(parameters)
        if match and "next" in (match[1] or match[2]).lower().split():
            return str(url).strip()
    return None


def _count(text: str | None) -> int | None:
    plain = (text or "").strip()
    return int(plain) if plain.isascii() and plain.isdecimal() and len(plain) < 19 else None
