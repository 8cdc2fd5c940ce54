"""What a back office does beside keeping objects, over real HTTP: peers, commands, dead letters."""

from datetime import timedelta

import pytest
from backoffice import office
from strangers import Habits, stranger

from ocpilot.app.kept.peer_records import Delivery, DeliveryState
from ocpilot.app.kept.records import ObjectKey
from ocpilot.app.ocpi.heard import Hearing
from ocpilot.app.partners import peers
from ocpilot.base import time
from ocpilot.base.ids import PartyId
from ocpilot.wire.protocol import ModuleID, Version

THEIRS = {"country_code": "DE", "party_id": "XYZ"}
PLACE = THEIRS | {"id": "L1"}
TOKEN = {"country_code": "SE", "party_id": "RES", "uid": "04A1B2C3", "type": "RFID"}

# ---- peers ---------------------------------------------------------------------------------------------------------


async def test_two_platforms_are_connected_by_their_back_offices(lade, resa, bodies):
    ours, theirs = await office(lade), await office(resa)
    made = (await ours.ask("POST", "/peers", {"name": "Resa"})).body
    order = {"versions_url": made["versions_url"], "token": made["token"]}
    there = await theirs.ask("POST", "/peers/Lade/register", order)
    assert (there.status, there.body["state"], there.body["version"]) == (200, "registered", "2.3.0")
    assert there.body["parties"] == [{"country_code": "SE", "party_id": "LAD", "role": "CPO"}]
    said = await theirs.get("/peers/lade")
    assert said.body == there.body
    assert b"token_hash" not in said.raw
    assert (await theirs.ask("POST", "/peers/Lade/suspend")).body["state"] == "suspended"
    assert (await theirs.ask("POST", "/peers/Lade/suspend")).status == 409
    assert (await theirs.ask("POST", "/peers/Lade/resume")).body["state"] == "registered"
    changed = await theirs.ask("PATCH", "/peers/Lade/profile", {"page_size": 7})
    assert changed.body["profile"]["page_size"] == 7
    assert (await theirs.ask("PATCH", "/peers/Lade/profile", {"page_sise": 7})).status == 422
    await lade.keep(ModuleID.TARIFFS, bodies.tariff(Version.V2_3_0))
    assert (await theirs.ask("POST", "/peers/Lade/pull")).status == 202
    await resa.platform.background.drain()
    assert [one["id"] for one in (await theirs.get("/tariffs?owner=Lade")).body["items"]] == ["T1"]
    assert (await theirs.ask("POST", "/peers/Lade/unregister")).body["state"] == "unregistered"
    assert [one["state"] for one in (await ours.get("/peers")).body["items"]] == ["unregistered"]


async def test_a_peer_that_does_not_answer_is_502(resa):
    erp = await office(resa)
    said = await erp.ask("POST", "/peers/Lade/register", {"versions_url": "http://127.0.0.1:9/", "token": "A"})
    assert (said.status, said.body["title"]) == (502, "The other platform or the station failed")
    wrong = await erp.ask("POST", "/peers/Lade/register", {"versions_url": "file:///etc", "token": "A"})
    assert wrong.status == 422


async def test_findings_and_dead_letters_of_a_peer(newest, bodies):
    resa = newest.resa
    erp = await office(resa)
    odd = bodies.tariff(Version.V2_3_0, last_updated="2026-11-01T10:00:00+00:00")
    await resa.ask("PUT", "2.3.0/receiver/tariffs/SE/LAD/T1", newest.lades_token, odd)
    await Hearing(resa.platform).write()
    [finding] = (await erp.get("/peers/Lade/findings")).body["items"]
    assert (finding["place"], finding["count"]) == ("$.last_updated", 1)
    key = ObjectKey(module=ModuleID.TOKENS, party=PartyId.parse("SE/RES"), id="04A1B2C3", sub="RFID")
    dead = Delivery(
        peer_id=newest.lade_at_resa.id,
        key=key,
        state=DeliveryState.DEAD,
        attempts=6,
        last_error="HTTP 400",
        updated_at=resa.platform.clock(),
    )
    await resa.platform.store.deliveries.save(dead)
    [letter] = (await erp.get("/peers/Lade/dead-letters")).body["items"]
    named = {name: letter[name] for name in ("module", "party", "id", "sub")}
    assert (await erp.ask("POST", "/peers/Lade/dead-letters/replay", named)).body == {"count": 1}
    assert (await erp.ask("POST", "/peers/Lade/dead-letters/replay", named)).status == 404
    assert (await resa.platform.store.deliveries.get(dead.peer_id, key)).state is DeliveryState.WAITING


# ---- commands ------------------------------------------------------------------------------------------------------


@pytest.fixture
async def operator(resa, bodies):
    """A foreign operator with a Location that our provider knows, and a Token of ours."""
    async with stranger("CPO", "2.3.0", Habits(results="early")) as there:
        there.party = "XYZ"
        invitation = await peers.invite(resa.platform, "XYZ")
        await there.register(invitation.versions_url, invitation.token)
        await there.ask("PUT", "locations", "DE", "XYZ", "L1", body=bodies.location(**THEIRS))
        await resa.keep(ModuleID.TOKENS, bodies.token())
        yield there


