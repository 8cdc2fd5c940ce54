"""What only a socket can say: broken HTTP, bodies that lie about their length, URLs and headers without end."""

import asyncio
import gzip
import json
from random import Random

import pytest
from hypothesis import given

from generated import fuzz, seeds
from ocpilot.roaming.tokens import header_value
from ocpilot.wire.protocol import TokenEncoding, Version

CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
PLACE = "/ocpi/2.3.0/receiver/locations/SE/LAD/L1"


async def say(node, sent, *, hang_up=False):
    """The status and body of the answer to these bytes; (0, b"") when the connection was closed without one."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(node.base.rsplit(":", 1)[1]), limit=2**24)
    try:
        writer.write(sent)
        await writer.drain()
        if hang_up:
            writer.write_eof()
        answer = await asyncio.wait_for(reader.read(), 20)
    except ConnectionError:
        answer = b""
    finally:
        writer.close()
    head, _, body = answer.removeprefix(CONTINUE).partition(b"\r\n\r\n")
    return int(head.split(b" ")[1]) if head else 0, body


def request(token, *headers, method="PUT", path=PLACE, body=b""):
    lines = [f"{method} {path} HTTP/1.1", "Host: x", "Connection: close"]
    lines += [f"Authorization: {header_value(token, TokenEncoding.BASE64)}", *headers, "", ""]
    return "\r\n".join(lines).encode("latin-1") + body


def envelope(body):
    return json.loads(body)["status_code"]


@pytest.fixture
async def pair(newest):
    """The provider's platform, and the token of its operator."""
    return newest.resa, newest.lades_token


async def is_alive(node, token):
    return (await node.ask("GET", "versions", token)).status == 1000


@pytest.mark.parametrize(
    ("http", "ocpi", "headers", "body"),
    [
        (400, 2001, ["Content-Length: 0"], b""),
        (400, 2001, [], b""),
        (400, 2001, ["Content-Length: 4"], b"\xef\xbb\xbf{"),
        (400, 2001, ["Content-Length: 3"], b"NaN"),
        (200, 2001, ["Transfer-Encoding: chunked"], b"2\r\n{}\r\n0\r\n\r\n"),
        (200, 2001, ["Transfer-Encoding: chunked"], b"1\r\n{\r\n1\r\n}\r\n0\r\n\r\n"),
        (200, 2001, ["Content-Length: 2", "Content-Type: text/html"], b"{}"),
        (200, 2001, ["Content-Length: 2", "Expect: 100-continue"], b"{}"),
        (400, 2001, ["Content-Length: 2", "Content-Encoding: gzip"], b"{{"),
        (413, 2000, ["Content-Length: 6000000"], b"[" * 6_000_000),
        (413, 2000, ["Content-Length: 200000"], b"[" * 100_000 + b"]" * 100_000),
        (413, 2000, ["Content-Length: 50"], b'{"id":' + b"9" * 43 + b"}"),
        (400, 2001, ["Content-Length: 100000"], b"9" * 100_000),
    ],
)
async def test_a_body_of_any_shape_gets_an_envelope(pair, http, ocpi, headers, body):
    node, token = pair
    status, answer = await say(node, request(token, *headers, body=body))
    assert (status, envelope(answer)) == (http, ocpi)
    assert await is_alive(node, token)


async def test_a_compressed_body_is_no_json(pair):
    node, token = pair
    packed = gzip.compress(b"{}")
    status, answer = await say(
        node, request(token, f"Content-Length: {len(packed)}", "Content-Encoding: gzip", body=packed)
    )
    assert (status, envelope(answer)) == (400, 2001)


@pytest.mark.parametrize(
    "path", ["/ocpi/" + "A" * 60_000, "/ocpi/" + "/" * 1000, "/ocpi/%", "/ocpi/2.3.0/%00%2F..", "/ocpi/.."]
)
async def test_a_url_of_any_shape_gets_an_envelope(pair, path):
    node, token = pair
    status, answer = await say(node, request(token, method="GET", path=path))
    assert (status, envelope(answer)) == (404, 2000)


async def test_a_body_that_never_comes_whole_is_not_stored(pair, bodies):
    node, token = pair
    whole = json.dumps(bodies.location()).encode()
    await say(node, request(token, f"Content-Length: {len(whole) + 10}", body=whole), hang_up=True)
    status, _ = await say(node, request(token, method="GET"))
    assert status == 404
    assert await is_alive(node, token)


def broken(random, whole):
    """A request with its HTTP spoilt."""
    cut = random.randrange(1, len(whole))
    ways = (
        lambda: random.randbytes(200),
        lambda: whole[:cut] + random.randbytes(3) + whole[cut:],
        lambda: whole[:cut],
        lambda: whole.replace(b"Host: x", b"Content-Length: 3\r\nContent-Length: 4"),
        lambda: whole.replace(b"Host: x", b"Content-Length: -1"),
        lambda: whole.replace(b"Host: x", b"Transfer-Encoding: chunked\r\nContent-Length: 2") + b"zz\r\n{}\r\n",
        lambda: whole.replace(b"Host: x", b"X: " + b"y" * 100_000),
        lambda: whole.replace(b"Host: x", b"\r\n".join([b"X: y"] * 3000)),
        lambda: whole.replace(b"HTTP/1.1", random.choice((b"HTTP/0.9", b"HTTP/2.0", b"", b"FTP/1.1"))),
        lambda: whole.replace(b"PUT", random.choice((b"", b"PRI", b"CONNECT", b"p\x00t", b"M" * 5000))),
        lambda: whole.replace(b"\r\n", b"\n"),
        lambda: whole + whole,
        lambda: whole.replace(
            PLACE.encode(), random.choice((b"*", b"http://x/ocpi/versions", b"/ocpi/\xff\xfe", b"/ocpi/a b"))
        ),
    )
    return random.choice(ways)()


@fuzz(60)
@given(seed=seeds)
async def test_broken_http_is_refused_and_the_next_request_is_answered(pair, bodies, caplog, seed):
    node, token = pair
    random = Random(seed)
    body = json.dumps(bodies.tariff(Version.V2_3_0)).encode()
    whole = request(token, f"Content-Length: {len(body)}", path=PLACE.replace("locations", "tariffs"), body=body)
    status, _ = await say(node, broken(random, whole), hang_up=True)
    assert status < 500
    assert await is_alive(node, token)
    assert not [record for record in caplog.records if record.exc_info and record.name.startswith("ocpilot")]
