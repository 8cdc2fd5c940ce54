"""Tokens are exchanged while requests run in both directions: none of them is refused."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from ocpilot.app.partners import peers
from ocpilot.base.errors import OcpilotError
from ocpilot.wire.protocol import InterfaceRole, ModuleID, Version

VERSIONS = (Version.V2_1_1, Version.V2_2_1, Version.V2_3_0)
EXCHANGES = 3


class Asked:
    """What came of requests to a peer that are made all the time, as a worker makes them."""

    def __init__(self, node, name, module) -> None:
        self.node, self.name, self.module = node, name, module
        self.outcomes: list[object] = []
        self._another = asyncio.Condition()

    async def ask(self) -> None:
        while True:
            peer = await peers.named(self.node.platform, self.name)
            try:
                await self.node.platform.partners.call(peer, "GET", self.module, InterfaceRole.SENDER)
                self.outcomes.append("answered")
            except OcpilotError as error:
                self.outcomes.append(error)
            async with self._another:
                self._another.notify_all()

    async def more(self, count: int) -> None:
        """Wait until so many more have come back."""
        wanted = len(self.outcomes) + count
        async with asyncio.timeout(10), self._another:
            await self._another.wait_for(lambda: len(self.outcomes) >= wanted)


@asynccontextmanager
async def asking(node, name, module):
    asked = Asked(node, name, module)
    tasks = [asyncio.create_task(asked.ask()) for _ in range(3)]
    try:
        yield asked
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@pytest.mark.parametrize("who", ["resa", "lade"])
@pytest.mark.parametrize("version", VERSIONS)
async def test_no_request_is_refused_while_tokens_are_exchanged(lade, resa, register, version, who):
    await register(lade, resa, version)
    node, other = (lade, "Resa") if who == "lade" else (resa, "Lade")
    async with (
        asking(resa, "Lade", ModuleID.TARIFFS) as of_resa,
        asking(lade, "Resa", ModuleID.TOKENS) as of_lade,
    ):
        for _ in range(EXCHANGES):
            await peers.update(node.platform, await peers.named(node.platform, other))
            await of_resa.more(10)
            await of_lade.more(10)
    assert set(of_resa.outcomes) == set(of_lade.outcomes) == {"answered"}
