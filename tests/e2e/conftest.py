"""Platforms as their own processes with their own databases, that can be killed and come back."""

import asyncio
import contextlib
import dataclasses
import os
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest
from told import SITE

from ocpilot.app.partners import peers
from ocpilot.app.platform import Platform
from ocpilot.base import settings as settings_file
from ocpilot.base import time
from ocpilot.demo import customers, people
from ocpilot.demo.platforms import DemoPlatform, free_port, start, stop, write_platform
from ocpilot.main.joined import open_platform
from ocpilot.simulator.clock import SteppedClock
from ocpilot.simulator.make import Backoff, StationMake
from ocpilot.simulator.station import SimulatedStation


@dataclass
class Running:
    """An operator and a provider that run."""

    operator: DemoPlatform
    provider: DemoPlatform
    processes: dict[str, asyncio.subprocess.Process] = field(default_factory=dict)

    @property
    def stations_url(self) -> str:
        """Where the operator's stations connect."""
        return self.operator.url.replace("http", "ws", 1) + "/ocpp"

    @contextlib.asynccontextmanager
    async def look(self, at: DemoPlatform) -> AsyncIterator[Platform]:
        """The platform's database, opened beside its process."""
        async with open_platform(at.settings) as platform:
            yield platform

    async def start(self, which: DemoPlatform) -> None:
        self.processes[which.settings.name] = await start(which)

    async def kill(self, which: DemoPlatform, *, database_too: bool = False) -> None:
        """kill -9, and with `database_too` its PostgreSQL as well: what a power cut does."""
        process = self.processes.pop(which.settings.name)
        process.kill()
        await process.wait()
        if database_too:
            pid_file = which.settings.data_dir / "postgres" / "postmaster.pid"
            os.kill(int(pid_file.read_text().split("\n", 1)[0]), signal.SIGKILL)

    async def stop(self) -> None:
        for process in self.processes.values():
            await stop(process)


class Two(Running):
    """They are registered with each other."""

    def station(self, connectors: int = 3) -> SimulatedStation:
        """The station of the first site, three hours ago by its own clock, and quick to come back."""
        return SimulatedStation(
            self.stations_url,
            SITE,
            people.STATION_PASSWORD,
            clock=SteppedClock(time.now() - timedelta(hours=3)),
            evses=connectors,
            make=StationMake(backoff=Backoff(first=0.1, most=0.5)),
        )


@dataclass(kw_only=True)
class Three(Running):
    """They are members of a hub, and know each other by it only."""

    hub: DemoPlatform


def written(folder: Path, name: str, party_id: str, role: str) -> DemoPlatform:
    return write_platform(folder, name=name, party_id=party_id, role=role, port=free_port(), cdr_delay=0.3)


def both(folder: Path) -> tuple[DemoPlatform, DemoPlatform]:
    """The operator and the provider."""
    return written(folder, "Ladda Sverige", "LAD", "CPO"), written(folder, "Resa Elektriskt", "RES", "EMSP")


@pytest.fixture
async def two(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Two]:
    """Registered over the newest version; the operator's network is there."""
    operator, provider = both(tmp_path_factory.mktemp("two"))
    pair = Two(operator, provider)
    try:
        await pair.start(operator)
        await pair.start(provider)
        async with pair.look(operator) as ours, pair.look(provider) as theirs:
            await people.settle_operator(ours)
            await customers.settle_provider(theirs)
            invitation = await peers.invite(ours, provider.settings.name)
            await peers.register(theirs, invitation.versions_url, invitation.token, operator.settings.name)
        yield pair
    finally:
        await pair.stop()


CARDS = '[cards]\nprovider = "test"\n\n[web]\nad_hoc = true\n'


@pytest.fixture
async def street(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Two]:
    """An operator alone, who lets anybody charge without an account, and takes (test) cards."""
    operator = written(tmp_path_factory.mktemp("street"), "Ladda Sverige", "LAD", "CPO")
    operator.config.write_text(operator.config.read_text().replace("[web]\n", CARDS))
    operator = dataclasses.replace(operator, settings=settings_file.load(operator.config, {}))
    alone = Two(operator, operator)
    try:
        await alone.start(operator)
        async with alone.look(operator) as ours:
            await people.settle_operator(ours)
        yield alone
    finally:
        await alone.stop()


@pytest.fixture
async def three(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Three]:
    """The members are registered with the hub over the newest version; the operator's network is there."""
    folder = tmp_path_factory.mktemp("three")
    operator, provider = both(folder)
    members = Three(operator, provider, hub=written(folder, "Navet", "NAV", "HUB"))
    try:
        await asyncio.gather(*(members.start(one) for one in (members.hub, operator, provider)))
        async with members.look(members.hub) as hub, members.look(operator) as ours, members.look(provider) as theirs:
            await people.settle_operator(ours)
            await customers.settle_provider(theirs)
            for joining in (ours, theirs):
                invitation = await peers.invite(hub, joining.settings.name)
                words = invitation.versions_url, invitation.token, hub.settings.name
                await peers.register(joining, *words, allowed=("*",))
        yield members
    finally:
        await members.stop()
