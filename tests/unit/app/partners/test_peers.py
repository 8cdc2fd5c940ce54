"""What can be decided about peers without another platform (app/partners/peers.py)."""

from datetime import UTC, datetime
from decimal import Decimal
from types import SimpleNamespace

import pytest

from ocpilot.app.kept.peer_records import DeliveryPolicy, Peer, PeerProfile, PeerState
from ocpilot.app.partners import peers
from ocpilot.base.errors import Conflict, NotFound, UserError
from ocpilot.base.settings import ServerSettings, Settings
from ocpilot.store.postgres import PostgresStore
from ocpilot.wire.protocol import ModuleID

NOW = datetime(2026, 11, 1, tzinfo=UTC)


@pytest.fixture
def platform(store: PostgresStore):
    settings = Settings(server=ServerSettings(public_url="https://us.example"))
    return SimpleNamespace(store=store, clock=lambda: NOW, settings=settings)


async def test_an_invitation_is_a_token_whose_hash_is_kept(platform):
    invitation = await peers.invite(platform, "Resa")
    assert invitation.versions_url == "https://us.example/ocpi/versions"
    assert invitation.peer.state is PeerState.INVITED
    assert invitation.token.encode() not in invitation.peer.invitation_hash


async def test_inviting_again_ends_the_first_invitation(platform):
    first = await peers.invite(platform, "Resa")
    second = await peers.invite(platform, "resa")
    assert second.peer.id == first.peer.id
    assert second.peer.invitation_hash != first.peer.invitation_hash


async def test_an_invitation_can_be_taken_back(platform):
    invitation = await peers.invite(platform, "Resa")
    gone = await peers.unregister(platform, invitation.peer)
    assert (gone.state, gone.invitation_hash) == (PeerState.UNREGISTERED, None)


async def test_a_registered_peer_is_not_invited_again(platform):
    await platform.store.peers.add(Peer(name="Resa", state=PeerState.REGISTERED, created_at=NOW, updated_at=NOW))
    with pytest.raises(Conflict, match="registered already"):
        await peers.invite(platform, "Resa")


async def test_only_a_registered_peer_is_suspended_and_updated(platform):
    invited = (await peers.invite(platform, "Resa")).peer
    with pytest.raises(Conflict, match="is invited"):
        await peers.suspend(platform, invited)
    with pytest.raises(Conflict, match="not registered"):
        await peers.update(platform, invited)


async def test_a_name_nobody_has_is_not_found(platform):
    with pytest.raises(NotFound, match="Nobody"):
        await peers.named(platform, "Nobody")


async def test_quirks_are_kept(platform):
    invited = (await peers.invite(platform, "Resa")).peer
    changes = {"token_encoding": "plain", "policy": "fifo", "push": ["tariffs"], "timeout_seconds": 5}
    await peers.change_profile(platform, invited, changes)
    profile = (await peers.named(platform, "Resa")).profile
    assert profile.token_encoding == "plain"
    assert profile.policy is DeliveryPolicy.FIFO
    assert profile.push == (ModuleID.TARIFFS,)
    assert profile.page_size == 100


@pytest.mark.parametrize(
    ("changes", "found"),
    [({"colour": 1}, "colour"), ({"token_encoding": "rot13"}, "rot13"), ({"window": "many"}, "window")],
)
async def test_a_quirk_that_makes_no_sense_is_named(platform, changes, found):
    invited = (await peers.invite(platform, "Resa")).peer
    with pytest.raises(UserError, match=found):
        await peers.change_profile(platform, invited, changes)


async def test_a_quirk_goes_back_to_the_usual(platform):
    peer = (await peers.invite(platform, "Resa")).peer
    peer = await peers.change_profile(platform, peer, {"page_size": 5, "tolerance": "0.05", "patch": False})
    assert (peer.profile.tolerance, peer.profile.patch) == (Decimal("0.05"), False)
    peer = await peers.change_profile(platform, peer, {"page_size": None, "tolerance": None, "patch": None})
    assert peer.profile == PeerProfile()


@pytest.mark.parametrize(
    "changes", [{"tolerance": "-1"}, {"relative_tolerance": "NaN"}, {"page_size": 0}, {"window": 0}]
)
async def test_a_quirk_out_of_bounds_is_refused(platform, changes):
    invited = (await peers.invite(platform, "Resa")).peer
    with pytest.raises(UserError, match="profile of Resa"):
        await peers.change_profile(platform, invited, changes)
