"""Where a hub sends what its members say: headers there and back, errors, views; members are foreign platforms."""

import pytest
from market import headers, joined, listed, market_of, owned, route, tell, token_of, tokens
from strangers import stranger

from ocpilot.app.kept.peer_records import PeerState
from ocpilot.app.partners import peers
from ocpilot.wire.protocol import ModuleID

UPDATED = "2026-11-01T10:00:00Z"


@pytest.fixture(params=["2.2.1", "2.3.0"])
async def market(request, hub):
    async with market_of(hub, request.param) as market:
        yield market


# ---- who speaks, and to whom ---------------------------------------------------------------------------------------


async def test_a_forged_sender_is_refused_and_nothing_goes_on(market, bodies):
    body = bodies.tariff(market.version, **owned())
    said = await market.ope.ask(
        "PUT", "tariffs", "DE", "OPE", "T1", body=body, role="RECEIVER", headers=headers("DEPRO", "DEBEE")
    )
    assert (said.http, said.status) == (200, 2001)
    assert "DE/PRO" in said.body["status_message"]
    await market.hub.push()
    assert market.bee.requests("PUT", "tariffs") == []


async def test_an_object_of_somebody_else_is_404_also_through_a_hub(market, bodies):
    body = bodies.tariff(market.version, country_code="DE", party_id="OTH")
    assert (await tell(market.ope, "tariffs", body, to="DEPRO")).http == 404


@pytest.mark.parametrize("to", ["DEXXX", "DEOPE"])
async def test_an_unknown_receiver_is_4001(market, bodies, to):
    said = await tell(market.ope, "tariffs", bodies.tariff(market.version, **owned()), to=to)
    assert (said.http, said.status) == (200, 4001)
    assert to[2:] in said.body["status_message"]


async def test_what_is_for_everybody_comes_from_the_hub(market, bodies):
    said = await tell(market.ope, "locations", bodies.location(**owned()), to="SENAV")
    assert (said.http, said.status, route(said.headers)) == (201, 1000, ("SENAV", "DEOPE"))
    await market.hub.push()
    for there in (market.pro, market.bee):
        [pushed] = there.requests("PUT", "locations")
        assert pushed.path.endswith("/locations/DE/OPE/L1")
        assert route(pushed.headers) == ("SENAV", f"DE{there.party}")
        assert pushed.body["last_updated"] == UPDATED
    assert market.ope.requests("PUT", "locations") == []


async def test_what_is_pushed_on_belongs_to_the_talk_that_told_of_it(market, bodies):
    ways = headers("DEOPE", **{"X-Correlation-ID": "one-talk", "X-Request-ID": "first"})
    body = bodies.location(**owned())
    await market.ope.ask("PUT", "locations", "DE", "OPE", "L1", body=body, role="RECEIVER", headers=ways)
    await market.hub.push()
    [pushed] = market.pro.requests("PUT", "locations")
    assert (pushed.headers["x-correlation-id"], pushed.headers["x-request-id"] == "first") == ("one-talk", False)
    patch = {"status": "CHARGING", "last_updated": "2026-11-01T11:00:00Z"}
    ways |= {"X-Correlation-ID": "another-talk"}
    await market.ope.ask("PATCH", "locations", "DE", "OPE", "L1", "E1", body=patch, role="RECEIVER", headers=ways)
    await market.hub.push()
    [moved] = market.pro.requests("PATCH", "locations/DE/OPE/L1/E1")
    assert (moved.body, moved.headers["x-correlation-id"]) == (patch, "another-talk")


async def test_without_a_receiver_it_is_for_everybody_too(market, bodies):
    await tell(market.ope, "locations", bodies.location(**owned()))
    await market.hub.push()
    assert len(market.pro.requests("PUT", "locations")) == len(market.bee.requests("PUT", "locations")) == 1


async def test_what_is_addressed_comes_from_the_sender_and_to_nobody_else(market, bodies):
    await tell(market.ope, "tariffs", bodies.tariff(market.version, **owned()), to="DEPRO")
    await market.hub.push()
    [pushed] = market.pro.requests("PUT", "tariffs")
    assert route(pushed.headers) == ("DEOPE", "DEPRO")
    assert market.bee.requests("PUT", "tariffs") == []


async def test_what_is_addressed_to_one_more_is_for_both_and_a_patch_changes_nothing_of_that(market, bodies):
    tariff = bodies.tariff(market.version, **owned())
    await tell(market.ope, "tariffs", tariff, to="DEPRO")
    await tell(market.ope, "tariffs", tariff | {"last_updated": "2026-11-01T11:00:00Z"}, to="DEBEE")
    await market.hub.push()
    assert [len(one.requests("PUT", "tariffs")) for one in (market.pro, market.bee)] == [1, 1]
    assert [one["id"] for one in (await listed(market.bee, "tariffs"))] == ["T1"]
    assert [one["id"] for one in (await listed(market.pro, "tariffs"))] == ["T1"]


