"""The log of what stations and we say to each other: one record per OCPP frame, what is asked of it, who stores it."""

from datetime import datetime
from enum import StrEnum
from typing import Protocol

from ocpilot.app.kept.messages import LogStore, MessageGap
from ocpilot.app.kept.records import Record


class FrameDirection(StrEnum):
    """`in`: from the station; `out`: from us. `note` and `fault` are no frames: what became of the connection, in
    words, where a fault is something that somebody may have to mend."""

    IN = "in"
    OUT = "out"
    NOTE = "note"
    FAULT = "fault"


class FrameLine(Record, frozen=True, kw_only=True):
    """One frame. `id` is its number, 0 until stored; `action` is that of the call, also for its answer.

    `text` is the frame without secrets, `masked` when some were taken out, and no longer than the settings say; `size`
    is how many characters it had. `failed`: a CALLERROR, what is no frame at all, and every fault.
    """

    id: int = 0
    at: datetime
    station_id: str
    direction: FrameDirection
    action: str | None
    message_id: str | None
    text: str
    size: int
    masked: bool = False
    failed: bool = False


class FrameQuery(Record, frozen=True, kw_only=True):
    """Which frames, newest first; None asks for all. `action` in any case, `until` is exclusive; `before` is the last
    frame of the page before; `after_id` leaves out those numbered lower."""

    station_id: str | None = None
    direction: FrameDirection | None = None
    action: str | None = None
    failed: bool = False
    since: datetime | None = None
    until: datetime | None = None
    before: tuple[datetime, int] | None = None
    after_id: int | None = None
    limit: int = 50


class FrameList(Record, frozen=True, kw_only=True):
    """Frames newest first, whether there are more, and what is missing in their time."""

    frames: tuple[FrameLine, ...]
    more: bool
    gaps: tuple[MessageGap, ...]


class Frames(LogStore[FrameLine], Protocol):
    """Storage of the log of frames."""

    async def find(self, query: FrameQuery) -> tuple[FrameLine, ...]:
        """Newest first."""
