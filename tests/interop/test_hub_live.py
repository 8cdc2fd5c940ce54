"""A hub that keeps nothing of what one member addresses to another (`roaming.hub_mode = "pass_through"`)."""

from contextlib import AsyncExitStack

import pytest
from market import headers, joined, listed, market_of, owned, route, tell, token_of, tokens
from members import RES
from strangers import stranger

from ocpilot.app.kept.peer_records import PeerState
from ocpilot.wire.protocol import ModuleID, TokenEncoding, Version


@pytest.fixture(params=["2.2.1", "2.3.0"])
async def market(request, live_hub):
    async with market_of(live_hub, request.param) as market:
        yield market


async def test_a_session_is_passed_on_at_once_and_not_kept(market, bodies):
    session = bodies.session(**owned(cdr_token=token_of("PRO")))
    said = await tell(market.ope, "sessions", session)
    assert (said.http, said.status, route(said.headers)) == (201, 1000, ("DEPRO", "DEOPE"))
    [pushed] = market.pro.requests("PUT", "sessions/DE/OPE/S1")
    assert (route(pushed.headers), pushed.body["kwh"]) == (("DEOPE", "DEPRO"), 1.5)
    patch = {"kwh": 2.5, "last_updated": "2026-11-01T11:00:00Z"}
    await market.ope.ask("PATCH", "sessions", "DE", "OPE", "S1", body=patch, role="RECEIVER", headers=headers("DEOPE"))
    assert market.pro.kept["sessions/DE/OPE/S1"]["kwh"] == 2.5
    back = await market.ope.ask("GET", "sessions", "DE", "OPE", "S1", role="RECEIVER", headers=headers("DEOPE"))
    assert (back.data["kwh"], back.data["last_updated"]) == (2.5, "2026-11-01T11:00:00Z")
    assert await market.hub.held("Nav", ModuleID.SESSIONS, "S1") == []
    assert market.bee.requests("PUT", "sessions") == []


async def test_whose_session_it_was_is_remembered_so_that_nobody_else_stops_it(market, bodies):
    await tell(market.ope, "sessions", bodies.session(**owned(cdr_token=token_of("PRO"))))
    for there, result in ((market.bee, "UNKNOWN_SESSION"), (market.pro, "ACCEPTED")):
        body = {"response_url": f"{there.base}/roam/2.3.0/commands/STOP_SESSION/1", "session_id": "S1"}
        ways = headers(f"DE{there.party}")
        said = await there.ask("POST", "commands", "STOP_SESSION", body=body, role="RECEIVER", headers=ways)
        assert said.data["result"] == result
    assert len(market.ope.requests("POST", "commands")) == 1


async def test_a_cdr_is_found_again_where_the_hub_says(market, bodies):
    cdr = bodies.cdr(market.version, **owned(cdr_token=token_of("PRO")))
    said = await market.ope.ask("POST", "cdrs", body=cdr, role="RECEIVER", headers=headers("DEOPE"))
    assert (said.http, said.status) == (201, 1000)
    where = {name.lower(): value for name, value in said.headers.items()}["location"]
    assert where.startswith(f"{market.hub.nav.base}/ocpi/{market.ope.version}/receiver/cdrs/DE/OPE/C1")
    market.pro.kept["cdrs/DE/OPE/C1"] = market.pro.kept["cdrs/C1"]
    assert (await market.ope.call("GET", where, headers=headers("DEOPE"))).data["id"] == "C1"
    assert await market.hub.held("Nav", ModuleID.CDRS, "C1") == []


async def test_a_foreign_cdr_is_not_passed_on(market, bodies):
    cdr = bodies.cdr(market.version, country_code="DE", party_id="OTH", cdr_token=token_of("PRO"))
    said = await market.ope.ask("POST", "cdrs", body=cdr, role="RECEIVER", headers=headers("DEOPE"))
    assert said.http == 404
    assert market.pro.requests("POST", "cdrs") == []


async def test_an_error_of_the_receiver_is_the_sender_s_to_hear(market, bodies):
    said = await market.ope.ask(
        "DELETE", "tariffs", "DE", "OPE", "T9", role="RECEIVER", headers=headers("DEOPE", "DEPRO")
    )
    assert (said.http, said.status) == (404, 2000)


async def test_who_is_away_is_4003_and_nothing_waits_for_him(market, bodies):
    await market.change("Pro", state=PeerState.SUSPENDED)
    said = await tell(market.ope, "sessions", bodies.session(**owned(cdr_token=token_of("PRO"))))
    assert said.status == 4003
    await market.change("Pro", state=PeerState.REGISTERED)
    await market.hub.push()
    assert market.pro.requests("PUT", "sessions") == []


async def test_what_is_for_everybody_is_kept_and_listed_all_the_same(market, bodies):
    await tell(market.ope, "locations", bodies.location(**owned()))
    await market.hub.push()
    assert len(market.pro.requests("PUT", "locations")) == len(market.bee.requests("PUT", "locations")) == 1
    assert [one["id"] for one in await listed(market.pro, "locations")] == ["L1"]


# ---- lists ---------------------------------------------------------------------------------------------------------


