"""A small central system on the `ocpp` package's server side, for each version; it checks every message it gets."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import ocpp.messages
from ocpp import v16, v21, v201
from ocpp.charge_point import camel_to_snake_case, remove_nones
from websockets.asyncio.server import serve
from websockets.exceptions import ConnectionClosed

from ocpilot.simulator.make import OcppVersion

MODULES = {OcppVersion.V16: v16, OcppVersion.V201: v201, OcppVersion.V21: v21}
_BY_SUBPROTOCOL = {version.subprotocol: version for version in OcppVersion}
NOW = "2026-11-23T09:00:00Z"


class Central:
    """Keeps what each station said in `said`: (station, action, payload in snake_case), in order.

    Tokens that begin with `TAG` may charge. What is in `refusing` is answered with an InternalError once.
    """

    def __init__(self) -> None:
        self.said: list[tuple[str, str, dict[str, object]]] = []
        self.stations: dict[str, object] = {}
        self.broken: list[str] = []
        self.numbers = 0
        self.refusing: list[str] = []

    def actions(self, station: str | None = None) -> list[str]:
        return [action for who, action, _ in self.said if station in (None, who)]

    def of(self, *actions: str) -> list[dict[str, object]]:
        return [payload for _, action, payload in self.said if action in actions]

    def counts(self) -> Counter[str]:
        return Counter(self.actions())

    async def ask(self, station: str, call: object) -> object:
        """What the station answers, checked against the schema."""
        return await self.stations[station].call(call, suppress=False)

    async def serve_one(self, socket) -> None:
        station = socket.request.path.rpartition("/")[2]
        client = self.stations[station] = _client(self, MODULES[_BY_SUBPROTOCOL[socket.subprotocol]], station, socket)
        with suppress(ConnectionClosed):
            async for text in socket:
                message = ocpp.messages.unpack(text)
                if isinstance(message, ocpp.messages.CallError) and message.error_code != "NotSupported":
                    self.broken.append(text)
                await client.route_message(text)

    def answer(self, module, station: str, action: str, payload: dict[str, object]) -> object:
        if action in self.refusing:
            self.refusing.remove(action)
            raise RuntimeError("no database")
        self.said.append((station, action, remove_nones(camel_to_snake_case(payload))))
        answer = getattr(module.call_result, action)
        allowed = "id_token_info" if "id_token" in payload else "id_tag_info"
        token = payload.get("id_tag") or payload.get("id_token", {}).get("id_token")
        if action == "BootNotification":
            return answer(current_time=NOW, interval=300, status="Accepted")
        if action == "Heartbeat":
            return answer(current_time=NOW)
        if action == "StartTransaction":
            self.numbers += 1
            return answer(transaction_id=self.numbers, id_tag_info=_status(token))
        if action == "Authorize" or (action == "TransactionEvent" and token):
            return answer(**{allowed: _status(token)})
        return answer()


def _status(token: str) -> dict[str, str]:
    return {"status": "Accepted" if token.startswith("TAG") else "Invalid"}


def _client(central: Central, module, station: str, socket):
    client = module.ChargePoint(station, socket)

    def handler(action: str):
        def handle(**payload: object) -> object:
            return central.answer(module, station, action, payload)

        return {"_on_action": handle}

    actions = [name for name in vars(module.call) if name[0].isupper()]
    client.route_map = {action: handler(action) for action in actions}
    send = client._send

    async def sent(text: str) -> None:
        if text.startswith("[4,"):
            central.broken.append(text)
        await send(text)

    client._send = sent
    return client


class Standing:
    """A central system that listens."""

    def __init__(self, central: Central, port: int) -> None:
        self.central = central
        self.port = port
        self.url = f"ws://127.0.0.1:{port}/ocpp"


@asynccontextmanager
async def standing(central: Central | None = None, port: int = 0) -> AsyncIterator[Standing]:
    """Listening; without a `port` at a free one."""
    central = central or Central()
    subprotocols = [version.subprotocol for version in OcppVersion]
    async with serve(
        central.serve_one, "127.0.0.1", port, subprotocols=subprotocols, compression=None, ping_interval=None
    ) as server:
        yield Standing(central, server.sockets[0].getsockname()[1])


async def until(condition) -> None:
    """Wait until something is so."""
    async with asyncio.timeout(20):
        while not condition():  # noqa: ASYNC110 - what is waited for has no event to set
            await asyncio.sleep(0.005)
