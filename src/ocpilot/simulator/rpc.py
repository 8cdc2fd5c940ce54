"""The `ocpp` package's ChargePoint of each version as the client of a station: calls out, reactions to calls in.

The package leaves a call alone for ever when the connection is lost, answers nothing to an unknown action of 2.1 and
confuses NotImplemented with NotSupported; the rest of it is used as it is.
"""

import asyncio
import logging
from collections.abc import Callable
from typing import Protocol, cast

import ocpp.messages
from ocpp import v16, v21, v201
from ocpp.exceptions import NotImplementedError as NotImplementedByUs
from ocpp.exceptions import NotSupportedError, OCPPError
from ocpp.messages import CallError, MessageType
from websockets.asyncio.client import ClientConnection
from websockets.exceptions import ConnectionClosed

from ocpilot.base.errors import StationError
from ocpilot.simulator.make import OcppVersion
from ocpilot.simulator.speech import Payload, Reaction, Reactions

_LOG = logging.getLogger(__name__)
_LOG.setLevel(logging.WARNING)

# in a thread it takes longer, and what is told would wait for it
ocpp.messages.ASYNC_VALIDATION = False

CALL, ANSWER, CALL_ERROR = MessageType.Call, MessageType.CallResult, MessageType.CallError

_LOST = CallError("", "ConnectionLost", "")


class CallRefused(StationError):
    """The central system answered an error, or what breaks the standard."""

    def __init__(self, code: str, description: str) -> None:
        super().__init__(f"{code} {description}".strip())
        self.code = code


class CentralSystem(Protocol):
    """The other end of a connection."""

    async def ask(self, call: object) -> Payload:
        """The answer in snake_case. CallRefused; ConnectionError when it is lost; TimeoutError."""

    async def read(self) -> None:
        """Take what comes until the connection is closed."""

    def lose(self) -> None:
        """The connection is lost: who waits for an answer hears so."""


class _Routes(dict[str, dict[str, object]]):
    """What the package looks a handler up in; the error words as the standard has them (OCPP-J, "CallError")."""

    def __init__(self, version: OcppVersion) -> None:
        super().__init__()
        self._version = version

    def __missing__(self, action: str) -> dict[str, object]:
        known = hasattr(_MODULES[self._version].call, action)
        raise (NotSupportedError if known else NotImplementedByUs)(details={})


class _Client:
    """Mixed into the package's classes."""

    # the package's class has no types, so neither have its attributes here
    _call_lock: asyncio.Lock
    _response_queue: "asyncio.Queue[CallError]"
    _response_timeout: float

    def listen(self, reactions: Reactions, version: OcppVersion, checked: bool, heard: Callable[[], None]) -> None:
        """React to what the central system calls; `heard` counts."""
        self.checked = checked
        self.route_map = _Routes(version)
        for action, react in reactions.items():
            self.route_map[action] = {
                "_on_action": self._on(react, heard),
                "_after_action": self._after,
                "_skip_schema_validation": not checked,
            }
        self._then: Callable[[], object] = lambda: None

    def _on(self, react: Callable[[Payload], Reaction], heard: Callable[[], None]) -> Callable[..., object]:
        def answer(**payload: object) -> object:  # the package hands a payload over as keywords
            heard()
            reaction = react(payload)
            self._then = reaction.then
            return reaction.answer

        return answer

    def _after(self, **_: object) -> None:
        then, self._then = self._then, lambda: None
        then()

    async def ask(self, call: object) -> Payload:
        """See `CentralSystem`."""
        try:
            answer = await self.call(  # type: ignore[attr-defined]  # of the package's class
                call, suppress=False, skip_schema_validation=not self.checked
            )
        except OCPPError as error:
            raise CallRefused(error.code, error.description or str(error.details)) from error
        except TypeError as error:  # an unchecked answer that does not fit its class
            raise CallRefused("FormatViolation", str(error)) from error
        return cast(Payload, vars(answer))

    async def read(self) -> None:
        """See `CentralSystem`."""
        try:
            await self.start()  # type: ignore[attr-defined]  # of the package's class
        except ConnectionClosed:
            self.lose()

    def lose(self) -> None:
        """See `CentralSystem`."""
        self._response_queue.put_nowait(_LOST)

    async def _get_specific_response(self, unique_id: str, timeout: float) -> CallError:  # noqa: ASYNC109 - the package's own
        async with asyncio.timeout(timeout):
            while True:
                answer = await self._response_queue.get()
                if answer is _LOST:
                    self.lose()  # for the next one, too
                    raise ConnectionError("the connection is lost")
                if answer.unique_id == unique_id:
                    return answer


class _V16(_Client, v16.ChargePoint):  # type: ignore[misc]  # the package has no types
    pass


class _V201(_Client, v201.ChargePoint):  # type: ignore[misc]  # the package has no types
    pass


class _V21(_Client, v21.ChargePoint):  # type: ignore[misc]  # the package has no types
    pass


_MODULES = {OcppVersion.V16: v16, OcppVersion.V201: v201, OcppVersion.V21: v21}
_CLIENTS = {OcppVersion.V16: _V16, OcppVersion.V201: _V201, OcppVersion.V21: _V21}


def central_system(
    version: OcppVersion,
    station_id: str,
    socket: ClientConnection,
    *,
    reactions: Reactions,
    answer_within: float,
    checked: bool,
    heard: Callable[[], None],
) -> CentralSystem:
    """The client of a fresh connection."""
    client = _CLIENTS[version](station_id, socket, answer_within, _LOG)
    client.listen(reactions, version, checked, heard)
    return client
