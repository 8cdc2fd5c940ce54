"""Tokens are exchanged while requests run in both directions: none of them is refused."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from ocpilot.app import peers
from ocpilot.base.errors import OcpilotError
from ocpilot.wire.protocol import InterfaceRole, ModuleID, Version

VERSIONS = (Version.V2_1_1, Version.V2_2_1, Version.V2_3_0)
EXCHANGES = 3


@asynccontextmanager
async def asking(node, name, module):
    """Ask a peer for a list all the time, as a worker does: with the peer as it was when the request began."""
    outcomes: list[object] = []

    async def ask() -> None:
        while True:
            peer = await peers.named(node.platform, name)
            try:
                await node.platform.partners.call(peer, "GET", module, InterfaceRole.SENDER)
                outcomes.append("answered")
            except OcpilotError as error:
                outcomes.append(error)

    tasks = [asyncio.create_task(ask()) for _ in range(3)]
    try:
        yield outcomes
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
        for number in range(1, EXCHANGES + 1):
            await peers.update(node.platform, await peers.named(node.platform, other))
            async with asyncio.timeout(10):
                while min(len(of_resa), len(of_lade)) < 10 * number:
                    await asyncio.sleep(0)
    assert set(of_resa) == set(of_lade) == {"answered"}
