"""The client side of an OCPP connection: reconnects with back-off and delivers what must not be lost, in order.

What concerns a transaction stays at the head of the outbox until the server acknowledged it, through lost connections
and restarts of the server (1.6, 3.7.1 "Error responses to transaction-related messages"); it keeps its old time.
"""

import asyncio
import base64
import logging
from collections import deque
from collections.abc import Awaitable, Callable

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import WebSocketException
from websockets.typing import Subprotocol

from ocpilot.simulator import rpc
from ocpilot.simulator.ledger import Ledger
from ocpilot.simulator.make import OcppVersion, StationMake
from ocpilot.simulator.rpc import CallRefused, CentralSystem
from ocpilot.simulator.speech import Message, Payload, Reactions

_LOG = logging.getLogger(__name__)

#: Refusals that say "not now"; every other one would come again however often we tried.
WORTH_ANOTHER_TRY = ("InternalError", "GenericError")


class Address(msgspec.Struct, frozen=True):
    """Where a station connects, and as whom; `url` is without its id."""

    url: str
    station_id: str
    password: str | None
    version: OcppVersion


class StationLink:
    """`greet` boots the station on a fresh connection and says whether the server took it."""

    def __init__(
        self,
        address: Address,
        make: StationMake,
        *,
        reactions: Reactions,
        greet: Callable[[], Awaitable[bool]],
        ledger: Ledger,
    ) -> None:
        self._address = address
        self._url = f"{address.url.rstrip('/')}/{address.station_id}"
        self._make = make
        self._reactions = reactions
        self._greet = greet
        self._ledger = ledger
        self._outbox: deque[Message] = deque()
        self._server: CentralSystem | None = None
        self._socket: ClientConnection | None = None
        self._more = asyncio.Event()
        self._still = asyncio.Event()
        self._allowed = asyncio.Event()
        self._allowed.set()
        self.ready = asyncio.Event()

    async def run(self) -> None:
        """Connect, and connect again, until cancelled."""
        waits = self._make.backoff.waits()
        while True:
            await self._allowed.wait()
            try:
                async with self._connection() as socket:
                    if await self._talk(socket):
                        waits = self._make.backoff.waits()
            except (OSError, WebSocketException, TimeoutError) as error:
                _LOG.info("%s: no connection: %s", self._url, error)
            await asyncio.sleep(next(waits))

    async def ask(self, call: object) -> Payload | None:
        """Call the server; None when it cannot be asked, stays silent or refuses."""
        if self._server is None:
            return None
        try:
            return await self._asked(self._server, call)
        except (CallRefused, OSError):
            return None

    def tell(self, message: Message) -> None:
        """Put into the outbox; what is not durable only while there is a connection."""
        if message.durable or self.ready.is_set():
            self._outbox.append(message)
            self._still.clear()
            self._more.set()

    async def delivered(self) -> None:
        """Return when the outbox is empty, or can get no emptier for now."""
        if self.ready.is_set():
            await self._still.wait()

    async def hang_up(self) -> None:
        """Lose the connection, and have none until `call_again`."""
        self._allowed.clear()
        if self._socket is not None:
            self._socket.transport.abort()
            await self._socket.wait_closed()
        while self.ready.is_set():  # noqa: ASYNC110 - the task that serves the connection ends within a turn or two
            await asyncio.sleep(0)

    async def leave(self) -> None:
        """Close the connection as one who goes, and have no other."""
        self._allowed.clear()
        if self._socket is not None:
            await self._socket.close()

    def call_again(self) -> None:
        """Connect as soon as possible."""
        self._allowed.set()

    @property
    def undelivered(self) -> int:
        """How many messages wait."""
        return len(self._outbox)

    def _connection(self) -> connect:
        where = self._address
        login = base64.b64encode(f"{where.station_id}:{where.password}".encode()).decode()
        return connect(
            self._url,
            subprotocols=[Subprotocol(where.version.subprotocol)],
            additional_headers={} if where.password is None else {"Authorization": f"Basic {login}"},
            compression=None,
            proxy=None,
        )

    async def _talk(self, socket: ClientConnection) -> bool:
        """Serve one connection to its end; True when the server had accepted the station."""
        self._ledger.connections += 1
        self._socket = socket
        server = self._server = rpc.central_system(
            self._address.version,
            self._address.station_id,
            socket,
            reactions=self._reactions,
            answer_within=self._make.answer_within,
            checked=self._make.checked,
            heard=self._hear,
        )
        async with asyncio.TaskGroup() as tasks:
            # never cancelled: an answer that has just come must still be taken from the outbox
            tasks.create_task(self._greet_and_tell(socket, server))
            await server.read()
            self._server = None
            self._more.set()
        accepted = self.ready.is_set()
        self.ready.clear()
        self._socket = None
        self._outbox = deque(message for message in self._outbox if message.durable)
        self._still.set()
        return accepted

    def _hear(self) -> None:
        self._ledger.heard += 1

    async def _greet_and_tell(self, socket: ClientConnection, server: CentralSystem) -> None:
        if await self._greet():
            self.ready.set()
            try:
                await self._tell_all(server)
            except OSError as error:  # lost or silent: the next connection goes on where this one stopped
                _LOG.info("%s: %s", self._url, error)
        await socket.close()

    async def _tell_all(self, server: CentralSystem) -> None:
        while self._server is server:
            if self._outbox:
                await self._tell_first(server)
            else:
                self._still.set()
                self._more.clear()
                await self._more.wait()

    async def _tell_first(self, server: CentralSystem) -> None:
        """Only the answer takes a message out of the outbox."""
        message = self._outbox[0]
        try:
            answer = await self._asked(server, message.call())
        except CallRefused as refusal:
            if message.durable and refusal.code in WORTH_ANOTHER_TRY:
                self._still.set()
                await asyncio.sleep(self._make.backoff.first)
                return
            self._outbox.popleft()
            _LOG.warning("%s: refused: %s", self._url, refusal)
            return
        self._outbox.popleft()
        message.acknowledged(answer)

    async def _asked(self, server: CentralSystem, call: object) -> Payload:
        self._ledger.sent += 1
        try:
            answer = await server.ask(call)
        except CallRefused:
            self._ledger.refused += 1
            raise
        except WebSocketException as error:
            raise ConnectionError("the connection is lost") from error
        self._ledger.answered += 1
        return answer
