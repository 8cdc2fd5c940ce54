"""A hub tells its clients who is connected, and a smart charging service provider works for an operator."""

from datetime import timedelta

import msgspec
import pytest

from ocpilot.app.kept.peer_records import PeerState
from ocpilot.app.kept.records import ObjectKey
from ocpilot.app.ocpi import hub_clients
from ocpilot.app.ocpi.hub_clients import HubClients
from ocpilot.app.orders.sent_orders import operator_of
from ocpilot.app.partners import peers, pull
from ocpilot.app.partners.push_worker import PushWorker
from ocpilot.app.secrets import hash_token
from ocpilot.base import time
from ocpilot.base.errors import UserError
from ocpilot.base.ids import PartyId
from ocpilot.base.settings import PartySettings
from ocpilot.wire.protocol import ModuleID, Version
from ocpilot.wire.v230 import BusinessDetails, CredentialsRole, Role

HUB = PartySettings(country_code="SE", party_id="NAV", role="HUB", name="Nav AB")


@pytest.fixture(params=[Version.V2_2_1, Version.V2_3_0])
async def hub(request, make_node, resa):
    """The hub SE/NAV with the provider SE/RES as its client: (hub, provider, version)."""
    async with make_node("Nav", (HUB,)) as nav:
        invitation = await peers.invite(nav.platform, "Resa")
        await peers.register(resa.platform, invitation.versions_url, invitation.token, "Nav", version=request.param)
        yield nav, resa, request.param


async def guest(node, name, party, role, state=PeerState.REGISTERED, **changes):
    """A peer of this node that is not really there, and the token it uses."""
    invitation = await peers.invite(node.platform, name)
    plays = CredentialsRole(role=role, country_code="SE", party_id=party, business_details=BusinessDetails(name=name))
    known = msgspec.structs.replace(
        invitation.peer,
        state=state,
        version=Version.V2_3_0,
        roles=(plays,),
        token_hash=hash_token(invitation.token),
        invitation_hash=None,
        **changes,
    )
    await node.platform.store.peers.save(known)
    return invitation.token


def statuses(infos):
    return {(info.party_id, str(info.role)): str(info.status) for info in infos}


async def test_a_hub_is_known_as_one_in_both_versions(hub):
    _, resa, _ = hub
    peer = await peers.named(resa.platform, "Nav")
    assert peer.hub_party == "SENAV"


async def test_a_client_fetches_who_else_is_connected(hub):
    nav, resa, _ = hub
    await guest(nav, "Gone", "OLD", Role.CPO, PeerState.UNREGISTERED)
    await guest(nav, "Quiet", "QUI", Role.CPO, PeerState.SUSPENDED)
    await HubClients(nav.platform).once()
    peer = await peers.named(resa.platform, "Nav")
    summary = await pull.pull(resa.platform, peer)
    assert summary.complete
    assert statuses(await hub_clients.known(resa.platform, peer)) == {
        ("OLD", "CPO"): "SUSPENDED",
        ("QUI", "CPO"): "OFFLINE",
    }


async def test_a_change_is_pushed_and_can_be_read_again(hub):
    nav, resa, version = hub
    clients = HubClients(nav.platform)
    await guest(nav, "Lade", "LAD", Role.CPO)
    await clients.once()
    client = await peers.named(nav.platform, "Resa")
    worker = PushWorker(nav.platform, client.id, lambda: 0.0)
    await worker.round(client)
    lade = await peers.named(nav.platform, "Lade")
    await nav.platform.store.peers.save(msgspec.structs.replace(lade, state=PeerState.UNREGISTERED))
    await clients.once()
    await worker.round(client)
    token = nav.platform.sealing.open(client.token_sealed)
    reply = await resa.ask("GET", f"{version}/receiver/hubclientinfo/SE/LAD", token)
    assert (reply.http, reply.data["status"], reply.data["role"]) == (200, "SUSPENDED", "CPO")
    assert (await resa.ask("GET", f"{version}/receiver/hubclientinfo/SE/XXX", token)).http == 404


