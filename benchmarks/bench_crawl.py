"""A page at depth 1,000 of a crawl beside the first: by keyset both are an index range of 50 rows."""

import http.client
from urllib.parse import urlsplit

from bodies import OWNER, UPDATED, Body
from measuring import (
    Load,
    Served,
    compared,
    request,
    running_platform,
    show,
    stored,
    workplace,
)

from ocpilot.store.postgres import PostgresStore
from ocpilot.wire.paging import read_headers
from ocpilot.wire.protocol import ModuleID

DEPTH = 1000
LIMIT = 50
PATH = f"sender/tariffs?limit={LIMIT}"


def tariff(number: int) -> Body:
    """A small Tariff."""
    components = [{"type": "ENERGY", "price": 3.5, "vat": 25, "step_size": 1}]
    return {
        **OWNER,
        "id": f"T{number:06}",
        "currency": "SEK",
        "tax_included": "NO",
        "elements": [{"price_components": components}],
        "last_updated": UPDATED,
    }


async def fill(store: PostgresStore) -> None:
    """One page more than the crawl goes deep."""
    for number in range(LIMIT * (DEPTH + 1)):
        await store.objects.put(stored(ModuleID.TARIFFS, tariff(number)))


def deep(server: Served) -> bytes:
    """The request of the page that the Links lead to."""
    connection = http.client.HTTPConnection("127.0.0.1", server.port)
    path = PATH
    for _ in range(DEPTH - 1):
        head = request("GET", path).decode().split("\r\n")
        target = head[0].split(" ")[1]
        connection.request("GET", target, headers=dict(line.split(": ", 1) for line in head[2:] if ": " in line))
        answer = connection.getresponse()
        answer.read()
        following = read_headers(dict(answer.getheaders()), f"http://127.0.0.1:{server.port}{target}").next_url
        if following is None:
            raise RuntimeError(f"the list ends at {path}")
        there = urlsplit(following)
        path = f"sender/tariffs?{there.query}"
    return request("GET", path)


def main() -> None:
    """The same server, both pages in turns; the ratio is that of the times."""
    with workplace() as folder, running_platform(folder, fill) as server:
        first, last = request("GET", PATH), deep(server)
        slowness = compared(Load(server, (first,), 4), Load(server, (last,), 4), folder)
    show(
        f"A page of {LIMIT} Tariffs at depth {DEPTH:,}, time beside that of the first",
        {"4 connections": (slowness, "<= 1.2")},
    )


if __name__ == "__main__":
    main()
