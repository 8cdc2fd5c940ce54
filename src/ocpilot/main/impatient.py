"""HTTP that does not wait for ever: who connects and says nothing, or half a request, is let go.

uvicorn waits for the first request without end, so half a handshake of a station would hold its socket until TCP gives
it up. The body of a request and the websocket after it have limits of their own.
"""

import asyncio
import logging

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

log = logging.getLogger(__name__)


class ImpatientHttp(HttpToolsProtocol):
    """As uvicorn makes it, with `patience` seconds until the head of a request is there."""

    patience = 20.0
    _limit: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn's own
        """The first request is to come."""
        super().connection_made(transport)
        self._hurry()

    def on_message_begin(self) -> None:
        """A request has begun; after the first one, nothing else has said so."""
        super().on_message_begin()
        if self._limit is None:
            self._hurry()

    def on_headers_complete(self) -> None:
        """Its head is there."""
        self._relax()
        super().on_headers_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nobody is there to be hurried."""
        self._relax()
        super().connection_lost(exc)

    def _hurry(self) -> None:
        self._limit = self.loop.call_later(self.patience, self._too_late)

    def _relax(self) -> None:
        if self._limit is not None:
            self._limit.cancel()
            self._limit = None

    def _too_late(self) -> None:
        log.info("%s: let go, no request came in %g seconds", self.client[0] if self.client else "?", self.patience)
        self.transport.abort()


def impatient(seconds: float) -> type[ImpatientHttp]:
    """The same with another patience: uvicorn makes the object itself."""

    class Impatient(ImpatientHttp):
        patience = seconds

    return Impatient
