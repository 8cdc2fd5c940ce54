"""A partner that answers with anything at all: only errors of the peer come out, and nothing is kept by half.

`OCPILOT_FUZZ=10` tries ten times as much.
"""

import asyncio
import dataclasses
from random import Random
from urllib.parse import urlsplit

import pytest
from hostile import ODD_TEXTS, USUAL_IDS, mutated, no_json, odd_value, text_of
from hypothesis import given
from msgspec.structs import replace

from generated import Generator, fuzz, seeds
from ocpilot.app.kept.peer_records import PeerProfile, PeerState
from ocpilot.app.kept.records import ObjectKey, PageQuery
from ocpilot.app.ocpi.bodies import own, value_of
from ocpilot.app.ocpi.classes import class_of
from ocpilot.app.partners import peers, pull
from ocpilot.app.partners.push_worker import PushWorker
from ocpilot.app.ports import OWN_VERSION
from ocpilot.base import time
from ocpilot.base.errors import ForbiddenAddress, InvalidObject, NoMatchingEndpoints, PeerError, UnsupportedVersion
from ocpilot.base.ids import PartyId
from ocpilot.base.settings import PartySettings
from ocpilot.wire import codec
from ocpilot.wire.packages import class_in
from ocpilot.wire.protocol import SUPPORTED, InterfaceRole, ModuleID, Version
from ocpilot.wire.v230 import BusinessDetails, CredentialsRole, Endpoint, Location, Role, Tariff, Token

THEIRS = PartyId("SE", "LAD")
LISTS = {ModuleID.TARIFFS: Tariff, ModuleID.LOCATIONS: Location, ModuleID.TOKENS: Token}
#: What comes out of a registration, whatever the partner does (app/partners/peers.py, "register").
EXPECTED = (PeerError, ForbiddenAddress, NoMatchingEndpoints, UnsupportedVersion, InvalidObject)
LINKS = (b"http://[::1", b"//x", b"", b"?a=%zz", b"http://127.0.0.1:99999/", b"..", b"\xff")
PAUSES = (b"9" * 400, b"-1", b"Mon, 01 Jan 2024 00:00:00 +99999999", b"Mon, 01 Jan 0000 00:00:00 GMT", b"soon", b"1e9")
WRONG = ("nothing", "data", "envelope", "bytes", "status", "headers", "http", "gone")


class Partner:
    """A server that says what its `Random` has it say."""

    def __init__(self):
        self.base = ""
        self.wrong = "nothing"
        self.random = Random(0)
        self.pages = 0

    def begin(self, seed):
        """Another story, the same for the same seed."""
        self.random = Random(seed)
        self.wrong = self.random.choice(WRONG)
        self.pages = 0

    async def serve(self, reader, writer):
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
            length = next((line[15:] for line in head if line.lower().startswith("content-length:")), "0")
            await reader.readexactly(int(length))
            writer.write(self.answer(head[0].split(" ")[1]))
            await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    def answer(self, target):
        """The bytes of a response to a request for a path."""
        random, wrong = self.random, self.wrong
        data = self.right(urlsplit(target).path)
        if wrong == "data":
            data = random.choice((mutated(random, data), odd_value(random)))
        envelope = {"data": data, "status_code": 1000, "timestamp": "2026-11-01T10:00:00Z"}
        if wrong == "envelope":
            envelope = mutated(random, envelope)
        body = text_of(envelope)
        if wrong == "bytes":
            body = no_json(random, body)
        if wrong == "gone" and random.random() < 0.5:
            return b""
        headers = [b"Content-Length: %d" % len(body), *(self.odd_headers() if wrong == "headers" else self.links())]
        status = random.choice((b"200", b"100", b"204", b"301", b"401", b"404", b"429", b"500", b"999"))
        line = b"HTTP/1.1 %s x" % (status if wrong == "status" else b"200")
        whole = b"\r\n".join([line, b"Connection: close", *headers, b"", body])
        if wrong == "gone":
            return whole[: random.randrange(len(whole))]
        return no_http(random, whole) if wrong == "http" else whole

    def right(self, path):
        """What a good partner would say at a path."""
        if path.endswith("/versions"):
            return [{"version": version, "url": f"{self.base}/{version}"} for version in SUPPORTED]
        if path.endswith("/credentials"):
            role = {"role": "CPO", "party_id": "LAD", "country_code": "SE", "business_details": {"name": "Lade"}}
            return {"token": "t", "url": f"{self.base}/versions", "roles": [role]}
        if path.removeprefix("/") in SUPPORTED:
            sides = [(module, role) for module in ModuleID for role in InterfaceRole]
            listed = [{"identifier": module, "role": role, "url": f"{self.base}/{module}"} for module, role in sides]
            return {"version": path[1:], "endpoints": listed}
        module = path.split("/")[1]
        if module in LISTS:
            return [self.thing(LISTS[ModuleID(module)]) for _ in range(self.random.randrange(3))]
        return None

    def thing(self, cls):
        body = Generator(self.random.getrandbits(32)).body(class_in(cls, self.version))
        name = "uid" if cls is Token else "id"
        return body | {"country_code": "SE", "party_id": "LAD", name: self.random.choice(USUAL_IDS)}

    def links(self):
        """A next page, now and then."""
        self.pages += 1
        return [f'Link: <{self.base}/x?offset={self.pages}>; rel="next"'.encode()] if self.random.random() < 0.3 else []

    def odd_headers(self):
        choice = self.random.choice
        odd = [choice([text for text in ODD_TEXTS if "\n" not in text]).encode("utf-8", "replace") for _ in range(3)]
        return [
            b"Link: <" + choice((*LINKS, *odd)) + b'>; rel="next"',
            b"Retry-After: " + choice((*PAUSES, *odd)),
            b"X-Total-Count: " + odd[0],
            b"X-Limit: " + odd[1],
            b"Location: " + odd[2],
            choice((b"Content-Encoding: gzip", b"Content-Type: text/html; charset=nonsense", b"Set-Cookie: \xff")),
        ]


