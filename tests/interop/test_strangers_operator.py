"""A foreign operator and our provider: its lists are crawled, what it pushes is kept, our drivers charge there."""

import asyncio
from contextlib import asynccontextmanager

import msgspec
import pytest
from strangers import Habits, stranger

from ocpilot.app.kept.records import ObjectKey
from ocpilot.app.ocpi import accounts
from ocpilot.app.orders import commands
from ocpilot.app.partners import peers, pull
from ocpilot.base.ids import PartyId
from ocpilot.wire.protocol import ModuleID, Version

LATER = "2026-11-02T12:00:00Z"
#: After the peer came to be known.
SOON = "2126-11-02T12:00:00Z"
THEIRS = {"country_code": "DE", "party_id": "XYZ"}
MESSY = {
    "by the book": Habits(),
    "null lists": Habits(null_lists=True),
    "no Z": Habits(zone=""),
    "+00:00": Habits(zone="+00:00"),
    "numbers as text": Habits(numbers_as_text=True),
    "lower case": Habits(lower_case_parties=True),
    "extra fields": Habits(extra_fields=True),
    "slashes": Habits(trailing_slash=True),
    "plain token": Habits(plain_token=True),
    "bare envelope": Habits(timestamp=False, status_as_text=True),
}


@asynccontextmanager
async def operator(node, habits=None, version="2.2.1"):
    """A foreign operator that has registered with this node."""
    async with stranger("CPO", version, habits or Habits()) as there:
        invitation = await peers.invite(node.platform, "Fremde")
        said = await there.register(invitation.versions_url, invitation.token)
        assert said.status == 1000, said.text
        if there.habits.trailing_slash:
            peer = await peers.named(node.platform, "Fremde")
            await peers.change_profile(node.platform, peer, {"trailing_slash": True})
        yield there


async def crawl(node, name="Fremde"):
    return await pull.pull(node.platform, await peers.named(node.platform, name))


def tariffs(bodies, count):
    return [bodies.tariff(Version.V2_2_1, f"T{number}", **THEIRS) for number in range(count)]


# ---- crawling ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("habits", MESSY.values(), ids=MESSY)
async def test_a_crawl_understands_every_habit(resa, bodies, habits):
    async with operator(resa, habits) as there:
        there.ours = {
            "tariffs": tariffs(bodies, 7),
            "locations": [bodies.location(**THEIRS)],
            "sessions": [bodies.session(**THEIRS, last_updated=SOON)],
            "cdrs": [bodies.cdr(Version.V2_2_1, **THEIRS, last_updated=SOON)],
        }
        summary = await crawl(resa)
    assert summary.problems == ()
    assert {(one.module, one.kept, one.error) for one in summary.modules} == {
        ("tariffs", 7, None),
        ("locations", 1, None),
        ("sessions", 1, None),
        ("cdrs", 1, None),
    }
    [location] = await resa.platform.store.locations.find("L1")
    body = msgspec.json.decode(location.body)
    assert location.key.party == PartyId("DE", "XYZ")
    assert body["evses"][0]["connectors"][0]["max_voltage"] == 230
    assert body["last_updated"] == "2026-11-01T10:00:00Z"


async def test_what_a_party_told_is_its_own_when_it_comes_back_by_another_connection(resa, bodies):
    """Its old connection owned them, so that all it said was refused and nothing could be started there."""
    async with operator(resa) as there:
        there.ours = {
            "tariffs": tariffs(bodies, 1),
            "locations": [bodies.location(**THEIRS)],
            "sessions": [bodies.session(**THEIRS, last_updated=SOON)],
        }
        assert (await crawl(resa)).problems == ()
        await peers.unregister(resa.platform, await peers.named(resa.platform, "Fremde"))
        invitation = await peers.invite(resa.platform, "Fremde neu")
        assert (await there.register(invitation.versions_url, invitation.token)).status == 1000
        summary = await crawl(resa, "Fremde neu")
        pushed = await there.ask("PUT", "locations", "DE", "XYZ", "L1", body=bodies.location(**THEIRS, name="Neu"))
    assert summary.problems == ()
    assert (pushed.http, pushed.status) == (200, 1000)
    peer = await peers.named(resa.platform, "Fremde neu")
    [tariff] = await resa.platform.store.objects.find(ModuleID.TARIFFS, "T0")
    [location] = await resa.platform.store.locations.find("L1")
    assert (tariff.peer_id, location.peer_id) == (peer.id, peer.id)


