"""One charge from the plug to the receipt, and a second one started from the provider's page, in fast-forward.

Each step is seen to happen on the other side: in the other platform's database, page or file.
"""

import asyncio
import tempfile
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import msgspec

from ocpilot.app.kept.records import CdrCheck, ObjectKey
from ocpilot.app.ocpi.bodies import value_of
from ocpilot.base import time
from ocpilot.base.errors import OcpilotError
from ocpilot.billing.matching import is_bill_of
from ocpilot.billing.numbers import after_taxes
from ocpilot.demo import network, people
from ocpilot.demo.browser import Browser
from ocpilot.demo.pair import Pair, eventually, opened_pair, register
from ocpilot.demo.platforms import Opener, free_port
from ocpilot.simulator.car import SimulatedCar
from ocpilot.simulator.clock import SteppedClock
from ocpilot.simulator.make import OcppVersion
from ocpilot.simulator.station import SimulatedStation
from ocpilot.wire.protocol import ModuleID, Version
from ocpilot.wire.v230 import CDR, Session, SessionStatus

SITE = "STHLM-CENTRAL"
#: Where the second charge is when stations of several OCPP versions play.
OTHER_SITE = "STHLM-SLUSSEN"
DRIVER = people.DRIVERS[0]


class Step(msgspec.Struct, frozen=True):
    """What happened, and how many seconds after the step before."""

    step: str
    seconds: float


class Outcome(msgspec.Struct, kw_only=True):
    """What `ocpilot demo --once --json` prints. Amounts are in `currency`, after taxes where
    the version names any (2.1.1 does not)."""

    ocpi: str
    ocpp: tuple[str, ...]
    session_id: str
    kwh: Decimal
    cdr_id: str
    currency: str
    total_cost: Decimal
    provider_total: Decimal
    agrees: bool
    receipt: str
    second_session_id: str
    second_cdr_id: str
    steps: list[Step]


class Diary:
    """Writes down each step with its time, and tells it to whoever listens."""

    def __init__(self, tell: bool) -> None:
        self.steps: list[Step] = []
        self._tell = tell
        self._last = asyncio.get_running_loop().time()

    def note(self, step: str) -> None:
        """`step` has happened."""
        now = asyncio.get_running_loop().time()
        self.steps.append(Step(step, round(now - self._last, 3)))
        self._last = now
        if self._tell:
            print(f"  {self.steps[-1].seconds:7.3f} s  {step}", flush=True)


async def play(
    open_platform: Opener,
    version: Version | None,
    ocpp: Sequence[OcppVersion],
    receipt_folder: Path,
    *,
    tell: bool,
) -> Outcome:
    """The whole story on two fresh platforms, with stations of the first and the last of these OCPP versions.
    OcpilotError names the step that did not happen."""
    diary = Diary(tell)
    with tempfile.TemporaryDirectory(prefix="ocpilot-demo-", ignore_cleanup_errors=True) as folder:
        ports = (free_port(), free_port())
        async with opened_pair(Path(folder), open_platform, ports=ports, cdr_delay=0.5) as pair:
            diary.note("both platforms run, each with its own process and database")
            spoken = await register(pair, version)
            diary.note(f"operator and provider registered with each other over OCPI {spoken}")
            return await _Told(pair, diary, receipt_folder, spoken, ocpp).whole()


