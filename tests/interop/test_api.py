"""The JSON API of back offices over real HTTP: keys, objects, tags, pages, and what a key of one party may see."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import msgspec
import pytest
import uvicorn
from backoffice import office
from msgspec import structs
from starlette.applications import Starlette
from yarl import URL

from ocpilot.api.server import api_routes
from ocpilot.app.ocpi import tariffs
from ocpilot.app.office import api_keys, catalogue, moving
from ocpilot.app.partners.push import Pusher
from ocpilot.base.ids import PartyId
from ocpilot.base.settings import ApiSettings, PartySettings
from ocpilot.wire import codec
from ocpilot.wire.protocol import ModuleID, Version
from ocpilot.wire.v230 import Tariff
from servers import running

LOCATION = "/locations/SE/LAD/L1"
TARIFF = "/tariffs/SE/LAD/T1"
FEW = ApiSettings(requests_per_minute=2)
OTH = PartySettings(country_code="SE", party_id="OTH", role="CPO", name="Other AB")


async def test_a_location_is_written_read_changed_and_found(lade, bodies):
    erp = await office(lade)
    made = await erp.ask("PUT", LOCATION, bodies.location())
    assert made.status == 201
    read = await erp.get(LOCATION)
    assert (read.body["id"], read.tag) == ("L1", made.tag)
    changed = await erp.ask("PATCH", f"{LOCATION}/evses/E1", {"status": "INOPERATIVE"})
    assert changed.body["status"] == "INOPERATIVE"
    assert changed.body["last_updated"] > bodies.evse()["last_updated"]
    [found] = (await erp.get("/locations")).body["items"]
    assert found["evses"][0]["status"] == "INOPERATIVE"
    assert found["last_updated"] == changed.body["last_updated"]


async def test_what_is_not_valid_is_named_whole(lade, bodies):
    erp = await office(lade)
    wrong = bodies.location(publish="yes", coordinates={"latitude": "67", "longitude": "x"}, id="L2")
    del wrong["city"]
    said = await erp.ask("PUT", LOCATION, wrong)
    assert (said.status, said.headers["Content-Type"]) == (422, "application/problem+json")
    assert {"$.publish", "$.city"} <= {one["path"] for one in said.body["errors"]}
    assert (await erp.get(LOCATION)).status == 404
    other = await erp.ask("PUT", LOCATION, bodies.location("L2"))
    assert other.body["errors"] == [{"path": "$.id", "found": "'L2'", "expected": "'L1' as in the URL"}]


async def test_fields_nobody_knows_are_kept(lade, bodies):
    erp = await office(lade)
    await erp.ask("PUT", TARIFF, bodies.tariff(Version.V2_3_0, erp_number=4711))
    assert (await erp.get(TARIFF)).body["erp_number"] == 4711


async def test_two_writers_do_not_overwrite_each_other(lade, bodies):
    erp = await office(lade)
    first = await erp.ask("PUT", TARIFF, bodies.tariff(Version.V2_3_0))
    second = await erp.ask("PATCH", TARIFF, {"currency": "EUR"}, headers={"If-Match": first.tag})
    assert second.status == 200
    late = bodies.tariff(Version.V2_3_0, currency="NOK")
    for method, body in (("PUT", late), ("PATCH", {"currency": "NOK"}), ("DELETE", None)):
        assert (await erp.ask(method, TARIFF, body, headers={"If-Match": first.tag})).status == 412
    assert (await erp.get(TARIFF)).body["currency"] == "EUR"
    assert (await erp.get(TARIFF, headers={"If-None-Match": second.tag})).status == 304
    assert (await erp.ask("PUT", TARIFF, late, headers={"If-Match": second.tag})).status == 200
    missing = await erp.ask("PUT", "/tariffs/SE/LAD/T9", bodies.tariff(Version.V2_3_0, "T9"), headers={"If-Match": "*"})
    assert missing.status == 412
    assert (await erp.ask("PUT", TARIFF, late, headers={"If-Match": "one"})).status == 400


async def test_of_many_writers_with_the_same_tag_one_wins(lade, bodies):
    erp = await office(lade)
    made = await erp.ask("PUT", LOCATION, bodies.location())
    said = await asyncio.gather(
        *(erp.ask("PATCH", LOCATION, {"name": f"N{n}"}, headers={"If-Match": made.tag}) for n in range(5))
    )
    assert sorted(one.status for one in said) == [200, 412, 412, 412, 412]


async def test_a_tariff_is_taken_back_and_an_evse_removed(lade, bodies):
    erp = await office(lade)
    await erp.ask("PUT", TARIFF, bodies.tariff(Version.V2_3_0))
    assert (await erp.ask("DELETE", TARIFF)).status == 204
    assert (await erp.ask("DELETE", TARIFF)).status == 404
    await erp.ask("PUT", LOCATION, bodies.location())
    assert (await erp.ask("DELETE", f"{LOCATION}/evses/E1")).status == 204
    assert (await erp.get(f"{LOCATION}/evses/E1")).body["status"] == "REMOVED"
    refused = await erp.ask("DELETE", LOCATION)
    assert (refused.status, refused.headers["Allow"]) == (405, "GET, PATCH, PUT")


async def test_a_merge_patch_merges_objects_and_null_removes(lade, bodies):
    erp = await office(lade)
    await erp.ask("PUT", LOCATION, bodies.location(operator={"name": "Lade", "website": "https://lade.example"}))
    said = await erp.ask("PATCH", LOCATION, {"operator": {"website": None}, "last_updated": "2026-12-01T00:00:00Z"})
    assert (said.body["operator"], said.body["last_updated"]) == ({"name": "Lade"}, "2026-12-01T00:00:00Z")
    assert (await erp.ask("PATCH", LOCATION, {"city": None})).body["errors"][0]["path"] == "$.city"
    assert (await erp.ask("PATCH", LOCATION, ["city"])).status == 422


@pytest.mark.parametrize("write", ["PUT", "PUT again with a tag", "PATCH", "import", "the app"])
async def test_what_is_for_one_party_stays_so_whoever_writes_it_again(lade, bodies, write):
    """Only `ocpilot load --for` says for whom it is: a price agreed with one provider is not shown to the others."""
    body = bodies.tariff(Version.V2_3_0)
    await catalogue.take_over(lade.platform, msgspec.json.encode(body), Version.V2_3_0, "SERES")
    erp, changed = await office(lade), body | {"currency": "EUR", "last_updated": "2026-12-01T00:00:00Z"}
    match write:
        case "PUT":
            assert (await erp.ask("PUT", TARIFF, changed)).status == 200
        case "PUT again with a tag":
            tag = (await erp.get(TARIFF)).tag
            assert (await erp.ask("PUT", TARIFF, changed, headers={"If-Match": tag})).status == 200
        case "PATCH":
            assert (await erp.ask("PATCH", TARIFF, {"currency": "EUR"})).status == 200
        case "import":
            lines = [(1, msgspec.json.encode(changed))]
            assert [one.problems async for one in moving.take(lade.platform, lines)] == [()]
        case _:
            await tariffs.put(lade.platform, codec.read(Tariff, Version.V2_3_0, changed_exactly(changed)).value)
    stored = await lade.platform.store.objects.get(tariffs.key_of(PartyId("SE", "LAD"), "T1"))
    assert (stored.audience, msgspec.json.decode(stored.body)["currency"]) == ("SERES", "EUR")


def changed_exactly(body):
    return codec.loads(msgspec.json.encode(body))


async def test_tokens_are_named_by_uid_and_type(resa, bodies):
    erp = await office(resa)
    assert (await erp.ask("PUT", "/tokens/SE/RES/04A1B2C3", bodies.token())).status == 201
    assert (await erp.ask("PATCH", "/tokens/SE/RES/04A1B2C3", {"valid": False})).body["valid"] is False
    assert (await erp.get("/tokens/SE/RES/04A1B2C3?type=APP_USER")).status == 404
    assert (await erp.get("/tokens/SE/RES/04a1b2c3")).body["uid"] == "04A1B2C3"


async def test_an_id_may_hold_a_slash(lade, bodies):
    erp = await office(lade)
    path = "/tariffs/SE/LAD/A%2FB"
    made = await erp.ask("PUT", URL(f"{erp.base}/api/v1{path}", encoded=True), bodies.tariff(Version.V2_3_0, "A/B"))
    assert made.status == 201
    assert (await erp.get(URL(f"{erp.base}/api/v1{path}", encoded=True))).body["id"] == "A/B"


async def test_pages_end_and_lose_nothing(lade, bodies):
    erp = await office(lade)
    for number in range(7):
        await lade.keep(ModuleID.TARIFFS, bodies.tariff(Version.V2_3_0, f"T{number}"))
    seen, path = [], "/tariffs?limit=3"
    while path:
        said = await erp.get(path)
        seen += [one["id"] for one in said.body["items"]]
        path = f"/tariffs?limit=3&cursor={said.body['next']}" if said.body["next"] else None
        assert ("Link" in said.headers) == (path is not None)
    assert seen == [f"T{number}" for number in range(7)]
    assert (await erp.get("/tariffs?updated_from=2026-11-02T00:00:00Z")).body == {"items": [], "next": None}
    for wrong in ("limit=0", "limit=x", "cursor=abc", "updated_from=today", "party=LAD"):
        assert (await erp.get(f"/tariffs?{wrong}")).status == 400, wrong


async def test_sessions_and_cdrs_of_peers_are_listed_beside_ours(newest, bodies):
    erp = await office(newest.resa)
    token = newest.lades_token
    await newest.resa.ask("PUT", "2.3.0/receiver/sessions/SE/LAD/S1", token, bodies.session())
    await newest.resa.ask("POST", "2.3.0/receiver/cdrs", token, bodies.cdr(Version.V2_3_0))
    await newest.resa.keep(ModuleID.TOKENS, bodies.token())
    assert (await erp.get("/sessions")).body["items"] == []
    for owner in ("peers", "Lade"):
        assert [one["id"] for one in (await erp.get(f"/sessions?owner={owner}")).body["items"]] == ["S1"]
        assert [one["id"] for one in (await erp.get(f"/cdrs?owner={owner}")).body["items"]] == ["C1"]
    assert (await erp.get("/sessions?owner=nobody")).status == 404
    assert (await erp.get("/cdrs/SE/LAD/C1")).body["total_energy"] == 1.5
    assert (await erp.ask("POST", "/cdrs/SE/LAD/C1/credit")).status == 404


async def test_what_a_peer_sent_in_another_version_is_read_in_ours(lade, resa, register, bodies):
    connection = await register(lade, resa, Version.V2_2_1)
    erp = await office(resa)
    await resa.ask("POST", "2.2.1/receiver/cdrs", connection.lades_token, bodies.cdr(Version.V2_2_1))
    assert (await erp.get("/cdrs/SE/LAD/C1")).body["total_cost"]["before_taxes"] == 5.25


async def test_a_cdr_is_credited_once(lade, bodies):
    erp = await office(lade)
    await lade.keep(ModuleID.CDRS, bodies.cdr(Version.V2_3_0), audience="SERES")
    first = await erp.ask("POST", "/cdrs/SE/LAD/C1/credit", {"remark": "wrong meter"})
    again = await erp.ask("POST", "/cdrs/SE/LAD/C1/credit")
    assert (first.status, first.body["credit"], first.body["id"]) == (201, True, again.body["id"])


async def test_what_is_written_is_pushed(newest, bodies):
    erp = await office(newest.lade)
    await erp.ask("PUT", TARIFF, bodies.tariff(Version.V2_3_0))
    task = asyncio.create_task(Pusher(newest.lade.platform).run())
    try:
        async with asyncio.timeout(20):
            while not await newest.resa.platform.store.objects.find(ModuleID.TARIFFS, "T1"):  # noqa: ASYNC110
                await asyncio.sleep(0.02)
    finally:
        task.cancel()


# ---- keys ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer ocpi_wrong", "Token abc", "Basic YTpi"])
async def test_without_a_key_nothing_opens(lade, header):
    erp = await office(lade)
    said = await erp.get("/locations", headers={"Authorization": header, "Cookie": "ocpilot_session=1"})
    assert (said.status, said.headers["WWW-Authenticate"]) == (401, 'Bearer realm="ocpilot"')


async def test_a_missing_scope_is_named(lade, bodies):
    reader = await office(lade, "locations:read")
    assert (await reader.get("/locations")).status == 200
    said = await reader.ask("PUT", LOCATION, bodies.location())
    assert (said.status, said.body["required_scope"]) == (403, "locations:write")


async def test_a_key_ends_when_it_is_revoked_or_expires(lade):
    erp = await office(lade)
    assert (await erp.get("/tariffs")).status == 200
    [key] = await lade.platform.store.api_keys.all()
    assert key.last_used_at is not None
    assert erp.key.encode() not in key.key_hash
    await api_keys.revoke(lade.platform, "ERP")
    assert (await erp.get("/tariffs")).status == 401
    _, short = await api_keys.add(lade.platform, "short", ["tariffs:read"], days=1)
    erp.key = short
    assert (await erp.get("/tariffs")).status == 200
    lade.clock.ahead += timedelta(days=1)
    assert (await erp.get("/tariffs")).status == 401


async def test_a_key_of_one_party_sees_and_changes_only_that(make_node, bodies):
    lad = PartySettings(country_code="SE", party_id="LAD", role="CPO", name="Lade AB")
    async with make_node("Both", (lad, OTH)) as both:
        all_of_it, mine = await office(both), await office(both, party="SE/LAD", name="lad")
        other = bodies.tariff(Version.V2_3_0, "T2", party_id="OTH")
        await all_of_it.ask("PUT", TARIFF, bodies.tariff(Version.V2_3_0))
        await all_of_it.ask("PUT", "/tariffs/SE/OTH/T2", other)
        assert [one["id"] for one in (await all_of_it.get("/tariffs")).body["items"]] == ["T1", "T2"]
        assert [one["id"] for one in (await mine.get("/tariffs")).body["items"]] == ["T1"]
        assert (await mine.get("/tariffs?party=SE/OTH")).body["items"] == []
        assert (await mine.get("/tariffs/SE/OTH/T2")).status == 404
        assert (await mine.ask("PUT", "/tariffs/SE/OTH/T2", other)).status == 403
        assert (await mine.ask("DELETE", "/tariffs/SE/OTH/T2")).status == 403
        assert (await mine.get("/peers")).status == 403


async def test_a_key_of_one_party_sees_what_peers_send_about_its_tokens(newest, bodies):
    """Resa's key sees Lade's Sessions and CDRs with a Token of SE/RES, and nothing else of Lade's."""
    mine, token = await office(newest.resa, party="SE/RES"), newest.lades_token
    await newest.resa.ask("PUT", "2.3.0/receiver/sessions/SE/LAD/S1", token, bodies.session())
    await newest.resa.ask("PUT", "2.3.0/receiver/sessions/SE/LAD/S2", token, bodies.session("S2", provider="OTH"))
    await newest.resa.ask("PUT", "2.3.0/receiver/locations/SE/LAD/L1", token, bodies.location())
    assert [one["id"] for one in (await mine.get("/sessions?owner=peers")).body["items"]] == ["S1"]
    assert (await mine.get("/sessions/SE/LAD/S1")).status == 200
    assert (await mine.get("/sessions/SE/LAD/S2")).status == 404
    assert (await mine.get("/locations?owner=Lade")).body["items"] == []
    assert (await mine.get("/locations/SE/LAD/L1")).status == 404


