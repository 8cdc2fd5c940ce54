"""A durable PUT of a Session against a bare Starlette app that only reads the body, 32 connections each.

Beside it an app that stores the body by our statement and does nothing else (only_stored.py): what a server whose own
work costs nothing would reach.
"""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bodies import PARTNER, session
from measuring import (
    HERE,
    Load,
    Served,
    compared,
    filled,
    free_port,
    request,
    running,
    running_bare,
    running_database,
    running_platform,
    show,
    workplace,
)

from ocpilot.store.postgres import PostgresStore

OUR_DRIVERS = {"country_code": "SE", "party_id": "RES"}


async def nothing(_: PostgresStore) -> None:
    """The Sessions come by PUT."""


def puts() -> list[bytes]:
    """Eight states of each of 500 Sessions: every PUT changes something."""
    return [
        request(
            "PUT",
            f"receiver/sessions/DE/ABC/S{number:05}",
            session(f"S{number:05}", 4, 10.0 + state, PARTNER, OUR_DRIVERS),
        )
        for state in range(8)
        for number in range(500)
    ]


@contextmanager
def running_only_stored(folder: Path) -> Iterator[Served]:
    """An app that only stores, on a database like that of the platform."""
    with running_database(folder / "only-stored") as (url, database):
        asyncio.run(filled(url, nothing))
        port = free_port()
        with running([sys.executable, str(HERE / "only_stored.py"), url, str(port)], port, folder) as process:
            yield Served(port, process, database, url)


def main() -> None:
    """All servers under the same requests."""
    requests = puts()
    with workplace() as folder, running_bare(folder) as bare:
        beside = Load(bare, requests, 32)
        with running_platform(folder, nothing) as ours:
            ratio = compared(Load(ours, requests, 32), beside, folder)
        with running_only_stored(folder) as stored:
            most = compared(Load(stored, requests, 32), beside, folder)
    size = len(requests[0].partition(b"\r\n\r\n")[2])
    show(
        f"PUT of a Session ({size} bytes), requests/s beside a bare Starlette app's",
        {"32 connections": (ratio, ">= 0.5"), "32 connections, only stored": (most, "")},
    )


if __name__ == "__main__":
    main()
