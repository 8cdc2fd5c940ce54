"""Who is behind a hub, and how: joining in any order and version, restarts, and a hub that is an operator too."""

from contextlib import AsyncExitStack

import msgspec
import pytest
from market import headers, joined, market_of, owned, route, tell, token_of, tokens
from members import BEE, LAD, NAV, RES, body_in, hub_with
from strangers import Habits, stranger

from ocpilot.app.ocpi import hub_clients
from ocpilot.app.partners import hub_members, peers, pull
from ocpilot.base.ids import PartyId
from ocpilot.wire.protocol import ModuleID, TokenEncoding, Version

OLD = TokenEncoding.PLAIN
CPO, EMSP = ("CPO", "SELAD"), ("EMSP", "SERES")


def plays(peer):
    return {(str(role.role), role.country_code + role.party_id) for role in peer.roles}


# ---- credentials and hub client info -------------------------------------------------------------------------------


@pytest.mark.parametrize("version", [Version.V2_2_1, Version.V2_3_0])
async def test_members_know_each_other_whoever_came_first(hub, version):
    await hub.join(RES, "Resa", version)
    await hub.join(LAD, "Lade", version)
    await hub.push()
    assert plays(await hub.at("Resa")) == {("OTHER", "SENAV"), CPO}
    assert plays(await hub.at("Lade")) >= ({("OTHER", "SENAV"), EMSP} if version is Version.V2_3_0 else set())
    await pull.pull(hub.lade.platform, await hub.at("Lade"))
    assert plays(await hub.at("Lade")) == {("OTHER", "SENAV"), EMSP}


async def test_a_hub_lists_its_members_in_2_3_0_and_only_itself_before(hub):
    await hub.join(LAD, "Lade", Version.V2_1_1)
    for name, version, party in (("Resa", "2.3.0", RES), ("Bee", "2.2.1", BEE)):
        await hub.join(party, name, Version(version))
    new = (await hub.ask("Resa", "GET", "2.3.0/credentials")).data
    assert new["hub_party_id"] == "SENAV"
    assert [(one["role"], one["party_id"]) for one in new["roles"]] == [
        ("OTHER", "NAV"),
        ("EMSP", "BEE"),
        ("CPO", "LAD"),
    ]
    old = (await hub.ask("Bee", "GET", "2.2.1/credentials")).data
    assert [(one["role"], one["party_id"]) for one in old["roles"]] == [("HUB", "NAV")]
    oldest = (await hub.ask("Lade", "GET", "2.1.1/credentials", encoding=OLD)).data
    assert (oldest["country_code"], oldest["party_id"]) == ("SE", "NAV")


async def test_all_hear_of_who_joins_leaves_and_comes_back_but_nobody_of_himself(three):
    await three.push()

    async def said(name):
        infos = await hub_clients.known(three.nodes[name].platform, await three.at(name))
        return {info.party_id: str(info.status) for info in infos}

    assert await said("Resa") == {"LAD": "CONNECTED", "BEE": "CONNECTED"}
    assert await said("Bee") == {"LAD": "CONNECTED", "RES": "CONNECTED"}
    nav = three.nav.platform
    await peers.suspend(nav, await three.at_hub("Bee"))
    await three.push()
    assert (await said("Resa"))["BEE"] == "OFFLINE"
    await peers.resume(nav, await three.at_hub("Bee"))
    await three.push()
    assert (await said("Resa"))["BEE"] == "CONNECTED"
    await peers.unregister(three.bee.platform, await three.at("Bee"))
    await three.push()
    assert (await said("Resa"))["BEE"] == "SUSPENDED"
    await peers.invite(nav, "Bee")
    await three.jobs("Nav", minutes=2)
    await three.push()
    assert (await said("Resa"))["BEE"] == "PLANNED"


async def test_a_party_that_left_its_platform_is_suspended(three):
    bee = await three.at_hub("Bee")
    [role] = bee.roles
    other = msgspec.structs.replace(role, party_id="BUZ")
    await three.nav.platform.store.peers.save(msgspec.structs.replace(bee, roles=(other,)))
    await three.jobs("Nav")
    infos = {info.party_id: str(info.status) for info in await hub_clients.known(three.nav.platform)}
    assert (infos["BEE"], infos["BUZ"]) == ("SUSPENDED", "CONNECTED")


async def test_the_members_are_listed_for_a_person(three):
    found = {
        state.peer.name: (str(state.status), state.waiting) for state in await hub_members.states(three.nav.platform)
    }
    assert found == {"Lade": ("CONNECTED", 0), "Resa": ("CONNECTED", 0), "Bee": ("CONNECTED", 0)}


