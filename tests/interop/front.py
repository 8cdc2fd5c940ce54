"""The front door of a partner's platform: what comes in goes on to it, or is answered as partners do on a bad day."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import urlsplit

import msgspec
from msgspec.structs import replace

_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
_CONNECTION = re.compile(rb"\r\nconnection:[^\r]*", re.IGNORECASE)


class Day(StrEnum):
    """What the door does with a request."""

    WELL = "well"
    SERVER_ERROR = "HTTP 500"
    TOO_MANY = "HTTP 429 with Retry-After"
    REFUSED = "200 with status 2001"
    TROUBLE = "200 with status 3000"
    MAINTENANCE = "200 with an HTML page"
    CUT_JSON = "half an envelope"
    CUT = "half a body, and the connection closed"
    CLOSED = "a closed connection"
    SILENT = "no answer until the time-out"
    LOST = "carried out, and the answer lost"


def _http(status: int, body: bytes, *headers: bytes, length: int | None = None) -> bytes:
    size = len(body) if length is None else length
    lines = [b"HTTP/1.1 %d x" % status, b"Content-Length: %d" % size, b"Connection: close", *headers, b"", body]
    return b"\r\n".join(lines)


def _ocpi(status: int) -> bytes:
    return msgspec.json.encode({"status_code": status, "timestamp": "2026-11-01T10:00:00Z"})


_ANSWERS = {
    Day.SERVER_ERROR: _http(500, b"our fault"),
    Day.TOO_MANY: _http(429, b"slow down", b"Retry-After: 120"),
    Day.REFUSED: _http(200, _ocpi(2001)),
    Day.TROUBLE: _http(200, _ocpi(3000)),
    Day.MAINTENANCE: _http(200, b"<html><body>Back soon</body></html>", b"Content-Type: text/html"),
    Day.CUT_JSON: _http(200, _ocpi(1000)[:20]),
    Day.CUT: _http(200, _ocpi(1000)[:20], length=60),
    Day.CLOSED: b"",
}


@dataclass
class Front:
    """`calls` counts what came, `passed` are method, path and body of what went on to the platform."""

    platform: str
    day: Day = Day.WELL
    calls: int = 0
    passed: list[tuple[str, str, bytes]] = field(default_factory=list)
    base: str = ""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request, one answer, and the connection ends."""
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            length = _LENGTH.search(head)
            body = await reader.readexactly(int(length[1])) if length else b""
            self.calls += 1
            writer.write(await self._answer(reader, head, body))
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass  # whoever asked has gone
        finally:
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, head: bytes, body: bytes) -> bytes:
        if self.day in _ANSWERS:
            return _ANSWERS[self.day]
        if self.day is Day.SILENT:
            await reader.read()
            return b""
        is_lost = self.day is Day.LOST
        answer = await self._pass_on(head, body)
        return b"" if is_lost else answer

    async def _pass_on(self, head: bytes, body: bytes) -> bytes:
        method, path, _ = head.decode("latin-1").split(" ", 2)
        self.passed.append((method, path, body))
        there = urlsplit(self.platform)
        reader, writer = await asyncio.open_connection(there.hostname, there.port)
        try:
            writer.write(_CONNECTION.sub(b"", head)[:-2] + b"Connection: close\r\n\r\n" + body)
            return await reader.read()
        finally:
            writer.close()

    def before(self, peer):
        """The peer as it is reached through this door."""
        at_door = [replace(one, url=one.url.replace(self.platform, self.base)) for one in peer.endpoints]
        return replace(peer, endpoints=tuple(at_door))


@asynccontextmanager
async def front_of(platform: str) -> AsyncIterator[Front]:
    """The door of the platform at this URL, open until the block ends."""
    front = Front(platform)
    server = await asyncio.start_server(front.serve, "127.0.0.1", 0, limit=2**24)
    front.base = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    try:
        yield front
    finally:
        server.close()