async def test_a_client_that_does_not_answer_for_long_is_offline(hub):
    nav, _, _ = hub
    await guest(nav, "Dead", "DEA", Role.CPO, versions_url="http://127.0.0.1:9/ocpi/versions", token_sealed=b"x")
    dead = await peers.named(nav.platform, "Dead")
    sealed = nav.platform.sealing.seal("token")
    await nav.platform.store.peers.save(
        msgspec.structs.replace(dead, token_sealed=sealed, updated_at=time.now() - timedelta(hours=1))
    )
    await HubClients(nav.platform).once()
    assert statuses(await hub_clients.known(nav.platform))["DEA", "CPO"] == "OFFLINE"


async def test_who_is_no_hub_may_not_tell_of_others(newest):
    info = {
        "country_code": "SE",
        "party_id": "XXX",
        "role": "CPO",
        "status": "CONNECTED",
        "last_updated": "2026-11-01T10:00:00Z",
    }
    path = "2.3.0/receiver/hubclientinfo/SE/XXX"
    assert (await newest.resa.ask("PUT", path, newest.lades_token, info)).http == 404
    assert (await newest.lade.ask("GET", "2.3.0/sender/hubclientinfo", newest.resas_token)).http == 404


async def test_a_client_info_that_differs_from_its_url_is_refused(hub):
    nav, resa, version = hub
    token = nav.platform.sealing.open((await peers.named(nav.platform, "Resa")).token_sealed)
    info = {
        "country_code": "SE",
        "party_id": "LAD",
        "role": "CPO",
        "status": "PLANNED",
        "last_updated": "2026-11-01T10:00:00Z",
    }
    assert (await resa.ask("PUT", f"{version}/receiver/hubclientinfo/SE/LAD", token, info)).http == 201
    assert (await resa.ask("PUT", f"{version}/receiver/hubclientinfo/SE/XXX", token, info)).status == 2001


@pytest.mark.parametrize("status", ["CONNECTED", "OFFLINE", "PLANNED", "SUSPENDED"])
async def test_nothing_is_ordered_of_an_operator_that_its_hub_cannot_reach(hub, bodies, status):
    nav, resa, version = hub
    at_hub, at_resa = await peers.named(nav.platform, "Resa"), await peers.named(resa.platform, "Nav")
    token = nav.platform.sealing.open(at_hub.token_sealed)
    info = {
        "country_code": "SE",
        "party_id": "LAD",
        "role": "CPO",
        "status": status,
        "last_updated": time.write(time.now()),
    }
    assert (await resa.ask("PUT", f"{version}/receiver/hubclientinfo/SE/LAD", token, info)).http == 201
    await resa.keep(ModuleID.LOCATIONS, bodies.location())
    key = ObjectKey(module=ModuleID.LOCATIONS, party=PartyId("SE", "LAD"), id="L1")
    stored = msgspec.structs.replace(await resa.platform.store.locations.get(key), peer_id=at_resa.id)
    if status == "CONNECTED":
        assert (await operator_of(resa.platform, stored)).id == at_resa.id
    else:
        with pytest.raises(UserError, match=f"is {status} at Nav"):
            await operator_of(resa.platform, stored)


# ---- smart charging service providers ------------------------------------------------------------------------------


async def test_only_a_smart_charging_provider_under_contract_sees_every_session(lade, bodies):
    await lade.keep(ModuleID.SESSIONS, bodies.session(), audience="SERES")
    token = await guest(lade, "Smart", "SMA", Role.SCSP)
    assert (await lade.ask("GET", "2.3.0/sender/sessions", token)).data == []
    smart = await peers.named(lade.platform, "Smart")
    await peers.change_profile(lade.platform, smart, {"smart_charging": True})
    assert len((await lade.ask("GET", "2.3.0/sender/sessions", token)).data) == 1
    assert (await lade.ask("GET", "2.3.0/sender/cdrs", token)).status == 2000


async def test_a_provider_with_the_contract_of_a_smart_charging_one_sees_no_more(lade, bodies):
    await lade.keep(ModuleID.SESSIONS, bodies.session(), audience="SERES")
    token = await guest(lade, "Other", "OTH", Role.EMSP)
    await peers.change_profile(lade.platform, await peers.named(lade.platform, "Other"), {"smart_charging": True})
    assert (await lade.ask("GET", "2.3.0/sender/sessions", token)).data == []
