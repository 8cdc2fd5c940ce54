"""Nothing that a partner or a back office names leads inside, by whichever way we call it: real sockets, counted."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import pytest

from ocpilot.app.kept.peer_records import Peer, PeerState
from ocpilot.base.errors import ForbiddenAddress, PeerNonsense, PeerRefused, PeerUnreachable
from ocpilot.base.settings import SecuritySettings, Settings
from ocpilot.http.client import HttpPartners
from ocpilot.http.hook_sender import HttpHooks
from ocpilot.roaming import addresses
from ocpilot.wire.protocol import InterfaceRole, ModuleID, Version
from ocpilot.wire.v230 import Endpoint

NOW = datetime(2026, 11, 1, tzinfo=UTC)
STRICT = Settings()
OPEN = Settings(security=SecuritySettings(allow_inner_addresses=True))
S, R = InterfaceRole.SENDER, InterfaceRole.RECEIVER

IN_NUMBERS = (
    "127.0.0.1",
    "127.8.9.10",
    "10.1.2.3",
    "169.254.169.254",
    "0.0.0.0",
    "[::1]",
    "[::]",
    "[fe80::1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:a01:203]",
    "[64:ff9b::7f00:1]",
)
#: What the operating system takes for 127.0.0.1 too.
IN_WORDS = ("localhost", "2130706433", "0x7f000001", "127.1", "0177.0.0.1", "127.0.0.1.")


class Unsealed:
    """Secrets as they are."""

    def seal(self, secret: str) -> bytes:
        return secret.encode()

    def open(self, sealed: bytes) -> str:
        return sealed.decode()


def peer_at(url: str) -> Peer:
    endpoints = tuple(Endpoint(identifier="tariffs", role=role, url=url) for role in (S, R))
    return Peer(
        id=1, name="Fake", state=PeerState.REGISTERED, version=Version.V2_3_0, endpoints=endpoints,
        token_sealed=b"secret", created_at=NOW, updated_at=NOW,
    )  # fmt: skip


# ---- the ways in which we call -------------------------------------------------------------------------------------


async def registration(settings: Settings, url: str) -> None:
    async with HttpPartners(settings, Unsealed()) as partners:
        await partners.get(url, "secret")


async def credentials(settings: Settings, url: str) -> None:
    async with HttpPartners(settings, Unsealed()) as partners:
        await partners.post_credentials("POST", url, "secret", b"{}")


async def push(settings: Settings, url: str) -> None:
    async with HttpPartners(settings, Unsealed()) as partners:
        await partners.call(peer_at(url), "PUT", ModuleID.TARIFFS, R, ("x",), body=b"{}")


async def pull(settings: Settings, url: str) -> None:
    async with HttpPartners(settings, Unsealed()) as partners:
        await partners.page(peer_at(url), ModuleID.TARIFFS)


async def result(settings: Settings, url: str) -> None:
    async with HttpPartners(settings, Unsealed()) as partners:
        await partners.call_url(peer_at(url), "POST", url, b"{}")


async def hook(settings: Settings, url: str) -> None:
    async with HttpHooks(settings) as hooks:
        await hooks.post(url, b"{}", {})


WAYS = (registration, credentials, push, pull, result, hook)
every_way = pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)


@every_way
@pytest.mark.parametrize("host", IN_NUMBERS)
async def test_an_inner_address_is_refused(way, host):
    with pytest.raises(ForbiddenAddress):
        await way(STRICT, f"https://{host}:9/ocpi")


@every_way
@pytest.mark.parametrize("host", IN_WORDS)
async def test_a_name_of_an_inner_address_is_refused_when_it_is_called(way, host):
    async with listening("127.0.0.1") as inside:
        with pytest.raises(ForbiddenAddress):
            await way(STRICT, f"https://{host}:{inside.port}/ocpi")
        assert inside.connections == 0


# ---- names that change what they mean ------------------------------------------------------------------------------


class Listening:
    """A port that says what it is told to and counts who comes."""

    def __init__(self, answer: bytes) -> None:
        self.answer = answer
        self.connections = 0
        self.port = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        if self.answer:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(self.answer)
            await writer.drain()
        writer.close()


@asynccontextmanager
async def listening(host: str, port: int = 0, answer: bytes = b"") -> AsyncIterator[Listening]:
    one = Listening(answer)
    server = await asyncio.start_server(one.serve, host, port)
    one.port = server.sockets[0].getsockname()[1]
    try:
        yield one
    finally:
        server.close()


class Names:
    """A name service of which each answer may be another."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)

    def __call__(self, host, port, *args, **kwargs):
        address = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]


