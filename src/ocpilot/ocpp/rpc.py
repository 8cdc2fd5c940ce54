"""The bookkeeping of one OCPP-J connection without I/O: text and the time go in, decisions come out.

Each side may have one call in flight (OCPP-J 1.6, 4.1.1 "Synchronicity"); ours wait in a queue for their turn.
"""

from collections import OrderedDict, deque

import msgspec

from ocpilot.app.kept.station_events import Payload
from ocpilot.base.errors import StationUnreachable
from ocpilot.base.ids import new_id
from ocpilot.ocpp import frames
from ocpilot.ocpp.frames import Broken, Call, CallError, CallResult, ErrorWords, ResultError, Send

#: A StopTransaction carries every sample of a transaction: a day of them is more than a megabyte.
MAX_MESSAGE = 4 * 1024 * 1024


class RpcLimits(msgspec.Struct, frozen=True, kw_only=True):
    """`call_timeout`: seconds until a call of ours counts as unanswered, and at most as long until it is sent.
    `remembered`, `remember`: for how many of the last calls, and seconds, a repeated one gets the same answer."""

    max_size: int = MAX_MESSAGE
    call_timeout: float = 20.0
    max_waiting: int = 16
    remembered: int = 8
    remember: float = 120.0


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """A call of ours is over."""

    call: Call
    answer: CallResult | CallError


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """Send this text: what came was broken, and its sender may wait for an answer."""

    text: str
    reason: str


class Ignored(msgspec.Struct, frozen=True, kw_only=True):
    """Nothing is to be done: an answer nobody waits for, an unknown message type."""

    reason: str


class _Sent(msgspec.Struct, frozen=True):
    call: Call
    deadline: float


class _Given(msgspec.Struct, frozen=True):
    """An answer given. Of the call only its mark is kept: a StopTransaction may be a megabyte."""

    mark: int
    text: str
    at: float


class Rpc:
    """One connection. `now` is any clock that only goes forward, in seconds."""

    def __init__(self, words: ErrorWords, limits: RpcLimits | None = None) -> None:
        self.words = words
        self.limits = limits or RpcLimits()
        self._waiting: deque[_Sent] = deque()
        self._in_flight: _Sent | None = None
        self._answers: OrderedDict[str, _Given] = OrderedDict()

    def receive(self, text: str) -> Call | Send | Answered | Reply | Ignored:
        """What the text means: a call to be handled, the answer to a call of ours, or what to do at once."""
        frame = frames.read(text, self.limits.max_size)
        if isinstance(frame, Call | Send):
            return frame
        if isinstance(frame, Broken):
            return self._refusal(frame)
        if isinstance(frame, ResultError):
            return Ignored(
                reason=f"that our answer to {frame.id!r} is not understood: {frame.code} {frame.description}"
            )
        sent = self._in_flight
        if sent is None or sent.call.id != frame.id:
            return Ignored(reason=f"an answer to {frame.id!r}, for which nobody waits")
        self._in_flight = None
        return Answered(call=sent.call, answer=frame)

    def _refusal(self, broken: Broken) -> Reply | Ignored:
        if not broken.answered:
            return Ignored(reason=broken.reason)
        code = self.words.unreadable if broken.id is None else self.words.broken
        error = CallError(id=broken.id or frames.UNREADABLE_ID, code=code, description=broken.reason)
        return Reply(text=frames.write(error), reason=broken.reason)

    def answered(self, call: Call, now: float) -> str | None:
        """The text given before to the very same call; to be asked when its turn comes, for the first may be in work.

        A call without payload has nothing to be done twice, and an old answer to a Heartbeat would be a wrong time.
        """
        known = self._answers.get(call.id)
        if known is None or not call.payload or now - known.at > self.limits.remember or known.mark != call.mark:
            return None
        return known.text

    def answer(self, call: Call, payload: Payload, now: float) -> str:
        """The text that answers `call`; the same call again will get the same text."""
        text = frames.write(CallResult(id=call.id, payload=payload))
        self._answers[call.id] = _Given(call.mark, text, now)
        self._answers.move_to_end(call.id)
        while len(self._answers) > self.limits.remembered:
            self._answers.popitem(last=False)
        return text

    def refuse(self, call: Call, code: str, description: str = "", details: Payload | None = None) -> str:
        """The text that refuses `call`. It is not remembered: the next try may go well."""
        return frames.write(CallError(id=call.id, code=code, description=description, details=details or {}))

    def misunderstood(self, answer: CallResult, description: str) -> str | None:
        """The text that says that an answer to us is none (2.1, "CALLRESULTERROR"); older versions have no words."""
        code = self.words.answer
        return None if code is None else frames.write(ResultError(id=answer.id, code=code, description=description))

    def ask(self, action: str, payload: Payload, now: float) -> Call:
        """Queue a call of ours; StationUnreachable when too many wait already."""
        if len(self._waiting) >= self.limits.max_waiting:
            raise StationUnreachable(f"{len(self._waiting)} calls wait for the station already")
        call = Call(id=new_id(), action=action, payload=payload)
        self._waiting.append(_Sent(call, now + self.limits.call_timeout))
        return call

    def withdraw(self, call: Call) -> None:
        """Nobody waits for the call any longer: it is not sent, unless it is on its way."""
        self._waiting = deque(sent for sent in self._waiting if sent.call is not call)

    def next_to_send(self, now: float) -> str | None:
        """The text of the next call of ours when none is in flight."""
        if self._in_flight is not None or not self._waiting:
            return None
        call = self._waiting.popleft().call
        self._in_flight = _Sent(call, now + self.limits.call_timeout)
        return frames.write(call)

    def deadline(self) -> float | None:
        """When `expire` is next to be called."""
        pending = self._pending()
        return min(sent.deadline for sent in pending) if pending else None

    def expire(self, now: float) -> tuple[Call, ...]:
        """Calls of ours that are over unanswered. The one in flight makes room for the next."""
        late = tuple(sent.call for sent in self._pending() if sent.deadline <= now)
        if self._in_flight is not None and self._in_flight.deadline <= now:
            self._in_flight = None
        self._waiting = deque(sent for sent in self._waiting if sent.deadline > now)
        return late

    def _pending(self) -> list[_Sent]:
        return [*([self._in_flight] if self._in_flight else []), *self._waiting]
