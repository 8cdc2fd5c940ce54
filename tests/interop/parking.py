"""A car park: an operator with bare stations on real websockets, each with one EVSE, behind one fuse."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal

from street import OPERATOR, PASSWORD, gateway_of
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from bare_station import BOOT
from ocpilot.app.kept.charge_records import StationConnector
from ocpilot.app.kept.site_limit_records import SiteLimit
from ocpilot.app.sites import site_limits
from ocpilot.app.sites.site_sharing import SiteSharing
from ocpilot.app.stations import stations
from ocpilot.base import time
from ocpilot.wire.protocol import ModuleID, Version

CARD = "04A1B2C3"


@dataclass
class BareStation:
    """Says what a test lets it say, and follows what it is told unless `answer` is another word.

    `limit` is what it was told last (A), None when nothing; every change is in `story`, shared by all of a park.
    """

    name: str
    url: str
    version: str
    story: list[tuple[str, Decimal | None]]
    neighbours: "list[BareStation]"
    socket: ClientConnection | None = None
    answer: str = "Accepted"
    limit: Decimal | None = None
    profile: dict[str, object] | None = None
    #: What all of the park might draw whenever this one was told more.
    rises: list[Decimal] = field(default_factory=list)
    transaction: int | str | None = None
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    _answers: asyncio.Queue[object] = field(default_factory=asyncio.Queue)
    _listening: asyncio.Task[None] | None = None

    @property
    def allowed(self) -> Decimal:
        """What a car may draw here now: without a limit the most the EVSE gives."""
        if self.transaction is None:
            return Decimal(0)
        return Decimal(32) if self.limit is None else self.limit

    async def connect(self) -> None:
        """It starts, without any limit."""
        secret = base64.b64encode(f"{self.name}:{PASSWORD}".encode()).decode()
        self.limit = self.profile = None
        self.changed.clear()
        self.socket = await connect(
            f"{self.url}/{self.name}",
            subprotocols=[self.version],
            additional_headers={"Authorization": f"Basic {secret}"},
            compression=None,
            proxy=None,
        )
        self._listening = asyncio.create_task(self.listen())
        await self.say("BootNotification", BOOT[self.version])

    async def leave(self) -> None:
        await self.socket.close()
        await self._listening

    async def listen(self) -> None:
        with suppress(ConnectionClosed):
            async for text in self.socket:
                kind, ident, *rest = json.loads(text, parse_float=Decimal)
                if kind == 2:
                    await self.socket.send(json.dumps([3, ident, self._told(*rest)]))
                else:
                    self._answers.put_nowait(rest[0])

    def _told(self, action: str, payload: dict[str, object]) -> dict[str, object]:
        if action == "GetCompositeSchedule":
            return {"status": "Rejected"} if self.profile is None else self._schedule(payload)
        if self.answer == "Accepted":
            before = self.allowed
            self.profile = _profile_in(payload) if action == "SetChargingProfile" else None
            periods = self.profile["chargingSchedule"]["chargingSchedulePeriod"] if self.profile else []
            self.limit = Decimal(periods[0]["limit"]) if periods else None
            if self.allowed > before:
                self.rises.append(sum(one.allowed for one in self.neighbours))
            self.story.append((self.name, self.limit))
            self.changed.set()
        return {"status": self.answer}

    def _schedule(self, payload: dict[str, object]) -> dict[str, object]:
        schedule = dict(self.profile["chargingSchedule"])
        periods = [{**one, "limit": float(one["limit"])} for one in schedule["chargingSchedulePeriod"]]
        return {
            "status": "Accepted",
            "connectorId": 1,
            "scheduleStart": schedule["startSchedule"],
            "chargingSchedule": {
                "duration": payload["duration"],
                "chargingRateUnit": schedule["chargingRateUnit"],
                "chargingSchedulePeriod": periods,
            },
        }

    async def say(self, action: str, payload: dict[str, object]) -> dict[str, object]:
        await self.socket.send(json.dumps([2, f"{action}-{id(payload)}", action, payload]))
        async with asyncio.timeout(10):
            return await self._answers.get()

    async def start(self) -> None:
        if self.version != "ocpp1.6":
            self.transaction = f"{self.name}-1"
            await self._event(
                "Started", 0, evse={"id": 1, "connectorId": 1}, idToken={"idToken": CARD, "type": "Local"}
            )
            return
        begun = {"connectorId": 1, "idTag": CARD, "meterStart": 0, "timestamp": time.write(time.now())}
        answer = await self.say("StartTransaction", begun)
        assert answer["idTagInfo"]["status"] == "Accepted"
        self.transaction = answer["transactionId"]

    async def _event(self, kind: str, seq: int, **more: object) -> None:
        about = {"transactionId": self.transaction, "chargingState": "Charging"}
        payload = {"eventType": kind, "timestamp": time.write(time.now()), "triggerReason": "Authorized", "seqNo": seq}
        await self.say("TransactionEvent", {**payload, "transactionInfo": about, **more})

    async def stop(self) -> None:
        if self.version != "ocpp1.6":
            await self._event("Ended", 1)
            self.transaction, self.limit, self.profile = None, None, None
            return
        over = {"transactionId": self.transaction, "meterStop": 1000, "timestamp": time.write(time.now())}
        await self.say("StopTransaction", over)
        self.transaction, self.limit, self.profile = None, None, None

    async def draws(self, amps: str) -> None:
        """On each of three phases."""
        each = [
            {"value": amps, "measurand": "Current.Import", "unit": "A", "phase": phase} for phase in ("L1", "L2", "L3")
        ]
        sample = {"timestamp": time.write(time.now()), "sampledValue": each}
        await self.say("MeterValues", {"connectorId": 1, "transactionId": self.transaction, "meterValue": [sample]})

    async def told(self) -> Decimal | None:
        """What it is told next."""
        async with asyncio.timeout(10):
            await self.changed.wait()
        self.changed.clear()
        return self.limit


def _profile_in(payload: dict[str, object]) -> dict[str, object]:
    """In the words of 1.6."""
    profile = payload.get("csChargingProfiles") or payload["chargingProfile"]
    schedule = profile["chargingSchedule"]
    return {**profile, "chargingSchedule": schedule[0] if isinstance(schedule, list) else schedule}


@dataclass
class Park:
    """The operator, its stations by name, and the worker that shares."""

    node: object
    stations: dict[str, BareStation]
    story: list[tuple[str, Decimal | None]]
    sharing: SiteSharing

    @property
    def platform(self):
        return self.node.platform

    async def share(self, later: timedelta = timedelta()) -> dict[str, Decimal | None]:
        """Share the limit after some time; what each station with a charge is told."""
        self.node.clock.ahead += later
        await self.sharing.once()
        await self.platform.background.drain()
        return {name: one.limit for name, one in self.stations.items() if one.transaction is not None}

    async def loses(self, name: str) -> None:
        """The connection of a station, and the operator knows it."""
        await self.stations[name].socket.close()
        while await self.platform.stations.is_connected(name):  # noqa: ASYNC110 - the gateway has no event to set
            await asyncio.sleep(0.01)

    async def limit(self, location_id: str = "L1", **fields) -> None:
        amounts = {name: Decimal(value) for name, value in fields.items() if name != "groups"}
        groups = {"groups": fields["groups"]} if "groups" in fields else {}
        limit = SiteLimit(
            party=OPERATOR, location_id=location_id, changed_at=self.platform.clock(), **amounts, **groups
        )
        await site_limits.set_limit(self.platform, limit)

    async def shares(self):
        found = await self.platform.store.site_limits.shares(OPERATOR, "L1")
        return {one.station_id: one for one in found}

    async def view(self):
        return await site_limits.view(self.platform, OPERATOR, "L1")


@asynccontextmanager
async def park_of(lade, bodies, *names: str, capabilities=(), tariffs=(), version="ocpp1.6") -> AsyncIterator[Park]:
    evses = [bodies.evse(f"E-{name}", capabilities=list(capabilities)) for name in names]
    for evse in evses:
        evse["connectors"] = [bodies.connector(tariff_ids=["T1", *(one["id"] for one in tariffs)])]
    await lade.keep(ModuleID.LOCATIONS, bodies.location(evses=evses))
    for tariff in (bodies.tariff(Version.V2_3_0), *tariffs):
        await lade.keep(ModuleID.TARIFFS, tariff)
    await lade.keep(ModuleID.TOKENS, bodies.token(CARD, country_code="SE", party_id="RES", whitelist="ALWAYS"))
    story: list[tuple[str, Decimal | None]] = []
    all_: list[BareStation] = []
    async with AsyncExitStack() as stack:
        url = await stack.enter_async_context(gateway_of(lade.platform))
        known = {name: BareStation(name, url, version, story, all_) for name in names}
        for station in known.values():
            await stack.enter_async_context(standing(lade, station))
        yield Park(lade, known, story, SiteSharing(lade.platform))


@asynccontextmanager
async def standing(lade, station: BareStation, location: str = "L1") -> AsyncIterator[None]:
    """It is the operator's, and connected."""
    connectors = (StationConnector(evse_id=1, evse_uid=f"E-{station.name}", ocpi_connector_id="1"),)
    await stations.add(
        lade.platform, station.name, party=OPERATOR, location_id=location, connectors=connectors, password=PASSWORD
    )
    station.neighbours.append(station)
    await station.connect()
    try:
        yield
    finally:
        await station.leave()
