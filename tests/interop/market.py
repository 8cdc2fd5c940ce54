"""A hub and foreign platforms as its members: an operator DE/OPE, and two providers, DE/PRO and DE/BEE."""

from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import msgspec
from members import Hub
from strangers import Stranger, stranger

from ocpilot.app.partners import peers
from ocpilot.wire.protocol import Version


def headers(sender=None, receiver=None, **more):
    """Routing headers, each party as `DEOPE`."""
    found = dict(more)
    for word, party in (("from", sender), ("to", receiver)):
        if party:
            found |= {f"OCPI-{word}-country-code": party[:2], f"OCPI-{word}-party-id": party[2:]}
    return found


def route(sent):
    """From whom to whom, in the headers of a request or an answer."""
    lower = {name.lower(): value for name, value in sent.items()}
    return tuple(
        lower.get(f"ocpi-{word}-country-code", "") + lower.get(f"ocpi-{word}-party-id", "") for word in ("from", "to")
    )


@dataclass
class Market:
    """A hub, an operator DE/OPE and two providers, DE/PRO and DE/BEE."""

    hub: Hub
    ope: Stranger
    pro: Stranger
    bee: Stranger

    @property
    def version(self) -> Version:
        """The operator's."""
        return Version(self.ope.version)

    async def peer(self, name):
        return await peers.named(self.hub.nav.platform, name)

    async def change(self, name, **changes):
        store = self.hub.nav.platform.store.peers
        await store.save(msgspec.structs.replace(await self.peer(name), **changes))

    async def moved(self, name):
        """Its platform is gone: nobody listens where its endpoints were."""
        peer = await self.peer(name)
        gone = tuple(msgspec.structs.replace(one, url="http://127.0.0.1:9/x") for one in peer.endpoints)
        await self.change(name, endpoints=gone)


async def joined(hub, name, there, party):
    invitation = await peers.invite(hub.nav.platform, name)
    there.party = party
    said = await there.register(invitation.versions_url, invitation.token)
    assert said.status == 1000, said.text
    return there


@asynccontextmanager
async def market_of(hub, version):
    """The operator speaks `version`."""
    async with AsyncExitStack() as stack:
        ope = await stack.enter_async_context(stranger("CPO", version))
        pro = await stack.enter_async_context(stranger("EMSP", "2.3.0"))
        bee = await stack.enter_async_context(stranger("EMSP", "2.3.0"))
        yield Market(
            hub,
            await joined(hub, "Ope", ope, "OPE"),
            await joined(hub, "Pro", pro, "PRO"),
            await joined(hub, "Bee", bee, "BEE"),
        )


def owned(**fields):
    return {"country_code": "DE", "party_id": "OPE", **fields}


def tokens(bodies, uid="CARD1", **fields):
    return bodies.token(uid, country_code="DE", party_id="PRO", contract_id="DE-PRO-C00000001", **fields)


async def tell(there, module, body, *, to=None, role="RECEIVER", method="PUT", ident="id"):
    return await there.ask(
        method,
        module,
        body["country_code"],
        body["party_id"],
        body[ident],
        body=body,
        role=role,
        headers=headers(f"DE{there.party}", to),
    )


async def listed(there, module, to=None, query="?limit=4"):
    """A crawl over the hub's Links."""
    found, path = [], None
    while True:
        ways = headers(f"DE{there.party}", to)
        said = await (
            there.ask("GET", module, role="SENDER", query=query, headers=ways)
            if path is None
            else there.call("GET", path, headers=ways)
        )
        assert said.status == 1000, said.text
        found += said.data
        links = {name.lower(): value for name, value in said.headers.items()}.get("link")
        if links is None:
            return found
        path = links.split(">")[0].strip("<")


def token_of(provider):
    return {
        "country_code": "DE",
        "party_id": provider,
        "uid": "CARD1",
        "type": "RFID",
        "contract_id": "DE-PRO-C00000001",
    }
