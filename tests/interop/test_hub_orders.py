"""Commands and charging profiles from one member of a hub to another, and results that come late, again, or never."""

from datetime import timedelta

import pytest
from market import headers, joined, market_of, owned, route, tell, token_of, tokens
from strangers import stranger

from ocpilot.app.hub import hub_orders
from ocpilot.wire.protocol import ModuleID

START, STOP, RESERVE, CANCEL = "START_SESSION", "STOP_SESSION", "RESERVE_NOW", "CANCEL_RESERVATION"


@pytest.fixture(params=["2.2.1", "2.3.0"])
async def market(request, hub, bodies):
    """The operator has told of a place."""
    async with market_of(hub, request.param) as market:
        await tell(market.ope, "locations", bodies.location(**owned()))
        yield market


async def order(market, word, *, there=None, to=None, **body):
    there = there or market.pro
    url = f"{there.base}/roam/{there.version}/commands/{word}/mine-1"
    ways = headers(f"DE{there.party}", to, **{"X-Correlation-ID": "one-talk"})
    return await there.ask("POST", "commands", word, body={"response_url": url} | body, role="RECEIVER", headers=ways)


async def start(market, bodies, **given):
    body = {"token": tokens(bodies), "location_id": "L1", "evse_uid": "E1"}
    return await order(market, START, **(body | given))


async def settled(market):
    """What everybody does in the background is done."""
    for task in list(market.ope.running):
        await task
    await market.hub.nav.platform.background.drain()


async def only_order(market):
    [seen] = market.ope.requests("POST", "commands")
    return await market.hub.nav.platform.store.hub.get(seen.body["response_url"].rsplit("/", 1)[-1])


@pytest.mark.parametrize("to", [None, "DEOPE"])
async def test_a_start_goes_to_the_operator_and_its_result_comes_back(market, bodies, to):
    said = await start(market, bodies, to=to)
    assert (said.status, said.data["result"]) == (1000, "ACCEPTED")
    assert route(said.headers) == ("DEOPE", "DEPRO")
    [seen] = market.ope.requests("POST", "commands/START_SESSION")
    assert route(seen.headers) == ("DEPRO", "DEOPE")
    assert (seen.headers["x-correlation-id"], seen.body["location_id"]) == ("one-talk", "L1")
    assert seen.body["response_url"].startswith(f"{market.hub.nav.base}/ocpi/{market.ope.version}/sender/commands/")
    await settled(market)
    assert market.pro.results["mine-1"] == [{"result": "ACCEPTED"}]
    [result] = market.pro.requests("POST", "commands/START_SESSION/mine-1")
    assert route(result.headers) == ("DEOPE", "DEPRO")


@pytest.mark.parametrize(("habit", "times"), [("early", 1), ("after", 1), ("twice", 1), ("never", 0)])
async def test_a_result_reaches_who_waits_for_it_once_however_it_comes(market, bodies, habit, times):
    market.ope.has(results=habit)
    assert (await start(market, bodies)).data["result"] == "ACCEPTED"
    await settled(market)
    assert len(market.pro.results.get("mine-1", [])) == times


async def test_an_operator_that_changes_his_mind_is_heard(market, bodies):
    await start(market, bodies)
    await settled(market)
    [seen] = market.ope.requests("POST", "commands")
    again = await market.ope.call("POST", seen.body["response_url"], body={"result": "CANCELED_RESERVATION"})
    assert again.status == 1000
    await settled(market)
    assert market.pro.results["mine-1"] == [{"result": "ACCEPTED"}, {"result": "CANCELED_RESERVATION"}]


async def test_only_who_got_the_order_gives_its_result(market, bodies):
    market.ope.has(results="never")
    await start(market, bodies)
    [seen] = market.ope.requests("POST", "commands")
    for there in (market.bee, market.pro):
        url = seen.body["response_url"].replace(f"/ocpi/{market.ope.version}/", "/ocpi/2.3.0/")
        assert (await there.call("POST", url, body={"result": "REJECTED"})).http == 404
    await settled(market)
    assert "mine-1" not in market.pro.results


async def test_a_result_that_comes_after_a_restart_of_the_hub_still_finds_its_way(market, bodies):
    market.ope.has(results="never")
    await start(market, bodies)
    [seen] = market.ope.requests("POST", "commands")
    await market.hub.restart()
    assert (await market.ope.call("POST", seen.body["response_url"], body={"result": "ACCEPTED"})).status == 1000
    await settled(market)
    assert market.pro.results["mine-1"] == [{"result": "ACCEPTED"}]


async def test_a_result_waits_for_who_is_away_for_a_day_and_no_longer(market, bodies):
    market.ope.has(results="never")
    await start(market, bodies)
    [seen] = market.ope.requests("POST", "commands")
    doors, market.pro.doors = market.pro.doors, set()
    market.pro.has(slow=0.3)
    peer = await market.peer("Pro")
    await market.change("Pro", profile=peer.profile.__class__(timeout_seconds=0.05))
    await market.ope.call("POST", seen.body["response_url"], body={"result": "ACCEPTED"})
    await settled(market)
    assert (await only_order(market)).sent_at is None
    nav = market.hub.nav
    assert len(await hub_orders.waiting(nav.platform)) == 1
    market.pro.doors = doors
    market.pro.has(slow=0)
    await market.change("Pro", profile=peer.profile)
    await market.hub.jobs("Nav", seconds=10)
    assert market.pro.results["mine-1"] == [{"result": "ACCEPTED"}]
    assert (await only_order(market)).sent_at is not None


