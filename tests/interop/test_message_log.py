"""Every exchange between two platforms stands in the log of both, and no token does."""

import asyncio
import base64
from datetime import timedelta
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import msgspec
import pytest
from aiohttp import web
from msgspec.structs import replace

from ocpilot.app.kept.messages import Cut, Direction, MessageQuery
from ocpilot.app.kept.peer_records import PeerState
from ocpilot.app.orders import orders
from ocpilot.app.partners import message_replay, message_views, peers
from ocpilot.app.work.jobs import Jobs
from ocpilot.base.errors import ForbiddenAddress, PeerNonsense, PeerUnreachable, UserError
from ocpilot.base.ids import PartyId
from ocpilot.base.settings import LogSettings
from ocpilot.cli import log as cli_log
from ocpilot.http.client import HttpPartners
from ocpilot.main import following
from ocpilot.main.commands import parser
from ocpilot.main.log_commands import LogOf
from ocpilot.roaming.routing import DIRECT
from ocpilot.wire.protocol import SUPPORTED, InterfaceRole, ModuleID, TokenEncoding, Version

TARIFF = "2.3.0/receiver/tariffs/SE/LAD/T1"


async def messages(node, **asked):
    """The log, oldest first, whole."""
    await node.platform.messages.write(node.platform.store.messages)
    found = await node.platform.store.messages.find(MessageQuery(**asked, limit=1000))
    return [await node.platform.store.messages.get(one.id) for one in reversed(found)]


async def last(node, **asked):
    return (await messages(node, **asked))[-1]


async def everything(url):
    """All that the log holds, as text and as bytes, for whoever looks for something that must not be there."""
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch("SELECT * FROM message")
        shown = "\n".join(" ".join(str(value) for value in row.values()) for row in rows).encode()
        return shown + b"\n".join(value for row in rows for value in row.values() if isinstance(value, bytes))
    finally:
        await connection.close()


def spelled(token):
    return token.encode(), base64.b64encode(token.encode()).rstrip(b"=")


async def assert_secret(url, *tokens):
    kept = await everything(url)
    assert kept
    for token in tokens:
        for spelling in spelled(token):
            assert spelling not in kept, token


# ---- what is logged ------------------------------------------------------------------------------------------------


async def test_a_push_stands_in_both_logs(newest, bodies):
    body = msgspec.json.encode(bodies.tariff(Version.V2_3_0))
    lad, res = PartyId.of("SE", "LAD"), PartyId.of("SE", "RES")
    await newest.lade.platform.partners.call(
        newest.resa_at_lade,
        "PUT",
        ModuleID.TARIFFS,
        InterfaceRole.RECEIVER,
        ("SE", "LAD", "T1"),
        body=body,
        sender=lad,
        receiver=res,
        correlation_id="the correlation of a test",
    )
    sent, got = await last(newest.lade), await last(newest.resa)
    assert (sent.direction, got.direction) == (Direction.OUT, Direction.IN)
    assert (sent.peer_id, got.peer_id) == (newest.resa_at_lade.id, newest.lade_at_resa.id)
    for one in (sent, got):
        assert (one.method, one.version, one.module) == ("PUT", "2.3.0", "tariffs")
        assert (one.party, one.object_id, one.object_sub) == ("SELAD", "T1", None)
        assert (one.sender, one.receiver) == ("SELAD", "SERES")
        assert (one.http_status, one.ocpi_status, one.error, one.failed) == (201, 1000, None, False)
        assert one.correlation_id == "the correlation of a test"
        assert (one.request_body, one.request_size, one.request_cut) == (body, len(body), None)
        assert msgspec.json.decode(one.response_body)["status_code"] == 1000
        assert 0 < one.seconds < 60
    assert sent.request_id == got.request_id
    assert sent.url == f"{newest.resa.base}/ocpi/{TARIFF}"
    assert got.url == f"/ocpi/{TARIFF}"
    assert "authorization: Token ***" in got.request_headers.lower().replace("token", "Token")
    assert "x-correlation-id: the correlation of a test" in got.response_headers


async def test_a_refusal_says_why(newest):
    await newest.resa.ask("PUT", TARIFF, newest.lades_token, {"id": "T1"})
    one = await last(newest.resa)
    assert (one.http_status, one.failed) == (200, True)
    assert one.ocpi_status >= 2000
    assert "T1" in one.request_body.decode()
    assert one.said


