"""A back office that talks to a platform over real HTTP, and a receiver of its web hooks."""

import asyncio
import io
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

import aiohttp
import msgspec
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ocpilot.app.kept.api_ports import OF_THE_PLATFORM, Scope
from ocpilot.app.office import api_keys
from ocpilot.base.ids import PartyId
from servers import running


@dataclass
class Said:
    """An answer of the API."""

    status: int
    headers: Mapping[str, str]
    raw: bytes

    @property
    def body(self):
        return msgspec.json.decode(self.raw) if self.raw else None

    @property
    def tag(self) -> str:
        return self.headers["ETag"]


@dataclass
class Office:
    """One key at one platform."""

    base: str
    key: str
    session: aiohttp.ClientSession = field(repr=False)

    async def ask(self, method, path, body=None, *, raw=None, headers=None) -> Said:
        sent = {"Authorization": f"Bearer {self.key}", **(headers or {})}
        data = raw if raw is not None else msgspec.json.encode(body) if body is not None else None
        url = path if not isinstance(path, str) or path.startswith("http") else f"{self.base}/api/v1{path}"
        async with self.session.request(
            method, url, data=None if data is None else io.BytesIO(data), headers=sent
        ) as response:
            return Said(response.status, response.headers, await response.read())

    async def get(self, path, **more) -> Said:
        return await self.ask("GET", path, **more)


async def office(node, *scopes, party=None, name="erp") -> Office:
    """A key for this platform; without scopes it has all."""
    limit = PartyId.parse(party) if party else None
    wanted = scopes or [one for one in Scope if limit is None or one not in OF_THE_PLATFORM]
    _, text = await api_keys.add(node.platform, name, wanted, limit)
    return Office(node.base, text, node.session)


@dataclass
class Receiver:
    """Takes web hooks as `statuses` say, one after the other and the last for ever; keeps what came."""

    statuses: list[int] = field(default_factory=lambda: [200])
    headers: dict[str, str] = field(default_factory=dict)
    came: list[tuple[dict, Mapping[str, str], bytes]] = field(default_factory=list)
    news: asyncio.Event = field(default_factory=asyncio.Event)
    held: asyncio.Event | None = None
    url: str = ""

    async def take(self, request: Request) -> Response:
        raw = await request.body()
        self.came.append((msgspec.json.decode(raw), request.headers, raw))
        self.news.set()
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        if self.held is not None:
            await self.held.wait()
        return Response(status_code=status, headers=self.headers)

    async def until(self, wanted) -> None:
        """Wait until what came is as wanted."""
        async with asyncio.timeout(20):
            while not wanted(self.came):
                self.news.clear()
                await self.news.wait()

    @property
    def events(self) -> list[str]:
        return [said["event"] for said, _, _ in self.came]

    @property
    def ids(self) -> list[str]:
        return [said["id"] for said, _, _ in self.came]


@asynccontextmanager
async def receiving(**how) -> AsyncIterator[Receiver]:
    receiver = Receiver(**how)
    app = Starlette(routes=[Route("/hook", receiver.take, methods=["POST"])])
    async with running(uvicorn.Config(app, port=0, log_level="warning", lifespan="off", access_log=False)) as port:
        receiver.url = f"http://127.0.0.1:{port}/hook"
        yield receiver
        if receiver.held is not None:
            receiver.held.set()


@asynccontextmanager
async def beside(work) -> AsyncIterator[asyncio.Task]:
    """Something that runs until it is cancelled."""
    task = asyncio.create_task(work)
    try:
        yield task
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
