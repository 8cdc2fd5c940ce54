"""What the server does when things go wrong on our side, and what it writes down (http/server.py)."""

import asyncio
import logging
from types import SimpleNamespace
from urllib.parse import unquote

import msgspec
import pytest
from starlette.applications import Starlette

from ocpilot.app.logs.message_log import MessageLog
from ocpilot.base import errors, time
from ocpilot.base.problem import Problem
from ocpilot.base.settings import LogSettings, PartySettings, Settings
from ocpilot.http.server import OcpiServer, ocpi_routes, refusal

LAD = PartySettings(country_code="SE", party_id="LAD", role="CPO", name="Lade")


class BrokenPeers:
    """A database that is gone."""

    async def by_token(self, token_hash: bytes) -> None:
        raise ConnectionResetError("the server closed the connection")


@pytest.fixture
def platform():
    return SimpleNamespace(
        settings=Settings(parties=(LAD,)),
        clock=time.now,
        store=SimpleNamespace(peers=BrokenPeers()),
        messages=MessageLog(LogSettings()),
    )


@pytest.fixture
def server(platform):
    return OcpiServer(platform)


async def ask(server, headers, path="/ocpi/versions"):
    sent = []
    scope = {
        "type": "http",
        "method": "GET",
        "path": unquote(path),
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [(name.lower().encode(), value.encode()) for name, value in headers.items()],
    }

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        sent.append(message)

    await server(scope, receive, send)
    return sent[0]["status"], msgspec.json.decode(sent[1]["body"])


async def test_a_fault_of_ours_is_500_and_3000_with_the_request_id(server, caplog):
    status, body = await ask(server, {"Authorization": "Token secret-of-a-peer", "X-Request-ID": "request-7"})
    assert (status, body["status_code"]) == (500, 3000)
    assert "request-7" in body["status_message"]
    assert "connection" not in body["status_message"]
    assert "request-7" in caplog.text


async def test_no_token_reaches_the_log(server, caplog):
    caplog.set_level(logging.DEBUG)
    await ask(server, {"Authorization": "Token secret-of-a-peer"})
    assert "secret-of-a-peer" not in caplog.text


async def test_each_request_is_one_line_in_the_access_log(server, caplog):
    caplog.set_level(logging.INFO, "ocpilot.http.access")
    await ask(server, {"X-Request-ID": "request-8"})
    await asyncio.sleep(0)
    lines = [record.getMessage() for record in caplog.records if record.name == "ocpilot.http.access"]
    assert len(lines) == 1
    assert "http=401 ocpi=2000" in lines[0]
    assert "request_id=request-8" in lines[0]


async def test_requests_that_end_together_have_a_line_each(server, caplog):
    caplog.set_level(logging.INFO, "ocpilot.http.access")
    await asyncio.gather(*(ask(server, {"X-Request-ID": f"request-{number}"}) for number in range(3)))
    await asyncio.sleep(0)
    lines = [record.getMessage() for record in caplog.records if record.name == "ocpilot.http.access"]
    assert [line.rpartition("=")[2] for line in lines] == ["request-0", "request-1", "request-2"]


@pytest.mark.parametrize(
    ("error", "http", "ocpi"),
    [
        (errors.BadJson("x"), 400, 2001),
        (errors.InvalidObject([Problem(path="$", found="1", expected="2")]), 200, 2001),
        (errors.NotAuthorized("x"), 401, 2000),
        (errors.NotFound("x"), 404, 2000),
        (errors.TooLarge("x"), 413, 2000),
        (errors.Conflict("x"), 200, 2000),
        (errors.PeerUnreachable("x"), 200, 3001),
        (errors.UnsupportedVersion("x"), 200, 3002),
        (errors.NoMatchingEndpoints("x"), 200, 3003),
        (errors.OcpilotError("x"), 500, 3000),
    ],
)
def test_each_error_has_its_statuses(error, http, ocpi):
    answer = refusal(error)
    assert (answer.http_status, answer.status_code) == (http, ocpi)


def test_a_method_that_is_not_allowed_comes_with_those_that_are():
    assert refusal(errors.MethodNotAllowed("x", ["GET", "PUT"])).headers == {"Allow": "GET, PUT"}


def test_an_invalid_object_lists_its_problems_as_data():
    answer = refusal(errors.InvalidObject([Problem(path="$.id", found="nothing", expected="a CiString")]))
    assert msgspec.json.decode(answer.data) == [{"path": "$.id", "found": "nothing", "expected": "a CiString"}]


@pytest.mark.parametrize("sent", ["", "a" * 129, "ö"])
async def test_an_unusable_request_id_is_replaced(server, sent):
    status, body = await ask(server, {"X-Request-ID": sent, "Authorization": "Token x"})
    assert status == 500
    assert len(body["status_message"].rsplit(" ", 1)[1]) == 36


@pytest.mark.parametrize("path", ["/ocpi", "/ocpi/", "/ocpi/2.3.0/x%0Ay", "/ocpi/%0A", "/ocpi//", "/ocpi/a%2Fb%00"])
async def test_whatever_is_below_ocpi_gets_an_envelope(platform, path):
    status, body = await ask(Starlette(routes=ocpi_routes(platform)), {}, path)
    assert (status, body["status_code"]) == (401, 2000)