async def test_what_no_resource_is_asked_for_is_logged_too(newest):
    await newest.resa.ask("GET", "2.3.0/receiver/nonsense/%00?a=%00&b=%FF", newest.lades_token)
    one = await last(newest.resa)
    assert (one.http_status, one.module, one.query) == (404, None, "a=%00&b=%FF")


async def test_an_id_with_a_nul_or_half_a_character_stops_no_other(newest, bodies):
    for ident in ("%00", "a%ff", "%ed%a0%80", "x" * 3000):
        await newest.resa.ask("GET", f"2.3.0/receiver/tariffs/SE/LAD/{ident}", newest.lades_token)
    found = await messages(newest.resa, module="tariffs")
    assert [one.object_id[:1] for one in found] == ["\N{REPLACEMENT CHARACTER}", "a", "\N{REPLACEMENT CHARACTER}", "x"]


async def test_a_wrong_token_is_logged_without_a_peer_and_without_the_token(lade, database_url):
    wrong = "a-token-that-nobody-gave-out"
    url = f"2.3.0/receiver/tariffs/SE/RES/{wrong}?token=its-own-secret&limit=5"
    await lade.ask("PUT", url, wrong, {"token": wrong}, headers={"X-Request-ID": wrong, "X-Correlation-ID": wrong})
    one = await last(lade, peer_id=0)
    assert (one.http_status, one.ocpi_status, one.peer_id, one.module) == (401, 2000, None, "tariffs")
    assert one.query == "token=***&limit=5"
    assert (one.request_body, one.request_cut) == (b"", Cut.UNREAD)
    await assert_secret(database_url, wrong, "its-own-secret")


async def test_a_list_that_was_answered_well_is_kept_without_its_body(newest):
    await newest.lade.ask("GET", "2.3.0/sender/tariffs?limit=1", newest.resas_token)
    one = await last(newest.lade, module="tariffs")
    assert (one.response_body, one.response_cut) == (b"", Cut.LIST)
    assert one.response_size > 0
    assert "x-total-count: 0" in one.response_headers
    await newest.resa.platform.partners.page(newest.lade_at_resa, ModuleID.TARIFFS)
    assert (await last(newest.resa, direction=Direction.OUT)).response_cut == Cut.LIST


async def test_a_cdr_is_found_by_its_id_on_both_sides(newest, bodies):
    body = msgspec.json.encode(bodies.cdr(Version.V2_3_0, "C 4711"))
    await newest.lade.platform.partners.call(
        newest.resa_at_lade, "POST", ModuleID.CDRS, InterfaceRole.RECEIVER, body=body
    )
    for node in (newest.lade, newest.resa):
        [one] = await messages(node, object_id="c 4711")
        assert (one.module, one.party, one.object_id) == ("cdrs", "SELAD", "C 4711")


# ---- no secrets ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", SUPPORTED)
async def test_no_token_of_a_registration_is_in_any_row(lade, resa, version, database_url, second_database_url):
    invitation = await peers.invite(lade.platform, "Resa")
    at_resa = await peers.register(resa.platform, invitation.versions_url, invitation.token, "Lade", version=version)
    used = [invitation.token, opened(resa, at_resa), opened(lade, await peers.named(lade.platform, "Resa"))]
    at_resa = await peers.update(resa.platform, at_resa)
    used += [opened(resa, at_resa), opened(lade, await peers.named(lade.platform, "Resa"))]
    await peers.unregister(resa.platform, at_resa)
    assert len(set(used)) == 5
    for node, url in ((lade, database_url), (resa, second_database_url)):
        found = await messages(node, module="credentials")
        assert [one.method for one in found] == ["POST", "PUT", "DELETE"]
        assert all(b'"***"' in one.request_body for one in found[:2])
        assert all(one.response_cut == Cut.MASKED for one in found[:2])
        assert await messages(node, module="versions")
        await assert_secret(url, *used)


