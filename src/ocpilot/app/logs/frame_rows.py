"""From a frame as it went by to the row that is kept: which action it belongs to, and nothing secret in it.

An answer does not name its action: the call that it answers does, and was heard just before.
"""

import re
from collections.abc import Sequence
from datetime import datetime

import msgspec

from ocpilot.app.kept.frames import FrameDirection, FrameLine
from ocpilot.app.logs.frame_secrets import without_secrets
from ocpilot.app.logs.log_writing import storable
from ocpilot.base.settings import Logged

#: Message type, message id, and the action of a call or the code of an error (OCPP-J, "Message structures").
_HEAD = re.compile(r'\s*\[\s*([2-6])\s*,\s*"([^"\\]{0,64})"(?:\s*,\s*"([^"\\]{1,100})")?')
#: CALL and, of OCPP 2.1, SEND; CALLERROR and, of OCPP 2.1, CALLRESULTERROR.
_CALLS = frozenset({"2", "6"})
_ERRORS = frozenset({"4", "5"})
_OTHER = {FrameDirection.IN: FrameDirection.OUT, FrameDirection.OUT: FrameDirection.IN}


class HeardFrame(msgspec.Struct, frozen=True, gc=False):
    """One frame as it went by, or a word about a connection; nothing in it was looked into."""

    station_id: str
    direction: FrameDirection
    text: str
    at: datetime


class _Asked(msgspec.Struct, frozen=True, gc=False):
    """A call that may still be answered."""

    message_id: str
    action: str
    row: FrameLine | None


class FrameRows:
    """Makes rows of frames, in the order in which they went by. Of `errors` only, the call is kept with the error."""

    def __init__(self, wanted: Logged, most: int) -> None:
        self._errors_only = wanted is Logged.ERRORS
        self._most = most
        #: The last call of each side: OCPP lets each have one in flight (OCPP-J, "Synchronicity").
        self._asked: dict[tuple[str, FrameDirection], _Asked] = {}

    def rows_of(self, heard: HeardFrame) -> Sequence[FrameLine]:
        """What is kept of it."""
        if heard.direction not in _OTHER:
            return self._of_connection(heard)
        head = _HEAD.match(heard.text)
        if head is None:
            return (self._row(heard, None, None, failed=True),)
        kind, message_id, word = head.groups()
        if kind in _CALLS:
            return self._of_call(heard, message_id, word)
        asked = self._asked.pop((heard.station_id, _OTHER[heard.direction]), None)
        asked = asked if asked is not None and asked.message_id == message_id else None
        failed = kind in _ERRORS
        if self._errors_only and not failed:
            return ()
        row = self._row(heard, asked.action if asked else None, message_id, failed=failed)
        return (row,) if asked is None or asked.row is None else (asked.row, row)

    def _of_connection(self, heard: HeardFrame) -> Sequence[FrameLine]:
        for direction in _OTHER:
            self._asked.pop((heard.station_id, direction), None)
        failed = heard.direction is FrameDirection.FAULT
        return (self._row(heard, None, None, failed=failed),) if failed or not self._errors_only else ()

    def _of_call(self, heard: HeardFrame, message_id: str, action: str | None) -> Sequence[FrameLine]:
        row = self._row(heard, action, message_id)
        kept = row if self._errors_only else None
        self._asked[heard.station_id, heard.direction] = _Asked(message_id, action or "", kept)
        return () if self._errors_only else (row,)

    def _row(self, heard: HeardFrame, action: str | None, message_id: str | None, *, failed: bool = False) -> FrameLine:
        text = without_secrets(action, heard.text)
        return FrameLine(
            at=heard.at,
            station_id=storable(heard.station_id),
            direction=heard.direction,
            action=storable(action) if action else None,
            message_id=storable(message_id) if message_id else None,
            text=storable(text[: self._most]),
            size=len(heard.text),
            masked=text is not heard.text,
            failed=failed,
        )