class _Told:
    """The story on a registered pair."""

    def __init__(
        self, pair: Pair, diary: Diary, receipt_folder: Path, spoken: Version, ocpp: Sequence[OcppVersion]
    ) -> None:
        self._provider = pair.provider_view
        self._operator = pair.operator_view
        self._pair = pair
        self._diary = diary
        self._receipt_folder = receipt_folder
        self._spoken = spoken
        self._ocpp = ocpp

    async def whole(self) -> Outcome:
        await self._network_arrives()
        async with self._connected(SITE, self._ocpp[0], time.now() - timedelta(hours=5)) as station:
            session = await self._first_charge(station)
            if len(self._ocpp) == 1:
                second = await self._second_charge(station)
            else:
                async with self._connected(OTHER_SITE, self._ocpp[-1], station.clock()) as other:
                    second = await self._second_charge(other)
        return await self._outcome(session, second)

    @asynccontextmanager
    async def _connected(self, site: str, version: OcppVersion, start: datetime) -> AsyncIterator[SimulatedStation]:
        clock = SteppedClock(start)
        station = SimulatedStation(
            self._pair.station_url,
            site,
            people.STATION_PASSWORD,
            clock=clock,
            version=version,
            evses=next(one.evses for one in network.sites() if one.id == site),
            power_kw=22.0,
        )
        async with station.running():
            await asyncio.wait_for(station.ready(), 20)
            self._diary.note(f"the station of {site} connected by OCPP {version} and was accepted")
            yield station

    async def _network_arrives(self) -> None:
        """Every Location and every Tariff of the operator has come to the provider, and its driver's Token to the
        operator."""

        async def arrived() -> bool | None:
            locations = [await self._provider.store.locations.find(one.id) for one in network.locations()]
            tariffs = [await self._provider.store.objects.find(ModuleID.TARIFFS, one.id) for one in network.tariffs()]
            return True if all(locations) and all(tariffs) else None

        async def known() -> bool:
            return bool(await self._operator.store.objects.find(ModuleID.TOKENS, DRIVER.card))

        await eventually("all Locations and Tariffs reached the provider", arrived)
        self._diary.note("all Locations and Tariffs reached the provider")
        await eventually("the driver's Token reached the operator", known)

    async def _first_charge(self, station: SimulatedStation) -> Session:
        await station.plug_in(1, SimulatedCar(battery_kwh=58, soc=41, target=80, max_kw=11))
        status = await station.present_token(DRIVER.card, 1)
        if status != "Accepted":
            raise OcpilotError(f"the provider's Token was answered {status}")
        self._diary.note("the driver's Token was presented, and the provider allowed it in real time")
        await station.play(1800)
        running = await self._session("the running Session with its cost", DRIVER.card, _runs_and_costs)
        self._diary.note(f"meter values flow; the provider sees {running.kwh:f} kWh and the cost so far")
        await station.play(2 * 3600)
        self._diary.note("the car is full and stays parked a while")
        await station.unplug(1)
        done = await self._session("the completed Session", DRIVER.card, _completed)
        self._diary.note(f"the charge ended after {done.kwh:f} kWh; the provider has the completed Session")
        return done

    async def _second_charge(self, station: SimulatedStation) -> Session:
        await station.play(1800)
        account = await self._provider.store.accounts.by_email(DRIVER.email)
        token_uid = account.token_uids[0] if account else ""
        async with Browser.at(self._pair.provider.url) as browser:
            await browser.sign_in(DRIVER.email, people.PASSWORD)
            page = await browser.open(f"/stations/{network.OPERATOR}/{station.id}")
            await browser.submit(page.form(to="/starts", evse=f"{station.id}-2"))
            self._diary.note("the driver pressed start on the provider's page (START_SESSION)")
            await eventually("the station waits for the car", lambda: _waits_for_car(station, 2))
            await station.plug_in(2, SimulatedCar(battery_kwh=77, soc=20, target=90, max_kw=11))
            session = await self._session("the Session of the command", token_uid, _active)
            self._diary.note("the car was plugged in, the charge started, and the provider has the Session")
            await station.play(2700)
            await self._session("energy in the second Session", token_uid, _runs_and_costs)
            charge = f"/charges/{network.OPERATOR}/{session.id}"
            page = await browser.open(charge)
            await browser.submit(page.form(to=charge))
        done = await self._session("the second Session completed", token_uid, _completed)
        self._diary.note("the driver pressed stop on the provider's page (STOP_SESSION)")
        await station.unplug(2)
        return done

    async def _session(self, what: str, token_uid: str, fits: Callable[[Session], bool]) -> Session:
        """The newest Session of a Token at the provider, as soon as it fits."""

        async def look() -> Session | None:
            found = await self._provider.store.objects.newest(ModuleID.SESSIONS, 1, (token_uid,))
            session = value_of(Session, found[0]) if found else None
            return session if session is not None and fits(session) else None

        return await eventually(what, look)

    async def _outcome(self, session: Session, second: Session) -> Outcome:
        key, cdr, check = await self._billed(session)
        _, other, other_check = await self._billed(second)
        self._diary.note("both CDRs reached the provider, who priced them again")
        receipt = await self._receipt(key)
        total, ours = after_taxes(cdr.total_cost), Decimal(check.our_total.partition(" ")[0])
        return Outcome(
            ocpi=self._spoken,
            ocpp=tuple(dict.fromkeys((str(self._ocpp[0]), str(self._ocpp[-1])))),
            session_id=session.id,
            kwh=cdr.total_energy,
            cdr_id=cdr.id,
            currency=cdr.currency,
            total_cost=total,
            provider_total=ours,
            agrees=check.agrees and other_check.agrees and total == ours,
            receipt=str(receipt),
            second_session_id=second.id,
            second_cdr_id=other.id,
            steps=self._diary.steps,
        )

    async def _billed(self, session: Session) -> tuple[ObjectKey, CDR, CdrCheck]:
        """The CDR of a Session as the provider has it, and what it found when pricing it again."""

        async def look() -> tuple[ObjectKey, CDR, CdrCheck] | None:
            for stored in await self._provider.store.objects.newest(ModuleID.CDRS, 10):
                cdr = value_of(CDR, stored)
                check = await self._provider.store.documents.check(stored.key)
                if is_bill_of(cdr, session) and check is not None:
                    return stored.key, cdr, check
            return None

        return await eventually(f"the CDR of Session {session.id} checked by the provider", look)

    async def _receipt(self, key: ObjectKey) -> Path:
        """The receipt as the driver downloads it, kept in the receipt folder."""
        issued = await eventually("the receipt", lambda: self._provider.store.documents.receipt_of(key))
        async with Browser.at(self._pair.provider.url) as browser:
            await browser.sign_in(DRIVER.email, people.PASSWORD)
            pdf = await browser.download(f"/receipts/{issued.number}.pdf")
        path = self._receipt_folder / f"{issued.number}.pdf"
        path.write_bytes(pdf)
        self._diary.note(f"the driver downloaded receipt {issued.number}")
        return path


async def _waits_for_car(station: SimulatedStation, connector_id: int) -> bool:
    return station.evses[connector_id].authorized is not None


def _runs_and_costs(session: Session) -> bool:
    return session.status is SessionStatus.ACTIVE and session.kwh > 0 and session.total_cost is not None


def _active(session: Session) -> bool:
    return session.status is SessionStatus.ACTIVE


def _completed(session: Session) -> bool:
    return session.status is SessionStatus.COMPLETED
