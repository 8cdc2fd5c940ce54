"""What a push is measured against: the bare aiohttp client that sends the same requests, with the same window.

`python bare_push.py JOB WINDOW PORT...`: JOB is a msgpack list of (method, path, body); all of them go to every port.
"""

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import msgspec
import uvloop

HEADERS = {
    "Authorization": "Token dGhlLXRva2VuLW9mLXRoZS1wYXJ0bmVy",
    "Content-Type": "application/json",
    "Accept": "application/json",
    "X-Request-ID": "5b7e0bd8-61b5-4d2b-a4a5-8c0f8f5d6f5e",
    "X-Correlation-ID": "0c9c1f8e-0f3c-4dbb-9b15-2a43cbd31ef1",
    "OCPI-from-country-code": "SE",
    "OCPI-from-party-id": "LAD",
    "OCPI-to-country-code": "DE",
    "OCPI-to-party-id": "AAA",
}
Push = tuple[str, str, bytes]


async def push(session: aiohttp.ClientSession, pushes: Iterator[Push], port: int) -> None:
    """One push after the other."""
    for method, path, body in pushes:
        async with session.request(method, f"http://127.0.0.1:{port}{path}", data=body, headers=HEADERS) as answer:
            if answer.status != 200 or not await answer.read():
                raise RuntimeError(f"{method} {path}: HTTP {answer.status}")


async def main(pushes: list[Push], window: int, ports: list[int]) -> None:
    """All pushes to all ports, `window` at a time to each."""
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        lines = [iter(pushes) for _ in ports]
        work = [push(session, line, port) for line, port in zip(lines, ports, strict=True) for _ in range(window)]
        await asyncio.gather(*work)


if __name__ == "__main__":
    job, window, *ports = sys.argv[1:]
    pushes = msgspec.msgpack.decode(Path(job).read_bytes(), type=list[Push])
    uvloop.run(main(pushes, int(window), [int(port) for port in ports]))