async def test_what_a_hub_told_of_a_party_is_the_party_s_when_it_comes_itself(resa, bodies):
    roles = [
        {"role": role, "business_details": {"name": "x"}, "country_code": "DE", "party_id": party}
        for role, party in (("OTHER", "HUB"), ("CPO", "XYZ"))
    ]
    tariff = bodies.tariff(Version.V2_3_0, "T0", **THEIRS)
    async with stranger("CPO", "2.3.0") as hub, stranger("CPO", "2.3.0") as there:
        invited = await peers.invite(resa.platform, "Nav", ("*",))
        said = await hub.register(invited.versions_url, invited.token, hub_party_id="DEHUB", roles=roles)
        assert said.status == 1000, said.text
        spoken = {"OCPI-from-country-code": "DE", "OCPI-from-party-id": "XYZ"}
        said = await hub.ask("PUT", "tariffs", "DE", "XYZ", "T0", body=tariff, headers=spoken)
        assert (said.http, said.status) == (201, 1000), said.text
        invited = await peers.invite(resa.platform, "Fremde")
        assert (await there.register(invited.versions_url, invited.token)).status == 1000
        said = await there.ask("PUT", "tariffs", "DE", "XYZ", "T0", body=tariff)
        assert (said.http, said.status) == (200, 1000), said.text
        said = await hub.ask("PUT", "tariffs", "DE", "XYZ", "T0", body=tariff, headers=spoken)
        assert said.status != 1000
    peer = await peers.named(resa.platform, "Fremde")
    assert [one.peer_id for one in await resa.platform.store.objects.find(ModuleID.TARIFFS, "T0")] == [peer.id]


@pytest.mark.parametrize("link", ["absolute", "path", "port"])
async def test_the_next_page_is_found_however_the_link_is_written(resa, bodies, link):
    """Behind a proxy, Links often name the inner scheme or port: the first page's count."""
    async with operator(resa, Habits(link=link)) as there:
        there.ours = {"tariffs": tariffs(bodies, 7)}
        summary = await crawl(resa)
    assert [(one.kept, one.error) for one in summary.modules if one.module == "tariffs"] == [(7, None)]


async def test_a_wrong_total_is_no_reason_to_stop_or_go_on(resa, bodies):
    async with operator(resa, Habits(total=4)) as there:
        there.ours = {"tariffs": tariffs(bodies, 7)}
        assert (await crawl(resa)).modules[0].kept == 7


async def test_links_that_never_end_do(resa, bodies):
    async with operator(resa, Habits(link="endless", total=5)) as there:
        there.ours = {"tariffs": tariffs(bodies, 4)}
        summary = await crawl(resa)
        assert summary.modules[0].kept == 4
        assert not summary.complete
        assert len(there.requests("GET", "tariffs")) < 30


async def test_links_that_never_end_do_no_harm_when_all_has_come(resa, bodies):
    async with operator(resa, Habits(link="endless")) as there:
        there.ours = {"tariffs": tariffs(bodies, 4)}
        summary = await crawl(resa)
        assert summary.modules[0].kept == 4
        assert summary.complete
        assert len(there.requests("GET", "tariffs")) < 30


async def test_an_empty_list_may_be_null(resa):
    async with operator(resa, Habits(data=False)):
        summary = await crawl(resa)
    assert [(one.received, one.error) for one in summary.modules] == [(0, None)] * 4


# ---- pushes --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("habits", MESSY.values(), ids=MESSY)
async def test_what_it_pushes_is_kept_whatever_its_habits(resa, bodies, habits):
    async with operator(resa, habits) as there:
        session = bodies.session(**THEIRS, charging_periods=[bodies.charging_period()])
        for module, body in (
            ("locations", bodies.location(**THEIRS)),
            ("tariffs", bodies.tariff(Version.V2_2_1, **THEIRS)),
            ("sessions", session),
        ):
            path = ("de", "xyz", body["id"]) if habits.lower_case_parties else ("DE", "XYZ", body["id"])
            assert (await there.ask("PUT", module, *path, body=body)).http == 201, module
            assert (await there.ask("PUT", module, *path, body=body)).http == 200, module
        patch = {"kwh": 2.5, "charging_periods": [bodies.charging_period(LATER, 1.0)], "last_updated": LATER}
        said = await there.ask("PATCH", "sessions", "DE", "XYZ", "S1", body=patch)
        assert (said.http, said.status) == (200, 1000), said.text
        kept = (await there.ask("GET", "sessions", "DE", "XYZ", "S1")).data
    assert (kept["kwh"], len(kept["charging_periods"])) == (2.5, 2)


