"""What stations tell about themselves: notices by action, configuration keys and variables, and who stores them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from ocpilot.app.kept.records import Record


class StationNotice(Record, frozen=True, kw_only=True):
    """One notice in the station's words: `payload` is JSON text without secrets."""

    action: str
    at: datetime
    payload: str


class StationVariable(Record, frozen=True, kw_only=True):
    """One configuration key (1.6) or attribute of a variable of the device model (2.x).

    `component` is empty for a key, else as `Connector[1] EVSE 1/2`; `named` is how it is named in OCPP, as JSON text:
    `{"key": ...}` or `{"component": ..., "variable": ...}`. `value` is None where it is a secret or was not told.
    """

    component: str
    variable: str
    attribute: str = "Actual"
    value: str | None
    writable: bool
    unit: str | None = None
    named: str
    at: datetime


class StationNotices(Protocol):
    """Notices and variables of stations."""

    async def add(self, station_id: str, notice: StationNotice) -> None:
        """Append; of each action the newest twenty are kept."""

    async def of(self, station_id: str) -> tuple[StationNotice, ...]:
        """All that are kept, newest first."""

    async def learn(self, station_id: str, variables: Sequence[StationVariable]) -> None:
        """Insert or replace by component, variable and attribute; a unit that is known stays."""

    async def variables(self, station_id: str) -> tuple[StationVariable, ...]:
        """By component and variable."""
