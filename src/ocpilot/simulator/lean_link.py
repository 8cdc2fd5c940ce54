"""The connection of a lean station: an asyncio.Protocol with an outbox, without a task of its own.

The rules are those of `link.py`: one call in flight, what is durable in order until acknowledged.
"""

import asyncio
import base64
from collections import deque
from collections.abc import Iterator
from contextlib import suppress

import msgspec
from websockets.client import ClientProtocol
from websockets.exceptions import InvalidHandshake
from websockets.frames import Frame, Opcode
from websockets.http11 import Response
from websockets.protocol import State
from websockets.typing import Subprotocol
from websockets.uri import WebSocketURI, parse_uri

from ocpilot.simulator.ledger import Ledger
from ocpilot.simulator.link import WORTH_ANOTHER_TRY, Address
from ocpilot.simulator.make import Backoff
from ocpilot.simulator.rpc import ANSWER, CALL, CALL_ERROR

#: Seconds of real time for an answer.
_ANSWER_WITHIN = 30.0
_decode = msgspec.json.Decoder().decode


class Said(msgspec.Struct, frozen=True):
    """A call that waits for its turn or answer. `durable` outlives a lost connection."""

    action: str
    payload: str
    durable: bool


class LeanLink(asyncio.Protocol):
    """What a station does with it is in `opened`, `answered` and `filled_in`. It connects again until `over`."""

    __slots__ = (
        "_backoff",
        "_in_flight",
        "_outbox",
        "_protocol",
        "_sent_at",
        "_serial",
        "_transport",
        "_trying",
        "_uri",
        "_waits",
        "accepted",
        "address",
        "ledger",
        "loop",
        "over",
    )

    def __init__(self, address: Address, backoff: Backoff) -> None:
        self.address = address
        self.loop = asyncio.get_running_loop()
        self.ledger = Ledger()
        self.accepted = False
        self.over = False
        self._uri = parse_uri(f"{address.url.rstrip('/')}/{address.station_id}")
        self._backoff = backoff
        self._waits: Iterator[float] = backoff.waits()
        self._outbox: deque[Said] = deque()
        self._in_flight = False
        self._serial = 0
        self._sent_at = 0.0
        self._protocol: ClientProtocol | None = None
        self._transport: asyncio.WriteTransport | None = None
        self._trying: asyncio.Task[None] | None = None

    def opened(self) -> None:
        """The connection stands; nothing but `greet` may be said before it is accepted."""
        raise NotImplementedError

    def answered(self, said: Said, answer: dict[str, object]) -> None:
        """What the central system answered to a call."""
        raise NotImplementedError

    def filled_in(self, payload: str) -> str:
        """A payload when its turn has come."""
        raise NotImplementedError

    @property
    def undelivered(self) -> int:
        """How many calls wait."""
        return len(self._outbox)

    def connect(self) -> None:
        """Try once; another try follows when it fails or the connection is lost."""
        if not self.over:
            self._trying = self.loop.create_task(self._try())

    def say(self, said: tuple[str, str], durable: bool = True) -> None:
        """Put into the outbox; what is not durable only while there is a connection."""
        if durable or self.accepted:
            self._outbox.append(Said(*said, durable=durable))
            self._next()

    def greet(self, said: tuple[str, str]) -> None:
        """Before all else."""
        self._outbox.appendleft(Said(*said, durable=False))
        self._send(self._outbox[0])

    def accept(self) -> None:
        """The central system has taken the station."""
        self.accepted = True
        self._waits = self._backoff.waits()

    def look(self, now: float) -> None:
        """Give up a connection on which no answer comes."""
        if self._in_flight and now - self._sent_at > _ANSWER_WITHIN and self._transport is not None:
            self._transport.abort()

    def leave(self) -> None:
        """Close the connection."""
        if self._protocol is not None and self._protocol.state is State.OPEN:
            self._protocol.send_close()
            self._flush()
        if self._transport is not None:
            self._transport.close()

    # ---- asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Shake hands."""
        self._transport = transport  # type: ignore[assignment]  # a stream's transport can write
        address = self.address
        self._protocol = ClientProtocol(self._uri, subprotocols=[Subprotocol(address.version.subprotocol)])
        request = self._protocol.connect()
        if address.password is not None:
            login = base64.b64encode(f"{address.station_id}:{address.password}".encode()).decode()
            request.headers["Authorization"] = f"Basic {login}"
        self._protocol.send_request(request)
        self._flush()

    def data_received(self, data: bytes) -> None:
        """Frames, or the rest of the handshake."""
        protocol = self._protocol
        if protocol is None:
            return
        protocol.receive_data(data)
        for event in protocol.events_received():
            if isinstance(event, Frame) and event.opcode is Opcode.TEXT:
                self._heard(bytes(event.data))
            elif isinstance(event, Response) and protocol.state is State.OPEN:
                self.ledger.connections += 1
                self.opened()
        self._flush()
        if protocol.close_expected() and self._transport is not None:
            self._transport.close()

    def eof_received(self) -> None:
        """The other side has gone."""
        if self._protocol is not None:
            with suppress(InvalidHandshake):
                self._protocol.receive_eof()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - whatever the reason
        """What is durable waits for the next connection."""
        self.accepted = self._in_flight = False
        self._protocol = self._transport = None
        self._outbox = deque(each for each in self._outbox if each.durable)
        self._again()

    async def _try(self) -> None:
        uri: WebSocketURI = self._uri
        try:
            await self.loop.create_connection(lambda: self, uri.host, uri.port, ssl=True if uri.secure else None)
        except OSError:
            self._again()

    def _again(self) -> None:
        if not self.over:
            self.loop.call_later(next(self._waits), self.connect)

    def _next(self) -> None:
        """One call in flight."""
        if self._outbox and self.accepted and not self._in_flight:
            self._send(self._outbox[0])

    def _send(self, said: Said) -> None:
        if self._protocol is None or self._protocol.state is not State.OPEN:
            return
        self._serial += 1
        text = f'[{CALL},"{self._serial}","{said.action}",{self.filled_in(said.payload)}]'
        self._protocol.send_text(text.encode())
        self._in_flight, self._sent_at = True, self.loop.time()
        self.ledger.sent += 1
        self._flush()

    def _heard(self, text: bytes) -> None:
        try:
            kind, ident, *rest = _decode(text)
        except (msgspec.DecodeError, ValueError, TypeError):
            return
        if kind == CALL:
            self.ledger.heard += 1
            if self._protocol is not None:
                refusal = [CALL_ERROR, ident, "NotSupported", "a lean station", {}]
                self._protocol.send_text(msgspec.json.encode(refusal))
        elif self._in_flight and ident == str(self._serial):
            self._in_flight = False
            self._take(kind, rest)
            self._next()

    def _take(self, kind: int, rest: list[object]) -> None:
        """An answer or a refusal of the call in flight."""
        said = self._outbox[0]
        if kind == ANSWER and isinstance(rest[0], dict):
            self.ledger.answered += 1
            self._outbox.popleft()
            self.answered(said, rest[0])
            return
        self.ledger.refused += 1
        if said.durable and rest[0] in WORTH_ANOTHER_TRY:
            self._in_flight = True  # nothing else goes before it
            self.loop.call_later(self._backoff.first, self._once_more, self._serial)
        else:
            self._outbox.popleft()

    def _once_more(self, serial: int) -> None:
        if self._in_flight and self._serial == serial:
            self._in_flight = False
            self._next()

    def _flush(self) -> None:
        if self._protocol is not None and self._transport is not None and not self._transport.is_closing():
            for data in self._protocol.data_to_send():
                if data:
                    self._transport.write(data)
