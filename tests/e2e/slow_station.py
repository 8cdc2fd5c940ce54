"""A station that takes its time: what it is asked to do is answered when the test says so."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

#: What it does, slowly; it can nothing else.
_DONE = {"RemoteStartTransaction": "Accepted", "UnlockConnector": "Unlocked"}


class SlowStation:
    """`asked` is set when it got something to do; `may` lets it answer."""

    def __init__(self) -> None:
        self.asked = asyncio.Event()
        self.may = asyncio.Event()
        self.may.set()

    @asynccontextmanager
    async def at(self, url: str, station_id: str, password: str) -> AsyncIterator[None]:
        """Connected to an operator until the block ends."""
        login = base64.b64encode(f"{station_id}:{password}".encode()).decode()
        headers = {"Authorization": f"Basic {login}"}
        ocpp = Subprotocol("ocpp1.6")
        async with connect(f"{url}/{station_id}", subprotocols=[ocpp], additional_headers=headers, proxy=None) as wire:
            boot = {"chargePointVendor": "Test", "chargePointModel": "Slow"}
            await wire.send(json.dumps([2, "boot", "BootNotification", boot]))
            async with asyncio.TaskGroup() as tasks:
                answering = tasks.create_task(self._answer_all(wire))
                yield
                answering.cancel()

    async def _answer_all(self, wire: ClientConnection) -> None:
        async for text in wire:
            kind, ident, *rest = json.loads(text)
            if kind != 2:
                continue
            status = _DONE.get(rest[0])
            if status is None:
                await wire.send(json.dumps([4, ident, "NotSupported", "", {}]))
                continue
            self.asked.set()
            await self.may.wait()
            await wire.send(json.dumps([3, ident, {"status": status}]))
