"""Peers, found by number, name, token and party."""

from datetime import datetime

import pytest
from msgspec.structs import replace

from ocpilot.app.kept.peer_records import DeliveryPolicy, Detected, Peer, PeerProfile, PeerState
from ocpilot.base.errors import Conflict, NotFound
from ocpilot.base.ids import PartyId
from ocpilot.store.postgres import PostgresStore
from ocpilot.wire.protocol import ModuleID, TokenEncoding, Version
from ocpilot.wire.v230 import BusinessDetails, CredentialsRole, Endpoint, Role


@pytest.fixture
def peer(noon: datetime) -> Peer:
    role = CredentialsRole(
        role=Role.CPO, business_details=BusinessDetails(name="Ladda"), party_id="lad", country_code="SE"
    )
    return Peer(
        name="Ladda",
        state=PeerState.REGISTERED,
        version=Version.V2_2_1,
        versions_url="https://ladda.example/ocpi/versions",
        endpoints=(Endpoint(identifier="cdrs", role="SENDER", url="https://ladda.example/ocpi/cdrs"),),
        roles=(role,),
        token_hash=b"ours",
        token_sealed=b"theirs",
        profile=PeerProfile(policy=DeliveryPolicy.FIFO, push=(ModuleID.CDRS,), trailing_slash=True),
        created_at=noon,
        updated_at=noon,
    )


async def test_a_peer_comes_back_as_it_was_with_its_number(store: PostgresStore, peer: Peer) -> None:
    added = await store.peers.add(peer)
    assert added == replace(peer, id=added.id)
    assert added.id > 0
    assert await store.peers.get(added.id) == added
    assert await store.peers.by_name("LADDA") == added
    assert await store.peers.all() == (added,)


async def test_two_peers_of_one_name_are_refused(store: PostgresStore, peer: Peer) -> None:
    await store.peers.add(peer)
    with pytest.raises(Conflict, match="already"):
        await store.peers.add(replace(peer, name="lADDA", token_hash=None))


async def test_saving_replaces_and_needs_a_stored_peer(store: PostgresStore, peer: Peer) -> None:
    added = await store.peers.add(peer)
    later = replace(added, name="Ladda Nu", state=PeerState.SUSPENDED, roles=())
    await store.peers.save(later)
    assert await store.peers.get(added.id) == later
    with pytest.raises(NotFound):
        await store.peers.save(replace(peer, id=99, name="nobody", token_hash=None))


@pytest.mark.parametrize(
    ("state", "found"), [("registered", True), ("suspended", True), ("invited", False), ("unregistered", False)]
)
async def test_a_credentials_token_names_a_registered_or_suspended_peer(
    store: PostgresStore, peer: Peer, state: str, found: bool
) -> None:
    added = await store.peers.add(replace(peer, state=PeerState(state)))
    assert await store.peers.by_token(b"ours") == (added if found else None)
    assert await store.peers.by_token(b"theirs") is None


@pytest.mark.parametrize(("state", "found"), [("invited", True), ("registered", True), ("unregistered", False)])
async def test_an_invitation_names_a_peer_until_it_is_unregistered(
    store: PostgresStore, peer: Peer, state: str, found: bool
) -> None:
    added = await store.peers.add(replace(peer, state=PeerState(state), token_hash=None, invitation_hash=b"A"))
    assert await store.peers.by_token(b"A") == (added if found else None)


async def test_a_party_names_its_peer_until_that_is_unregistered(store: PostgresStore, peer: Peer) -> None:
    added = await store.peers.add(peer)
    assert await store.peers.of_party(PartyId.of("se", "LAD")) == added
    assert await store.peers.of_party(PartyId("SE", "XXX")) is None
    suspended = replace(added, state=PeerState.SUSPENDED)
    await store.peers.save(suspended)
    assert await store.peers.of_party(PartyId("SE", "LAD")) == suspended
    await store.peers.save(replace(added, state=PeerState.UNREGISTERED))
    assert await store.peers.of_party(PartyId("SE", "LAD")) is None


async def test_what_is_found_out_adds_up_and_saving_a_peer_keeps_it(store: PostgresStore, peer: Peer) -> None:
    added = await store.peers.add(peer)
    await store.peers.noticed(added.id, Detected(token_encoding=TokenEncoding.PLAIN, trailing_slash=True))
    await store.peers.noticed(added.id, Detected(trailing_slash=False, refuses_patch=True))
    await store.peers.returned(added.id, peer.created_at)
    await store.peers.save(replace(added, name="Ladda Nu"))
    found = await store.peers.get(added.id)
    assert found is not None
    assert found.detected == Detected(token_encoding=TokenEncoding.PLAIN, trailing_slash=False, refuses_patch=True)
    assert (found.name, found.returned_at) == ("Ladda Nu", peer.created_at)


async def test_the_other_token_names_a_peer_while_it_is_connected(store: PostgresStore, peer: Peer) -> None:
    added = await store.peers.add(replace(peer, other_hash=b"other", rotated_at=peer.created_at, allowed=("CPO:*",)))
    assert await store.peers.by_token(b"other") == added
    await store.peers.save(replace(added, state=PeerState.UNREGISTERED))
    assert await store.peers.by_token(b"other") is None
