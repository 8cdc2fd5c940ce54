"""What operators set and see of a site's limit: by the command, the API, and a partner who set a profile."""

import json
from decimal import Decimal

import pytest
from backoffice import office
from parking import park_of
from street import ALL, OPERATOR, street_of

from ocpilot.app.kept.site_limit_records import SiteLimit
from ocpilot.app.orders import charging_profiles
from ocpilot.app.sites import site_limits
from ocpilot.app.sites.site_sharing import SiteSharing
from ocpilot.base.errors import InvalidObject, NotFound, UserError
from ocpilot.cli import site_limit
from ocpilot.main.commands import parser
from ocpilot.main.site_commands import SitesOf
from ocpilot.wire.v230 import ChargingProfile, ChargingProfilePeriod

SITE = "/site-limits/SE/LAD/L1"


@pytest.fixture
async def park(lade, bodies):
    async with park_of(lade, bodies, "A", "B") as park:
        yield park


@pytest.fixture
def run(park, capsys):
    async def ask(*words):
        status = await site_limit.run(parser().parse_args(["site-limit", *words]), SitesOf(park.platform))
        return status, capsys.readouterr().out

    return ask


async def test_a_limit_is_set_seen_and_removed_by_the_command(park, run):
    assert "no site is limited" in (await run("list"))[1]
    await run("set", "L1", "--amps", "20", "--group", "left,watts=6900,evse=E-A")
    assert "nobody charges" in (await run("show", "L1"))[1]
    await park.stations["A"].start()
    await park.stations["B"].start()
    await park.share()
    said = (await run("show", "L1"))[1]
    assert "L1 (Storgatan 1): 20 A per phase; 20 A reckoned with" in said
    assert "left: 6900 W; 10 A reckoned with" in said
    assert "E-B: The site is shared evenly" in said
    assert "L1  20 A per phase; 20 A reckoned with, 2 charges" in (await run("list"))[1]
    shown = json.loads((await run("show", "L1", "--json"))[1])
    assert [one["taken_amps"] for one in shown["charges"]] == [10.0, 10.0]
    assert json.loads((await run("list", "--json"))[1]) == [shown]
    assert (await run("remove", "L1"))[0] == 0
    with pytest.raises(NotFound):
        await run("show", "L1")


@pytest.mark.parametrize(
    ("words", "error", "said"),
    [
        (("L9", "--amps", "20"), UserError, "L9"),
        (("L1",), InvalidObject, "no limit"),
        (("L1", "--amps", "many"), UserError, "'many'"),
        (("L1", "--amps", "-3"), InvalidObject, "above 0"),
        (("L1", "--amps", "20", "--group", "left,ampere=6"), UserError, "ampere=6"),
        (("L1", "--group", "left,amps=9,evse=E9"), InvalidObject, "an EVSE of the Location"),
        (("L1", "--group", "a,amps=9,evse=E-A", "--group", "b,amps=9,evse=E-A"), InvalidObject, "one group only"),
        (("L1", "--group", "a,amps=9,parent=b"), InvalidObject, "stands before it"),
        (("L1", "--group", "a,amps=9", "--group", "a,amps=8"), InvalidObject, "a name of its own"),
    ],
)
async def test_what_does_not_fit_is_said(run, words, error, said):
    with pytest.raises(error, match=said):
        await run("set", *words)


async def test_a_back_office_sets_reads_and_removes_a_limit(park, lade):
    erp = await office(lade)
    wanted = {"amps": 32, "offline_amps": 6.5, "groups": [{"name": "left", "amps": 10.5, "evses": ["E-A"]}]}
    assert (await erp.ask("PUT", SITE, wanted)).status == 200
    await park.stations["A"].start()
    await park.share()
    read = await erp.get(SITE)
    [charge] = read.body["charges"]
    assert (charge["limit_amps"], charge["why"], charge["station"]) == (10.5, "shared", "taken")
    assert read.body["groups"][1]["counts_amps"] == 10.5
    assert (await erp.get("/site-limits")).body["items"] == [read.body]
    assert (await erp.ask("DELETE", SITE)).status == 204
    assert (await erp.get(SITE)).status == 404


async def test_a_wrong_limit_is_a_problem(park, lade):
    erp = await office(lade)
    said = await erp.ask("PUT", SITE, {"groups": [{"name": "left", "evses": ["E9"]}]})
    assert (said.status, {one["path"] for one in said.body["errors"]}) == (422, {"$", "$.groups[0].evses"})
    assert (await erp.ask("PUT", "/site-limits/SE/LAD/L9", {"amps": 3})).status == 404


async def test_a_provider_who_set_a_profile_is_told_when_the_share_changes(newest, bodies):
    async with street_of(newest, bodies, ALL) as street:
        session = await street.charge()
        periods = (ChargingProfilePeriod(start_period=0, limit=Decimal(20)),)
        wanted = ChargingProfile(charging_rate_unit="A", charging_profile_period=periods)
        await street.result_of(await charging_profiles.set_profile(street.resa, session, wanted))
        limit = SiteLimit(party=OPERATOR, location_id="L1", amps=Decimal(10), changed_at=street.lade.clock())
        await site_limits.set_limit(street.lade, limit)
        await SiteSharing(street.lade).once()
        await street.settled()
        active = await charging_profiles.active_profile(street.resa, session)
        assert active.charging_profile.charging_profile_period[0].limit == 10
        await site_limits.remove_limit(street.lade, OPERATOR, "L1")
        await SiteSharing(street.lade).once()
        await street.settled()
        active = await charging_profiles.active_profile(street.resa, session)
        assert active.charging_profile.charging_profile_period[0].limit == 20
