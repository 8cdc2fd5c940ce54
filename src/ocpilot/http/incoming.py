"""One request to the OCPI server on its way: what the logs say of it and the ids that its response carries."""

from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from time import perf_counter
from urllib.parse import quote

from starlette.types import Scope

from ocpilot.app.kept.messages import Cut, Direction
from ocpilot.app.kept.peer_records import Peer
from ocpilot.app.logs.message_rows import Exchanged, RawHeaders
from ocpilot.base.ids import new_id
from ocpilot.http.routes import Resource
from ocpilot.roaming import routing
from ocpilot.wire.protocol import Version

_REQUEST_ID = "x-request-id"
_CORRELATION_ID = "x-correlation-id"
_LONGEST_ID = 128


class Exchange:
    """What is known of the request grows while it is answered."""

    def __init__(self, scope: Scope, at: datetime) -> None:
        self.at = at
        self.started = perf_counter()
        self.scope = scope
        self.url_path = _raw_path(scope)
        self.method: str = scope["method"]
        #: Names are lower case; of a header that came twice the first counts.
        self.sent = {name.decode("latin-1"): value.decode("latin-1") for name, value in reversed(scope["headers"])}
        self.request_id = _id(self.sent.get(_REQUEST_ID))
        self.correlation_id = _id(self.sent.get(_CORRELATION_ID))
        self.route = routing.read(self.sent)
        self.peer: Peer | None = None
        self.row: Resource | None = None
        self.version: Version | None = None
        #: None until it was read.
        self.body: bytes | None = None

    def headers(self) -> RawHeaders:
        """The ids of the request and the way back (transport_and_format, "Unique message IDs", "Message Routing")."""
        written = (
            (_REQUEST_ID.encode(), self.request_id.encode()),
            (_CORRELATION_ID.encode(), self.correlation_id.encode()),
        )
        if self.row is None or self.row.module in routing.UNROUTED:
            return written
        return (*written, *_way_back(self.route))

    def line(self, http_status: int, status_code: int) -> str:
        """What the log says, without any token: the row's path, not the URL, which may hold a driver's."""
        peer = self.peer.name if self.peer else "-"
        path = "/".join(self.row.template) if self.row else "-"
        ms = (perf_counter() - self.started) * 1000
        return (
            f"peer={peer} method={self.method} path={path} http={http_status} ocpi={status_code} ms={ms:.1f} "
            f"request_id={self.request_id}"
        )

    def noted(self) -> Exchanged:
        """For the message log, as far as it is known before there is an answer."""
        row = self.row
        return Exchanged(
            direction=Direction.IN,
            at=self.at,
            seconds=perf_counter() - self.started,
            peer_id=self.peer.id if self.peer else None,
            method=self.method,
            url=self.url_path,
            query=self.scope["query_string"].decode("latin-1"),
            version=self.version,
            interface=row.interface if row else None,
            module=row.logged_as if row else None,
            route=self.route,
            request_id=self.request_id,
            correlation_id=self.correlation_id,
            authorization=self.sent.get("authorization", ""),
            request_headers=self.scope["headers"],
            request_body=self.body or b"",
            request_cut=Cut.UNREAD if self.body is None and self.sent.get("content-length", "0") != "0" else None,
        )


def raw(headers: Mapping[str, str]) -> RawHeaders:
    """Headers as ASGI has them: names in lower case."""
    return tuple([(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()])


@lru_cache(maxsize=1024)
def _way_back(route: routing.Route) -> RawHeaders:
    return raw(routing.headers(route.back()))


def _raw_path(scope: Scope) -> str:
    """The path as it was sent: an id may hold a percent-encoded slash."""
    raw: bytes | None = scope.get("raw_path")
    return quote(scope["path"]) if raw is None else raw.decode("latin-1")


def _id(sent: str | None) -> str:
    """The id that came, when it is one, else a new one."""
    usable = sent is not None and 0 < len(sent) <= _LONGEST_ID and sent.isascii() and sent.isprintable()
    return sent if usable and sent is not None else new_id()
