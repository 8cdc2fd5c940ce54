"""Stations as they are: raw frames on a real websocket at the minutes a test says, and what becomes of their charges.

Nothing here is ours but the platform and its gateway: frames are JSON arrays, sent with `websockets`.
"""

import base64
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal

from street import OPERATOR, PASSWORD, gateway_of
from websockets.asyncio.client import ClientConnection, connect

from ocpilot.app.kept.charge_records import StationConnector, Transaction, TransactionState
from ocpilot.app.stations import stations
from ocpilot.app.work.jobs import Jobs
from ocpilot.base import time
from ocpilot.metering.findings import Oddity
from ocpilot.wire.protocol import ModuleID, Version

CARD = "04A1B2C3"
SECOND_CARD = "04D4E5F6"
#: Of nobody.
OTHER_CARD = "04FFFFFF"


@dataclass(frozen=True)
class Became:
    """What became of one transaction: `kwh` and `minutes` are of its CDR, None when there is none."""

    state: str
    kwh: Decimal | None = None
    kinds: frozenset[Oddity] = frozenset()
    minutes: int | None = None
    parked: int | None = None
    why: str | None = field(default=None, compare=False)


@dataclass
class OddStation:
    """A station that says what it is told to, when it is told to."""

    node: object
    url: str
    began: datetime
    version: str
    socket: ClientConnection | None = None
    #: The numbers of the transactions it started, in order (1.6).
    numbers: list[int] = field(default_factory=list)
    sent: int = 0

    async def connect(self, minute: float = 0) -> None:
        """A new connection, whatever became of the one before."""
        self.tick(minute)
        if self.socket is not None:
            await self.socket.close()
        key = base64.b64encode(f"CS1:{PASSWORD}".encode()).decode()
        self.socket = await connect(
            f"{self.url}/CS1", subprotocols=[self.version], additional_headers={"Authorization": f"Basic {key}"}
        )

    def tick(self, minute: float) -> None:
        """It is that minute by the platform's clock."""
        self.node.clock.ahead = self.began + timedelta(minutes=minute) - time.now()

    def said(self, minute: float) -> str:
        """How the station writes that minute."""
        return time.write(self.began + timedelta(minutes=minute))

    async def call(self, action: str, payload: dict[str, object], minute: float) -> dict[str, object]:
        """One call at that minute, and its result. What the platform asks meanwhile the station does not know."""
        self.tick(minute)
        self.sent += 1
        await self.socket.send(json.dumps([2, f"m{self.sent}", action, payload]))
        kind, ident, *rest = json.loads(await self.socket.recv())
        while kind == 2:
            await self.socket.send(json.dumps([4, ident, "NotImplemented", "", {}]))
            kind, ident, *rest = json.loads(await self.socket.recv())
        if kind != 3:
            raise AssertionError(f"{action} was answered with {rest}")
        return rest[0]

    async def became(self, minute: float) -> list[Became]:
        """What the platform has made of it all by then, transaction by transaction."""
        jobs = Jobs(self.node.platform)
        for passed in (minute, minute + 2, minute + 4):
            self.tick(passed)
            await jobs.once()
        if jobs.failures:
            raise AssertionError(f"jobs failed: {jobs.failures}")
        found = [one for state in TransactionState for one in await self._in(state)]
        return [await self._became(one) for one in sorted(found, key=lambda one: one.id)]

    async def _in(self, state: TransactionState) -> Sequence[Transaction]:
        return await self.node.platform.store.transactions.in_state(state)

    async def _became(self, one: Transaction) -> Became:
        store = self.node.platform.store
        kinds = frozenset(finding.kind for finding in await store.transaction_findings.of(one.id))
        cdrs = [
            json.loads(stored.body, parse_float=Decimal) for stored in await store.objects.newest(ModuleID.CDRS, 50)
        ]
        bill = next((cdr for cdr in cdrs if cdr["session_id"] == one.session_id), None)
        if bill is None:
            return Became(state=one.state, kinds=kinds, why=one.held_because)
        parked = bill.get("total_parking_time")
        return Became(
            state=one.state,
            kwh=Decimal(bill["total_energy"]),
            kinds=kinds,
            minutes=round(bill["total_time"] * 60),
            parked=round(parked * 60) if parked else None,
        )


@asynccontextmanager
async def odd_station(node, bodies, version: str = "ocpp1.6") -> AsyncIterator[OddStation]:
    """Station CS1 with two EVSEs of 22 kW, connected; two cards that may always charge."""
    await node.keep(ModuleID.LOCATIONS, bodies.location(evses=[bodies.evse("E1"), bodies.evse("E2")]))
    await node.keep(ModuleID.TARIFFS, bodies.tariff(Version.V2_3_0))
    for card in (CARD, SECOND_CARD):
        await node.keep(ModuleID.TOKENS, bodies.token(card, whitelist="ALWAYS"))
    connectors = tuple(StationConnector(evse_id=one, evse_uid=f"E{one}", ocpi_connector_id="1") for one in (1, 2))
    await stations.add(node.platform, "CS1", party=OPERATOR, location_id="L1", connectors=connectors, password=PASSWORD)
    async with gateway_of(node.platform) as url:
        station = OddStation(node, url, time.now().replace(microsecond=0), version)
        await station.connect()
        yield station
        await station.socket.close()