@pytest.mark.parametrize("encoding", TokenEncoding)
async def test_no_token_of_a_refused_registration_is_in_any_row(lade, database_url, encoding):
    invitation = await peers.invite(lade.platform, "Resa")
    theirs = "the-token-they-would-have-us-use"
    for raw in (
        msgspec.json.encode({"token": theirs, "url": "http://127.0.0.1:1/", "roles": []}),
        msgspec.json.encode({"data": {"credentials": [{"TOKEN": theirs}]}}),
        msgspec.json.encode({"data": msgspec.json.encode({"token": theirs}).decode()}),
        b'{"\\u0074oken": "' + theirs.encode() + b'"}',
        b'{"token": "' + theirs.encode(),
        f"token={theirs}&url=x".encode(),
        f'{{"token": "{theirs}"}}'.encode("utf-16"),
    ):
        await lade.ask("POST", "2.3.0/credentials", invitation.token, raw=raw, encoding=encoding)
    found = await messages(lade, module="credentials")
    assert [one.request_cut for one in found] == [Cut.MASKED] * 4 + [Cut.SECRET] * 3
    assert all(one.request_size for one in found)
    assert theirs.encode("utf-16")[2:] not in await everything(database_url)
    await assert_secret(database_url, theirs, invitation.token)


async def test_a_token_that_an_answer_quotes_is_in_no_row(lade, database_url):
    invitation = await peers.invite(lade.platform, "Resa")
    theirs = "a-token-that-is-far-too-long-" * 4
    reply = await lade.ask("POST", "2.3.0/credentials", invitation.token, {"token": theirs, "url": theirs})
    assert "a-token-that" in msgspec.json.encode(reply.body).decode()
    one = await last(lade)
    assert one.ocpi_status == 2001
    assert b'"path":"$.token"' in one.response_body
    assert b"far-too-long" not in await everything(database_url)


async def test_credentials_that_lost_their_way_leave_no_token(newest, second_database_url):
    await newest.resa.ask(
        "PUT",
        "2.3.0/receiver/tokens/SE/LAD/U1",
        newest.lades_token,
        {"token": "a-token-sent-to-the-wrong-place"},
        headers={
            "Cookie": "session=hidden-in-a-cookie",
            "X-Api-Key": "hidden-in-a-key",
            "Referer": "https://u:hidden-in-a-url@x/",
        },
    )
    await newest.resa.ask("GET", TARIFF, newest.lades_token, headers={"Authorization": "hidden-without-scheme"})
    await last(newest.resa)
    kept = await everything(second_database_url)
    assert b"hidden" not in kept
    assert b"a-token-sent" not in kept


# ---- what a peer answers -------------------------------------------------------------------------------------------


@pytest.fixture
async def odd_peer(newest):
    """Lade's peer answers as told: `answer` becomes its response."""
    told = {}

    async def answer(request):
        told["body"] = await request.read()
        return told["answer"](request)

    runner = web.ServerRunner(web.Server(answer))
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    base = f"http://127.0.0.1:{runner.addresses[0][1]}/hub"
    endpoints = tuple(
        replace(one, url=f"{base}/{one.role.lower()}/{one.identifier}") for one in newest.resa_at_lade.endpoints
    )
    peer = replace(newest.resa_at_lade, endpoints=endpoints)
    await newest.lade.platform.store.peers.save(peer)
    told["peer"], told["base"] = peer, base
    yield told
    await runner.cleanup()


def ocpi(_):
    return web.json_response({"status_code": 1000, "data": None, "timestamp": "2026-11-26T10:00:00Z"})


async def push(newest, told, body=b'{"id":"T1"}', **more):
    return await newest.lade.platform.partners.call(
        told["peer"],
        "PUT",
        ModuleID.TARIFFS,
        InterfaceRole.RECEIVER,
        ("SE", "LAD", "T1"),
        body=body,
        sender=PartyId.of("SE", "LAD"),
        **more,
    )


async def test_an_html_page_is_kept_and_the_token_it_shows_is_not(newest, odd_peer, database_url):
    token = newest.lades_token
    odd_peer["answer"] = lambda request: web.Response(
        text=f"<html><script>alert(1)</script>No access for {request.headers['Authorization']} {token}</html>",
        content_type="text/html",
    )
    with pytest.raises(PeerNonsense):
        await push(newest, odd_peer)
    one = await last(newest.lade)
    assert (one.http_status, one.ocpi_status, one.failed) == (200, None, True)
    assert "no OCPI" in one.error
    assert b"<script>alert(1)</script>No access for Token ***" in one.response_body
    assert one.response_cut == Cut.MASKED
    await assert_secret(database_url, token)


async def test_no_answer_is_logged_with_the_reason(newest, odd_peer):
    odd_peer["answer"] = lambda request: request.transport.close() or web.Response()
    with pytest.raises(PeerUnreachable):
        await push(newest, odd_peer)
    one = await last(newest.lade)
    assert (one.http_status, one.failed) == (None, True)
    assert "ServerDisconnected" in one.error