# ---- a member acts only for the party it speaks for ----------------------------------------------------------------


async def test_a_hub_that_passes_on_for_one_party_does_not_act_for_another(hub, bodies):
    """Seen from an operator behind a foreign hub: its members are told apart by who speaks."""
    lade = await hub.join(LAD, "Lade", Version.V2_3_0)
    await hub.join(RES, "Resa", Version.V2_3_0)
    await hub.join(BEE, "Bee", Version.V2_3_0)
    await hub.push()
    await lade.keep(ModuleID.SESSIONS, bodies.session(), audience="SERES")
    token = hub.nav.platform.sealing.open((await hub.at_hub("Lade")).token_sealed)
    for sender, seen in (("SERES", ["S1"]), ("SEBEE", []), ("SEXXX", None)):
        reply = await lade.ask("GET", "2.3.0/sender/sessions", token, headers=headers(sender, "SELAD"))
        assert (None if reply.data is None else [one["id"] for one in reply.data]) == seen


# ---- 2.1.1 on the other side ---------------------------------------------------------------------------------------


@pytest.fixture
async def old_provider(hub, bodies):
    """A foreign provider of 2.1.1 and a foreign operator of 2.3.0: (hub, operator, provider)."""
    async with AsyncExitStack() as stack:
        ope = await stack.enter_async_context(stranger("CPO", "2.3.0"))
        pro = await hub.join(RES, "Resa", Version.V2_1_1, role="EMSP")
        await joined(hub, "Ope", ope, "OPE")
        yield hub, ope, pro


async def test_an_old_provider_gets_everything_under_the_hub_s_party(old_provider, bodies):
    hub, ope, _ = old_provider
    await tell(ope, "locations", bodies.location(**owned()))
    await tell(ope, "tariffs", bodies.tariff(Version.V2_3_0, **owned()))
    location = await hub.value("Resa", ModuleID.LOCATIONS, "L1")
    assert (location.party_id, location.evses[0].uid) == ("NAV", "E1")
    assert (await hub.value("Resa", ModuleID.TARIFFS, "T1")).party_id == "NAV"
    [kept] = await hub.held("Resa", ModuleID.LOCATIONS, "L1")
    assert (kept.version, kept.last_updated) == (
        Version.V2_1_1,
        (await hub.held("Nav", ModuleID.LOCATIONS, "L1"))[0].last_updated,
    )


async def test_an_old_provider_starts_by_the_place_alone_and_hears_the_result(old_provider, bodies):
    hub, ope, pro = old_provider
    await tell(ope, "locations", bodies.location(**owned()))
    card = {
        "uid": "CARD1",
        "type": "RFID",
        "auth_id": "SE-RES-C00000001",
        "issuer": "Resa AB",
        "valid": True,
        "whitelist": "ALLOWED",
        "last_updated": "2026-11-01T10:00:00Z",
    }
    url = f"{pro.base}/ocpi/2.1.1/sender/commands/START_SESSION/none"
    body = {"response_url": url, "token": card, "location_id": "L1", "evse_uid": "E1"}
    said = await hub.ask("Resa", "POST", "2.1.1/receiver/commands/START_SESSION", body, encoding=OLD)
    assert (said.status, said.data) == (1000, {"result": "ACCEPTED"})
    [seen] = ope.requests("POST", "commands/START_SESSION")
    assert route(seen.headers) == ("SERES", "DEOPE")
    assert (seen.body["token"]["party_id"], seen.body["token"]["contract_id"]) == ("RES", "SE-RES-C00000001")


async def test_an_old_provider_lists_all_of_all_operators(old_provider, bodies):
    hub, ope, _ = old_provider
    for number in range(12):
        place = bodies.location(f"L{number}", evses=[], **owned(last_updated=f"2026-11-01T10:00:{number:02}Z"))
        await tell(ope, "locations", place)
    peer = await hub.at("Resa")
    summary = await pull.pull(hub.resa.platform, peer)
    assert summary.complete
    assert len(await hub.held("Resa", ModuleID.LOCATIONS, "L11")) == 1
    counted = {one.module: one.received for one in summary.modules}
    assert counted[ModuleID.LOCATIONS] == 12