@pytest.mark.parametrize("habits", MESSY.values(), ids=MESSY)
async def test_a_cdr_is_posted_and_read_again_by_its_url(resa, bodies, habits):
    async with operator(resa, habits) as there:
        body = bodies.cdr(Version.V2_2_1, **THEIRS)
        # The Token in it is ours, in our own spelling.
        said = await there.ask("POST", "cdrs", body=body)
        assert (said.http, said.status) == (201, 1000), said.text
        read = await there.call("GET", said.headers["Location"])
        assert (read.data["id"], read.data["total_energy"]) == ("C1", 1.5)
        again = await there.ask("POST", "cdrs", body=body)
        assert (again.http, again.status) == (200, 1000), again.text


async def test_a_patch_of_an_unknown_session_is_404(resa):
    async with operator(resa) as there:
        said = await there.ask("PATCH", "sessions", "DE", "XYZ", "S9", body={"kwh": 1, "last_updated": LATER})
    assert (said.http, said.status) == (404, 2000)


# ---- authorization -------------------------------------------------------------------------------------------------


async def test_it_asks_us_about_a_token_of_ours(resa, bodies):
    await resa.keep(ModuleID.TOKENS, bodies.token())
    await resa.keep(ModuleID.TOKENS, bodies.token("B1", valid=False))
    place = {"location_id": "L1", "evse_uids": ["E1"]}
    async with operator(resa) as there:
        bare = await there.ask("POST", "tokens", "04A1B2C3", "authorize")
        there_too = await there.ask("POST", "tokens", "04a1b2c3", "authorize", body=place, query="?type=RFID")
        blocked = await there.ask("POST", "tokens", "B1", "authorize", body=place)
        unknown = await there.ask("POST", "tokens", "U1", "authorize", body=place)
        other_type = await there.ask("POST", "tokens", "04A1B2C3", "authorize", query="?type=APP_USER")
    assert bare.data["allowed"] == there_too.data["allowed"] == "ALLOWED"
    assert there_too.data["location"] == place
    assert there_too.data["authorization_reference"]
    assert blocked.data["allowed"] == "BLOCKED"
    assert [(one.http, one.status) for one in (unknown, other_type)] == [(404, 2004)] * 2


# ---- commands ------------------------------------------------------------------------------------------------------


async def start(node, bodies, there):
    driver = await accounts.create_driver(node.platform, email="a@example.org", name="A", password="charge-my-car")
    await there.ask("PUT", "locations", "DE", "XYZ", "L1", body=bodies.location(**THEIRS))
    key = ObjectKey(module=ModuleID.LOCATIONS, party=PartyId("DE", "XYZ"), id="L1")
    return driver, await commands.start_session(node.platform, driver, key, "E1", "1")


@pytest.mark.parametrize("results", ["after", "early", "twice"])
async def test_a_start_gets_its_result_whenever_it_comes(resa, bodies, results):
    async with operator(resa, Habits(results=results)) as there:
        _, command = await start(resa, bodies, there)
        await asyncio.gather(*there.running)
        kept = await resa.platform.store.commands.get(command.id)
    assert (kept.response, kept.result) == ("ACCEPTED", "ACCEPTED")
    [asked] = there.requests("POST", "START_SESSION")
    assert asked.headers["ocpi-to-party-id"] == "XYZ"
    assert asked.headers["ocpi-from-party-id"] == "RES"
    assert asked.body["response_url"].startswith(resa.base)


async def test_a_result_that_never_comes_leaves_the_command_open(resa, bodies):
    async with operator(resa, Habits(results="never")) as there:
        _, command = await start(resa, bodies, there)
    assert (command.response, command.result) == ("ACCEPTED", None)


async def test_a_session_that_starts_is_stopped_by_its_driver(resa, bodies):
    async with operator(resa) as there:
        driver, command = await start(resa, bodies, there)
        [asked] = there.requests("POST", "START_SESSION")
        token = {name: asked.body["token"][name] for name in bodies.session()["cdr_token"]}
        session = bodies.session(**THEIRS, cdr_token=token, start_date_time=LATER)
        await there.ask("PUT", "sessions", "DE", "XYZ", "S1", body=session)
        assert (await resa.platform.store.commands.get(command.id)).session_id == "S1"
        stopped = await commands.stop_session(resa.platform, driver, "S1")
        [asked] = there.requests("POST", "STOP_SESSION")
    assert asked.body["session_id"] == "S1"
    assert stopped.response == "ACCEPTED"