async def test_a_tariff_for_one_is_in_no_list_of_the_other(market, bodies):
    await tell(market.ope, "tariffs", bodies.tariff(market.version, "T1", **owned()), to="DEPRO")
    await tell(market.ope, "tariffs", bodies.tariff(market.version, "T2", **owned()))
    assert [one["id"] for one in (await listed(market.pro, "tariffs"))] == ["T1", "T2"]
    assert [one["id"] for one in (await listed(market.bee, "tariffs"))] == ["T2"]


async def test_a_deleted_tariff_is_deleted_everywhere(market, bodies):
    await tell(market.ope, "tariffs", bodies.tariff(market.version, **owned()))
    await market.hub.push()
    said = await market.ope.ask("DELETE", "tariffs", "DE", "OPE", "T1", role="RECEIVER", headers=headers("DEOPE"))
    assert said.status == 1000
    await market.hub.push()
    assert len(market.pro.requests("DELETE", "tariffs/DE/OPE/T1")) == 1


# ---- lists ---------------------------------------------------------------------------------------------------------


async def test_a_list_of_all_has_every_page_and_of_one_only_his(market, bodies):
    async with stranger("CPO", "2.2.1") as other:
        await joined(market.hub, "Other", other, "OTH")
        for number in range(7):
            for there in (market.ope, other):
                moment = f"2026-11-01T10:00:{number:02}Z"
                place = bodies.location(
                    f"L{number}", country_code="DE", party_id=there.party, evses=[], last_updated=moment
                )
                await tell(there, "locations", place)
        for to in (None, "SENAV"):
            found = [(one["party_id"], one["id"]) for one in await listed(market.pro, "locations", to)]
            assert sorted(found) == sorted((party, f"L{number}") for number in range(7) for party in ("OPE", "OTH"))
        assert {one["party_id"] for one in await listed(market.pro, "locations", "DEOTH")} == {"OTH"}
        one = await market.pro.ask("GET", "locations", "L3", role="SENDER", headers=headers("DEPRO", "DEOTH"))
        assert (one.data["party_id"], one.data["id"]) == ("OTH", "L3")


async def test_the_total_of_a_list_is_what_the_caller_may_see(market, bodies):
    for number, to in enumerate(("DEPRO", "DEBEE", None)):
        await tell(market.ope, "tariffs", bodies.tariff(market.version, f"T{number}", **owned()), to=to)
    said = await market.pro.ask("GET", "tariffs", role="SENDER", headers=headers("DEPRO", "SENAV"))
    assert ({name.lower(): value for name, value in said.headers.items()}["x-total-count"], len(said.data)) == ("2", 2)
    assert route(said.headers) == ("SENAV", "DEPRO")


async def test_an_operator_reads_back_what_he_sent(market, bodies):
    await tell(market.ope, "tariffs", bodies.tariff(market.version, **owned()), to="DEPRO")
    said = await market.ope.ask("GET", "tariffs", "DE", "OPE", "T1", role="RECEIVER", headers=headers("DEOPE"))
    assert said.data["id"] == "T1"


# ---- charges -------------------------------------------------------------------------------------------------------


async def test_a_session_goes_to_the_provider_whose_token_it_is(market, bodies):
    session = bodies.session(**owned(cdr_token=token_of("PRO")))
    assert (await tell(market.ope, "sessions", session, to="SENAV")).http == 201
    patch = {"kwh": 2.5, "last_updated": "2026-11-01T11:00:00Z"}
    said = await market.ope.ask(
        "PATCH", "sessions", "DE", "OPE", "S1", body=patch, role="RECEIVER", headers=headers("DEOPE")
    )
    assert said.status == 1000
    await market.hub.push()
    [pushed] = market.pro.requests("PUT", "sessions")
    assert (route(pushed.headers), pushed.body["kwh"]) == (("DEOPE", "DEPRO"), 2.5)
    assert market.bee.requests("PUT", "sessions") == []
    assert await listed(market.bee, "sessions") == []
    assert [one["id"] for one in await listed(market.pro, "sessions")] == ["S1"]


async def test_a_charge_with_a_token_of_nobody_here_is_broadcast_to_nobody(market, bodies):
    said = await tell(market.ope, "sessions", bodies.session(**owned(cdr_token=token_of("XXX"))))
    assert said.status == 4001
    assert await market.hub.held("Nav", ModuleID.SESSIONS, "S1") == []