# ---- what a station may say ----------------------------------------------------------------------------------------

Step = Callable[[OddStation], Awaitable[object]]


async def play(station: OddStation, steps: Sequence[Step]) -> None:
    """One step after the other."""
    for step in steps:
        await step(station)


def connected(minute: float) -> Step:
    return lambda station: station.connect(minute)


def booted(minute: float) -> Step:
    payload: dict[str, object] = {"chargePointVendor": "V", "chargePointModel": "M"}
    return lambda station: station.call("BootNotification", payload, minute)


def start(
    minute: float, wh: int = 1000, *, tag: str = CARD, connector: int = 1, said: float | str | None = None
) -> Step:
    """StartTransaction of 1.6; `said` is the minute, or the text, that the station writes instead."""

    async def step(station: OddStation) -> None:
        payload = {
            "connectorId": connector,
            "idTag": tag,
            "meterStart": wh,
            "timestamp": _written(station, minute, said),
        }
        answer = await station.call("StartTransaction", payload, minute)
        station.numbers.append(answer["transactionId"])

    return step


def values(
    minute: float,
    *sampled: object,
    of: int | None = 0,
    connector: int = 1,
    said: float | str | None = None,
    **common: str,
) -> Step:
    """MeterValues of 1.6: sampled values as dicts, or registers as texts; `of` which of its transactions, None for
    none."""

    async def step(station: OddStation) -> None:
        readings = [one if isinstance(one, dict) else {"value": str(one), **common} for one in sampled]
        moment = {"timestamp": _written(station, minute, said), "sampledValue": readings}
        payload: dict[str, object] = {"connectorId": connector, "meterValue": [moment]}
        if of is not None:
            payload["transactionId"] = _number(station, of)
        await station.call("MeterValues", payload, minute)

    return step


def status(minute: float, word: str, *, connector: int = 1, error: str = "NoError") -> Step:
    """StatusNotification of 1.6."""

    async def step(station: OddStation) -> None:
        payload = {"connectorId": connector, "status": word, "errorCode": error, "timestamp": station.said(minute)}
        await station.call("StatusNotification", payload, minute)

    return step


def stop(
    minute: float,
    wh: int,
    *,
    of: int = 0,
    number: int | None = None,
    said: float | str | None = None,
    data: Sequence[tuple[float, Sequence[dict[str, str]]]] = (),
    **more: str,
) -> Step:
    """StopTransaction of 1.6; `number` instead of that of its transaction `of`."""

    async def step(station: OddStation) -> None:
        payload: dict[str, object] = {
            "transactionId": _number(station, of) if number is None else number,
            "meterStop": wh,
            "timestamp": _written(station, minute, said),
            **more,
        }
        if data:
            payload["transactionData"] = [
                {"timestamp": station.said(at), "sampledValue": list(readings)} for at, readings in data
            ]
        await station.call("StopTransaction", payload, minute)

    return step


def event(
    minute: float,
    kind: str,
    wh: float | None = None,
    *,
    key: str = "T1",
    seq: int = 0,
    said: float | str | None = None,
    token: str | None = None,
    evse: int | None = None,
    state: str | None = None,
    readings: Sequence[dict[str, object]] = (),
    trigger: str = "MeterValuePeriodic",
    begin: float | None = None,
    **more: object,
) -> Step:
    """TransactionEvent of 2.0.1; `wh` is a plain register, `begin` what it was in minute 0."""

    async def step(station: OddStation) -> None:
        info: dict[str, object] = {"transactionId": key}
        if state is not None:
            info["chargingState"] = state
        at = _written(station, minute, said)
        payload: dict[str, object] = {
            "eventType": kind,
            "timestamp": at,
            "triggerReason": trigger,
            "seqNo": seq,
            "transactionInfo": info,
            **more,
        }
        sampled = [*readings, *([{"value": wh}] if wh is not None else [])]
        if sampled:
            payload["meterValue"] = [{"timestamp": at, "sampledValue": sampled}]
        if begin is not None:
            first = {"timestamp": station.said(0), "sampledValue": [{"value": begin, "context": "Transaction.Begin"}]}
            payload["meterValue"] = [first, *payload.get("meterValue", [])]
        if token is not None:
            payload["idToken"] = {"idToken": token, "type": "ISO14443"}
        if evse is not None:
            payload["evse"] = {"id": evse, "connectorId": 1}
        await station.call("TransactionEvent", payload, minute)

    return step


def _written(station: OddStation, minute: float, said: float | str | None) -> str:
    return said if isinstance(said, str) else station.said(minute if said is None else said)


def _number(station: OddStation, of: int) -> int:
    return station.numbers[of] if of < len(station.numbers) else of
