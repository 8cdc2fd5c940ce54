"""A partner that speaks OCPI 2.1.1: plain token, one party, endpoints without roles, objects without an owner."""

from contextlib import AsyncExitStack, asynccontextmanager

import msgspec
import pytest
from test_push import pushing, until

from ocpilot.app.kept.records import ObjectKey
from ocpilot.app.ocpi.bodies import own, value_of
from ocpilot.app.partners import peers, pull
from ocpilot.base.ids import PartyId
from ocpilot.base.settings import PartySettings
from ocpilot.billing.matching import is_bill_of
from ocpilot.wire import codec
from ocpilot.wire.protocol import ModuleID, TokenEncoding, Version
from ocpilot.wire.v230 import CDR, CdrToken, Location, Session, Token

OLD = Version.V2_1_1
UPDATED = "2026-11-01T10:00:00Z"
CONNECTOR = {
    "id": "1",
    "standard": "IEC_62196_T2",
    "format": "SOCKET",
    "power_type": "AC_3_PHASE",
    "voltage": 230,
    "amperage": 32,
    "tariff_id": "T1",
    "last_updated": UPDATED,
}
EVSE = {"uid": "E1", "status": "AVAILABLE", "connectors": [CONNECTOR], "last_updated": UPDATED}
LOCATION = {
    "id": "L1",
    "type": "ON_STREET",
    "address": "Storgatan 1",
    "city": "Kiruna",
    "postal_code": "981 31",
    "country": "SWE",
    "coordinates": {"latitude": "67.855800", "longitude": "20.225280"},
    "evses": [EVSE],
    "last_updated": UPDATED,
}
TARIFF = {
    "id": "T1",
    "currency": "SEK",
    "elements": [{"price_components": [{"type": "ENERGY", "price": 3.5, "step_size": 1}]}],
    "last_updated": UPDATED,
}
SESSION = {
    "id": "S1",
    "start_datetime": "2026-11-01T09:00:00Z",
    "kwh": 1.5,
    "auth_id": "SE-RES-C00000001",
    "auth_method": "WHITELIST",
    "location": LOCATION,
    "currency": "SEK",
    "status": "ACTIVE",
    "last_updated": UPDATED,
}
CDR_BODY = {
    "id": "C1",
    "start_date_time": "2026-11-01T09:00:00Z",
    "stop_date_time": "2026-11-01T10:00:00Z",
    "auth_id": "SE-RES-C00000001",
    "auth_method": "WHITELIST",
    "location": LOCATION,
    "currency": "SEK",
    "charging_periods": [
        {"start_date_time": "2026-11-01T09:00:00Z", "dimensions": [{"type": "ENERGY", "volume": 1.5}]}
    ],
    "total_cost": 5.25,
    "total_energy": 1.5,
    "total_time": 1.0,
    "last_updated": UPDATED,
}


@pytest.fixture
async def old(lade, resa, register):
    """Lade and Resa, registered in 2.1.1."""
    return await register(lade, resa, OLD)


async def said(connection, method, path, body=None, **given):
    """Lade's own words to Resa, as a platform of 2.1.1 sends them."""
    return await connection.resa.ask(
        method, f"2.1.1/receiver/{path}", connection.lades_token, body, encoding=TokenEncoding.PLAIN, **given
    )


async def kept(connection, cls, module, ident):
    store = connection.resa.platform.store
    found = await (store.locations.find(ident) if cls is Location else store.objects.find(module, ident))
    return value_of(cls, found[0]) if found else None


async def card_of_ours(node, bodies, uid="04A1B2C3", **fields):
    token = msgspec.convert(bodies.token(uid, **fields), Token)
    key = ObjectKey(module=ModuleID.TOKENS, party=PartyId("SE", "RES"), id=uid, sub=token.type)
    await node.platform.store.objects.put(own(key, token, token.last_updated))


async def test_each_side_knows_what_the_other_is_though_nobody_says_it(old):
    assert [role.role for role in old.lade_at_resa.roles] == ["CPO"]
    assert [role.role for role in old.resa_at_lade.roles] == ["EMSP"]
    assert {(one.identifier, one.role) for one in old.lade_at_resa.endpoints} == {
        ("credentials", "SENDER"),
        ("locations", "SENDER"),
        ("tariffs", "SENDER"),
        ("sessions", "SENDER"),
        ("cdrs", "SENDER"),
        ("tokens", "RECEIVER"),
        ("commands", "RECEIVER"),
    }