async def test_a_call_that_the_address_rule_refuses_is_logged(newest, resa, lade):
    outside_only = replace_settings(lade.platform.settings)
    async with HttpPartners(outside_only, lade.platform.sealing, lade.platform.messages) as partners:
        with pytest.raises(ForbiddenAddress):
            await partners.call_url(newest.resa_at_lade, "POST", "http://169.254.169.254/latest", b"{}")
    one = await last(lade, direction=Direction.OUT)
    assert one.http_status is None
    assert "expected https" in one.error


def replace_settings(settings):
    return replace(settings, security=replace(settings.security, allow_inner_addresses=False))


async def test_a_long_body_is_cut_and_a_binary_one_kept(newest, odd_peer):
    odd_peer["answer"] = lambda _: web.Response(body=b"\xff\xfe\x00\x01" * 50_000)
    with pytest.raises(PeerNonsense):
        await push(newest, odd_peer, b'{"id":"T1","x":"' + b"\xc3\xa9" * 50_000 + b'"}')
    one = await last(newest.lade)
    assert (len(one.request_body), one.request_size, one.request_cut) == (65536, 100_018, Cut.SIZE)
    assert (len(one.response_body), one.response_size, one.response_cut) == (65536, 200_000, Cut.SIZE)
    assert message_views.readable(one.response_body).startswith("(65536 bytes that are no text)\nff fe 00 01")


# ---- sent again ----------------------------------------------------------------------------------------------------


async def test_a_message_is_sent_again_with_todays_token(newest, bodies):
    body = msgspec.json.encode(bodies.tariff(Version.V2_3_0))
    lade = newest.lade.platform
    await lade.partners.call(
        newest.resa_at_lade, "PUT", ModuleID.TARIFFS, InterfaceRole.RECEIVER, ("SE", "LAD", "T1"), body=body
    )
    first = await last(newest.lade)
    await peers.update(lade, newest.resa_at_lade)
    again = await message_views.named(lade, await message_replay.replay(lade, first))
    assert (again.method, again.url, again.request_body) == (first.method, first.url, body)
    assert (again.http_status, again.ocpi_status, again.replay_of) == (200, 1000, first.id)
    assert again.correlation_id == first.correlation_id
    assert again.request_id != first.request_id
    assert [one.request_body for one in await messages(newest.resa, object_id="T1")] == [body, body]
    assert [one.id for one in (await message_views.detail(lade, first.id)).replays] == [again.id]


async def test_a_replay_is_logged_even_when_nothing_else_is(newest, odd_peer):
    odd_peer["answer"] = ocpi
    await push(newest, odd_peer)
    first, lade = await last(newest.lade), newest.lade.platform
    lade.messages._settings = LogSettings(messages="none")
    assert (await message_views.named(lade, await message_replay.replay(lade, first))).replay_of == first.id


async def test_what_must_not_be_sent_again_is_refused_with_the_reason(newest, odd_peer):
    odd_peer["answer"] = ocpi
    lade, peer = newest.lade.platform, odd_peer["peer"]
    await push(newest, odd_peer)
    fine = await last(newest.lade)
    [credentials] = await messages(newest.resa, module="credentials", direction=Direction.OUT)
    [came] = await messages(newest.lade, module="credentials", direction=Direction.IN)
    cases = {
        "about credentials": (newest.resa.platform, credentials),
        "came from a peer": (lade, came),
        "body was not kept whole": (lade, replace(fine, request_cut=Cut.SIZE)),
        "no longer one of that peer's": (lade, replace(fine, url=fine.url.replace("/hub", "/hub/../other"))),
        "address was not kept whole": (lade, replace(fine, query="token=***")),
        "not connected": (lade, replace(fine, peer_id=999)),
    }
    for reason, (platform, message) in cases.items():
        with pytest.raises(UserError, match=reason):
            await message_replay.replay(platform, message)
    await lade.store.peers.save(replace(peer, state=PeerState.SUSPENDED))
    with pytest.raises(UserError, match="not connected"):
        await message_replay.replay(lade, fine)
    assert await lade.store.messages.find(MessageQuery(replay_of=fine.id)) == ()