async def test_an_old_session_of_a_provider_is_told_with_its_place(old_provider, bodies):
    hub, ope, _ = old_provider
    await hub.resa.keep(ModuleID.TOKENS, bodies.token())
    await hub.push()
    await tell(ope, "locations", bodies.location(**owned()))
    token = token_of("RES") | {"country_code": "SE", "uid": "04A1B2C3", "contract_id": "SE-RES-C00000001"}
    await tell(ope, "sessions", bodies.session(**owned(cdr_token=token)))
    session = await hub.value("Resa", ModuleID.SESSIONS, "S1")
    assert (session.party_id, session.cdr_token.uid, session.location_id) == ("NAV", "04A1B2C3", "L1")
    [kept] = await hub.held("Resa", ModuleID.SESSIONS, "S1")
    assert body_in(kept)["location"]["address"] == "Storgatan 1"


# ---- a hub that is an operator too ---------------------------------------------------------------------------------


@pytest.fixture
async def operator_hub(databases, tmp_path, start):
    """The hub SE/NAV, on the same platform as the operator SE/LAD, with the provider SE/RES as a member."""
    async with hub_with(start, databases, tmp_path, parties=(NAV, LAD)) as hub:
        await hub.join(RES, "Resa", Version.V2_3_0)
        yield hub


async def test_what_is_addressed_to_a_party_of_ours_is_answered_by_us(operator_hub, bodies):
    hub = operator_hub
    await hub.nav.keep(ModuleID.LOCATIONS, bodies.location())
    for to in ("SELAD", "SENAV", None):
        reply = await hub.ask("Resa", "GET", "2.3.0/sender/locations", headers=headers("SERES", to))
        assert [one["id"] for one in reply.data] == ["L1"]
    assert (await hub.ask("Resa", "GET", "2.3.0/sender/locations/L1", headers=headers("SERES"))).data["id"] == "L1"
    assert (await hub.value("Resa", ModuleID.LOCATIONS, "L1")).party_id == "LAD"
    body = {"response_url": f"{hub.resa.base}/x", "session_id": "S1"}
    for to in ("SELAD", None):
        reply = await hub.ask(
            "Resa", "POST", "2.3.0/receiver/commands/STOP_SESSION", body, headers=headers("SERES", to)
        )
        assert reply.data["result"] == "UNKNOWN_SESSION"


async def test_our_own_operator_uses_the_tokens_that_members_told_the_hub(operator_hub, bodies):
    hub = operator_hub
    await hub.resa.keep(ModuleID.TOKENS, bodies.token())
    [stored] = await hub.until(lambda: hub.held("Nav", ModuleID.TOKENS, "04A1B2C3"))
    assert stored.key.party == PartyId("SE", "RES")


# ---- restarts ------------------------------------------------------------------------------------------------------


async def test_what_the_hub_took_before_it_died_is_told_by_the_next_process(hub, bodies):
    async with market_of(hub, "2.2.1") as market:
        await tell(market.ope, "locations", bodies.location(**owned()))
        await tell(market.ope, "sessions", bodies.session(**owned(cdr_token=token_of("PRO"))))
        cdr = bodies.cdr(market.version, **owned(cdr_token=token_of("PRO")))
        await market.ope.ask("POST", "cdrs", body=cdr, role="RECEIVER", headers=headers("DEOPE"))
        await hub.restart()
        await hub.push()
        await hub.restart()
        await hub.push()
        counted = {
            module: len([one for one in market.pro.seen if one.method in {"PUT", "POST"} and f"/{module}" in one.path])
            for module in ("locations", "sessions", "cdrs")
        }
        assert counted == {"locations": 1, "sessions": 1, "cdrs": 1}


async def test_a_hub_catches_up_with_what_a_member_could_not_tell_it(three, bodies):
    await three.lade.keep(ModuleID.LOCATIONS, bodies.location())
    await three.lade.keep(ModuleID.TARIFFS, bodies.tariff(Version.V2_3_0))
    summary = await pull.pull(three.nav.platform, await three.at_hub("Lade"))
    assert summary.complete, summary
    await three.value("Resa", ModuleID.LOCATIONS, "L1")


async def test_a_member_with_habits_is_a_member_like_others(hub, bodies):
    async with stranger("CPO", "2.2.1", Habits(lower_case_parties=True, plain_token=True, zone="+00:00")) as ope:
        await joined(hub, "Ope", ope, "OPE")
        async with stranger("EMSP", "2.3.0") as pro:
            await joined(hub, "Pro", pro, "PRO")
            await tell(pro, "tokens", tokens(bodies), ident="uid")
            await tell(ope, "locations", bodies.location(**owned()))
            await hub.push()
            assert len(pro.requests("PUT", "locations")) == 1
            assert len(ope.requests("PUT", "tokens")) == 1
