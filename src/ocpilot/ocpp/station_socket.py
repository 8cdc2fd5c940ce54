"""The websocket of a station under uvicorn, which tells what ASGI does not: who is at the other end by TLS, and how to
let go of one that neither reads nor answers."""

from collections.abc import Callable, Iterable, Mapping
from typing import cast

import msgspec
from starlette.types import Scope
from uvicorn._types import ASGISendEvent
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.frames import CloseCode
from websockets.http11 import Request

_KEY = "ocpilot.station_socket"


class SocketFacts(msgspec.Struct, frozen=True, kw_only=True):
    """`peer` is the address at the other end, of a proxy if there is one; `names` are those of its certificate, which
    TLS has verified."""

    peer: str
    tls: bool
    names: tuple[str, ...]
    abort: Callable[[], None]


class StationSocket(WebSocketsSansIOProtocol):
    """As uvicorn makes it, and its facts in the scope."""

    def handle_connect(self, event: Request) -> None:
        """A request to upgrade."""
        super().handle_connect(event)
        scope = cast("dict[str, object] | None", getattr(self, "scope", None))
        if scope is not None:
            certificate = self.transport.get_extra_info("peercert") or {}
            scope[_KEY] = SocketFacts(
                peer=self.client[0] if self.client else "",
                tls=self.scheme == "wss",
                names=names_in(certificate),
                abort=self.transport.abort,
            )

    async def send(self, message: ASGISendEvent) -> None:
        """A refusal is an answer too: for uvicorn it is none, and it would write an error for each."""
        await super().send(message)
        if message["type"] == "websocket.http.response.body":
            self.handshake_complete = True

    def send_receive_event_to_app(self) -> None:
        """A message is whole. A text that is none ends the connection, with a word instead of uvicorn's traceback."""
        self.frames = [b"".join(self.frames)]
        if self.curr_msg_data_type == "text" and not _is_text(self.frames[0]):
            self.frames = []
            self.conn.send_close(CloseCode.INVALID_DATA, "a text that is no UTF-8")
            self.handle_parser_exception()
            return
        super().send_receive_event_to_app()

    def keepalive_timeout(self) -> None:
        """No pong came: what was not sent yet will not be, so there is nothing to wait for."""
        super().keepalive_timeout()
        self.transport.abort()


def _is_text(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def facts_of(scope: Scope) -> SocketFacts:
    """The facts of a websocket; without the class above, what ASGI knows."""
    facts = scope.get(_KEY)
    if isinstance(facts, SocketFacts):
        return facts
    client = scope.get("client")
    return SocketFacts(peer=client[0] if client else "", tls=scope["scheme"] == "wss", names=(), abort=lambda: None)


def names_in(certificate: Mapping[str, object]) -> tuple[str, ...]:
    """The common name and the alternative names of a certificate, as `ssl.SSLSocket.getpeercert` gives it."""
    subject = cast("Iterable[Iterable[tuple[str, str]]]", certificate.get("subject", ()))
    alternatives = cast("Iterable[tuple[str, str]]", certificate.get("subjectAltName", ()))
    common = [value for part in subject for name, value in part if name == "commonName"]
    return (*common, *(value for _, value in alternatives))
