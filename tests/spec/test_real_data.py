"""Real data of a national access point: nothing crashes a reader, nothing is lost, every deviation is told.

The data is found by `REAL_DATA` and is no part of the project.
"""

import json
import os
import re
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from ocpilot.app.kept.peer_records import Peer, PeerState
from ocpilot.app.ocpi import pages
from ocpilot.app.ocpi.exchange import Call
from ocpilot.app.office import catalogue
from ocpilot.app.platform import Platform
from ocpilot.app.secrets import Seal
from ocpilot.base.problem import Severity
from ocpilot.base.settings import PartySettings, RoamingSettings, SecuritySettings, Settings
from ocpilot.http.client import HttpPartners
from ocpilot.main.commands import run
from ocpilot.main.joined import Switchboard
from ocpilot.ocpp.calls import StationCaller
from ocpilot.wire import codec, v230
from ocpilot.wire.paging import TOTAL, next_target
from ocpilot.wire.protocol import ModuleID, Version

DATA = os.environ.get("REAL_DATA")
pytestmark = pytest.mark.skipif(not DATA, reason="REAL_DATA is not set")

FILES = (("locations_texel.json", v230.Location), ("tariffs_texel.json", v230.Tariff))
MODULES = {"locations_texel.json": ModuleID.LOCATIONS, "tariffs_texel.json": ModuleID.TARIFFS}
OLD, NEW = Version.V2_2_1, Version.V2_3_0
NOW = datetime(2026, 11, 26, tzinfo=UTC)
PAGE = 20


def test_no_file_is_left_out():
    assert {path.name for path in Path(DATA).glob("*.json")} == {name for name, _ in FILES}


def text(name):
    return Path(DATA, name).read_bytes()


def bodies(name):
    return codec.loads(text(name))


def without_nulls(value):
    if isinstance(value, dict):
        return {key: without_nulls(item) for key, item in value.items() if item is not None}
    return [without_nulls(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize(("name", "cls"), FILES)
def test_every_object_is_read_and_kept(name, cls):
    for body in bodies(name):
        received = codec.read(cls, OLD, body)
        assert received.body == without_nulls(body)
        up = codec.convert(cls, received.body, OLD, NEW)
        assert codec.convert(cls, up.body, NEW, OLD).body == received.body
        assert codec.read(cls, NEW, up.body).value == received.value


def test_every_deviation_is_reported():
    found = Counter(
        (re.sub(r"\d+", "N", problem.path), problem.severity)
        for name, cls in FILES
        for body in bodies(name)
        for problem in codec.problems(cls, OLD, body)
    )
    assert found
    assert all(severity is Severity.FINDING for _, severity in found)
    nulls = Path(DATA, "locations_texel.json").read_text().count('"status_schedule": null')
    assert found["$.evses[N].status_schedule", Severity.FINDING] == nulls
    assert found["$.coordinates.latitude", Severity.FINDING] == 1


@pytest.mark.parametrize(("name", "cls"), FILES)
@pytest.mark.parametrize("options", [(), ("--version", "2.2.1")])
def test_the_command_reports_every_deviation_of_every_object(name, cls, options, capsys):
    assert run(["validate", "--json", *options, str(Path(DATA, name))]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["objects"] == len(bodies(name))
    assert report["errors"] == 0
    if options:
        found = [(problem["path"], problem["severity"]) for problem in report["problems"]]
        assert found == [
            (f"$[{index}]{problem.path[1:]}", problem.severity)
            for index, body in enumerate(bodies(name))
            for problem in codec.problems(cls, OLD, body)
        ]
    assert run(["validate", "--strict", *options, str(Path(DATA, name))]) == 1


@pytest.mark.parametrize(("name", "cls"), FILES)
def test_the_command_takes_it_up_and_back(name, cls, capsys, tmp_path):
    assert run(["convert", "--from", "2.2.1", "--to", "2.3.0", str(Path(DATA, name))]) == 0
    new = tmp_path / "new.json"
    new.write_text(capsys.readouterr().out)
    assert run(["convert", "--from", "2.3.0", "--to", "2.2.1", str(new)]) == 0
    assert codec.loads(capsys.readouterr().out.encode()) == without_nulls(bodies(name))


@pytest.fixture
async def platform(store):
    """The national access point, as the operators it collects from."""
    owners = sorted({(body["country_code"], body["party_id"]) for name, _ in FILES for body in bodies(name)})
    settings = Settings(
        parties=tuple(
            PartySettings(country_code=country, party_id=party, role="CPO", name=party) for country, party in owners
        ),
        roaming=RoamingSettings(page_limit=PAGE),
        security=SecuritySettings(secret_key="the secret key of a test"),
    )
    seal = Seal(settings)
    async with HttpPartners(settings, seal) as partners:
        yield Platform(
            settings=settings,
            clock=lambda: NOW,
            store=store,
            partners=partners,
            stations=StationCaller(Switchboard()),
            sealing=seal,
        )


def provider():
    role = v230.CredentialsRole(
        role=v230.Role.EMSP,
        country_code="SE",
        party_id="RES",
        business_details=v230.BusinessDetails(name="Resa"),
    )
    return Peer(id=1, name="Resa", state=PeerState.REGISTERED, roles=(role,), created_at=NOW, updated_at=NOW)


async def crawl(platform, module, version):
    """All objects of a module, page by page, and the totals that the pages said."""
    seen, totals, query = [], set(), {}
    while True:
        call = Call(
            peer=provider(),
            credentials_token="",
            method="GET",
            version=version,
            module=module,
            query=query,
            url="https://example.com/x",
        )
        answer = await pages.sender_list(platform, call)
        seen += codec.loads(answer.data)
        totals.add(int(answer.headers[TOTAL]))
        following = next_target(answer.headers.get("link", ""))
        if following is None:
            return seen, totals
        query = dict(parse_qsl(urlsplit(following).query))


def by_id(objects):
    return {body["id"]: body for body in objects}


@pytest.mark.parametrize(("name", "cls"), FILES)
@pytest.mark.parametrize("given", [OLD, None])
async def test_every_object_is_stored_and_paged_out_as_it_was(platform, name, cls, given):
    keys = await catalogue.take_over(platform, text(name), given)
    wanted = [without_nulls(body) for body in bodies(name)]
    assert len(keys) == len(wanted)
    old, totals = await crawl(platform, MODULES[name], OLD)
    assert totals == {len(wanted)}
    assert len(old) == len(wanted)
    assert by_id(old) == by_id(wanted)
    new, _ = await crawl(platform, MODULES[name], NEW)
    assert len(new) == len(wanted)
    for body in new:
        up = codec.convert(cls, by_id(wanted)[body["id"]], OLD, NEW).body
        assert body == up
        assert not [one for one in codec.problems(cls, NEW, body) if one.severity is Severity.ERROR]


async def test_the_evses_come_out_with_their_connectors_in_their_order(platform):
    name = "locations_texel.json"
    await catalogue.take_over(platform, text(name), OLD)
    out, _ = await crawl(platform, ModuleID.LOCATIONS, OLD)
    counted = [
        sum(len(evse["connectors"]) for body in found for evse in body.get("evses", ()))
        for found in (bodies(name), out)
    ]
    assert counted[0] == counted[1] > 100
