"""A hub with three members on real sockets: an operator of 2.1.1, a provider of 2.3.0, and one who has nothing to do
with either."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from pathlib import Path

import msgspec

from ocpilot.app.kept.records import Account, StoredObject
from ocpilot.app.ocpi import accounts
from ocpilot.app.ocpi.bodies import value_of
from ocpilot.app.partners import peers
from ocpilot.app.partners.push_worker import PushWorker, wants_push
from ocpilot.app.work.jobs import Jobs
from ocpilot.base.settings import HubMode, PartySettings, RoamingSettings
from ocpilot.wire.protocol import ModuleID, Version
from ocpilot.wire.v230 import CDR, Location, Session, Tariff, Token

LAD = PartySettings(country_code="SE", party_id="LAD", role="CPO", name="Lade AB")
NAV = PartySettings(country_code="SE", party_id="NAV", role="HUB", name="Nav AB")
RES = PartySettings(country_code="SE", party_id="RES", role="EMSP", name="Resa AB")
BEE = PartySettings(country_code="SE", party_id="BEE", role="EMSP", name="Bee AB")

_CLASSES = {
    ModuleID.LOCATIONS: Location,
    ModuleID.TARIFFS: Tariff,
    ModuleID.SESSIONS: Session,
    ModuleID.CDRS: CDR,
    ModuleID.TOKENS: Token,
}


class Hub:
    """The hub and its members. `lade` speaks 2.1.1, `resa` and `bee` 2.3.0; `nav` is the hub."""

    def __init__(self, stack: AsyncExitStack, start: Callable, folder: Path, databases) -> None:
        self._stack = stack
        self._start = start
        self._folder = folder
        self._databases = databases
        self._hub_url = ""
        self._workers: dict[tuple[str, int], PushWorker] = {}
        self._hub_stack = AsyncExitStack()
        self._parties: tuple[PartySettings, ...] = ()
        self._mode = HubMode.STORED
        self.nodes: dict[str, object] = {}

    @property
    def nav(self):
        return self.nodes["Nav"]

    @property
    def lade(self):
        return self.nodes["Lade"]

    @property
    def resa(self):
        return self.nodes["Resa"]

    @property
    def bee(self):
        return self.nodes["Bee"]

    # ---- who is there ----------------------------------------------------------------------------------------------

    async def open(self, mode: HubMode, parties: tuple[PartySettings, ...]) -> None:
        self._mode, self._parties = mode, parties
        self._hub_url = await self._lent()
        await self._open_hub(0)

    async def _open_hub(self, port: int) -> None:
        roaming = RoamingSettings(page_limit=10, hub_mode=self._mode, retry_first=0.01, retry_longest=0.02)
        hub = self._start("Nav", self._parties, self._hub_url, self._folder, roaming=roaming, port=port)
        await self._stack.enter_async_context(self._hub_stack)
        self.nodes["Nav"] = await self._hub_stack.enter_async_context(hub)

    async def restart(self) -> None:
        """The hub's process ends and another one begins, on the same database and port."""
        port = self.nav.platform.settings.server.port
        await self._hub_stack.aclose()
        self._hub_stack = AsyncExitStack()
        self._workers = {key: worker for key, worker in self._workers.items() if key[0] != "Nav"}
        await self._open_hub(port)

    async def join(self, party: PartySettings, name: str, version: Version, **profile: object):
        """A platform that registers with the hub."""
        roaming = RoamingSettings(page_limit=10, retry_first=0.01, retry_longest=0.02)
        node = self._start(name, (party,), await self._lent(), self._folder, roaming=roaming)
        self.nodes[name] = await self._stack.enter_async_context(node)
        invitation = await peers.invite(self.nav.platform, name)
        if profile:
            await peers.change_profile(self.nav.platform, invitation.peer, profile)
        joined = self.nodes[name].platform
        words = invitation.versions_url, invitation.token, "Nav"
        await peers.register(joined, *words, version=version, allowed=("*",))
        return self.nodes[name]

    async def _lent(self) -> str:
        return await self._stack.enter_async_context(lent(self._databases))

    async def at_hub(self, name: str):
        """What the hub knows of a member."""
        return await peers.named(self.nav.platform, name)

    async def at(self, name: str):
        """What a member knows of the hub."""
        return await peers.named(self.nodes[name].platform, "Nav")

    async def token_of(self, name: str) -> str:
        """What a member sends to the hub."""
        peer = await self.at(name)
        return self.nodes[name].platform.sealing.open(peer.token_sealed)

    async def ask(self, name: str, method: str, path: str, body: object = None, **given):
        """A member's own words to the hub."""
        return await self.nav.ask(method, path, await self.token_of(name), body, **given)

    # ---- what is pushed --------------------------------------------------------------------------------------------

    async def push(self) -> None:
        """Whatever is to be told is told, until nobody has anything left."""
        for _ in range(30):
            moved = [await self._push_from(name) for name in list(self.nodes)]
            if not any(moved):
                return

    async def _push_from(self, name: str) -> bool:
        platform = self.nodes[name].platform
        moved = False
        for peer in await platform.store.peers.all():
            if wants_push(peer):
                moved |= await (await self._worker(name, peer.id)).round(peer)
        await platform.background.drain()
        return moved

    async def _worker(self, name: str, peer_id: int) -> PushWorker:
        key = name, peer_id
        if key not in self._workers:
            self._workers[key] = PushWorker(self.nodes[name].platform, peer_id, lambda: 0.0)
        return self._workers[key]

    async def until(self, check: Callable[[], Awaitable[object]]):
        """What comes of pushing; a test that waits in vain is ended by this."""
        async with asyncio.timeout(20):
            while True:
                await self.push()
                if found := await check():
                    return found
                await asyncio.sleep(0.02)

    async def jobs(self, name: str, **passed: float) -> None:
        """What goes on by itself at a platform, once now and once when that time has passed."""
        node = self.nodes[name]
        jobs = Jobs(node.platform)
        await jobs.once()
        node.clock.ahead += timedelta(**passed)
        await jobs.once()
        await self.nodes[name].platform.background.drain()

    # ---- what is held ----------------------------------------------------------------------------------------------

    async def held(self, name: str, module: ModuleID, ident: str) -> list[StoredObject]:
        """Objects with this id that came from others."""
        store = self.nodes[name].platform.store
        source = store.locations.find(ident) if module is ModuleID.LOCATIONS else store.objects.find(module, ident)
        return [one for one in await source if one.peer_id is not None]

    async def value(self, name: str, module: ModuleID, ident: str):
        """The one object with this id that came from others, once it is there."""
        [stored] = await self.until(lambda: self.held(name, module, ident))
        return value_of(_CLASSES[module], stored)

    async def driver(self, name: str = "Resa") -> Account:
        """A driver of a provider, who has an app."""
        platform = self.nodes[name].platform
        return await accounts.create_driver(platform, email=f"a@{name}.se", name="Ada", password="long enough")


@asynccontextmanager
async def hub_with(
    start: Callable,
    databases,
    folder: Path,
    *,
    mode: HubMode = HubMode.STORED,
    parties: tuple[PartySettings, ...] = (NAV,),
) -> AsyncIterator[Hub]:
    """The hub alone; members `join`."""
    async with AsyncExitStack() as stack:
        hub = Hub(stack, start, folder, databases)
        await hub.open(mode, parties)
        yield hub


lent = asynccontextmanager(lambda databases: databases.lend())


async def with_all(hub: Hub) -> Hub:
    """Everybody registers."""
    await hub.join(LAD, "Lade", Version.V2_1_1)
    await hub.join(RES, "Resa", Version.V2_3_0)
    await hub.join(BEE, "Bee", Version.V2_3_0)
    return hub


def body_in(stored: StoredObject) -> dict[str, object]:
    return msgspec.json.decode(stored.body)
