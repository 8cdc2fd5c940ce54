"""Processes that hold connections of stations: each has a number, an advisory lock on the connection it hears by, and a
channel. What is said on a channel is only that there is something to look at, and what that is stands in the table."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress

from ocpilot.app.kept.station_nodes import Claimed, NodeCall
from ocpilot.base.errors import StationUnreachable
from ocpilot.base.ids import new_id
from ocpilot.store.line import LOST, Line
from ocpilot.store.pool import Database
from ocpilot.store.queries import load
from ocpilot.store.rows import record_of

_SQL = load("nodes")
#: The first half of the advisory locks; the view `living_node` names it too.
NODE_LOCKS = 6
#: Seconds after which who waits for an answer looks whether the process that has the call lives.
_LOOK = 1.0


class PostgresNodes:
    """`app.kept.station_nodes.Nodes`. A process that only asks has a channel, but holds no lock."""

    def __init__(self, url: str, database: Database) -> None:
        self._url = url
        self._database = database
        self._line: Line | None = None
        self._asked_by = 0
        self._held: int | None = None
        self._number: int | None = None
        self._starting = asyncio.Lock()
        self._news = asyncio.Event()
        self._moved: set[str] = set()
        self._answered: dict[str, asyncio.Event] = {}

    @property
    def number(self) -> int | None:
        """See the port."""
        return self._number

    async def hold(self) -> bool:
        """See the port."""
        line = await self._hearing()
        if self._held == self._asked_by:
            return False
        while not await line.value(_SQL["hold"], NODE_LOCKS, self._asked_by):
            # The server does not know yet that our old connection is gone, and gives its lock to nobody.
            await self._hang_up()
            line = await self._hearing()
        self._number = self._held = self._asked_by
        return True

    async def leave(self) -> None:
        """See the port."""
        await self._database.row(_SQL["leave"], {"node": self._number})

    async def claim(self, protocols: Mapping[str, str]) -> Claimed:
        """See the port."""
        values = {"node": self._number, "ids": list(protocols), "protocols": list(protocols.values())}
        before = {row["id"]: row["before"] for row in await self._database.rows(_SQL["claim"], values)}
        return Claimed(ours=frozenset(before), lost=frozenset(one for one, node in before.items() if node is None))

    async def calls(self) -> Sequence[NodeCall]:
        """See the port."""
        self._news.clear()
        rows = await self._database.rows(_SQL["take"], {"node": self._number})
        return [record_of(NodeCall, row) for row in rows]

    async def answer(self, call_id: str, answer: str) -> None:
        """See the port."""
        await self._database.row(_SQL["answer"], {"id": call_id, "answer": answer})

    def moved(self) -> Collection[str]:
        """See the port."""
        moved, self._moved = self._moved, set()
        return moved

    async def wait(self, seconds: float) -> None:
        """See the port."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._news.wait()

    async def ask(self, station_id: str, action: str, payload: str, seconds: float) -> str | None:
        """See the port."""
        call_id = new_id()
        self._answered[call_id] = asyncio.Event()
        try:
            await self._hearing()
            asked = {"id": call_id, "station_id": station_id, "action": action, "payload": payload, "seconds": seconds}
            if await self._database.row(_SQL["ask"], {**asked, "asked_by": self._asked_by}) is None:
                raise StationUnreachable(f"station {station_id} is not connected")
            async with asyncio.timeout(seconds):
                return await self._collected(call_id, station_id)
        except TimeoutError:
            return None
        finally:
            self._answered.pop(call_id)
            await self._database.row(_SQL["withdraw"], {"id": call_id})

    async def reaches(self, station_id: str) -> str | None:
        """See the port."""
        row = await self._database.row(_SQL["reaches"], {"station_id": station_id})
        return row["protocol"] if row else None

    async def gone(self) -> Collection[int]:
        """See the port."""
        return {row["node"] for row in await self._database.rows(_SQL["gone"])}

    async def forget_calls(self) -> None:
        """See the port."""
        await self._database.row(_SQL["forget"])

    async def tell_moved(self, node: int, station_id: str) -> None:
        """Another process has the station now. Who does not hear it finds out when it claims again."""
        await self._database.row(_SQL["tell"], {"node": node, "notice": f"moved {station_id}"})

    async def close(self) -> None:
        """Let go: from now on others see us gone."""
        await self._hang_up()

    async def _collected(self, call_id: str, station_id: str) -> str:
        while True:
            answered = self._answered[call_id]
            answered.clear()
            row = await self._database.row(_SQL["collect"], {"id": call_id})
            if row is not None:
                return str(row["answer"])
            in_hand = await self._database.row(_SQL["in_hand"], {"id": call_id})
            if in_hand is None or not in_hand["in_hand"]:
                raise StationUnreachable(f"station {station_id}: the process that held its connection is gone")
            with suppress(TimeoutError):
                async with asyncio.timeout(_LOOK):
                    await answered.wait()

    async def _hearing(self) -> Line:
        async with self._starting:
            if self._line is None:
                row = await self._database.row(_SQL["new_number"])
                self._asked_by = row["number"] if row else 0
                self._line = Line(self._url, f"ocpilot_node_{self._asked_by}", self._heard)
            await self._line.ready()
            return self._line

    async def _hang_up(self) -> None:
        async with self._starting:
            line, self._line, self._held = self._line, None, None
            if line is not None:
                with suppress(*LOST):
                    await line.close()

    def _heard(self, notice: str) -> None:
        """An empty notice says that the line was lost or stands again."""
        word, _, about = notice.partition(" ")
        if word == "answer":
            answered = self._answered.get(about)
            if answered is not None:
                answered.set()
            return
        if word == "moved":
            self._moved.add(about)
        elif not word:
            self._held = None
            for answered in self._answered.values():
                answered.set()
        self._news.set()
