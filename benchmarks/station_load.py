"""Many stations in one cheap process: each connects, boots, begins a charge, goes on with heartbeats and meter values.

    python benchmarks/station_load.py PORT STATIONS SECONDS HEARTBEAT METER

It speaks OCPP 1.6 and 2.0.1, half of the stations each, in frames that it writes itself (masked with zeros), so that
the processor is left to the server. Says `ready` when all stations charge, and at the end one JSON object: messages
sent, answered and refused in the seconds between, and how long the slowest hundredth waited for its answer.
"""

import asyncio
import base64
import heapq
import json
import random
import struct
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime

PASSWORD = "the password of every station here"  # noqa: S105 known to this run only
#: Stations that connect at the same time.
_AT_ONCE = 50
_KEY = "dGhlIHNhbXBsZSBub25jZQ=="


def station_name(number: int) -> str:
    """The OCPP identity of one of them."""
    return f"CP-{number:05}"


class Tally:
    """What was sent and came back."""

    def __init__(self) -> None:
        self.sent = 0
        self.answered = 0
        self.refused: list[str] = []
        self.waited: list[float] = []

    def clear(self) -> None:
        """Count from now on."""
        self.sent = self.answered = 0
        self.waited.clear()


class Station(asyncio.Protocol):
    """One connection. One call in flight, as OCPP demands; what is due meanwhile is left out."""

    def __init__(self, number: int, tally: Tally) -> None:
        self.number = number
        self.speaks_2 = number % 2 == 1
        self.begun: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._tally = tally
        self._transport: asyncio.Transport | None = None
        self._buffer = b""
        self._upgraded = False
        self._calls = 0
        self._asked = b""
        self._since: float | None = None
        self._transaction: object = f"T-{number}"
        self._wh = 1000
        self._answer: Callable[[list[object]], None] = self._booted

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for a websocket."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        name = station_name(self.number)
        login = base64.b64encode(f"{name}:{PASSWORD}".encode()).decode()
        head = (
            f"GET /ocpp/{name} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {_KEY}\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Protocol: {'ocpp2.0.1' if self.speaks_2 else 'ocpp1.6'}\r\n"
            f"Authorization: Basic {login}\r\n\r\n"
        )
        transport.write(head.encode())

    def connection_lost(self, exc: Exception | None) -> None:
        """Nobody should close it."""
        self._fail(f"{station_name(self.number)}: the connection was lost: {exc}")

    def data_received(self, data: bytes) -> None:
        """The answer to the upgrade, then frames."""
        self._buffer += data
        if not self._upgraded:
            head, found, rest = self._buffer.partition(b"\r\n\r\n")
            if not found:
                return
            if b" 101 " not in head.split(b"\r\n")[0]:
                self._fail(head.decode())
                return
            self._upgraded, self._buffer = True, rest
            self._boot()
        while (text := self._frame()) is not None:
            self._take(text)

    def heartbeat(self) -> None:
        """Alive."""
        self._call("Heartbeat", "{}")

    def meter(self) -> None:
        """A little more energy."""
        self._wh += 31
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        if self.speaks_2:
            values = ",".join(
                f'{{"value":{value},"measurand":"{name}","unitOfMeasure":{{"unit":"{unit}"}}}}'
                for value, name, unit in self._values()
            )
            self._call(
                "TransactionEvent",
                f'{{"eventType":"Updated","timestamp":"{now}","triggerReason":"MeterValuePeriodic","seqNo":{self._calls},'
                f'"transactionInfo":{{"transactionId":"{self._transaction}","chargingState":"Charging"}},'
                f'"meterValue":[{{"timestamp":"{now}","sampledValue":[{values}]}}]}}',
            )
            return
        values = ",".join(
            f'{{"value":"{value}","measurand":"{name}","unit":"{unit}"}}' for value, name, unit in self._values()
        )
        self._call(
            "MeterValues",
            f'{{"connectorId":1,"transactionId":{self._transaction},'
            f'"meterValue":[{{"timestamp":"{now}","sampledValue":[{values}]}}]}}',
        )

    def _values(self) -> list[tuple[int, str, str]]:
        return [
            (self._wh, "Energy.Active.Import.Register", "Wh"),
            (11_000, "Power.Active.Import", "W"),
            (48, "Current.Import", "A"),
        ]

    def _boot(self) -> None:
        body: dict[str, object] = {"chargePointVendor": "Bench", "chargePointModel": "Load"}
        if self.speaks_2:
            body = {"reason": "PowerUp", "chargingStation": {"vendorName": "Bench", "model": "Load"}}
        self._call("BootNotification", json.dumps(body))

    def _booted(self, _: list[object]) -> None:
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        self._answer = self._started
        if self.speaks_2:
            event = {
                "eventType": "Started",
                "timestamp": now,
                "triggerReason": "Authorized",
                "seqNo": 0,
                "transactionInfo": {"transactionId": self._transaction, "chargingState": "Charging"},
                "evse": {"id": 1, "connectorId": 1},
                "idToken": {"idToken": "CARD", "type": "ISO14443"},
            }
            self._call("TransactionEvent", json.dumps(event))
        else:
            start = {"connectorId": 1, "idTag": "CARD", "meterStart": 1000, "timestamp": now}
            self._call("StartTransaction", json.dumps(start))

    def _started(self, frame: list[object]) -> None:
        answer = frame[2]
        if isinstance(answer, dict) and not self.speaks_2:
            self._transaction = answer.get("transactionId", 0)
        self._answer = lambda _: None
        if not self.begun.done():
            self.begun.set_result(None)

    def _call(self, action: str, payload: str) -> None:
        if self._since is not None or self._transport is None:
            return
        self._calls += 1
        self._tally.sent += 1
        self._since = time.monotonic()
        self._asked = f'[2,"{self._calls}","{action}",{payload}]'.encode()
        self._write(self._asked)

    def _write(self, text: bytes) -> None:
        assert self._transport is not None
        size = bytes([0x81, 0x80 | len(text)]) if len(text) < 126 else struct.pack("!BBH", 0x81, 0xFE, len(text))
        self._transport.write(size + b"\0\0\0\0" + text)

    def _frame(self) -> bytes | None:
        """The next whole text frame; pings are passed by."""
        while len(self._buffer) >= 2:
            size, start = self._buffer[1] & 0x7F, 2
            if size == 126:
                if len(self._buffer) < 4:
                    return None
                size, start = struct.unpack_from("!H", self._buffer, 2)[0], 4
            if len(self._buffer) < start + size:
                return None
            kind, text = self._buffer[0] & 0x0F, self._buffer[start : start + size]
            self._buffer = self._buffer[start + size :]
            if kind == 1:
                return text
            if kind == 9 and self._transport is not None:
                self._transport.write(bytes([0x8A, 0x80 | size]) + b"\0\0\0\0" + text)
        return None

    def _take(self, text: bytes) -> None:
        if text.startswith(b"[2") and text != self._asked:  # an echo is the answer of a bare server
            self._write(f'[4,{json.dumps(json.loads(text)[1])},"NotSupported","",{{}}]'.encode())
            return
        if self._since is not None:
            self._tally.waited.append(time.monotonic() - self._since)
            self._since = None
        self._tally.answered += 1
        if text.startswith(b"[4"):
            self._fail(f"{station_name(self.number)}: {text[:300].decode()}")
        if not self.begun.done():
            self._answer(json.loads(text))

    def _fail(self, why: str) -> None:
        if len(self._tally.refused) < 5:
            self._tally.refused.append(why)
        if not self.begun.done():
            self.begun.set_exception(RuntimeError(why))


