"""A platform that talks nonsense is judged, whatever it says: no answer breaks the check itself."""

import pytest
from starlette.responses import Response

from ocpilot.check.run import Plan, check
from ocpilot.check.verdicts import Outcome
from ocpilot.mock.partner import Part
from ocpilot.mock.server import MockServer
from ocpilot.mock.started import Plan as MockPlan
from ocpilot.mock.started import started
from ocpilot.wire.protocol import Version

ODD = [
    None,
    True,
    7,
    "text",
    [],
    {},
    [None],
    [[]],
    ["text"],
    [{}],
    [{"id": 7, "uid": [], "last_updated": {}, "evses": "none"}],
    [{"id": "a/b?c#d", "uid": "é", "type": None, "evses": [{"uid": {}, "connectors": [7]}]}],
    [{"last_updated": "9999-12-31T23:59:59Z", "evses": [None], "calendars": [[]]}],
    {"result": "ACCEPTED", "timeout": -1},
    {"result": "ACCEPTED", "timeout": "soon"},
    {"result": []},
    {"version": [], "endpoints": "none"},
    {"endpoints": [7, {}, {"identifier": [], "role": {}, "url": 7}]},
    {"token": 7, "roles": [{}]},
]
WHERE = [
    (Version.V2_3_0, "functional"),
    (Version.V2_3_0, "versions"),
    (Version.V2_3_0, "everything"),
    (Version.V2_1_1, "functional"),
]


@pytest.mark.parametrize(("version", "place"), WHERE)
@pytest.mark.parametrize("odd", ODD, ids=str)
async def test_nonsense_is_judged(version: Version, odd: object, place: str, monkeypatch: pytest.MonkeyPatch) -> None:
    honest = MockServer._envelope

    def envelope(server: MockServer, reply: object, *, functional: bool) -> object:
        said = honest(server, reply, functional=functional)
        wanted = place == "everything" or functional == (place == "functional")
        return {**said, "data": odd} if wanted else said

    monkeypatch.setattr(MockServer, "_envelope", envelope)
    async with started(MockPlan(part=Part.BOTH, objects=3)) as mock:
        plan = Plan(
            url=mock.versions_url,
            token_a=mock.connection.token_a,
            version=version,
            result_seconds=0.01,
            token_seconds=0,
        )
        run = await check(plan, lambda _: None)
    assert run.stopped or run.book.of(Outcome.FAIL)


@pytest.mark.parametrize("body", [b"", b"\xff\xfe", b"[" * 10_000, b'{"status_code": 1e999}', b"null", b"<html>"])
async def test_what_is_no_json_is_judged(body: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(MockServer, "_response", lambda *_, **__: Response(body, media_type="application/json"))
    async with started(MockPlan(part=Part.CPO, objects=3)) as mock:
        run = await check(Plan(url=mock.versions_url, token_a=mock.connection.token_a), lambda _: None)
    assert run.stopped
    assert run.book.of(Outcome.FAIL)
