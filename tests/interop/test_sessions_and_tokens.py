"""Sessions from the operator, Tokens from the provider (mod_sessions, mod_tokens, "Interfaces and endpoints")."""

import pytest

from ocpilot.wire.protocol import ModuleID

LATER = "2026-11-02T12:00:00Z"


async def push_session(connection, method, body, ident="S1"):
    path = f"{connection.version}/receiver/sessions/SE/LAD/{ident}"
    return await connection.resa.ask(method, path, connection.lades_token, body)


async def kept_session(connection):
    path = f"{connection.version}/receiver/sessions/SE/LAD/S1"
    return (await connection.resa.ask("GET", path, connection.lades_token)).data


async def push_token(connection, method, body, uid="04A1B2C3", query=""):
    path = f"{connection.version}/receiver/tokens/SE/RES/{uid}{query}"
    return await connection.lade.ask(method, path, connection.resas_token, body)


# ---- sessions ------------------------------------------------------------------------------------------------------


async def test_a_session_grows_by_patches(connection, bodies):
    first, second = bodies.charging_period(), bodies.charging_period("2026-11-01T09:30:00Z", 2.5)
    assert (await push_session(connection, "PUT", bodies.session(charging_periods=[first]))).http == 201
    patch = {"kwh": 4.0, "charging_periods": [second], "last_updated": LATER}
    assert (await push_session(connection, "PATCH", patch)).http == 200
    kept = await kept_session(connection)
    assert kept["charging_periods"] == [first, second]
    assert (kept["kwh"], kept["last_updated"]) == (4.0, LATER)


async def test_an_empty_list_of_periods_in_a_patch_changes_nothing(newest, bodies):
    await push_session(newest, "PUT", bodies.session(charging_periods=[bodies.charging_period()]))
    await push_session(newest, "PATCH", {"charging_periods": [], "last_updated": LATER})
    assert (await kept_session(newest))["charging_periods"] == [bodies.charging_period()]


async def test_a_put_replaces_the_periods(newest, bodies):
    await push_session(newest, "PUT", bodies.session(charging_periods=[bodies.charging_period()]))
    await push_session(newest, "PUT", bodies.session())
    assert "charging_periods" not in await kept_session(newest)


async def test_a_patch_clears_what_is_null_and_adds_no_period_twice(connection, bodies):
    first, second = bodies.charging_period(), bodies.charging_period("2026-11-01T09:30:00Z", 2.5)
    await push_session(connection, "PUT", bodies.session(charging_periods=[first], meter_id="M1"))
    patch = {"meter_id": None, "charging_periods": [second], "last_updated": LATER}
    for _ in range(2):
        assert (await push_session(connection, "PATCH", patch)).status == 1000
    kept = await kept_session(connection)
    assert "meter_id" not in kept
    assert kept["charging_periods"] == [first, second]


async def test_a_patch_that_would_break_the_session_changes_nothing(connection, bodies):
    await push_session(connection, "PUT", bodies.session())
    for patch in (
        {"kwh": None},
        {"status": "PAUSED"},
        {"charging_periods": [{"dimensions": []}]},
        {"country_code": "DE"},
    ):
        reply = await push_session(connection, "PATCH", {"last_updated": LATER, "meter_id": "M1"} | patch)
        assert (reply.http, reply.status) == (200, 2001), patch
    assert await kept_session(connection) == bodies.session()


async def test_a_patch_without_last_updated_is_2001(connection, bodies):
    await push_session(connection, "PUT", bodies.session())
    for patch in ({"kwh": 2}, {"kwh": 2, "last_updated": None}):
        reply = await push_session(connection, "PATCH", patch)
        assert (reply.http, reply.status) == (200, 2001)
        assert "$.last_updated" in reply.message


async def test_a_patch_that_names_another_id_is_2001(newest, bodies):
    await push_session(newest, "PUT", bodies.session())
    reply = await push_session(newest, "PATCH", {"id": "S2", "last_updated": LATER})
    assert (reply.http, reply.status) == (200, 2001)


async def test_a_patch_of_an_unknown_session_is_404(newest):
    assert (await push_session(newest, "PATCH", {"last_updated": LATER})).http == 404


async def test_sessions_cannot_be_deleted(newest):
    assert (await push_session(newest, "DELETE", None)).http == 405


# ---- tokens --------------------------------------------------------------------------------------------------------


async def test_a_token_is_kept_and_invalidated(connection, bodies):
    assert (await push_token(connection, "PUT", bodies.token())).http == 201
    patch = {"valid": False, "last_updated": LATER}
    assert (await push_token(connection, "PATCH", patch)).http == 200
    kept = await push_token(connection, "GET", None)
    assert kept.data == bodies.token() | patch


async def test_the_same_uid_of_two_types_is_two_tokens(newest, bodies):
    await push_token(newest, "PUT", bodies.token())
    app_user = bodies.token(type="APP_USER")
    assert (await push_token(newest, "PUT", app_user, query="?type=APP_USER")).http == 201
    assert (await push_token(newest, "GET", None)).data["type"] == "RFID"
    assert (await push_token(newest, "GET", None, query="?type=APP_USER")).data["type"] == "APP_USER"


