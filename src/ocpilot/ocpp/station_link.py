"""The client side of an OCPP connection: reconnects with back-off and delivers what must not be lost, in order.

What concerns a transaction stays at the head of the outbox until the server acknowledged it, through lost connections
and restarts of the server (1.6, 3.7.1 "Error responses to transaction-related messages"); it keeps its old time.
"""

import asyncio
import base64
import logging
import random
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import suppress

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, WebSocketException
from websockets.typing import Subprotocol

from ocpilot.app.station_events import Payload
from ocpilot.base.errors import StationError
from ocpilot.ocpp import schemas
from ocpilot.ocpp.asking import Asking, Send
from ocpilot.ocpp.frames import Call, CallError, CallResult, ErrorCode
from ocpilot.ocpp.rpc import Answered, Reply, Rpc
from ocpilot.ocpp.v16 import V16

_LOG = logging.getLogger(__name__)

#: Refusals that say "not now"; every other one would come again however often we tried.
_WORTH_ANOTHER_TRY = ("InternalError", "GenericError")


class Backoff(msgspec.Struct, frozen=True):
    """Seconds of real time: the first wait, doubled up to `most`, each with a jitter of a half."""

    first: float = 1.0
    most: float = 60.0

    def waits(self) -> Iterator[float]:
        """Endless."""
        wait = self.first
        while True:
            yield wait * random.uniform(0.5, 1.0)  # noqa: S311 - a jitter, no secret
            wait = min(wait * 2, self.most)


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """Something to tell the server. `payload` is asked when it is sent: an id may be known only then.

    `durable`: kept until acknowledged; otherwise dropped when the connection is lost.
    """

    action: str
    payload: Callable[[], Payload]
    durable: bool = True
    acknowledged: Callable[[Payload], None] = lambda _: None


class Reaction(msgspec.Struct, frozen=True):
    """The answer to a call of the server, and what happens once it is sent."""

    payload: Payload
    then: Callable[[], None] = lambda: None


Reactions = Mapping[str, Callable[[Payload], Reaction]]


class StationLink:
    """`greet` boots the station on a fresh connection and says whether the server took it."""

    def __init__(
        self,
        url: str,
        station_id: str,
        password: str | None,
        *,
        reactions: Reactions,
        greet: Callable[[], Awaitable[bool]],
        backoff: Backoff,
    ) -> None:
        self._url = url.rstrip("/")
        self._station_id = station_id
        self._password = password
        self._reactions = reactions
        self._greet = greet
        self._backoff = backoff
        self._outbox: deque[Message] = deque()
        self._asking: Asking | None = None
        self._more = asyncio.Event()
        self._still = asyncio.Event()
        self.ready = asyncio.Event()

    async def run(self) -> None:
        """Connect, and connect again, until cancelled."""
        waits = self._backoff.waits()
        while True:
            try:
                async with self._connection() as socket:
                    if await self._talk(socket):
                        waits = self._backoff.waits()
            except (OSError, WebSocketException, TimeoutError) as error:
                _LOG.info("%s: no connection: %s", self._url, error)
            await asyncio.sleep(next(waits))

    async def ask(self, action: str, payload: Payload) -> Payload | None:
        """Call the server; None when it cannot be asked, stays silent or refuses."""
        if self._asking is None:
            return None
        try:
            answer = await _asked(self._asking, action, payload)
        except StationError:
            return None
        return answer.payload if isinstance(answer, CallResult) else None

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

    @property
    def undelivered(self) -> int:
        """How many messages wait."""
        return len(self._outbox)

    def _connection(self) -> connect:
        login = base64.b64encode(f"{self._station_id}:{self._password}".encode()).decode()
        return connect(
            f"{self._url}/{self._station_id}",
            subprotocols=[Subprotocol(V16.subprotocol)],
            additional_headers={} if self._password is None else {"Authorization": f"Basic {login}"},
            compression=None,
            proxy=None,
        )

    async def _talk(self, socket: ClientConnection) -> bool:
        """Serve one connection to its end; True when the server had accepted the station."""

        async def send(text: str) -> None:
            with suppress(ConnectionClosed):  # reading ends too, and gives up what waits for an answer
                await socket.send(text)

        rpc = Rpc(V16.words)
        asking = self._asking = Asking(rpc, send, "the server")
        async with asyncio.TaskGroup() as tasks:
            # never cancelled: an answer that has just come must still be taken from the outbox
            tasks.create_task(self._greet_and_tell(socket, asking))
            with suppress(ConnectionClosed):
                async for text in socket:
                    await self._take(send, rpc, asking, text if isinstance(text, str) else text.decode())
            self._asking = None
            asking.give_up()
            self._more.set()
        accepted = self.ready.is_set()
        self.ready.clear()
        self._outbox = deque(message for message in self._outbox if message.durable)
        self._still.set()
        return accepted

    async def _take(self, send: Send, rpc: Rpc, asking: Asking, text: str) -> None:
        event = rpc.receive(text)
        if isinstance(event, Answered):
            await asking.take(event)
        elif isinstance(event, Reply):
            await send(event.text)
        elif isinstance(event, Call):
            await self._react(send, rpc, event)

    async def _react(self, send: Send, rpc: Rpc, call: Call) -> None:
        react = self._reactions.get(call.action)
        if react is None:
            known = schemas.known(V16.schemas, call.action)
            await send(rpc.refuse(call, ErrorCode.NOT_SUPPORTED if known else ErrorCode.NOT_IMPLEMENTED))
            return
        checked = schemas.check_call(V16.schemas, call.action, call.payload)
        if checked.errors:
            await send(rpc.refuse(call, ErrorCode.PROPERTY_CONSTRAINT, str(checked.errors[0])))
            return
        reaction = react(checked.payload)
        await send(rpc.answer(call, reaction.payload, asyncio.get_running_loop().time()))
        reaction.then()

    async def _greet_and_tell(self, socket: ClientConnection, asking: Asking) -> None:
        if await self._greet():
            self.ready.set()
            with suppress(StationError):  # lost or silent: the next connection goes on where this one stopped
                await self._tell_all(asking)
        await socket.close()

    async def _tell_all(self, asking: Asking) -> None:
        while self._asking is asking:
            if self._outbox:
                await self._tell_first(asking)
            else:
                self._still.set()
                self._more.clear()
                await self._more.wait()

    async def _tell_first(self, asking: Asking) -> None:
        """Only the answer takes a message out of the outbox."""
        message = self._outbox[0]
        answer = await _asked(asking, message.action, message.payload())
        if isinstance(answer, CallError) and message.durable and answer.code in _WORTH_ANOTHER_TRY:
            self._still.set()
            await asyncio.sleep(self._backoff.first)
            return
        self._outbox.popleft()
        if isinstance(answer, CallError):
            _LOG.warning("%s: %s was refused: %s %s", self._url, message.action, answer.code, answer.description)
        else:
            message.acknowledged(answer.payload)


async def _asked(asking: Asking, action: str, payload: Payload) -> CallResult | CallError:
    """The answer; one that breaks the standard counts as a refusal."""
    answer = await asking.ask(action, payload)
    if isinstance(answer, CallResult):
        errors = schemas.check_answer(V16.schemas, action, answer.payload).errors
        if errors:
            return CallError(id=answer.id, code=V16.words.broken, description=str(errors[0]))
    return answer
