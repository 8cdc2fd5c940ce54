"""The OCPI client against a peer with every habit of the field, over a real socket."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import msgspec
import pytest
from aiohttp import web

from ocpilot.app.kept.peer_records import Detected, Peer, PeerProfile, PeerState
from ocpilot.base.errors import (
    ForbiddenAddress,
    NoMatchingEndpoints,
    PeerNonsense,
    PeerRefused,
    PeerUnreachable,
)
from ocpilot.base.ids import PartyId
from ocpilot.base.settings import SecuritySettings, Settings
from ocpilot.http.client import HttpPartners
from ocpilot.wire.protocol import InterfaceRole, ModuleID, TokenEncoding, Version
from ocpilot.wire.v230 import Endpoint

NOW = datetime(2026, 11, 1, tzinfo=UTC)
S, R = InterfaceRole.SENDER, InterfaceRole.RECEIVER
BASE64, PLAIN = "Token c2VjcmV0", "Token secret"


class Unsealed:
    """Secrets as they are."""

    def seal(self, secret: str) -> bytes:
        return secret.encode()

    def open(self, sealed: bytes) -> str:
        return sealed.decode()


class FakePeer:
    """Answers what a test says and remembers what it was asked."""

    def __init__(self) -> None:
        self.requests: list[web.BaseRequest] = []
        self.bodies: list[bytes] = []
        self.answer: Callable[[web.BaseRequest], web.StreamResponse] = lambda _: ocpi({"ok": True})
        self.base = ""

    async def __call__(self, request: web.BaseRequest) -> web.StreamResponse:
        self.bodies.append(await request.read())
        self.requests.append(request)
        return self.answer(request)

    @property
    def last(self) -> web.BaseRequest:
        return self.requests[-1]

    def peer(self, **profile: object) -> Peer:
        endpoints = [
            Endpoint(identifier="tariffs", role=S, url=f"{self.base}/s/tariffs"),
            Endpoint(identifier="tariffs", role=R, url=f"{self.base}/r/tariffs/"),
        ]
        return Peer(
            id=1,
            name="Fake",
            state=PeerState.REGISTERED,
            version=Version.V2_3_0,
            endpoints=tuple(endpoints),
            token_sealed=b"secret",
            profile=PeerProfile(**profile),
            created_at=NOW,
            updated_at=NOW,
        )


def ocpi(data: object = None, status: int = 1000, http: int = 200, **headers: str) -> web.Response:
    body = {"data": data, "status_code": status, "timestamp": "2026-11-01T00:00:00Z"}
    return web.Response(body=msgspec.json.encode(body), status=http, headers=headers)


def raw(body: bytes, http: int = 200, **headers: str) -> Callable[[web.BaseRequest], web.StreamResponse]:
    return lambda _: web.Response(body=body, status=http, headers=headers)


@pytest.fixture
async def fake() -> AsyncIterator[FakePeer]:
    peer = FakePeer()
    runner = web.ServerRunner(web.Server(peer))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    peer.base = f"http://127.0.0.1:{runner.addresses[0][1]}"
    yield peer
    await runner.cleanup()


@pytest.fixture
async def partners() -> AsyncIterator[HttpPartners]:
    settings = Settings(security=SecuritySettings(allow_inner_addresses=True))
    async with HttpPartners(settings, Unsealed()) as client:
        yield client


# ---- what is sent --------------------------------------------------------------------------------------------------


async def test_a_call_carries_token_ids_and_route(fake, partners):
    lad, res = PartyId.of("SE", "LAD"), PartyId.of("SE", "RES")
    answer = await partners.call(
        fake.peer(), "PUT", ModuleID.TARIFFS, R, ("SE", "LAD", "A/B"), body=b"{}", sender=lad, receiver=res
    )
    assert answer.data == {"ok": True}
    assert fake.last.path_qs == "/r/tariffs/SE/LAD/A%2FB"
    headers = fake.last.headers
    assert headers["Authorization"] == BASE64
    assert len(headers["X-Request-ID"]) == len(headers["X-Correlation-ID"]) == 36
    assert headers["OCPI-from-party-id"] == "LAD"
    assert headers["OCPI-to-party-id"] == "RES"
    assert headers["Content-Type"] == "application/json"
    assert fake.bodies == [b"{}"]


async def test_a_profile_may_ask_for_plain_tokens_a_slash_and_no_routing(fake, partners):
    peer = fake.peer(token_encoding="plain", trailing_slash=True, routing_headers=False)
    await partners.call(peer, "GET", ModuleID.TARIFFS, S, params={"limit": "1"}, sender=PartyId.of("SE", "LAD"))
    assert fake.last.path_qs == "/s/tariffs/?limit=1"
    assert fake.last.headers["Authorization"] == PLAIN
    assert "OCPI-from-party-id" not in fake.last.headers


async def test_after_a_401_the_other_encoding_is_tried_and_remembered(fake, partners):
    def plain_only(request: web.BaseRequest) -> web.Response:
        return ocpi([]) if request.headers["Authorization"] == PLAIN else ocpi(status=2000, http=401)

    fake.answer = plain_only
    for _ in range(2):
        await partners.get(f"{fake.base}/versions", "secret")
    assert [request.headers["Authorization"] for request in fake.requests] == [BASE64, PLAIN, PLAIN]


def slashed_only(request: web.BaseRequest) -> web.Response:
    """A web framework that answers URLs with a slash at their end, and redirects the others."""
    if request.path.endswith("/"):
        return ocpi([])
    return web.Response(status=307, headers={"Location": request.path + "/"})


def found_at_slash_only(request: web.BaseRequest) -> web.Response:
    return ocpi([]) if request.path.endswith("/") else web.Response(status=404, body=b"<html>not here</html>")


@pytest.mark.parametrize("answer", [slashed_only, found_at_slash_only])
async def test_a_missing_slash_is_found_out_told_and_written_from_then_on(fake, answer):
    fake.answer = answer
    async with noticing() as (partners, noticed):
        for _ in range(2):
            await partners.call(fake.peer(), "GET", ModuleID.TARIFFS, S, params={"limit": "1"})
    assert [request.path_qs for request in fake.requests] == [
        "/s/tariffs?limit=1",
        "/s/tariffs/?limit=1",
        "/s/tariffs/?limit=1",
    ]
    assert noticed == [(1, Detected(trailing_slash=True))]


async def test_a_slash_may_belong_after_an_endpoint_and_nowhere_below_it(fake):
    def framework(request: web.BaseRequest) -> web.Response:
        written = request.path.endswith("/")
        if written == ("/x" not in request.path):
            return ocpi([])
        return web.Response(status=307, headers={"Location": request.path.rstrip("/") + "/" * (not written)})

    fake.answer = framework
    async with noticing() as (partners, _):
        for segments in ((), ("x",), (), ("x",)):
            await partners.call(fake.peer(), "GET", ModuleID.TARIFFS, S, segments)
    assert [request.path for request in fake.requests] == [
        *("/s/tariffs", "/s/tariffs/", "/s/tariffs/x", "/s/tariffs/", "/s/tariffs/x"),
    ]


async def test_what_was_found_out_in_another_process_is_used_at_once_and_found_out_again_when_it_changed(fake):
    fake.answer = lambda request: (
        ocpi([]) if request.headers["Authorization"] == BASE64 else ocpi(status=2000, http=401)
    )
    known = msgspec.structs.replace(
        fake.peer(), detected=Detected(token_encoding=TokenEncoding.PLAIN, trailing_slash=True)
    )
    async with noticing() as (partners, noticed):
        await partners.call(known, "GET", ModuleID.TARIFFS, S)
    assert [request.path for request in fake.requests] == ["/s/tariffs/", "/s/tariffs/"]
    assert [request.headers["Authorization"] for request in fake.requests] == [PLAIN, BASE64]
    assert noticed == [(1, Detected(token_encoding=TokenEncoding.BASE64))]


async def test_a_setting_about_slashes_is_not_second_guessed(fake, partners):
    fake.answer = slashed_only
    with pytest.raises(PeerRefused):
        await partners.call(fake.peer(trailing_slash=False), "GET", ModuleID.TARIFFS, S)
    assert len(fake.requests) == 1


async def test_an_unknown_object_says_nothing_about_slashes(fake, partners):
    """Told in an envelope, or by a peer whose URLs have worked as they are."""
    fake.answer = lambda _: ocpi(status=2000, http=404)
    with pytest.raises(PeerRefused):
        await partners.call(fake.peer(), "GET", ModuleID.TARIFFS, S)
    fake.answer = lambda _: ocpi([])
    await partners.call(fake.peer(), "GET", ModuleID.TARIFFS, S)
    fake.answer = raw(b"", 404)
    with pytest.raises(PeerRefused):
        await partners.call(fake.peer(), "GET", ModuleID.TARIFFS, R, ("x",))
    assert len(fake.requests) == 3


async def test_a_url_that_a_peer_gave_us_is_called_as_it_is(fake, partners):
    fake.answer = found_at_slash_only
    with pytest.raises(PeerRefused):
        await partners.call_url(fake.peer(), "POST", f"{fake.base}/result", b"{}")
    assert len(fake.requests) == 1


@asynccontextmanager
async def noticing() -> AsyncIterator[tuple[HttpPartners, list[tuple[int, Detected]]]]:
    """Partners, and what they found out."""
    noticed: list[tuple[int, Detected]] = []

    async def remember(peer_id: int, found: Detected) -> None:
        noticed.append((peer_id, found))

    settings = Settings(security=SecuritySettings(allow_inner_addresses=True))
    async with HttpPartners(settings, Unsealed(), noticed=remember) as client:
        yield client, noticed


async def test_a_profiles_encoding_is_the_only_one(fake, partners):
    fake.answer = lambda _: ocpi(status=2000, http=401)
    with pytest.raises(PeerRefused) as caught:
        await partners.get(f"{fake.base}/versions", "secret", encoding="base64")
    assert caught.value.http == 401
    assert len(fake.requests) == 1


async def test_an_interface_the_peer_does_not_offer_is_not_called(fake, partners):
    with pytest.raises(NoMatchingEndpoints, match="cdrs receiver"):
        await partners.call(fake.peer(), "POST", ModuleID.CDRS, R)


# ---- what comes back -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("body", [b'{"status_code":1000}', b'{"status_code":"1000","data":null}', b""])
async def test_a_bare_envelope_is_enough(fake, partners, body):
    fake.answer = raw(body)
    assert (await partners.call(fake.peer(), "DELETE", ModuleID.TARIFFS, R, ("x",))).data is None


async def test_numbers_stay_exact(fake, partners):
    fake.answer = raw(b'{"data": 0.1, "status_code": 1000}')
    assert str((await partners.call(fake.peer(), "GET", ModuleID.TARIFFS, S)).data) == "0.1"


@pytest.mark.parametrize("body", [b"<html>hello</html>", b"[]", b'{"data": 1}', b'{"status_code": "good"}'])
async def test_what_is_no_envelope_is_nonsense(fake, partners, body):
    fake.answer = raw(body)
    with pytest.raises(PeerNonsense):
        await partners.call(fake.peer(), "GET", ModuleID.TARIFFS, S)


async def test_an_ocpi_error_is_a_refusal(fake, partners):
    fake.answer = raw(b'{"status_code": 2001, "status_message": "no such id"}')
    with pytest.raises(PeerRefused, match="2001") as caught:
        await partners.call(fake.peer(), "GET", ModuleID.TARIFFS, S)
    assert (caught.value.http, caught.value.ocpi, caught.value.said) == (200, 2001, "no such id")


async def test_an_http_error_without_envelope_is_a_refusal_with_its_retry_after(fake, partners):
    fake.answer = raw(b"<html>busy</html>", 503, **{"Retry-After": "7"})
    with pytest.raises(PeerRefused) as caught:
        await partners.call(fake.peer(), "GET", ModuleID.TARIFFS, S)
    assert (caught.value.http, caught.value.ocpi, caught.value.retry_after) == (503, None, 7.0)


async def test_what_else_a_peer_says_is_for_our_people_only_and_without_the_token(fake, partners):
    fake.answer = raw(b'{"detail": [\n  {"msg": "postal_code: Field required", "input": "secret"}]}', 422)
    with pytest.raises(PeerRefused) as caught:
        await partners.call(fake.peer(), "PUT", ModuleID.TARIFFS, R, ("x",))
    assert str(caught.value).endswith("HTTP 422")
    assert caught.value.in_full.endswith(
        'HTTP 422: {"detail": [ {"msg": "postal_code: Field required", "input": "***"}]}'
    )


async def test_a_redirect_is_not_followed_and_our_people_hear_where_it_leads(fake, partners):
    fake.answer = raw(b"", 301, Location="https://new.example/ocpi?token=secret")
    with pytest.raises(PeerRefused) as caught:
        await partners.call(fake.peer(), "GET", ModuleID.TARIFFS, S)
    assert caught.value.in_full.endswith("HTTP 301: leads to https://new.example/ocpi?token=***")


async def test_an_endless_answer_is_cut(fake, partners):
    fake.answer = raw(b" " * (17 * 1024 * 1024))
    with pytest.raises(PeerNonsense, match="larger"):
        await partners.call(fake.peer(), "GET", ModuleID.TARIFFS, S)


async def test_nobody_there_is_unreachable(partners):
    with pytest.raises(PeerUnreachable):
        await partners.get("http://127.0.0.1:9/versions", "secret")


async def test_an_answer_that_takes_too_long_is_unreachable(fake, partners):
    with pytest.raises(PeerUnreachable):
        await partners.call(fake.peer(timeout_seconds=0.000001), "GET", ModuleID.TARIFFS, S)


async def test_a_redirect_is_not_followed(fake, partners):
    fake.answer = raw(b"", 302, Location="http://169.254.169.254/")
    with pytest.raises(PeerRefused) as caught:
        await partners.get(f"{fake.base}/versions", "secret")
    assert caught.value.http == 302
    assert len(fake.requests) == 1


async def test_a_token_is_in_no_message(fake, partners):
    fake.answer = lambda _: ocpi(status=2000, http=401)
    with pytest.raises(PeerRefused) as caught:
        await partners.get(f"{fake.base}/versions", "secret")
    assert "secret" not in str(caught.value)


# ---- pages ---------------------------------------------------------------------------------------------------------


async def crawled(partners: HttpPartners, peer: Peer) -> list[object]:
    page = await partners.page(peer, ModuleID.TARIFFS)
    items = list(page.items)
    while page.next_url is not None:
        page = await partners.page(peer, ModuleID.TARIFFS, url=page.next_url)
        items += page.items
    return items


async def test_pages_follow_the_links_relative_ones_too(fake, partners):
    def answer(request: web.BaseRequest) -> web.Response:
        offset = int(request.query.get("offset", "0"))
        link = {"Link": f'<?offset={offset + 2}>; rel="next"'} if offset < 4 else {}
        return ocpi([offset, offset + 1], **link)

    fake.answer = answer
    assert await crawled(partners, fake.peer(page_size=2)) == [0, 1, 2, 3, 4, 5]
    assert fake.requests[0].query["limit"] == "2"


async def test_a_link_to_another_host_does_not_get_our_token(fake, partners):
    fake.answer = lambda _: ocpi([1], Link='<http://elsewhere.example/tariffs>; rel="next"')
    with pytest.raises(PeerNonsense, match="another host"):
        await crawled(partners, fake.peer())


async def test_a_list_must_be_a_list(fake, partners):
    with pytest.raises(PeerNonsense, match="no list"):
        await crawled(partners, fake.peer())


async def test_an_empty_list_may_be_null(fake, partners):
    fake.answer = lambda _: ocpi(None)
    assert await crawled(partners, fake.peer()) == []


@pytest.mark.parametrize("link", ["http://[::1", "//["])
async def test_a_link_that_is_no_url_does_not_look_like_the_end(fake, partners, link):
    fake.answer = lambda _: ocpi([1], Link=f'<{link}>; rel="next"')
    with pytest.raises(PeerNonsense):
        await partners.page(fake.peer(), ModuleID.TARIFFS)


async def test_a_page_says_how_many_there_are(fake, partners):
    fake.answer = lambda _: ocpi([1], **{"X-Total-Count": "7"})
    assert (await partners.page(fake.peer(), ModuleID.TARIFFS)).total == 7


async def test_a_link_we_kept_leads_to_the_same_host_or_nowhere(fake, partners):
    with pytest.raises(PeerNonsense, match="another host"):
        await partners.page(fake.peer(), ModuleID.TARIFFS, url="http://elsewhere.example/tariffs?page=2")
    assert fake.requests == []


async def test_a_link_keeps_the_scheme_and_port_that_worked(fake, partners):
    fake.answer = lambda request: ocpi(
        [1], **({} if request.query.get("page") else {"Link": '<https://127.0.0.1:1/s/tariffs?page=2>; rel="next"'})
    )
    assert await crawled(partners, fake.peer()) == [1, 1]


# ---- never inside --------------------------------------------------------------------------------------------------


@pytest.fixture
async def outside_only() -> AsyncIterator[HttpPartners]:
    async with HttpPartners(Settings(), Unsealed()) as client:
        yield client


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/", "https://127.0.0.1:1/", "https://[::1]:1/", "ftp://x.example/"])
async def test_an_inner_url_is_refused(outside_only, url):
    with pytest.raises(ForbiddenAddress):
        await outside_only.get(url, "secret")


async def test_a_name_that_leads_inside_is_refused_when_connecting(outside_only):
    with pytest.raises(ForbiddenAddress, match="no public address"):
        await outside_only.get("https://localhost:1/versions", "secret")


async def test_a_url_that_a_peer_gave_us_is_checked_too(outside_only, fake):
    with pytest.raises(ForbiddenAddress):
        await outside_only.call_url(fake.peer(), "POST", "https://169.254.169.254/latest", b"{}")
