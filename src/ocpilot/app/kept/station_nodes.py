"""Processes that hold connections of stations (nodes), and the calls they pass to each other."""

from collections.abc import Collection, Mapping, Sequence
from typing import Protocol

from ocpilot.app.kept.records import Record


class NodeCall(Record, frozen=True, kw_only=True):
    """A call to a station that another process passed to us. `payload` is JSON text; `seconds` is what is left."""

    id: str
    station_id: str
    action: str
    payload: str
    seconds: float


class Claimed(Record, frozen=True, kw_only=True):
    """`ours`: stations whose connections are held here after all; `lost`: of these, those that counted as disconnected
    meanwhile."""

    ours: frozenset[str]
    lost: frozenset[str]


class Nodes(Protocol):
    """This process among those that hold connections of stations."""

    @property
    def number(self) -> int | None:
        """Ours; None before `hold`."""

    async def hold(self) -> bool:
        """Make sure that others see us live; True when they did not until now: then connections are to be claimed."""

    async def leave(self) -> None:
        """This process ends in an orderly way: its stations are connected to nobody until they come back, here or to
        another process. What became of them is found as after a death."""

    async def claim(self, protocols: Mapping[str, str]) -> Claimed:
        """Connections (subprotocol by station) that we hold, unless another living process has the station by now."""

    async def calls(self) -> Sequence[NodeCall]:
        """Calls to stations whose connections we hold, each given out once."""

    async def answer(self, call_id: str, answer: str) -> None:
        """What became of a call."""

    def moved(self) -> Collection[str]:
        """Stations that connected to another process, each told once."""

    async def wait(self, seconds: float) -> None:
        """Until there may be calls or stations that moved."""

    async def ask(self, station_id: str, action: str, payload: str, seconds: float) -> str | None:
        """Pass a call to the process that holds the station's connection; its answer. StationUnreachable when no living
        process holds it, None when nothing came within `seconds`."""

    async def reaches(self, station_id: str) -> str | None:
        """The subprotocol of a station whose connection a living process holds."""

    async def gone(self) -> Collection[int]:
        """Processes that are no more and were said to hold connections."""

    async def forget_calls(self) -> None:
        """Drop calls that nobody waits for any longer."""
