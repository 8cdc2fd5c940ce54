"""An operator and a provider that know each other: set up, served, registered."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from ocpilot.app.kept.peer_records import PeerState
from ocpilot.app.partners import peers
from ocpilot.app.platform import Platform
from ocpilot.base.errors import OcpilotError
from ocpilot.demo import customers, people
from ocpilot.demo.platforms import DemoPlatform, Opener, served, write_platform
from ocpilot.wire.protocol import Version

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Both platforms: how they were started, and their databases opened in this process to look at."""

    operator: DemoPlatform
    provider: DemoPlatform
    operator_view: Platform
    provider_view: Platform

    @property
    def station_url(self) -> str:
        """Where the operator's stations connect."""
        return self.operator.url.replace("http", "ws", 1) + "/ocpp"


@contextlib.asynccontextmanager
async def opened_pair(
    folder: Path, open_platform: Opener, *, ports: tuple[int, int], cdr_delay: float
) -> AsyncIterator[Pair]:
    """Settings, databases and both processes; nobody knows anybody yet."""
    operator = write_platform(
        folder, name="Ladda Sverige", party_id="LAD", role="CPO", port=ports[0], cdr_delay=cdr_delay
    )
    provider = write_platform(
        folder, name="Resa Elektriskt", party_id="RES", role="EMSP", port=ports[1], cdr_delay=cdr_delay
    )
    async with open_platform(operator.settings) as operator_view, open_platform(provider.settings) as provider_view:
        await people.settle_operator(operator_view)
        await customers.settle_provider(provider_view)
        async with served(operator), served(provider):
            yield Pair(operator=operator, provider=provider, operator_view=operator_view, provider_view=provider_view)


async def register(pair: Pair, version: Version | None) -> Version:
    """The operator invites, the provider registers; the version the two speak. Once is enough."""
    name = pair.operator.settings.name
    known = await pair.provider_view.store.peers.by_name(name)
    if known is None or known.state is not PeerState.REGISTERED:
        invitation = await peers.invite(pair.operator_view, pair.provider.settings.name)
        known = await peers.register(
            pair.provider_view, invitation.versions_url, invitation.token, name, version=version
        )
    elif version is not None and known.version is not version:
        known = await peers.update(pair.provider_view, known, version)
    if known.version is None:
        raise OcpilotError("registered without a version")
    return known.version


async def eventually(what: str, look: Callable[[], Awaitable[T | None]], seconds: float = 30.0) -> T:
    """What `look` finds, as soon as it finds it; OcpilotError with `what` when it never does."""
    deadline = asyncio.get_running_loop().time() + seconds
    while True:
        found = await look()
        if found is not None and found is not False:
            return found
        if asyncio.get_running_loop().time() > deadline:
            raise OcpilotError(f"after {seconds:.0f} seconds still not: {what}")
        await asyncio.sleep(0.05)