async def test_a_result_goes_again_to_the_response_url_it_went_to(newest, odd_peer, bodies):
    odd_peer["answer"] = ocpi
    lade = newest.lade.platform
    url = odd_peer["base"].replace("/hub", "/their/own/place/77?key_of=3")
    await lade.partners.call_url(odd_peer["peer"], "POST", url, b'{"result":"ACCEPTED"}')
    sent = await last(newest.lade)
    with pytest.raises(UserError, match="no longer one of that peer's"):
        await message_replay.replay(lade, sent)
    await lade.store.commands.add(orders.new(lade, "STOP_SESSION", odd_peer["peer"], url, "{}", route=DIRECT))
    again = await message_views.named(lade, await message_replay.replay(lade, sent))
    assert (again.http_status, again.url, again.query) == (200, sent.url, "key_of=3")


# ---- days, restarts, a database that is away ----------------------------------------------------------------------


async def test_days_are_dropped_whole_when_their_time_is_over(newest, database_url):
    lade = newest.lade
    for days in (0, 20, 29, 31):
        lade.clock.ahead = timedelta(days=days)
        await lade.ask("GET", "versions", newest.resas_token)
    assert len(await messages(lade, module="versions", direction=Direction.IN)) > 3
    jobs = Jobs(lade.platform)
    await jobs.once()
    now = lade.clock()
    kept = await messages(lade)
    assert kept
    assert all(one.at > now - timedelta(days=31) for one in kept)
    lade.clock.ahead = timedelta(days=58)
    await jobs.once()
    assert {(now - one.at).days for one in await messages(lade)} == {0, 2}
    # The day that is gone comes again when somebody's clock says so.
    lade.clock.ahead = timedelta()
    await lade.ask("GET", "versions", newest.resas_token)
    assert now - (await messages(lade))[0].at >= timedelta(days=30)


async def test_after_a_restart_the_log_goes_on(make_node, database_url):
    for _ in range(2):
        async with make_node("Lade", ()) as running:
            await running.ask("GET", "versions", "some wrong token")
            await running.platform.messages.write(running.platform.store.messages)
            found = await running.platform.store.messages.find(MessageQuery())
    assert [one.id for one in found] == [2, 1]


async def test_messages_wait_while_the_database_is_away(newest, database_url):
    lade = newest.lade.platform
    known = len(await messages(newest.lade))
    admin = await asyncpg.connect(urlunsplit(urlsplit(database_url)._replace(path="/postgres")))
    name = urlsplit(database_url).path[1:]
    await admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
    await admin.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1", name)
    replies = [await newest.lade.ask("GET", "versions", f"a token that {number} has") for number in range(3)]
    await lade.messages.write(lade.store.messages)
    await admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
    await admin.close()
    assert [reply.http for reply in replies] == [503] * 3
    found = await messages(newest.lade)
    assert [one.http_status for one in found[known:]] == [503] * 3


async def test_following_brings_every_message_once(newest, monkeypatch):
    monkeypatch.setattr(following, "_LOOK", 0.01)
    lade = newest.lade.platform
    log = LogOf(lade)
    await messages(newest.lade)
    followed = log.follow(await log.query("resa", MessageQuery(module="tariffs", since=lade.clock())))
    for number in range(3):
        await newest.lade.ask("GET", f"2.3.0/receiver/tariffs/SE/RES/{number}", newest.resas_token)
        await newest.lade.ask("GET", "versions", newest.resas_token)
        await lade.messages.write(lade.store.messages)
        async with asyncio.timeout(5):
            row = await anext(followed)
        assert (row.peer, row.message.object_id) == ("Resa", str(number))
    await followed.aclose()


async def test_the_command_finds_shows_and_sends_again(newest, bodies, capsys):
    lade = newest.lade.platform
    body = msgspec.json.encode(bodies.tariff(Version.V2_3_0))
    await lade.partners.call(
        newest.resa_at_lade, "PUT", ModuleID.TARIFFS, InterfaceRole.RECEIVER, ("SE", "LAD", "T1"), body=body
    )
    sent = await last(newest.lade)
    for words in (["--peer", "Resa", "--object", "t1"], ["show", str(sent.id)], ["replay", str(sent.id)]):
        assert await cli_log.run(parser().parse_args(["log", *words]), LogOf(lade)) == 0
    said = capsys.readouterr().out
    assert "tariffs SE/LAD/T1" in said
    assert "Authorization: Token ***" in said
    assert '"currency": "SEK"' in said
    assert f"again        of message {sent.id}" in said


def opened(node, peer):
    return node.platform.sealing.open(peer.token_sealed)