async def test_a_patch_reaches_the_token_of_the_type_in_the_url(connection, bodies):
    for type_ in ("RFID", "APP_USER"):
        await push_token(connection, "PUT", bodies.token(type=type_), query=f"?type={type_}")
    patch = {"valid": False, "last_updated": LATER}
    assert (await push_token(connection, "PATCH", patch, query="?type=APP_USER")).http == 200
    assert (await push_token(connection, "GET", None)).data["valid"] is True
    assert (await push_token(connection, "GET", None, query="?type=APP_USER")).data["valid"] is False
    assert (await push_token(connection, "PATCH", patch, query="?type=OTHER")).http == 404


async def test_a_token_patch_must_be_dated_and_stay_the_same_token(connection, bodies):
    await push_token(connection, "PUT", bodies.token())
    for patch in ({"valid": False}, {"uid": "OTHER", "last_updated": LATER}, {"issuer": None, "last_updated": LATER}):
        reply = await push_token(connection, "PATCH", patch)
        assert (reply.http, reply.status) == (200, 2001), patch
    assert (await push_token(connection, "GET", None)).data == bodies.token()


async def test_a_put_without_type_in_the_url_takes_it_from_the_body(newest, bodies):
    assert (await push_token(newest, "PUT", bodies.token(type="APP_USER"))).http == 201
    assert (await push_token(newest, "GET", None, query="?type=APP_USER")).http == 200


async def test_a_type_that_differs_from_the_url_is_2001(newest, bodies):
    reply = await push_token(newest, "PUT", bodies.token(), query="?type=APP_USER")
    assert (reply.http, reply.status) == (200, 2001)
    assert "$.type" in reply.message


async def test_an_unknown_token_is_404(newest):
    assert (await push_token(newest, "GET", None, uid="NONE")).http == 404


async def test_tokens_cannot_be_deleted(newest):
    assert (await push_token(newest, "DELETE", None)).http == 405


# ---- real-time authorization ---------------------------------------------------------------------------------------


async def test_the_provider_allows_its_valid_token_at_the_asked_location(connection, bodies):
    await connection.resa.keep(ModuleID.TOKENS, bodies.token())
    path = f"{connection.version}/sender/tokens/04A1B2C3/authorize"
    asked = {"location_id": "L1", "evse_uids": ["E1"]}
    reply = await connection.resa.ask("POST", path, connection.lades_token, asked)
    assert (reply.http, reply.status) == (200, 1000)
    assert reply.data["allowed"] == "ALLOWED"
    assert reply.data["token"]["uid"] == "04A1B2C3"
    assert reply.data["location"] == asked
    assert reply.data["authorization_reference"]


async def test_the_body_of_an_authorization_is_optional(newest, bodies):
    await newest.resa.keep(ModuleID.TOKENS, bodies.token(valid=False))
    reply = await newest.resa.ask("POST", "2.3.0/sender/tokens/04A1B2C3/authorize", newest.lades_token)
    assert reply.data["allowed"] == "BLOCKED"


async def test_the_type_at_authorize_tells_two_tokens_of_one_uid_apart(connection, bodies):
    await connection.resa.keep(ModuleID.TOKENS, bodies.token(valid=False))
    await connection.resa.keep(ModuleID.TOKENS, bodies.token(type="APP_USER", group_id="G1"))
    path = f"{connection.version}/sender/tokens/04a1b2c3/authorize"
    for query, allowed in (("", "BLOCKED"), ("?type=RFID", "BLOCKED"), ("?type=app_user", "ALLOWED")):
        reply = await connection.resa.ask("POST", path + query, connection.lades_token)
        assert reply.data["allowed"] == allowed
    assert (reply.data["token"]["type"], reply.data["token"]["group_id"]) == ("APP_USER", "G1")
    assert "location" not in reply.data


async def test_a_broken_place_at_authorize_is_2001(newest, bodies):
    await newest.resa.keep(ModuleID.TOKENS, bodies.token())
    path = "2.3.0/sender/tokens/04A1B2C3/authorize"
    reply = await newest.resa.ask("POST", path, newest.lades_token, {"evse_uids": ["E1"]})
    assert (reply.http, reply.status) == (200, 2001)
    assert "$.location_id" in reply.message


@pytest.mark.parametrize("query", ["", "?type=APP_USER"])
async def test_authorizing_a_token_we_do_not_know_is_404_and_2004(newest, bodies, query):
    if query:
        await newest.resa.keep(ModuleID.TOKENS, bodies.token())
    reply = await newest.resa.ask("POST", f"2.3.0/sender/tokens/04A1B2C3/authorize{query}", newest.lades_token)
    assert (reply.http, reply.status) == (404, 2004)
    assert "data" not in reply.body