def no_http(random, whole):
    """A response with its HTTP broken."""
    ways = (
        lambda: random.randbytes(100),
        lambda: whole.replace(b"Content-Length: ", b"Content-Length: 9"),
        lambda: whole.replace(b"Content-Length: ", b"Content-Length: -"),
        lambda: whole.replace(b"Content-Length", b"Transfer-Encoding: chunked\r\nX"),
        lambda: whole.replace(b"HTTP/1.1", b"HTTP/9.9"),
        lambda: whole.replace(b"\r\n", b"\n"),
        lambda: b"HTTP/1.1 200\r\n" + b"x: " + b"y" * 100_000 + b"\r\n\r\n",
        lambda: b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\n\r\n" + random.randbytes(50),
    )
    return random.choice(ways)()


@pytest.fixture(params=SUPPORTED)
async def partner(request):
    """The partner, listening."""
    said = Partner()
    said.version = Version(request.param)
    server = await asyncio.start_server(said.serve, "127.0.0.1", 0, limit=2**26)
    said.base = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    yield said
    server.close()


async def connected(node, partner):
    """The partner as a registered peer of this node."""
    invitation = await peers.invite(node.platform, "Lade")
    roles = tuple(
        CredentialsRole(role=role, country_code="SE", party_id="LAD", business_details=BusinessDetails(name="Lade"))
        for role in (Role.CPO, Role.EMSP)
    )
    known = replace(
        invitation.peer,
        state=PeerState.REGISTERED,
        version=partner.version,
        roles=roles,
        endpoints=tuple(
            Endpoint(identifier=module, role=role, url=f"{partner.base}/{module}")
            for module in ModuleID
            for role in InterfaceRole
        ),
        token_sealed=node.platform.sealing.seal("t"),
        profile=PeerProfile(timeout_seconds=5),
    )
    await node.platform.store.peers.save(known)
    return known


@pytest.fixture
async def both(start, database_url, tmp_path):
    """An operator and provider in one."""
    roles = (("CPO", "OPR"), ("EMSP", "PRO"))
    parties = tuple(PartySettings(country_code="SE", party_id=party, role=role, name=party) for role, party in roles)
    async with start("Both", parties, database_url, tmp_path) as node:
        yield node


def quick(platform):
    """The platform without pauses between tries."""
    roaming = replace(platform.settings.roaming, retry_first=0.0)
    return dataclasses.replace(platform, settings=replace(platform.settings, roaming=roaming))


def failures_of_ours(caplog):
    return [record for record in caplog.records if record.exc_info]


@fuzz(120)
@given(seed=seeds)
async def test_a_pull_ends_with_a_summary_and_keeps_whole_objects(partner, both, caplog, seed):
    caplog.clear()
    peer = await both.platform.store.peers.by_name("Lade") or await connected(both, partner)
    partner.begin(seed)
    summary = await pull.pull(quick(both.platform), peer)
    assert summary.modules
    for module in LISTS:
        store = both.platform.store.locations if module is ModuleID.LOCATIONS else both.platform.store.objects
        kept = await store.page(PageQuery(module=module, limit=100, peer_id=peer.id))
        for stored in kept.items:
            assert value_of(class_of(module), stored), stored
    assert not failures_of_ours(caplog)


@fuzz(60)
@given(seed=seeds)
async def test_a_registration_comes_to_an_end_or_is_the_partner_s_fault(partner, both, caplog, seed):
    partner.begin(seed)
    known = await both.platform.store.peers.by_name("Lade")
    if known is not None:
        await both.platform.store.peers.save(replace(known, state=PeerState.UNREGISTERED, token_hash=None))
    try:
        peer = await peers.register(both.platform, f"{partner.base}/versions", "t", "Lade", version=partner.version)
    except EXPECTED:
        peer = None
    kept = await both.platform.store.peers.by_name("Lade")
    assert peer is None or kept.state is PeerState.REGISTERED
    assert peer is not None or kept is None or kept.state is not PeerState.REGISTERED


@fuzz(60)
@given(seed=seeds)
async def test_a_push_is_done_or_waits_and_never_stops(partner, both, caplog, seed):
    caplog.clear()
    peer = await both.platform.store.peers.by_name("Lade") or await connected(both, partner)
    partner.begin(seed)
    for module, cls in LISTS.items():
        named = {"country_code": "SE", "party_id": "OPR", "uid" if cls is Token else "id": "A1", "type": "RFID"}
        body = Generator(seed).body(cls) | {
            name: text for name, text in named.items() if cls is Token or name != "type"
        }
        value = codec.read(cls, OWN_VERSION, body | {"last_updated": time.write(time.now())}).value
        sub = "RFID" if cls is Token else ""
        store = both.platform.store.locations if cls is Location else both.platform.store.objects
        key = ObjectKey(module=module, party=PartyId("SE", "OPR"), id="A1", sub=sub)
        await store.put(own(key, value, value.last_updated))
    worker = PushWorker(both.platform, peer.id, lambda: 0.5)
    await worker.round(peer)
    assert not failures_of_ours(caplog)