async def _connected(port: int, count: int, tally: Tally) -> list[Station]:
    loop = asyncio.get_running_loop()
    gate = asyncio.Semaphore(_AT_ONCE)

    async def one(number: int) -> Station:
        async with gate:
            _, station = await loop.create_connection(lambda: Station(number, tally), "127.0.0.1", port)
            await station.begun
            return station

    return list(await asyncio.gather(*(one(number) for number in range(count))))


async def _go_on(stations: list[Station], seconds: float, heartbeat: float, meter: float) -> None:
    """Everything in its time; the first of each station spread over the interval."""
    begin = time.monotonic()
    chance = random.Random(7)
    due: list[tuple[float, int, float, Callable[[], None]]] = []
    for number, station in enumerate(stations):
        due.append((begin + chance.random() * heartbeat, 2 * number, heartbeat, station.heartbeat))
        due.append((begin + chance.random() * meter, 2 * number + 1, meter, station.meter))
    heapq.heapify(due)
    while (now := time.monotonic()) < begin + seconds:
        while due[0][0] <= now:
            at, order, interval, do = due[0]
            do()
            heapq.heapreplace(due, (at + interval, order, interval, do))
        await asyncio.sleep(0.005)


async def main(port: int, count: int, seconds: float, heartbeat: float, meter: float) -> None:
    """Connect all, say `ready`, go on, report."""
    tally = Tally()
    stations = await _connected(port, count, tally)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    tally.clear()
    await _go_on(stations, seconds, heartbeat, meter)
    waited = sorted(tally.waited)
    slowest = waited[int(len(waited) * 0.99)] if waited else 0.0
    said = {"sent": tally.sent, "answered": tally.answered, "refused": tally.refused, "slowest": slowest}
    sys.stdout.write(json.dumps(said) + "\n")


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), int(sys.argv[2]), *map(float, sys.argv[3:6])))
