"""The members of our hub, for a person."""

from ocpilot.app.kept.peer_records import Delivery, DeliveryState, Peer, PeerState
from ocpilot.app.kept.records import ObjectKey
from ocpilot.base.ids import PartyId
from ocpilot.wire.protocol import ModuleID, Version
from ocpilot.wire.v230 import BusinessDetails, CredentialsRole

RES = PartyId("SE", "RES")


async def test_members_are_shown_with_their_state_and_what_waits(hub_console):
    platform, reader = hub_console
    now = platform.clock()
    role = CredentialsRole(
        role="EMSP", party_id="RES", country_code="SE", business_details=BusinessDetails(name="Resa AB")
    )
    member = Peer(
        name="Resa",
        state=PeerState.REGISTERED,
        version=Version.V2_3_0,
        roles=(role,),
        created_at=now,
        updated_at=now,
    )
    member = await platform.store.peers.add(member)
    key = ObjectKey(module=ModuleID.TARIFFS, party=RES, id="T1")
    waiting = Delivery(peer_id=member.id, key=key, state=DeliveryState.WAITING, next_at=now, updated_at=now)
    await platform.store.deliveries.save(waiting)
    assert "Resa Connected 2.3.0 SE*RES EMSP 1 0" in (await reader.get("/console/hub")).words


async def test_a_hub_without_members_says_how_to_get_some(hub_console):
    _, reader = hub_console
    assert "Invite a partner under Peers" in (await reader.get("/console/hub")).words


async def test_who_is_no_hub_is_told_so(console):
    assert "This platform is no hub" in (await console.get("/console/hub")).words
