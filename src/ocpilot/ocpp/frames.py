"""The frames of OCPP-J as text and as values (OCPP-J 1.6 and 2.1, "RPC framework"); a broken frame is a value too."""

import re
from decimal import Decimal, InvalidOperation
from enum import IntEnum, StrEnum

import msgspec

from ocpilot.app.kept.station_events import Payload

#: What a frame is answered under when its own id cannot be read.
UNREADABLE_ID = "-1"
MAX_ID = 36
_MAX_DESCRIPTION = 255

_HEAD = re.compile(r'\s*\[\s*(\d+)\s*,\s*"([^"\\]{1,36})"')
_DECODER = msgspec.json.Decoder(float_hook=Decimal)
_ENCODER = msgspec.json.Encoder(decimal_format="number")


class MessageType(IntEnum):
    """The first element of a frame. `RESULT_ERROR` and `SEND` are those of 2.1."""

    CALL = 2
    RESULT = 3
    ERROR = 4
    RESULT_ERROR = 5
    SEND = 6


class ErrorCode(StrEnum):
    """Error words that all OCPP versions share. NotImplemented: unknown action; NotSupported: known, not offered."""

    NOT_IMPLEMENTED = "NotImplemented"
    NOT_SUPPORTED = "NotSupported"
    INTERNAL_ERROR = "InternalError"
    PROTOCOL_ERROR = "ProtocolError"
    SECURITY_ERROR = "SecurityError"
    PROPERTY_CONSTRAINT = "PropertyConstraintViolation"
    TYPE_CONSTRAINT = "TypeConstraintViolation"
    GENERIC_ERROR = "GenericError"


class ErrorWords(msgspec.Struct, frozen=True, kw_only=True):
    """The error words that OCPP versions spell differently.

    `broken`: the payload or frame is no such structure; `unreadable`: not even the id can be read; `occurrence`: a
    required field is missing; `answer`: an answer is none, which only 2.1 can say.
    """

    broken: str
    unreadable: str
    occurrence: str
    answer: str | None = None


_KINDS = tuple(MessageType)


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """A request of either side. `mark` is the same for the same text, as far as this process knows; 0 for our own."""

    id: str
    action: str
    payload: Payload
    mark: int = 0


class CallResult(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to a call."""

    id: str
    payload: Payload


class CallError(msgspec.Struct, frozen=True, kw_only=True):
    """The refusal of a call."""

    id: str
    code: str
    description: str = ""
    details: Payload = {}


class ResultError(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to an answer that cannot be understood (2.1)."""

    id: str
    code: str
    description: str = ""
    details: Payload = {}


class Send(msgspec.Struct, frozen=True, kw_only=True):
    """Something said that gets no answer (2.1)."""

    id: str
    action: str
    payload: Payload


class Broken(msgspec.Struct, frozen=True, kw_only=True):
    """Text that is no frame, or no whole one. `id` None: not even that could be read.

    `answered`: it was or may have been a call, so its sender waits for an answer. What was an answer itself never
    gets one.
    """

    id: str | None
    reason: str
    answered: bool = True


Written = Call | CallResult | CallError | ResultError | Send
Frame = Written | Broken


def read(text: str, max_size: int) -> Frame:
    """The frame in `text`, at most `max_size` characters; never an exception."""
    if len(text) > max_size:
        return _broken(text, f"{len(text)} characters, at most {max_size} are taken")
    try:
        elements = _DECODER.decode(text)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError, InvalidOperation) as error:
        return _broken(text, f"no JSON: {error}")
    if not isinstance(elements, list) or len(elements) < 3:
        return _broken(text, "a frame is an array of at least three elements")
    return _frame(elements, hash(text))


def _broken(text: str, reason: str) -> Broken:
    """Broken text whose first two elements may still tell what it was: the sender can match the answer then."""
    head = _HEAD.match(text)
    if head is None:
        return Broken(id=None, reason=reason)
    kind, ident = head.groups()
    return Broken(id=ident, reason=reason, answered=kind == "2")


def _frame(elements: list[object], mark: int) -> Frame:
    """Elements beyond those of the standard are ignored, as unknown keys are."""
    kind, ident, *rest = elements
    if kind not in _KINDS:
        # OCPP-J 1.6 (4.1.3): the payload of an unknown message type SHALL be ignored
        return Broken(id=None, reason=f"message type {kind!r} is none of 2 to 6", answered=False)
    if not isinstance(ident, str) or not 0 < len(ident) <= MAX_ID:
        return Broken(id=None, reason=f"a message id has 1 to {MAX_ID} characters", answered=kind == MessageType.CALL)
    if kind in (MessageType.CALL, MessageType.SEND):
        return _said(ident, rest, mark if kind == MessageType.CALL else None)
    if kind == MessageType.RESULT:
        return _result(ident, rest)
    return _error(CallError if kind == MessageType.ERROR else ResultError, ident, rest)


def _said(ident: str, rest: list[object], mark: int | None) -> Frame:
    """A call, or with no `mark` something that gets no answer."""
    action, payload = rest[0], rest[1] if len(rest) > 1 else None
    if not isinstance(action, str):
        return Broken(id=ident, reason="the action of a call is a text", answered=mark is not None)
    if not isinstance(payload, dict):
        return Broken(id=ident, reason="the payload of a call is an object", answered=mark is not None)
    if mark is None:
        return Send(id=ident, action=action, payload=payload)
    return Call(id=ident, action=action, payload=payload, mark=mark)


def _result(ident: str, rest: list[object]) -> Frame:
    if not isinstance(rest[0], dict):
        return Broken(id=ident, reason="the payload of a result is an object", answered=False)
    return CallResult(id=ident, payload=rest[0])


def _error(of: type[CallError | ResultError], ident: str, rest: list[object]) -> CallError | ResultError:
    """Stations leave out the description and the details; the refusal itself is sure."""
    code, description, details = [*rest[:3], None, None][:3]
    return of(
        id=ident,
        code=code if isinstance(code, str) else str(ErrorCode.GENERIC_ERROR),
        description=description if isinstance(description, str) else "",
        details=details if isinstance(details, dict) else {},
    )


def write(frame: Written) -> str:
    """The text of a frame."""
    return _ENCODER.encode(_elements(frame)).decode()


def _elements(frame: Written) -> list[object]:
    if isinstance(frame, Call | Send):
        return [
            MessageType.CALL if isinstance(frame, Call) else MessageType.SEND,
            frame.id,
            frame.action,
            frame.payload,
        ]
    if isinstance(frame, CallResult):
        return [MessageType.RESULT, frame.id, frame.payload]
    kind = MessageType.ERROR if isinstance(frame, CallError) else MessageType.RESULT_ERROR
    return [kind, frame.id, frame.code, frame.description[:_MAX_DESCRIPTION], frame.details]
