"""A partner that only speaks OCPI 2.2 is met with 2.2.1 (docs/decisions/20261126-ocpi-2-2.md)."""

import pytest
from strangers import Habits, stranger

from ocpilot.app.charges import authorize
from ocpilot.app.kept.station_events import IdToken
from ocpilot.app.partners import peers, pull
from ocpilot.app.partners.push_worker import PushWorker
from ocpilot.base.ids import PartyId
from ocpilot.wire.protocol import ModuleID, Version
from ocpilot.wire.v230 import LocationReferences

THEIRS = {"country_code": "DE", "party_id": "XYZ"}
LATER = "2026-11-02T12:00:00Z"
SOON = "2126-11-02T12:00:00Z"
#: Many never encoded their token (transport_and_format 2.2.1, note at "Authorization header").
PLAIN = Habits(plain_token=True)


async def they_register(node, there):
    invitation = await peers.invite(node.platform, "Fremde")
    said = await there.register(invitation.versions_url, invitation.token)
    assert said.status == 1000, said.text
    return await peers.named(node.platform, "Fremde")


def without_party(body):
    """What 2.2 says of a Token in a Session or CDR."""
    token = {name: value for name, value in body["cdr_token"].items() if name not in ("country_code", "party_id")}
    return body | {"cdr_token": token}


async def test_our_versions_list_2_2_last_with_the_endpoints_of_2_2_1(newest):
    listed = (await newest.lade.ask("GET", "versions", newest.resas_token)).data
    assert [one["version"] for one in listed] == ["2.3.0", "2.2.1", "2.1.1", "2.2"]
    old = (await newest.lade.ask("GET", listed[-1]["url"], newest.resas_token)).data
    new = (await newest.lade.ask("GET", "2.2.1", newest.resas_token)).data
    assert (old["version"], old["endpoints"]) == ("2.2", new["endpoints"])


@pytest.mark.parametrize("habits", [Habits(), PLAIN], ids=["base64", "plain"])
@pytest.mark.parametrize("role", ["CPO", "EMSP"])
async def test_it_registers_and_is_registered_with(lade, resa, role, habits):
    node = resa if role == "CPO" else lade
    async with stranger(role, "2.2", habits) as there:
        assert (await they_register(node, there)).version is Version.V2_2_1
        assert (await peers.update(node.platform, await peers.named(node.platform, "Fremde"))).parties == ("DEXYZ",)
    async with stranger(role, "2.2", habits) as there:
        there.party = "ABC"
        await peers.register(node.platform, there.versions_url, there.invite(), "Andere")
        assert (await peers.named(node.platform, "Andere")).version is Version.V2_2_1


async def test_a_version_both_speak_is_preferred(lade):
    async with stranger("EMSP", "2.3.0") as there:
        await peers.register(lade.platform, there.versions_url, there.invite(), "Fremde")
        assert (await peers.named(lade.platform, "Fremde")).version is Version.V2_3_0


async def test_the_token_of_a_session_gets_the_party_it_is_of(resa, bodies):
    async with stranger("CPO", "2.2", PLAIN) as there:
        await they_register(resa, there)
        body = without_party(bodies.session(**THEIRS))
        said = await there.ask("PUT", "sessions", "DE", "XYZ", "S1", body=body)
        assert (said.http, said.status) == (201, 1000), said.text
        patch = {"kwh": 2.5, "last_updated": LATER}
        assert (await there.ask("PATCH", "sessions", "DE", "XYZ", "S1", body=patch)).http == 200
        kept = (await there.ask("GET", "sessions", "DE", "XYZ", "S1")).data
    assert (kept["kwh"], kept["cdr_token"]["country_code"], kept["cdr_token"]["party_id"]) == (2.5, "SE", "RES")


async def test_its_cdrs_are_ours_pushed_or_fetched(resa, bodies):
    cdr = without_party(bodies.cdr(Version.V2_2_1, **THEIRS, last_updated=SOON))
    async with stranger("CPO", "2.2", PLAIN) as there:
        peer = await they_register(resa, there)
        said = await there.ask("POST", "cdrs", body=cdr)
        assert (said.http, said.status) == (201, 1000), said.text
        there.ours = {"cdrs": [cdr, cdr | {"id": "C2"}]}
        summary = await pull.pull(resa.platform, peer)
    assert [(one.kept, one.known, one.bad) for one in summary.modules if one.module == "cdrs"] == [(1, 1, 0)]


async def test_it_gets_our_objects_and_is_asked_about_its_tokens(lade, bodies):
    await lade.keep(ModuleID.TARIFFS, bodies.tariff(Version.V2_3_0))
    async with stranger("EMSP", "2.2", PLAIN) as there:
        peer = await they_register(lade, there)
        await PushWorker(lade.platform, peer.id, lambda: 0.0).round(peer)
        token = bodies.token(**THEIRS, whitelist="NEVER")
        there.ours, there.allowed = {"tokens": [token]}, {"04A1B2C3": "ALLOWED"}
        assert (await there.ask("PUT", "tokens", "DE", "XYZ", "04A1B2C3", body=token)).http == 201
        place = LocationReferences(location_id="L1", evse_uids=("E1",))
        decision = await authorize.authorize_token(lade.platform, PartyId("SE", "LAD"), IdToken("04A1B2C3"), place)
        [pushed] = there.requests("PUT", "tariffs")
    assert "tax_included" not in pushed.body
    assert (decision.allowed, decision.reference) == ("ALLOWED", "REF-1")