async def test_a_charge_is_started_followed_and_stopped(resa, operator, bodies):
    erp = await office(resa)
    order = {"token": TOKEN, "location": PLACE, "evse_uid": "E1", "connector_id": "1"}
    sent = await erp.ask("POST", "/commands/start", order)
    assert (sent.status, sent.body["state"], sent.body["peer"]) == (201, "done", "XYZ")
    assert operator.requests("POST", "START_SESSION")[0].body["token"]["uid"] == "04A1B2C3"
    reference = sent.body["authorization_reference"]
    running = bodies.session(**THEIRS, authorization_reference=reference)
    await operator.ask("PUT", "sessions", "DE", "XYZ", "S1", body=running)
    followed = await erp.get(f"{erp.base}{sent.headers['Location']}")
    assert followed.body["session_id"] == "S1"
    stopped = await erp.ask("POST", "/commands/stop", {"session": THEIRS | {"id": "S1"}})
    assert (stopped.body["command"], stopped.body["state"]) == ("STOP_SESSION", "done")
    assert operator.requests("POST", "STOP_SESSION")[0].body["session_id"] == "S1"


async def test_an_evse_is_reserved_changed_and_given_back(resa, operator):
    erp = await office(resa)
    until = time.write(time.now() + timedelta(hours=1))
    order = {"token": TOKEN, "location": PLACE, "evse_uid": "E1", "until": until}
    reserved = (await erp.ask("POST", "/commands/reserve", order)).body
    again = (await erp.ask("POST", "/commands/reserve", order | {"replacing": reserved["id"]})).body
    cancelled = (await erp.ask("POST", "/commands/cancel", {"command_id": again["id"]})).body
    assert [reserved["state"], again["state"], cancelled["state"]] == ["done", "done", "done"]
    ids = [seen.body["reservation_id"] for seen in operator.requests("POST", "RESERVE_NOW")]
    assert ids == [reserved["id"], reserved["id"]]
    assert operator.requests("POST", "CANCEL_RESERVATION")[0].body["reservation_id"] == reserved["id"]
    past = order | {"until": "2026-01-01T00:00:00Z"}
    assert (await erp.ask("POST", "/commands/reserve", past)).body["errors"][0]["path"] == "$.until"
    assert (await erp.ask("POST", "/commands/cancel", {"command_id": cancelled["id"]})).status == 404


async def test_a_help_desk_unlocks(resa, operator):
    erp = await office(resa)
    sent = await erp.ask("POST", "/commands/unlock", {"location": PLACE, "evse_uid": "E1", "connector_id": "1"})
    assert (sent.body["command"], sent.body["state"]) == ("UNLOCK_CONNECTOR", "done")


async def test_only_valid_tokens_of_ours_start_anything(resa, operator, bodies):
    erp = await office(resa)
    order = {"token": TOKEN, "location": PLACE}
    assert (await erp.ask("POST", "/commands/start", order | {"token": TOKEN | {"uid": "X"}})).status == 404
    assert (await erp.ask("POST", "/commands/start", order | {"location": PLACE | {"id": "L9"}})).status == 422
    await resa.keep(ModuleID.TOKENS, bodies.token(valid=False, last_updated="2026-11-02T10:00:00Z"))
    assert (await erp.ask("POST", "/commands/start", order)).status == 422
    await operator.ask("PUT", "sessions", "DE", "XYZ", "S9", body=bodies.session("S9", provider="OTH", **THEIRS))
    assert (await erp.ask("POST", "/commands/stop", {"session": THEIRS | {"id": "S9"}})).status == 404
    assert operator.requests("POST", "START_SESSION") == []
    missing = await erp.ask("POST", "/commands/start", {"token": TOKEN})
    assert (missing.status, missing.body["errors"][0]["expected"]) == (422, "Object missing required field `location`")


async def test_commands_come_in_pages_and_a_key_of_one_party_sees_its_own(resa, operator):
    erp, mine = await office(resa), await office(resa, party="SE/RES", name="res")
    order = {"token": TOKEN, "location": PLACE, "evse_uid": "E1", "connector_id": "1"}
    started = [(await mine.ask("POST", "/commands/start", order)).body["id"] for _ in range(3)]
    assert (
        await mine.ask("POST", "/commands/unlock", {"location": PLACE, "evse_uid": "E1", "connector_id": "1"})
    ).status == 403
    unlocked = await erp.ask("POST", "/commands/unlock", {"location": PLACE, "evse_uid": "E1", "connector_id": "1"})
    seen, path = [], "/commands?limit=3"
    while path:
        said = (await erp.get(path)).body
        seen += [one["id"] for one in said["items"]]
        path = f"/commands?limit=3&cursor={said['next']}" if said["next"] else None
    assert seen == [unlocked.body["id"], *reversed(started)]
    assert [one["id"] for one in (await mine.get("/commands")).body["items"]] == seen[1:]
    assert (await mine.get(f"/commands/{seen[0]}")).status == 404
    assert (await erp.get("/commands?cursor=x")).status == 400


async def test_a_start_with_an_idempotency_key_is_sent_once(resa, operator):
    erp = await office(resa)
    order = {"token": TOKEN, "location": PLACE, "evse_uid": "E1", "connector_id": "1"}
    said = [await erp.ask("POST", "/commands/start", order, headers={"Idempotency-Key": "a"}) for _ in range(2)]
    assert said[0].raw == said[1].raw
    assert len(operator.requests("POST", "START_SESSION")) == 1
