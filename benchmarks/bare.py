"""What OCPIlot is measured against: a bare Starlette app. `python bare.py ANSWER PORT`.

GET answers with the bytes of the file ANSWER; any other method reads the body and answers with a few bytes.
"""

import sys
from pathlib import Path

import uvicorn
from bodies import STORED
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

ANSWER = Path(sys.argv[1]).read_bytes()


async def answer(_: Request) -> Response:
    """The same bytes for everybody."""
    return Response(ANSWER, media_type="application/json")


async def swallow(request: Request) -> Response:
    """Reads the body, keeps nothing."""
    await request.body()
    return Response(STORED, media_type="application/json")


if __name__ == "__main__":
    routes = [Route("/{rest:path}", answer), Route("/{rest:path}", swallow, methods=["PUT", "PATCH", "POST"])]
    app = Starlette(routes=routes)
    uvicorn.run(app, port=int(sys.argv[2]), log_level="warning", access_log=False, server_header=False, ws="none")
