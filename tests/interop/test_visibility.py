"""Peer B never reads or changes what concerns only peer A: every module, list, object and push."""

import msgspec
import pytest

from ocpilot.app.kept.peer_records import PeerState
from ocpilot.app.partners import peers
from ocpilot.app.secrets import hash_token
from ocpilot.wire.protocol import ModuleID, Version
from ocpilot.wire.v230 import BusinessDetails, CredentialsRole, Role

LATER = "2026-11-02T12:00:00Z"


async def guest(node, name, party, role):
    """A registered peer of this node, and the token it uses with it."""
    invitation = await peers.invite(node.platform, name)
    plays = CredentialsRole(role=role, country_code="SE", party_id=party, business_details=BusinessDetails(name=name))
    known = msgspec.structs.replace(
        invitation.peer,
        state=PeerState.REGISTERED,
        version=Version.V2_3_0,
        roles=(plays,),
        token_hash=hash_token(invitation.token),
        invitation_hash=None,
    )
    await node.platform.store.peers.save(known)
    return invitation.token


@pytest.fixture
async def two_providers(lade):
    return await guest(lade, "A", "AAA", Role.EMSP), await guest(lade, "B", "BBB", Role.EMSP)


@pytest.fixture
async def two_operators(resa):
    return await guest(resa, "A", "LAD", Role.CPO), await guest(resa, "B", "BBB", Role.CPO)


# ---- what is ours and concerns A -----------------------------------------------------------------------------------


@pytest.mark.parametrize("module", ["sessions", "cdrs"])
async def test_only_the_provider_of_the_token_lists_a_session_or_cdr(lade, bodies, two_providers, module):
    a, b = two_providers
    make = bodies.session if module == "sessions" else lambda **given: bodies.cdr(Version.V2_3_0, **given)
    await lade.keep(ModuleID(module), make(provider="AAA"), audience="SEAAA")
    for token, seen in ((a, 1), (b, 0)):
        reply = await lade.ask("GET", f"2.3.0/sender/{module}", token)
        assert len(reply.data) == seen
        assert reply.headers["X-Total-Count"] == str(seen)


@pytest.mark.parametrize("module", ["sessions", "cdrs"])
async def test_a_session_or_cdr_without_an_audience_is_seen_by_nobody(lade, bodies, two_providers, module):
    body = bodies.session() if module == "sessions" else bodies.cdr(Version.V2_3_0)
    await lade.keep(ModuleID(module), body)
    assert (await lade.ask("GET", f"2.3.0/sender/{module}", two_providers[0])).data == []


async def test_every_provider_sees_tariffs_and_locations(lade, bodies, two_providers):
    await lade.keep(ModuleID.TARIFFS, bodies.tariff(Version.V2_3_0))
    await lade.keep(ModuleID.LOCATIONS, bodies.location())
    for token in two_providers:
        assert len((await lade.ask("GET", "2.3.0/sender/tariffs", token)).data) == 1
        assert len((await lade.ask("GET", "2.3.0/sender/locations", token)).data) == 1
        assert (await lade.ask("GET", "2.3.0/sender/locations/L1", token)).http == 200


@pytest.mark.parametrize("path", ["tariffs", "locations", "locations/L1", "sessions", "cdrs"])
async def test_another_operator_is_told_that_this_is_not_for_it(lade, bodies, path):
    token = await guest(lade, "Operator", "OPR", Role.CPO)
    await lade.keep(ModuleID.TARIFFS, bodies.tariff(Version.V2_3_0))
    await lade.keep(ModuleID.LOCATIONS, bodies.location())
    reply = await lade.ask("GET", f"2.3.0/sender/{path}", token)
    assert (reply.http, reply.status) == (200, 2000)
    assert "data" not in reply.body


async def test_another_provider_gets_no_tokens(resa, bodies):
    token = await guest(resa, "Provider", "PRO", Role.EMSP)
    await resa.keep(ModuleID.TOKENS, bodies.token())
    assert (await resa.ask("GET", "2.3.0/sender/tokens", token)).status == 2000
    assert (await resa.ask("POST", "2.3.0/sender/tokens/04A1B2C3/authorize", token)).status == 2000


# ---- what A sent ---------------------------------------------------------------------------------------------------


def sent_by_a(bodies, module):
    return {
        "tariffs": ("T1", bodies.tariff(Version.V2_3_0)),
        "sessions": ("S1", bodies.session()),
        "locations": ("L1", bodies.location()),
    }[module]


@pytest.mark.parametrize("module", ["tariffs", "sessions", "locations"])
@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE"])
async def test_b_can_neither_read_nor_change_what_a_sent(resa, bodies, two_operators, module, method):
    a, b = two_operators
    ident, body = sent_by_a(bodies, module)
    path = f"2.3.0/receiver/{module}/SE/LAD/{ident}"
    assert (await resa.ask("PUT", path, a, body)).http == 201
    reply = await resa.ask(method, path, b, body | {"last_updated": LATER})
    assert reply.http in (404, 405)
    assert (await resa.ask("GET", path, a)).data == body


@pytest.mark.parametrize("path", ["L1/E1", "L1/E1/1"])
async def test_b_cannot_change_a_part_of_as_location(resa, bodies, two_operators, path):
    a, b = two_operators
    await resa.ask("PUT", "2.3.0/receiver/locations/SE/LAD/L1", a, bodies.location())
    reply = await resa.ask("PATCH", f"2.3.0/receiver/locations/SE/LAD/{path}", b, {"last_updated": LATER})
    assert reply.http == 404
    assert (await resa.ask("GET", "2.3.0/receiver/locations/SE/LAD/L1", a)).data == bodies.location()


async def test_b_cannot_read_a_cdr_of_a_by_its_url(resa, bodies, two_operators):
    a, b = two_operators
    posted = await resa.ask("POST", "2.3.0/receiver/cdrs", a, bodies.cdr(Version.V2_3_0))
    assert posted.http == 201
    assert (await resa.ask("GET", posted.headers["Location"], a)).http == 200
    assert (await resa.ask("GET", posted.headers["Location"], b)).http == 404


async def test_b_cannot_read_or_change_a_token_of_a(lade, bodies):
    a = await guest(lade, "A", "RES", Role.EMSP)
    b = await guest(lade, "B", "BBB", Role.EMSP)
    path = "2.3.0/receiver/tokens/SE/RES/04A1B2C3"
    assert (await lade.ask("PUT", path, a, bodies.token())).http == 201
    for method in ("GET", "PUT", "PATCH"):
        assert (await lade.ask(method, path, b, bodies.token(valid=False))).http == 404
    assert (await lade.ask("GET", path, a)).data == bodies.token()


async def test_an_operator_cannot_send_tokens_under_its_own_party(lade, bodies):
    token = await guest(lade, "Operator", "OPR", Role.CPO)
    reply = await lade.ask("PUT", "2.3.0/receiver/tokens/SE/OPR/04A1B2C3", token, bodies.token(party_id="OPR"))
    assert reply.http == 404