async def test_a_result_that_nobody_takes_for_a_day_is_given_up(market, bodies):
    market.ope.has(results="never")
    await start(market, bodies)
    [seen] = market.ope.requests("POST", "commands")
    market.pro.has(slow=0.3)
    await market.change("Pro", profile=(await market.peer("Pro")).profile.__class__(timeout_seconds=0.05))
    await market.ope.call("POST", seen.body["response_url"], body={"result": "ACCEPTED"})
    await settled(market)
    market.hub.nav.clock.ahead += timedelta(days=1, minutes=1)
    assert await hub_orders.waiting(market.hub.nav.platform) == ()


async def test_a_response_url_that_leads_inside_is_2001(market, bodies):
    said = await start(market, bodies, response_url="ftp://example.com/x")
    assert said.status == 2001
    assert market.ope.requests("POST", "commands") == []


async def test_an_unknown_place_is_2003(market, bodies):
    assert (await start(market, bodies, location_id="NOWHERE")).status == 2003


async def test_two_operators_with_the_same_place_must_be_told_apart(market, bodies):
    async with stranger("CPO", "2.2.1") as other:
        await joined(market.hub, "Other", other, "OTH")
        await tell(other, "locations", bodies.location(country_code="DE", party_id="OTH"))
        said = await start(market, bodies)
        assert (said.status, "OCPI-to-" in said.body["status_message"]) == (4001, True)
        assert (await start(market, bodies, to="DEOTH")).data["result"] == "ACCEPTED"
        assert len(other.requests("POST", "commands")) == 1


# ---- who may -------------------------------------------------------------------------------------------------------


async def test_nobody_starts_with_a_token_of_another(market, bodies):
    said = await start(market, bodies, there=market.bee)
    assert said.data["result"] == "REJECTED"
    assert market.ope.requests("POST", "commands") == []


async def test_nobody_stops_the_charge_of_another(market, bodies):
    await tell(market.ope, "sessions", bodies.session(**owned(cdr_token=token_of("PRO"))))
    for to in (None, "DEOPE"):
        said = await order(market, STOP, there=market.bee, to=to, session_id="S1")
        assert said.data["result"] == "UNKNOWN_SESSION"
    assert market.ope.requests("POST", "commands") == []
    assert (await order(market, STOP, session_id="S1")).data["result"] == "ACCEPTED"
    assert len(market.ope.requests("POST", "commands/STOP_SESSION")) == 1


async def test_nobody_cancels_what_another_reserved(market, bodies):
    until = "2036-11-01T10:00:00Z"
    reserved = {"token": tokens(bodies), "expiry_date": until, "reservation_id": "R1", "location_id": "L1"}
    assert (await order(market, RESERVE, **reserved)).data["result"] == "ACCEPTED"
    assert (await order(market, CANCEL, there=market.bee, reservation_id="R1")).data["result"] == "REJECTED"
    assert (await order(market, CANCEL, reservation_id="R1")).data["result"] == "ACCEPTED"
    assert [one.path.split("/")[-1] for one in market.ope.requests("POST", "commands")] == [RESERVE, CANCEL]


async def test_who_sends_no_commands_may_send_none(market, bodies):
    body = {"token": tokens(bodies), "location_id": "L1", "response_url": f"{market.ope.base}/x"}
    said = await market.ope.ask(
        "POST", "commands", START, body=body, role="RECEIVER", headers=headers("DEOPE", "DEPRO")
    )
    assert said.status == 2000


# ---- charging profiles ---------------------------------------------------------------------------------------------


async def test_an_operator_without_charging_profiles_is_3003(market, bodies):
    await tell(market.ope, "sessions", bodies.session(**owned(cdr_token=token_of("PRO"))))
    url = f"?duration=300&response_url={market.pro.base}/x"
    said = await market.pro.ask(
        "GET", "chargingprofiles", "S1", role="RECEIVER", query=url, headers=headers("DEPRO", "DEOPE")
    )
    assert said.status == 3003


async def test_a_profile_for_the_charge_of_another_is_for_an_unknown_session(market, bodies):
    await tell(market.ope, "sessions", bodies.session(**owned(cdr_token=token_of("PRO"))))
    url = f"?response_url={market.bee.base}/x"
    said = await market.bee.ask(
        "DELETE", "chargingprofiles", "S1", role="RECEIVER", query=url, headers=headers("DEBEE", "DEOPE")
    )
    assert said.data["result"] == "UNKNOWN_SESSION"
    assert await market.hub.held("Nav", ModuleID.SESSIONS, "S1") != []
