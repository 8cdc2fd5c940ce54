"""A light HTTP client in a process of its own: sends a list of requests round and round over some connections.

`python load.py JOB PORT CONNECTIONS SECONDS`; JOB is a file with the requests as a msgpack list of bytes. Prints one
line of JSON: how many requests were answered, in how many seconds, how many in all from the first to the last, and the
first status line that is no success.
"""

import asyncio
import itertools
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from time import perf_counter

import msgspec
import uvloop

END_OF_HEAD = b"\r\n\r\n"
LENGTH = b"content-length: "


class Connection(asyncio.Protocol):
    """One request at a time, the next when the answer is complete, until `stop`."""

    def __init__(self, requests: Iterator[bytes]) -> None:
        self._requests = requests
        self._seen = bytearray()
        self._due = 0
        self._stopping = False
        self.answered = 0
        self.refusal = ""
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        transport.write(next(self._requests))

    def data_received(self, data: bytes) -> None:
        self._seen += data
        if not self._due:
            self._read_head()
        if self._due and len(self._seen) >= self._due:
            self._next()

    def connection_lost(self, _: Exception | None) -> None:
        if not self._stopping:
            self.refusal = self.refusal or "connection lost"
        if not self.ended.done():
            self.ended.set_result(None)

    def stop(self) -> None:
        """Finish the request in flight and close."""
        self._stopping = True

    def _read_head(self) -> None:
        end = self._seen.find(END_OF_HEAD)
        if end < 0:
            return
        start = self._seen.lower().find(LENGTH, 0, end) + len(LENGTH)
        self._due = end + len(END_OF_HEAD) + int(self._seen[start : self._seen.find(b"\r\n", start)])

    def _next(self) -> None:
        if not self._seen.startswith(b"HTTP/1.1 2"):
            self.refusal = self.refusal or bytes(self._seen[:400]).decode()
        self.answered += 1
        self._seen.clear()
        self._due = 0
        if self._stopping or self.refusal:
            self._stopping = True
            self._transport.close()
        else:
            self._transport.write(next(self._requests))


async def run(requests: list[bytes], port: int, connections: int, seconds: float) -> dict[str, object]:
    """Load the server for some seconds."""
    loop = asyncio.get_running_loop()
    cycle = itertools.cycle(requests)
    made = [(await loop.create_connection(lambda: Connection(cycle), "127.0.0.1", port))[1] for _ in range(connections)]
    answered, started = sum(one.answered for one in made), perf_counter()
    await asyncio.sleep(seconds)
    answered, took = sum(one.answered for one in made) - answered, perf_counter() - started
    for one in made:
        one.stop()
    await asyncio.gather(*(one.ended for one in made))
    return {
        "answered": answered,
        "seconds": took,
        "in_all": sum(one.answered for one in made),
        "refusal": next((one.refusal for one in made if one.refusal), ""),
    }


if __name__ == "__main__":
    job, port, connections, seconds = sys.argv[1:]
    requests = msgspec.msgpack.decode(Path(job).read_bytes(), type=list[bytes])
    print(json.dumps(uvloop.run(run(requests, int(port), int(connections), float(seconds)))))