async def test_version_details_list_each_module_once_and_without_a_role(old):
    reply = await old.lade.ask("GET", "2.1.1", old.resas_token, encoding=TokenEncoding.PLAIN)
    listed = reply.data["endpoints"]
    assert all(endpoint.keys() == {"identifier", "url"} for endpoint in listed)
    assert sorted(endpoint["identifier"] for endpoint in listed) == [
        "cdrs",
        "commands",
        "credentials",
        "locations",
        "sessions",
        "tariffs",
        "tokens",
    ]


async def test_credentials_name_one_party(old):
    reply = await old.lade.ask("GET", "2.1.1/credentials", old.resas_token, encoding=TokenEncoding.PLAIN)
    assert reply.data.keys() == {"token", "url", "business_details", "party_id", "country_code"}
    assert (reply.data["country_code"], reply.data["party_id"]) == ("SE", "LAD")


async def test_a_platform_with_both_roles_faces_each_peer_as_the_other_side(start, resa, database_url, tmp_path):
    both = tuple(
        PartySettings(country_code="SE", party_id=party, role=role, name=party)
        for party, role in (("BOT", "CPO"), ("BOE", "EMSP"))
    )
    async with start("Both", both, database_url, tmp_path) as node:
        invitation = await peers.invite(node.platform, "operator")
        await peers.change_profile(node.platform, invitation.peer, {"role": "CPO"})
        listed = (await node.ask("GET", "2.1.1", invitation.token, encoding=TokenEncoding.PLAIN)).data["endpoints"]
        urls = {endpoint["identifier"]: endpoint["url"] for endpoint in listed}
        assert urls["locations"].endswith("/receiver/locations")
        assert urls["tokens"].endswith("/sender/tokens")


async def test_objects_come_without_an_owner_and_are_kept_as_they_came(old, bodies):
    await card_of_ours(old.resa, bodies)
    for path, body in (
        ("locations/SE/LAD/L1", LOCATION),
        ("tariffs/SE/LAD/T1", TARIFF),
        ("sessions/SE/LAD/S1", SESSION),
    ):
        reply = await said(old, "PUT", path, body)
        assert (reply.http, reply.status) == (201, 1000), reply.message
        assert (await said(old, "GET", path)).data == body
    location = await kept(old, Location, ModuleID.LOCATIONS, "L1")
    assert (location.country_code, location.party_id, location.time_zone) == ("SE", "LAD", "Europe/Stockholm")


async def test_an_auth_id_is_the_token_whose_contract_it_names(old, bodies):
    await card_of_ours(old.resa, bodies)
    await said(old, "PUT", "sessions/SE/LAD/S1", SESSION)
    session = await kept(old, Session, ModuleID.SESSIONS, "S1")
    assert session.cdr_token == CdrToken(
        country_code="SE", party_id="RES", uid="04A1B2C3", type="RFID", contract_id="SE-RES-C00000001"
    )
    assert (session.location_id, session.evse_uid, session.connector_id) == ("L1", "E1", "1")
    patched = await said(old, "PATCH", "sessions/SE/LAD/S1", {"kwh": 2.5})
    assert patched.status == 1000, patched.message
    session = await kept(old, Session, ModuleID.SESSIONS, "S1")
    assert (str(session.kwh), session.cdr_token.uid) == ("2.5", "04A1B2C3")


async def test_of_several_tokens_with_one_contract_the_one_in_use_is_meant(old, bodies):
    await card_of_ours(old.resa, bodies)
    await card_of_ours(old.resa, bodies, "APP-1", type="APP_USER")
    asked = {"location_id": "L1"}
    reply = await old.resa.ask(
        "POST",
        "2.1.1/sender/tokens/04A1B2C3/authorize",
        old.lades_token,
        asked,
        encoding=TokenEncoding.PLAIN,
    )
    assert reply.data["allowed"] == "ALLOWED"
    await said(old, "PUT", "sessions/SE/LAD/S1", SESSION)
    assert (await kept(old, Session, ModuleID.SESSIONS, "S1")).cdr_token.uid == "04A1B2C3"


