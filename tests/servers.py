"""A server of a test: uvicorn as the platform runs it, without the pauses it makes when it ends."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn


@asynccontextmanager
async def running(config: uvicorn.Config, bound: socket.socket | None = None) -> AsyncIterator[int]:
    """The port it listens at, from the first moment on until its last connection is closed."""
    config.load()
    server = uvicorn.Server(config)
    server.lifespan = config.lifespan_class(config)
    await server.startup([bound] if bound else None)
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        for one in server.servers:
            one.close()
        for connection in list(server.server_state.connections):
            connection.shutdown()
        async with asyncio.timeout(10):
            while server.server_state.connections or server.server_state.tasks:  # noqa: ASYNC110 - they have no event
                await asyncio.sleep(0.001)
        if bound:
            bound.close()
