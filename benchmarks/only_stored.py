"""A Starlette app that stores what is PUT by our statement and does nothing else: no Token is asked for, nothing is
read, checked or logged. `python only_stored.py URL PORT`, URL of a database of ours.

What of a bare app's rate is left once a body is durable, before any work of OCPI is done.
"""

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from bodies import STORED
from measuring import PARTNER, VERSION, opened
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ocpilot.app.kept.records import ObjectKey, StoredObject
from ocpilot.base import time
from ocpilot.store.postgres import PostgresStore
from ocpilot.wire.protocol import ModuleID

CAME_AT = time.now()


async def keep(request: Request) -> Response:
    """Answers once the Session is committed."""
    store: PostgresStore = request.state.store
    body = await request.body()
    key = ObjectKey(module=ModuleID.SESSIONS, party=PARTNER, id=request.path_params["id"])
    await store.objects.receive(
        StoredObject(key=key, version=VERSION, body=body.decode(), last_updated=CAME_AT, peer_id=1)
    )
    return Response(STORED, media_type="application/json")


@asynccontextmanager
async def beside(_: Starlette) -> AsyncIterator[dict[str, object]]:
    """The store, open as long as the app is."""
    async with opened(sys.argv[1]) as store:
        yield {"store": store}


if __name__ == "__main__":
    app = Starlette(routes=[Route("/{rest:path}/{id}", keep, methods=["PUT"])], lifespan=beside)
    uvicorn.run(app, port=int(sys.argv[2]), log_level="warning", access_log=False, server_header=False, ws="none")
