"""A station without any program: a websocket that says what a test says."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from ssl import SSLContext

from websockets.asyncio.client import ClientConnection, connect

BOOT = {
    "ocpp1.6": {"chargePointVendor": "V", "chargePointModel": "M"},
    "ocpp2.0.1": {"reason": "PowerUp", "chargingStation": {"vendorName": "V", "model": "M"}},
    "ocpp2.1": {"reason": "PowerUp", "chargingStation": {"vendorName": "V", "model": "M"}},
}


def basic(user: str, password: str) -> str:
    """The Authorization header of a station."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


class BareStation:
    """Sends text, reads text."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket

    async def send(self, text: str) -> None:
        await self.socket.send(text)

    async def read(self) -> list[object]:
        async with asyncio.timeout(10):
            return json.loads(await self.socket.recv(), parse_float=Decimal)

    async def call(self, action: str, payload: object, ident: str = "1") -> list[object]:
        await self.send(json.dumps([2, ident, action, payload]))
        return await self.read()

    async def boot(self) -> str:
        """The status of the answer to a BootNotification."""
        answer = await self.call("BootNotification", BOOT[self.socket.subprotocol], "boot")
        return answer[2]["status"]

    async def answers(self, payload: object) -> tuple[str, object]:
        """Answers the next call, and says what was asked."""
        _, ident, action, asked = await self.read()
        await self.send(json.dumps([3, ident, payload]))
        return action, asked


@asynccontextmanager
async def bare_station(
    url: str, ident: str, password: str | None, subprotocol: str = "ocpp1.6", ssl: SSLContext | None = None
) -> AsyncIterator[BareStation]:
    """Connected to `url`/`ident`."""
    headers = {} if password is None else {"Authorization": basic(ident, password)}
    async with connect(
        f"{url}/{ident}", subprotocols=[subprotocol], additional_headers=headers, compression=None, proxy=None, ssl=ssl
    ) as socket:
        yield BareStation(socket)
