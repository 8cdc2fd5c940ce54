"""A station of OCPP 1.6 that sends just what a test says: a bare websocket."""

import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count

from websockets.asyncio.client import ClientConnection, connect


@dataclass
class PlainStation:
    """Calls, and waits for the answer."""

    socket: ClientConnection
    numbers: count = field(default_factory=count)

    async def call(self, action: str, **payload: object) -> dict[str, object]:
        number = str(next(self.numbers))
        await self.socket.send(json.dumps([2, number, action, payload]))
        kind, answered, *answer = json.loads(await self.socket.recv())
        assert (kind, answered) == (3, number), answer
        return answer[0]


@asynccontextmanager
async def plain_station(url: str, station_id: str, password: str) -> AsyncIterator[PlainStation]:
    """Connected until the block ends."""
    secret = base64.b64encode(f"{station_id}:{password}".encode()).decode()
    headers = {"Authorization": f"Basic {secret}"}
    async with connect(f"{url}/{station_id}", subprotocols=["ocpp1.6"], additional_headers=headers) as socket:
        yield PlainStation(socket)