@pytest.fixture
def outside(monkeypatch: pytest.MonkeyPatch) -> str:
    """An address of this machine that counts as one of the world outside, for tests send nothing there."""
    really = addresses.is_public
    monkeypatch.setattr(addresses, "is_public", lambda address: address == "127.0.0.2" or really(address))
    return "127.0.0.2"


@every_way
async def test_a_name_that_leads_inside_the_second_time_is_refused_then(way, outside, monkeypatch):
    async with listening(outside) as partner, listening("127.0.0.1", partner.port) as inside:
        url = f"https://partner.example:{partner.port}/ocpi"
        monkeypatch.setattr(socket, "getaddrinfo", Names(outside, "127.0.0.1"))
        with pytest.raises(PeerUnreachable):
            await way(STRICT, url)  # it was reached, and speaks no TLS
        assert partner.connections > 0
        monkeypatch.setattr(socket, "getaddrinfo", Names("127.0.0.1"))
        with pytest.raises(ForbiddenAddress):
            await way(STRICT, url)
        assert inside.connections == 0


async def test_the_address_that_was_checked_is_the_one_that_is_called(outside, monkeypatch):
    """Between the check and the call nobody is asked again what the name means."""
    async with listening(outside) as partner, listening("127.0.0.1", partner.port) as inside:
        names = Names(outside, "127.0.0.1", "127.0.0.1")
        monkeypatch.setattr(socket, "getaddrinfo", names)
        async with HttpHooks(STRICT) as hooks:
            with pytest.raises(PeerUnreachable):
                await hooks.post(f"https://partner.example:{partner.port}/", b"", {})
        assert (partner.connections, inside.connections) == (1, 0)
        assert names.answers == ["127.0.0.1", "127.0.0.1"]


# ---- redirects and Links -------------------------------------------------------------------------------------------


def http(status: int, *headers: str, body: str = "") -> bytes:
    lines = [f"HTTP/1.1 {status} x", f"Content-Length: {len(body)}", "Connection: close", *headers, "", body]
    return "\r\n".join(lines).encode()


@every_way
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_goes_nowhere(way, status):
    async with listening("127.0.0.1", answer=http(200, body='{"status_code":1000}')) as inside:
        moved = http(status, f"Location: http://127.0.0.1:{inside.port}/")
        async with listening("127.0.0.1", answer=moved) as partner:
            url = f"http://127.0.0.1:{partner.port}/ocpi"
            if way is hook:
                await way(OPEN, url)
            else:
                with pytest.raises(PeerRefused):
                    await way(OPEN, url)
        assert inside.connections == 0


@pytest.mark.parametrize("host", ["169.254.169.254", "[::1]", "10.0.0.1", "localhost", "user@127.0.0.2"])
async def test_a_link_leads_to_the_same_host_only(host):
    body = '{"data":[],"status_code":1000,"timestamp":"2026-11-01T10:00:00Z"}'
    linked = http(200, f'Link: <http://{host}/next>; rel="next"', body=body)
    async with listening("127.0.0.1", answer=linked) as partner:
        with pytest.raises(PeerNonsense, match="another host"):
            await pull(OPEN, f"http://127.0.0.1:{partner.port}/ocpi")
