"""A bare websocket server that sends back what it gets: what a message costs before anything is done with it.

python benchmarks/echo.py PORT
"""

import sys

import uvicorn
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket


async def _echo(websocket: WebSocket) -> None:
    await websocket.accept(websocket.scope["subprotocols"][0])
    while (message := await websocket.receive())["type"] == "websocket.receive":
        await websocket.send_text(message["text"])


if __name__ == "__main__":
    uvicorn.run(
        Starlette(routes=[WebSocketRoute("/ocpp/{station_id}", _echo)]),
        port=int(sys.argv[1]),
        ws="websockets-sansio",
        ws_per_message_deflate=False,
        log_level="warning",
        backlog=4096,
    )
