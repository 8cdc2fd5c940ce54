"""What an EVSE of ours was, since when and why, as the platform keeps it, and who stores it."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from ocpilot.app.kept.records import ObjectKey, Record
from ocpilot.wire.v230 import Status


class StatusReason(StrEnum):
    """Why an EVSE is what it is. `station`: it says so; `session`: a car is there; `fault`: the station names an error;
    `unavailable`: it takes nobody, by its own word or ours; `connectivity`: its connection was lost; `planned`: by the
    `status_schedule` of the EVSE (mod_locations, "StatusSchedule"); `written`: by a person or program."""

    STATION = "station"
    SESSION = "session"
    FAULT = "fault"
    RESERVED = "reserved"
    UNAVAILABLE = "unavailable"
    CONNECTIVITY = "connectivity"
    PLANNED = "planned"
    WRITTEN = "written"


class Why(Record, frozen=True, kw_only=True):
    """The reason of a status: `code` is the error in the station's words, `info` what else it said, `said_at` its own
    time of it."""

    reason: StatusReason = StatusReason.STATION
    code: str | None = None
    info: str | None = None
    said_at: datetime | None = None


class StatusChange(Record, frozen=True, kw_only=True):
    """From `at` on (by our clock) an EVSE was this. Not `shown`: the station said it while a planned status stood."""

    at: datetime
    status: Status
    reason: StatusReason
    code: str | None = None
    info: str | None = None
    said_at: datetime | None = None
    shown: bool = True


class ScheduledEvse(Record, frozen=True, kw_only=True):
    """An EVSE of ours that has a `status_schedule`, or shows a `planned` status, with its body (2.3.0)."""

    key: ObjectKey
    body: str
    planned: Status | None


class StatusHistory(Protocol):
    """Every change of the EVSEs of ours, by EVSE (a key of Locations with `sub`)."""

    async def add(self, key: ObjectKey, change: StatusChange) -> bool:
        """Append, unless it says what the one before says; whether it was."""

    async def said_last(self, key: ObjectKey, *, connected: bool = False) -> StatusChange | None:
        """The newest that no plan made, and, with `connected`, no lost connection either."""

    async def newest(self, keys: Sequence[ObjectKey]) -> tuple[StatusChange | None, ...]:
        """The newest shown one of each."""

    async def between(self, key: ObjectKey, since: datetime, until: datetime) -> tuple[StatusChange, ...]:
        """Shown ones oldest first, with the one before `since` that still held then."""

    async def latest(self, key: ObjectKey, limit: int) -> tuple[StatusChange, ...]:
        """Shown ones, newest first."""

    async def began(self, key: ObjectKey) -> datetime | None:
        """When the station first said something of it: since then it is in service."""

    async def scheduled(self) -> tuple[ScheduledEvse, ...]:
        """EVSEs with a schedule or a planned status."""

    async def plan(self, key: ObjectKey, status: Status | None) -> None:
        """Note that an EVSE shows a planned status, or none any more."""
