"""An operator pushes Tariffs and a provider reads them, in both versions (mod_tariffs, "Interfaces and Endpoints")."""

import msgspec
import pytest

from ocpilot.wire.protocol import InterfaceRole, ModuleID, Version


def url(connection, ident="T1", party="SE/LAD"):
    return f"{connection.version}/receiver/tariffs/{party}/{ident}"


async def put(connection, body, **where):
    return await connection.resa.ask("PUT", url(connection, **where), connection.lades_token, body)


async def test_a_new_tariff_is_201_and_a_changed_one_200(connection, bodies):
    first = await put(connection, bodies.tariff(connection.version))
    assert (first.http, first.status) == (201, 1000)
    again = await put(connection, bodies.tariff(connection.version, currency="EUR"))
    assert (again.http, again.status) == (200, 1000)


async def test_a_tariff_is_read_back_as_it_was_sent_unknown_fields_included(connection, bodies):
    sent = bodies.tariff(connection.version, colour={"of": "tariff"})
    await put(connection, sent)
    reply = await connection.resa.ask("GET", url(connection), connection.lades_token)
    assert reply.data == sent


async def test_the_client_puts_and_gets_a_tariff(connection, bodies):
    partners = connection.lade.platform.partners
    sent = bodies.tariff(connection.version)
    where = (ModuleID.TARIFFS, InterfaceRole.RECEIVER, ("SE", "LAD", "T1"))
    put_answer = await partners.call(connection.resa_at_lade, "PUT", *where, body=msgspec.json.encode(sent))
    assert put_answer.http_status == 201
    got = await partners.call(connection.resa_at_lade, "GET", *where)
    assert got.data["id"] == "T1"


async def test_ids_are_compared_without_regard_to_case(connection, bodies):
    assert (await put(connection, bodies.tariff(connection.version), ident="t1", party="se/lad")).http == 201
    assert (await connection.resa.ask("GET", url(connection, "T1"), connection.lades_token)).http == 200


async def test_a_slash_at_the_end_changes_nothing(connection, bodies):
    assert (await put(connection, bodies.tariff(connection.version), ident="T1/")).http == 201


async def test_an_id_with_a_slash_travels_percent_encoded(connection, bodies):
    sent = bodies.tariff(connection.version, "A/B")
    assert (await put(connection, sent, ident="A%2FB")).http == 201
    assert (await connection.resa.ask("GET", url(connection, "A%2FB"), connection.lades_token)).data == sent


async def test_a_deleted_tariff_is_gone(connection, bodies):
    await put(connection, bodies.tariff(connection.version))
    deleted = await connection.resa.ask("DELETE", url(connection), connection.lades_token)
    assert (deleted.http, deleted.status) == (200, 1000)
    assert (await connection.resa.ask("GET", url(connection), connection.lades_token)).http == 404
    assert (await connection.resa.ask("DELETE", url(connection), connection.lades_token)).http == 404


async def test_tariffs_know_no_patch(connection):
    reply = await connection.resa.ask("PATCH", url(connection), connection.lades_token, {"currency": "EUR"})
    assert reply.http == 405
    assert reply.headers["Allow"] == "DELETE, GET, PUT"
    assert reply.status == 2000


# ---- bad input -----------------------------------------------------------------------------------------------------


async def test_broken_json_is_400(newest):
    reply = await newest.resa.ask("PUT", url(newest), newest.lades_token, raw=b'{"id": "T1",')
    assert (reply.http, reply.status) == (400, 2001)


async def test_json_that_is_no_object_is_2001(newest):
    reply = await put(newest, ["T1"])
    assert (reply.http, reply.status) == (200, 2001)


async def test_every_problem_is_named_and_nothing_is_kept(newest, bodies):
    body = bodies.tariff(newest.version, elements=[{"price_components": [{"type": "ENERGY", "step_size": "x"}]}])
    del body["currency"]
    reply = await put(newest, body)
    assert (reply.http, reply.status) == (200, 2001)
    paths = [problem["path"] for problem in reply.data]
    assert "$.currency" in paths
    assert "$.elements[0].price_components[0].price" in paths
    assert "$.elements[0].price_components[0].step_size" in paths
    assert (await newest.resa.ask("GET", url(newest), newest.lades_token)).http == 404


async def test_an_id_that_differs_from_the_url_is_2001(newest, bodies):
    reply = await put(newest, bodies.tariff(newest.version), ident="T2")
    assert (reply.http, reply.status) == (200, 2001)
    assert "$.id" in reply.message


async def test_a_party_that_differs_from_the_url_is_2001(newest, bodies):
    reply = await put(newest, bodies.tariff(newest.version, party_id="OTH"))
    assert (reply.http, reply.status) == (200, 2001)
    assert "$.party_id" in reply.message


async def test_the_url_of_another_party_is_404(newest, bodies):
    reply = await put(newest, bodies.tariff(newest.version, party_id="OTH"), party="SE/OTH")
    assert reply.http == 404


async def test_an_unknown_path_is_404_in_an_envelope(newest):
    for path in (f"{newest.version}/receiver/nothing", "9.9.9", "", f"{newest.version}/sender/locations"):
        reply = await newest.resa.ask("GET", path, newest.lades_token)
        assert (reply.http, reply.status) == (404, 2000)


async def test_a_body_beyond_the_limit_is_413(newest):
    reply = await newest.resa.ask("PUT", url(newest), newest.lades_token, raw=b"[" + b" " * 5_000_000)
    assert reply.http == 413


# ---- headers -------------------------------------------------------------------------------------------------------


async def test_ids_are_echoed_and_the_route_goes_back(newest):
    sent = {
        "X-Request-ID": "request-1",
        "X-Correlation-ID": "correlation-1",
        "OCPI-from-country-code": "SE",
        "OCPI-from-party-id": "LAD",
        "OCPI-to-country-code": "SE",
        "OCPI-to-party-id": "RES",
    }
    reply = await newest.resa.ask("GET", url(newest), newest.lades_token, headers=sent)
    assert reply.headers["X-Request-ID"] == "request-1"
    assert reply.headers["X-Correlation-ID"] == "correlation-1"
    assert reply.headers["OCPI-from-party-id"] == "RES"
    assert reply.headers["OCPI-to-party-id"] == "LAD"


async def test_ids_are_made_when_absent_and_credentials_are_not_routed(newest):
    sent = {"OCPI-from-country-code": "SE", "OCPI-from-party-id": "LAD"}
    reply = await newest.resa.ask("GET", "versions", newest.lades_token, headers=sent)
    assert len(reply.headers["X-Request-ID"]) == 36
    assert "OCPI-to-party-id" not in reply.headers


# ---- across versions -----------------------------------------------------------------------------------------------


async def test_our_tariff_is_seen_alike_whatever_version_a_peer_speaks(connection, bodies):
    await connection.lade.keep(ModuleID.TARIFFS, bodies.tariff(Version.V2_3_0))
    reply = await connection.lade.ask("GET", f"{connection.version}/sender/tariffs", connection.resas_token)
    assert reply.data == [bodies.tariff(connection.version)]


@pytest.mark.parametrize("other", [Version.V2_2_1, Version.V2_3_0])
async def test_a_kept_tariff_is_read_in_the_version_it_is_asked_in(connection, bodies, other):
    await put(connection, bodies.tariff(connection.version))
    reply = await connection.resa.ask("GET", f"{other}/receiver/tariffs/SE/LAD/T1", connection.lades_token)
    assert reply.http == 200
    assert reply.data["currency"] == "SEK"
    assert ("tax_included" in reply.data) == (other is Version.V2_3_0)
