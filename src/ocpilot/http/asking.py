"""One request of ours before it has a token: what is sent where, and what the message log says of it."""

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache

import msgspec
from msgspec.structs import replace
from multidict import istr

from ocpilot.app.kept.messages import Direction
from ocpilot.app.logs.message_rows import Exchanged
from ocpilot.base import time
from ocpilot.base.ids import new_id
from ocpilot.roaming import routing
from ocpilot.wire.protocol import InterfaceRole, Version

_AUTHORITY = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://([^/?#]*)")
#: Names of headers as aiohttp keeps them: others it makes anew for each request.
_AUTHORIZATION, _ACCEPT, _CONTENT_TYPE = istr("Authorization"), istr("Accept"), istr("Content-Type")
_REQUEST_ID, _CORRELATION_ID = istr("X-Request-ID"), istr("X-Correlation-ID")
_JSON = "application/json"
#: Seconds for a call outside a registered connection, where no profile says.
_TIMEOUT = 15.0


class Ask(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """`module`, `interface` and `segments` (below the endpoint) are None where only a URL is known; `listed`: it asks
    for a list. Without a `correlation_id` it gets one of its own."""

    method: str
    url: str
    body: bytes | None = None
    route: routing.Route = routing.DIRECT
    seconds: float = _TIMEOUT
    version: Version | None = None
    peer_id: int = 0
    module: str | None = None
    interface: InterfaceRole | None = None
    segments: Sequence[str] | None = None
    listed: bool = False
    correlation_id: str | None = None
    replay_of: int | None = None

    @property
    def where(self) -> str:
        """What messages call it: no query, which may hold a driver's Token."""
        return f"{self.method} {self.url.partition('?')[0]}"

    def written(self, url: str) -> "Ask":
        """The same to the same place, whose URL is written another way."""
        return self if url == self.url else replace(self, url=url)

    def sent(self, authorization: str) -> dict[str, str]:
        """The headers of one try."""
        headers = {
            **_routing_headers(self.route),
            _AUTHORIZATION: authorization,
            _REQUEST_ID: new_id(),
            _CORRELATION_ID: self.correlation_id or new_id(),
            _ACCEPT: _JSON,
        }
        if self.body is not None:
            headers[_CONTENT_TYPE] = _JSON
        return headers

    def noted(self, sent: Mapping[str, str], token: str) -> Exchanged:
        """One try for the message log, as far as it is known before there is an answer."""
        url, _, query = self.url.partition("?")
        return Exchanged(
            direction=Direction.OUT,
            at=time.now(),
            peer_id=self.peer_id,
            method=self.method,
            url=url,
            query=query,
            version=self.version,
            interface=self.interface,
            module=self.module,
            segments=self.segments,
            route=self.route,
            request_id=sent["X-Request-ID"],
            correlation_id=sent["X-Correlation-ID"],
            authorization=sent["Authorization"],
            token=token,
            listed=self.listed,
            request_headers=sent,
            request_body=self.body or b"",
            replay_of=self.replay_of,
        )


@lru_cache(maxsize=1024)
def _routing_headers(route: routing.Route) -> dict[str, str]:
    return {istr(name): value for name, value in routing.headers(route).items()}


def host_of(url: str) -> str:
    """Host and port; the whole text when it is no URL."""
    found = _AUTHORITY.match(url)
    return found[1] if found else url