async def test_a_contract_nobody_knows_still_says_whose_it_is(old):
    reply = await said(old, "PUT", "sessions/SE/LAD/S1", {**SESSION, "auth_id": "DE-ABC-C12345678"})
    assert reply.status == 1000, reply.message
    token = (await kept(old, Session, ModuleID.SESSIONS, "S1")).cdr_token
    assert (token.country_code, token.party_id, token.uid) == ("DE", "ABC", "DE-ABC-C12345678")


async def test_a_contract_that_names_no_provider_must_be_of_ours(old):
    reply = await said(old, "POST", "cdrs", {**CDR_BODY, "auth_id": "card 17"})
    assert reply.status == 1000, reply.message
    token = (await kept(old, CDR, ModuleID.CDRS, "C1")).cdr_token
    assert (token.country_code, token.party_id, token.contract_id) == ("SE", "RES", "card 17")


async def test_a_cdr_is_read_again_where_the_answer_says(old, bodies):
    await card_of_ours(old.resa, bodies)
    reply = await said(old, "POST", "cdrs", CDR_BODY)
    assert (reply.http, reply.status) == (201, 1000), reply.message
    again = await old.resa.ask("GET", reply.headers["Location"], old.lades_token, encoding=TokenEncoding.PLAIN)
    assert again.data == CDR_BODY
    cdr = await kept(old, CDR, ModuleID.CDRS, "C1")
    assert (cdr.party_id, cdr.cdr_token.uid, cdr.cdr_location.evse_uid) == ("LAD", "04A1B2C3", "E1")
    assert (await said(old, "POST", "cdrs", CDR_BODY)).http == 200


async def test_a_patch_needs_no_last_updated_and_is_of_now(old):
    await said(old, "PUT", "locations/SE/LAD/L1", LOCATION)
    for path, patch in (
        ("locations/SE/LAD/L1/E1", {"status": "CHARGING"}),
        ("locations/SE/LAD/L1/E1/1", {"tariff_id": "T2"}),
        ("locations/SE/LAD/L1", {"name": "Kiruna C"}),
    ):
        reply = await said(old, "PATCH", path, patch)
        assert reply.status == 1000, reply.message
    changed = (await said(old, "GET", "locations/SE/LAD/L1")).data
    [evse] = changed["evses"]
    assert (changed["name"], evse["status"], evse["connectors"][0]["tariff_id"]) == ("Kiruna C", "CHARGING", "T2")
    assert min(changed["last_updated"], evse["last_updated"]) > UPDATED


async def test_a_tariff_can_be_patched(old):
    await said(old, "PUT", "tariffs/SE/LAD/T1", TARIFF)
    assert (await said(old, "PATCH", "tariffs/SE/LAD/T1", {"currency": "EUR"})).status == 1000
    assert (await said(old, "GET", "tariffs/SE/LAD/T1")).data["currency"] == "EUR"


async def test_nobody_speaks_for_another_party(old):
    assert (await said(old, "PUT", "tariffs/SE/OTH/T1", TARIFF)).http == 404
    claimed = await said(old, "PUT", "tariffs/SE/LAD/T1", {**TARIFF, "party_id": "OTH", "country_code": "SE"})
    assert claimed.status == 2001


async def test_modules_of_later_versions_are_not_there(old):
    for path in ("2.1.1/receiver/chargingprofiles/S1", "2.1.1/receiver/hubclientinfo/SE/LAD"):
        assert (await old.lade.ask("GET", path, old.resas_token, encoding=TokenEncoding.PLAIN)).http == 404


async def test_lists_are_written_in_the_words_of_the_version(old, bodies):
    await old.lade.keep(ModuleID.LOCATIONS, bodies.location())
    await old.lade.keep(ModuleID.SESSIONS, bodies.session(), audience="SERES")
    await old.lade.keep(ModuleID.CDRS, bodies.cdr(Version.V2_3_0), audience="SERES")
    for module, cls in (("locations", Location), ("sessions", Session), ("cdrs", CDR)):
        reply = await old.lade.ask("GET", f"2.1.1/sender/{module}", old.resas_token, encoding=TokenEncoding.PLAIN)
        [body] = reply.data
        assert codec.problems(cls, OLD, codec.loads(msgspec.json.encode(body))) == ()
    assert body["location"]["address"] == "Storgatan 1"
    assert body["location"]["evses"][0]["connectors"][0]["voltage"] == 230


