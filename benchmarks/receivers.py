"""Partners that take pushes and count them. `python receivers.py MILLISECONDS PORT...`; each answers after that long.

Besides pushes each answers `GET /count` with `{"count", "first", "last"}`: how many pushes since `GET /anew`, and when
the first and last of them came, in seconds of a clock that all processes share.
"""

import asyncio
import json
import sys
from time import monotonic

import uvloop

END_OF_HEAD = b"\r\n\r\n"
LENGTH = b"content-length:"
BODY = b'{"status_code":1000,"status_message":"Success","timestamp":"2026-11-23T12:00:00Z"}'
STORED = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(BODY), BODY)


class Count:
    """The pushes to one port."""

    def __init__(self) -> None:
        self.anew()

    def anew(self) -> None:
        self.count = 0
        self.first = self.last = 0.0

    def pushed(self) -> None:
        self.last = monotonic()
        self.first = self.first or self.last
        self.count += 1

    def said(self) -> bytes:
        body = json.dumps({"count": self.count, "first": self.first, "last": self.last}).encode()
        return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\nConnection: close\r\n\r\n%b" % (len(body), body)


class Partner(asyncio.Protocol):
    """One connection: a request is answered before the next one comes, as HTTP clients do."""

    def __init__(self, count: Count, delay: float) -> None:
        self._count = count
        self._delay = delay
        self._seen = bytearray()

    def connection_made(self, transport: asyncio.Transport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._seen += data
        end = self._seen.find(END_OF_HEAD)
        if end < 0 or len(self._seen) < end + len(END_OF_HEAD) + self._length(end):
            return
        asked = bytes(self._seen[: self._seen.find(b" ", 4)])
        self._seen.clear()
        if asked in {b"GET /count", b"GET /anew"}:
            if asked == b"GET /anew":
                self._count.anew()
            self._transport.write(self._count.said())
            self._transport.close()
            return
        self._count.pushed()
        if self._delay:
            asyncio.get_running_loop().call_later(self._delay, self._transport.write, STORED)
        else:
            self._transport.write(STORED)

    def _length(self, end: int) -> int:
        start = self._seen.lower().find(LENGTH, 0, end)
        if start < 0:
            return 0
        start += len(LENGTH)
        return int(self._seen[start : self._seen.find(b"\r\n", start)])


async def main(delay: float, ports: list[int]) -> None:
    """Listen until told to stop."""
    loop = asyncio.get_running_loop()

    def partner(count: Count) -> Partner:
        return Partner(count, delay)

    for port in ports:
        count = Count()
        await loop.create_server(lambda count=count: partner(count), "127.0.0.1", port)
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(main(float(sys.argv[1]) / 1000, [int(port) for port in sys.argv[2:]]))