async def test_a_list_of_one_member_is_his_own_and_its_links_lead_through_the_hub(market, bodies):
    market.ope.ours["tariffs"] = [bodies.tariff(market.version, f"T{number}", **owned()) for number in range(8)]
    found = await listed(market.pro, "tariffs", "DEOPE")
    assert [one["id"] for one in found] == [f"T{number}" for number in range(8)]
    asked = market.ope.requests("GET", "tariffs")
    assert len(asked) == 3
    assert {route(one.headers) for one in asked} == {("DEPRO", "DEOPE")}
    first = await market.pro.ask("GET", "tariffs", role="SENDER", headers=headers("DEPRO", "DEOPE"))
    link = {name.lower(): value for name, value in first.headers.items()}["link"]
    assert link.startswith(f"<{market.hub.nav.base}/ocpi/2.3.0/sender/tariffs?hub_page=")
    assert market.ope.base not in link


async def test_a_link_is_for_who_got_it_and_for_nobody_else(market, bodies):
    market.ope.ours["tariffs"] = [bodies.tariff(market.version, f"T{number}", **owned()) for number in range(8)]
    first = await market.pro.ask("GET", "tariffs", role="SENDER", headers=headers("DEPRO", "DEOPE"))
    link = {name.lower(): value for name, value in first.headers.items()}["link"].split(">")[0].strip("<")
    assert (await market.bee.call("GET", link, headers=headers("DEBEE", "DEOPE"))).status == 2001
    assert (await market.pro.call("GET", link[:-4] + "AAAA", headers=headers("DEPRO", "DEOPE"))).status == 2001


async def test_a_link_out_of_the_list_is_not_followed(market, bodies):
    market.ope.ours["tariffs"] = [bodies.tariff(market.version, f"T{number}", **owned()) for number in range(8)]
    market.ope.base = market.ope.base.replace("127.0.0.1", "169.254.169.254")
    said = await market.pro.ask("GET", "tariffs", role="SENDER", headers=headers("DEPRO", "DEOPE"))
    assert (said.status, "leads out of its list" in said.body["status_message"]) == (4000, True)


# ---- other versions ------------------------------------------------------------------------------------------------

OLD = TokenEncoding.PLAIN


async def test_an_operator_of_2_1_1_is_passed_on_in_the_provider_s_version(live, bodies):
    """Its Sessions hold their Location whole and an auth_id; a PATCH of a part is a PUT of the whole there."""
    async with AsyncExitStack() as stack:
        pro = await joined(live, "Pro", await stack.enter_async_context(stranger("EMSP", "2.3.0")), "PRO")
        await tell(pro, "tokens", tokens(bodies), ident="uid")
        place = {
            "id": "L1",
            "type": "ON_STREET",
            "address": "Storgatan 1",
            "city": "Kiruna",
            "postal_code": "981 31",
            "country": "SWE",
            "coordinates": {"latitude": "67.855800", "longitude": "20.225280"},
            "last_updated": "2026-11-01T10:00:00Z",
        }
        session = {
            "id": "S1",
            "start_datetime": "2026-11-01T09:00:00Z",
            "kwh": 1.5,
            "auth_id": "DE-PRO-C00000001",
            "auth_method": "WHITELIST",
            "location": place,
            "currency": "SEK",
            "status": "ACTIVE",
            "last_updated": "2026-11-01T10:00:00Z",
        }
        told = await live.ask("Lade", "PUT", "2.1.1/receiver/locations/SE/LAD/L1", place, encoding=OLD)
        assert told.http == 201
        path = "2.1.1/receiver/sessions/SE/LAD/S1"
        said = await live.ask("Lade", "PUT", path, session, encoding=OLD)
        assert (said.http, said.status) == (201, 1000)
        [pushed] = pro.requests("PUT", "sessions/SE/LAD/S1")
        assert (pushed.body["cdr_token"]["uid"], pushed.body["location_id"]) == ("CARD1", "L1")
        assert route(pushed.headers) == ("SELAD", "DEPRO")
        patch = {"kwh": 4, "last_updated": "2026-11-01T11:00:00Z"}
        assert (await live.ask("Lade", "PATCH", path, patch, encoding=OLD)).status == 1000
        whole = pro.kept["sessions/SE/LAD/S1"]
        assert (whole["kwh"], whole["cdr_token"]["party_id"], whole["party_id"]) == (4, "PRO", "LAD")
        back = await live.ask("Lade", "GET", path, encoding=OLD)
        assert (back.data["kwh"], back.data["auth_id"], "cdr_token" in back.data) == (4, "DE-PRO-C00000001", False)
        assert await live.held("Nav", ModuleID.SESSIONS, "S1") == []


async def test_an_operator_of_2_1_1_shows_the_charges_of_one_to_no_other(live, bodies):
    """He knows one provider, the hub, and would show everybody behind it all of them."""
    await live.lade.keep(ModuleID.SESSIONS, bodies.session(provider="NAV"), audience="SENAV")
    for sender, name in (("SEBEE", "Bee"), ("SERES", "Resa")):
        said = await live.ask(name, "GET", "2.3.0/sender/sessions", headers=headers(sender, "SELAD"))
        assert (said.status, said.data) == (1000, [])


async def test_a_provider_of_2_1_1_shows_an_operator_only_what_he_told_him(live_hub):
    async with AsyncExitStack() as stack:
        await live_hub.join(RES, "Resa", Version.V2_1_1, role="EMSP")
        ope = await joined(live_hub, "Ope", await stack.enter_async_context(stranger("CPO", "2.3.0")), "OPE")
        said = await ope.ask("GET", "sessions", "DE", "OPE", "S1", role="RECEIVER", headers=headers("DEOPE", "SERES"))
        assert (said.http, "told SE/RES" in said.body["status_message"]) == (404, True)
