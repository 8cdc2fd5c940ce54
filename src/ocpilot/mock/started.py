"""A mock that runs: socket, client and objects of its own in one block."""

import contextlib
import random
import socket
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

import aiohttp

from ocpilot.base import time
from ocpilot.base.ids import PartyId, new_credentials_token
from ocpilot.mock.client import Caller
from ocpilot.mock.data import read_objects
from ocpilot.mock.faults import Fault, Faults
from ocpilot.mock.memory import Connection, Memory
from ocpilot.mock.partner import PARTIES, Part, Partner
from ocpilot.mock.server import serving
from ocpilot.wire.protocol import SUPPORTED, TokenEncoding, Version


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What to start. `port` 0 takes a free one; `public_url` empty means host and port."""

    part: Part
    versions: Sequence[Version] = SUPPORTED
    host: str = "127.0.0.1"
    port: int = 0
    public_url: str = ""
    party: PartyId | None = None
    objects: int = 200
    data: bytes | None = field(default=None, repr=False)
    faults: Faults = field(default_factory=Faults)
    seed: int = 0
    token_a: str | None = field(default=None, repr=False)
    result_after: float = 0.5


@contextlib.asynccontextmanager
async def started(plan: Plan) -> AsyncIterator[Partner]:
    """The partner of this plan, listening until the block ends. OSError when the port is taken."""
    party = plan.party or PARTIES[plan.part]
    memory = Memory()
    if plan.data is None:
        memory.generate(party, plan.objects, time.now(), plan.seed)
    else:
        for module, bodies in read_objects(plan.data, party).items():
            memory.add(module, bodies)
    with socket.create_server((plan.host, plan.port)) as bound:
        # Connections inherit it; without it each answer with a body waits for an acknowledgement.
        bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        base_url = plan.public_url or f"http://{plan.host}:{bound.getsockname()[1]}"
        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
            partner = Partner(
                part=plan.part,
                base_url=base_url,
                caller=Caller(session, TokenEncoding.PLAIN if plan.faults.hits(Fault.SENDS_PLAIN_TOKEN) else None),
                party=party,
                versions=plan.versions,
                objects=plan.objects if plan.data is None else 0,
                faults=plan.faults,
                result_after=plan.result_after,
                memory=memory,
                connection=Connection(plan.token_a or new_credentials_token()),
                chance=random.Random(plan.seed),  # noqa: S311 - made-up data, no secret
            )
            async with serving(partner, bound):
                yield partner