async def test_a_party_that_is_not_ours_is_refused(lade, bodies):
    erp = await office(lade)
    said = await erp.ask("PUT", "/tariffs/SE/XXX/T1", bodies.tariff(Version.V2_3_0, party_id="XXX"))
    assert said.body["errors"][0]["expected"] == "a party of ours: SE/LAD"


async def test_too_many_requests_wait(lade):
    erp = await office(lade, name="busy")
    app = Starlette(
        routes=api_routes(replace(lade.platform, settings=structs.replace(lade.platform.settings, api=FEW)))
    )
    async with running(uvicorn.Config(app, port=0, log_level="warning", lifespan="off", access_log=False)) as port:
        erp.base = f"http://127.0.0.1:{port}"
        assert [(await erp.get("/tariffs")).status for _ in range(3)] == [200, 200, 429]
        said = await erp.get("/tariffs")
        assert 0 < int(said.headers["Retry-After"]) <= 30


async def test_a_post_with_an_idempotency_key_is_carried_out_once(lade):
    erp = await office(lade)
    once = {"Idempotency-Key": "order 1"}
    first = await erp.ask("POST", "/peers", {"name": "Resa"}, headers=once)
    again = await erp.ask("POST", "/peers", {"name": "Resa"}, headers=once)
    assert (first.status, again.status, first.body["token"]) == (201, 201, again.body["token"])
    assert again.headers["Idempotent-Replay"] == "true"
    assert (await erp.ask("POST", "/peers", {"name": "Other"}, headers=once)).status == 422
    lade.clock.ahead += timedelta(days=1, seconds=1)
    assert (await erp.ask("POST", "/peers", {"name": "Resa"}, headers=once)).body["token"] != first.body["token"]


async def test_a_failed_post_may_be_tried_again(lade):
    erp = await office(lade)
    once = {"Idempotency-Key": "k"}
    assert (await erp.ask("POST", "/peers", {"nme": "Resa"}, headers=once)).status == 422
    assert (await erp.ask("POST", "/peers", {"nme": "Resa"}, headers=once)).status == 422


async def test_bad_requests_are_problems(lade):
    erp = await office(lade)
    assert (await erp.get("/nothing")).status == 404
    assert (await erp.ask("POST", "/locations")).headers["Allow"] == "GET"
    assert (await erp.ask("PUT", TARIFF, raw=b"{")).status == 400
    assert (await erp.ask("PUT", TARIFF, raw=b" " * 5_000_000)).status == 413
    said = (await erp.get("/nothing")).body
    assert said["type"] == f"{lade.base}/api#not-found"
    assert (await erp.get(URL(f"{erp.base}/api/v1/clearing?peer=a%00b", encoded=True))).status == 400
    odd = await erp.get(URL(f"{erp.base}/api/v1/tariffs/SE/LAD/A%0AB", encoded=True))
    assert (odd.status, odd.headers["Content-Type"]) == (404, "application/problem+json")