async def test_a_cdr_is_sent_until_it_is_acknowledged_and_read_again_by_its_url(market, bodies):
    await market.change("Pro", state=PeerState.SUSPENDED)
    cdr = bodies.cdr(market.version, **owned(cdr_token=token_of("PRO")))
    said = await market.ope.ask("POST", "cdrs", body=cdr, role="RECEIVER", headers=headers("DEOPE"))
    assert (said.http, said.status) == (201, 1000)
    where = {name.lower(): value for name, value in said.headers.items()}["location"]
    assert (await market.ope.call("GET", where, headers=headers("DEOPE"))).data["id"] == "C1"
    await market.hub.push()
    assert market.pro.requests("POST", "cdrs") == []
    await market.change("Pro", state=PeerState.REGISTERED)
    await market.hub.push()
    [pushed] = market.pro.requests("POST", "cdrs")
    assert (route(pushed.headers), pushed.body["id"]) == (("DEOPE", "DEPRO"), "C1")
    again = await market.ope.ask("POST", "cdrs", body=cdr, role="RECEIVER", headers=headers("DEOPE"))
    assert again.status == 1000
    await market.hub.push()
    assert len(market.pro.requests("POST", "cdrs")) == 1


# ---- questions -----------------------------------------------------------------------------------------------------


async def asked(market, uid="CARD1", to=None, **more):
    return await market.ope.ask(
        "POST", "tokens", uid, "authorize", role="SENDER", headers=headers("DEOPE", to, **more), query="?type=RFID"
    )


async def with_card(market, bodies):
    card = tokens(bodies)
    market.pro.ours["tokens"], market.pro.allowed["CARD1"] = [card], "ALLOWED"
    await tell(market.pro, "tokens", card, ident="uid")


async def test_a_card_is_asked_about_at_the_provider_that_told_of_it(market, bodies):
    await with_card(market, bodies)
    said = await asked(market, **{"X-Correlation-ID": "one-talk", "X-Request-ID": "first"})
    assert (said.status, said.data["allowed"], said.data["authorization_reference"]) == (1000, "ALLOWED", "REF-1")
    [question] = market.pro.requests("POST", "authorize")
    assert route(question.headers) == ("DEOPE", "DEPRO")
    assert question.headers["x-correlation-id"] == "one-talk"
    assert question.headers["x-request-id"] not in {"", "first"}
    assert route(said.headers) == ("DEPRO", "DEOPE")
    assert market.bee.requests("POST", "authorize") == []


async def test_an_unknown_card_is_404_and_2004(market):
    said = await asked(market, "NOBODYS")
    assert (said.http, said.status) == (404, 2004)


async def test_what_the_other_says_is_passed_on_as_he_said_it(market, bodies):
    await with_card(market, bodies)
    market.pro.allowed.clear()
    said = await asked(market)
    assert (said.http, said.status) == (404, 2004)
    assert said.body["status_message"] == "never seen that card"


async def test_providers_that_tell_of_no_cards_are_asked_about_every_one(market, bodies):
    await peers.change_profile(market.hub.nav.platform, await market.peer("Pro"), {"tokens_on_demand": True})
    market.pro.ours["tokens"], market.pro.allowed["CARD1"] = [tokens(bodies)], "ALLOWED"
    assert (await asked(market)).data["allowed"] == "ALLOWED"
    assert (await asked(market, "NOBODYS")).status == 2004


async def test_who_does_not_answer_in_time_is_4002(market, bodies):
    await with_card(market, bodies)
    await peers.change_profile(market.hub.nav.platform, await market.peer("Pro"), {"timeout_seconds": 0.05})
    market.pro.has(slow=0.3)
    said = await asked(market)
    assert (said.http, said.status) == (200, 4002)
    assert "DE/PRO" in said.body["status_message"]


async def test_who_cannot_be_reached_is_4003(market, bodies):
    await with_card(market, bodies)
    await market.moved("Pro")
    said = await asked(market)
    assert (said.http, said.status, said.body["status_message"]) == (200, 4003, "DE/PRO cannot be reached")
    await market.change("Pro", state=PeerState.SUSPENDED)
    assert (await asked(market)).status == 4003
    await market.change("Pro", state=PeerState.UNREGISTERED)
    assert (await asked(market, to="DEPRO")).status == 4003


async def test_who_answers_nonsense_is_4000(market, bodies):
    await with_card(market, bodies)
    market.pro.ours["tokens"] = [{"uid": "CARD1"}]
    said = await asked(market)
    assert said.status == (1000 if market.ope.version == "2.3.0" else 4000)