async def test_everything_of_the_operator_is_pulled(old, bodies):
    await old.lade.keep(ModuleID.LOCATIONS, bodies.location())
    await old.lade.keep(ModuleID.TARIFFS, bodies.tariff(Version.V2_3_0))
    summary = await pull.pull(old.resa.platform, old.lade_at_resa)
    assert summary.complete
    assert not summary.problems
    assert (await kept(old, Location, ModuleID.LOCATIONS, "L1")).party_id == "LAD"


async def test_what_changes_arrives_by_push_and_the_charge_is_billed(old, bodies):
    await card_of_ours(old.resa, bodies)
    await old.lade.keep(ModuleID.LOCATIONS, bodies.location())
    await old.lade.keep(ModuleID.SESSIONS, bodies.session(), audience="SERES")
    await old.lade.keep(ModuleID.CDRS, bodies.cdr(Version.V2_3_0), audience="SERES")
    async with pushing(old.lade):
        cdr = await until(lambda: kept(old, CDR, ModuleID.CDRS, "C1"))
        session = await until(lambda: kept(old, Session, ModuleID.SESSIONS, "S1"))
    assert cdr.cdr_token == session.cdr_token
    assert is_bill_of(cdr, session)


async def test_one_session_is_followed_in_three_versions_at_once(lade, databases, tmp_path, start, bodies):
    """The driver's provider in 2.1.1; two that steer charges under contract in 2.2.1 and 2.3.0."""
    async with AsyncExitStack() as running:
        followers = {}
        for version, party, role in FOLLOWERS:
            url = await running.enter_async_context(asynccontextmanager(databases.lend)())
            parties = (PartySettings(country_code="SE", party_id=party, role=role, name=party),)
            node = await running.enter_async_context(start(party, parties, url, tmp_path))
            invitation = await peers.invite(lade.platform, party)
            await peers.change_profile(lade.platform, invitation.peer, {"smart_charging": role == "SCSP"})
            await peers.register(node.platform, invitation.versions_url, invitation.token, "Lade", version=version)
            followers[version] = node
        await card_of_ours(followers[OLD], bodies)
        await lade.keep(ModuleID.LOCATIONS, bodies.location())
        async with pushing(lade):
            for kwh, at in (("1.5", "10:00:00"), ("2.75", "10:05:00")):
                session = bodies.session(kwh=float(kwh), last_updated=f"2026-11-01T{at}Z")
                await lade.keep(ModuleID.SESSIONS, session, audience="SERES")
                for version, node in followers.items():
                    stored = await until(lambda node=node, kwh=kwh: session_with(node, kwh))
                    assert stored.version is version


FOLLOWERS = ((OLD, "RES", "EMSP"), (Version.V2_2_1, "SMA", "SCSP"), (Version.V2_3_0, "SMB", "SCSP"))


async def session_with(node, kwh):
    found = await node.platform.store.objects.find(ModuleID.SESSIONS, "S1")
    return found[0] if found and str(value_of(Session, found[0]).kwh) == kwh else None


async def test_what_an_old_peer_is_may_be_said_after_it_registered(lade, second_database_url, tmp_path, start):
    parties = [
        PartySettings(country_code="SE", party_id=f"BO{role[0]}", role=role, name=role) for role in ("CPO", "EMSP")
    ]
    async with start("Both", tuple(parties), second_database_url, tmp_path) as both:
        invitation = await peers.invite(lade.platform, "Both")
        guessed = await peers.register(both.platform, invitation.versions_url, invitation.token, "Lade", OLD)
        assert guessed.allowed == ("EMSP:SE/LAD",)
        await peers.change_profile(both.platform, guessed, {"role": "CPO"})
        known = await peers.named(both.platform, "Lade")
        assert (known.roles[0].role, known.allowed, known.pulled_at) == ("CPO", ("CPO:SE/LAD",), None)
        assert ModuleID.LOCATIONS in pull.wanted(both.platform, known)
        # To an operator we are our provider: another party than the one it met first.
        await peers.allow(lade.platform, await peers.named(lade.platform, "Both"), ["EMSP:SE/BOE"])
        again = await peers.update(both.platform, known)
        assert (again.roles, again.endpoints) == (known.roles, known.endpoints)
