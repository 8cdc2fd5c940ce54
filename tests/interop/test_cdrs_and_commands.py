"""CDRs are handed over once; commands reach the platform that can do them (mod_cdrs, mod_commands)."""

import pytest

from ocpilot.app.office import cdr_credits
from ocpilot.app.partners.push_worker import PushWorker
from ocpilot.base.errors import Conflict, NotFound
from ocpilot.wire.protocol import ModuleID, Version


async def post_cdr(connection, body):
    return await connection.resa.ask("POST", f"{connection.version}/receiver/cdrs", connection.lades_token, body)


async def test_a_new_cdr_is_201_and_its_location_leads_to_it(connection, bodies):
    sent = bodies.cdr(connection.version)
    reply = await post_cdr(connection, sent)
    assert (reply.http, reply.status) == (201, 1000), reply.message
    url = reply.headers["Location"]
    assert url.startswith(connection.resa.base)
    assert (await connection.resa.ask("GET", url, connection.lades_token)).data == sent


async def test_the_same_cdr_again_is_no_second_one(newest, bodies):
    first = await post_cdr(newest, bodies.cdr(newest.version))
    again = await post_cdr(newest, bodies.cdr(newest.version))
    assert (again.http, again.status) == (200, 1000)
    assert again.headers["Location"] == first.headers["Location"]


async def test_another_cdr_under_a_used_id_is_refused(newest, bodies):
    await post_cdr(newest, bodies.cdr(newest.version))
    reply = await post_cdr(newest, bodies.cdr(newest.version, total_energy=99))
    assert (reply.http, reply.status) == (200, 2001)


async def test_a_credit_cdr_is_a_second_cdr_that_names_the_first(connection, bodies):
    cdr = bodies.cdr(connection.version)
    cost = {name: -amount for name, amount in cdr["total_cost"].items()}
    await post_cdr(connection, cdr)
    credit = cdr | {"id": "C1-C", "credit": True, "credit_reference_id": "C1", "total_cost": cost}
    reply = await post_cdr(connection, credit)
    assert (reply.http, reply.status) == (201, 1000), reply.message
    assert (await connection.resa.ask("GET", reply.headers["Location"], connection.lades_token)).data == credit


async def test_a_credit_for_nothing_is_2001(connection, bodies):
    reply = await post_cdr(connection, bodies.cdr(connection.version, credit=True))
    assert (reply.http, reply.status) == (200, 2001)
    assert "$.credit_reference_id" in reply.message


async def test_an_operator_takes_a_cdr_back_once(connection, bodies):
    lade = connection.lade
    body = bodies.cdr(Version.V2_3_0, total_cost={"before_taxes": 5.25, "taxes": [{"name": "VAT", "amount": 1.31}]})
    await lade.keep(ModuleID.CDRS, body, audience="SERES")
    for _ in range(2):
        assert (await cdr_credits.credit(lade.platform, "C1", "wrong tariff")).key.id == "C1-C"
    worker = PushWorker(lade.platform, connection.resa_at_lade.id, lambda: 0.0)
    await worker.round(connection.resa_at_lade)
    path = f"{connection.version}/receiver/cdrs/SE/LAD/C1-C"
    sent = (await connection.resa.ask("GET", path, connection.lades_token)).data
    assert (sent["credit"], sent["credit_reference_id"], sent["remark"]) == (True, "C1", "wrong tariff")
    negative = {"before_taxes": -5.25, "taxes": [{"name": "VAT", "amount": -1.31}]}
    assert sent["total_cost"] == (
        negative if connection.version is Version.V2_3_0 else {"excl_vat": -5.25, "incl_vat": -6.56}
    )
    assert (sent["total_energy"], sent["charging_periods"]) == (body["total_energy"], body["charging_periods"])


async def test_only_a_cdr_of_ours_that_is_no_credit_can_be_taken_back(newest, bodies):
    await newest.lade.keep(ModuleID.CDRS, bodies.cdr(Version.V2_3_0), audience="SERES")
    await cdr_credits.credit(newest.lade.platform, "C1")
    with pytest.raises(Conflict, match="Credit CDR itself"):
        await cdr_credits.credit(newest.lade.platform, "C1-C")
    with pytest.raises(NotFound):
        await cdr_credits.credit(newest.lade.platform, "C9")


async def test_a_cdr_of_another_operator_is_404(newest, bodies):
    assert (await post_cdr(newest, bodies.cdr(newest.version, party_id="OTH"))).http == 404


async def test_a_cdr_without_a_party_names_everything_that_is_missing(newest, bodies):
    body = bodies.cdr(newest.version)
    del body["party_id"], body["total_cost"]
    reply = await post_cdr(newest, body)
    assert (reply.http, reply.status) == (200, 2001)
    assert {"$.party_id", "$.total_cost"} <= {problem["path"] for problem in reply.data}


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
async def test_cdrs_never_change(newest, method):
    reply = await newest.resa.ask(method, "2.3.0/receiver/cdrs/SE/LAD/C1", newest.lades_token, {})
    assert reply.http == 405


async def test_an_unsupported_command_is_answered_so(connection):
    body = {"response_url": f"{connection.resa.base}/x", "dance": "tango"}
    path = f"{connection.version}/receiver/commands/DANCE"
    reply = await connection.lade.ask("POST", path, connection.resas_token, body)
    assert (reply.http, reply.status) == (200, 1000)
    assert reply.data["result"] == "NOT_SUPPORTED"


async def test_a_command_for_an_unknown_location_is_2003(connection, bodies):
    body = {"response_url": f"{connection.resa.base}/x", "token": bodies.token(), "location_id": "L9"}
    path = f"{connection.version}/receiver/commands/START_SESSION"
    reply = await connection.lade.ask("POST", path, connection.resas_token, body)
    assert (reply.http, reply.status) == (200, 2003)


async def test_a_broken_command_names_its_problems(newest):
    reply = await newest.lade.ask("POST", "2.3.0/receiver/commands/START_SESSION", newest.resas_token, {})
    assert (reply.http, reply.status) == (200, 2001)
    assert {problem["path"] for problem in reply.data} >= {"$.response_url", "$.token", "$.location_id"}


async def test_a_result_nobody_waits_for_is_404(newest):
    path = "2.3.0/sender/commands/START_SESSION/unknown"
    reply = await newest.resa.ask("POST", path, newest.lades_token, {"result": "ACCEPTED"})
    assert reply.http == 404
