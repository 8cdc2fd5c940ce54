"""A platform that is not ours registers with us, by either side's invitation and with any habit (credentials)."""

import pytest
from strangers import Habits, stranger

from ocpilot.app.kept.peer_records import PeerState
from ocpilot.app.partners import credentials, peers
from ocpilot.app.partners.ready_profiles import ready
from ocpilot.base.errors import PeerError, UserError
from ocpilot.wire.protocol import Version

VERSIONS = ("2.2.1", "2.3.0")
HABITS = {
    "by the book": Habits(),
    "plain token": Habits(plain_token=True),
    "plain token, never 401": Habits(plain_token=True, unknown_token_is_200=True),
    "details for versions": Habits(details_for_versions=True),
    "slashes": Habits(trailing_slash=True),
    "no roles": Habits(roleless_endpoints=True),
    "lower case": Habits(lower_case_parties=True),
    "extra fields": Habits(extra_fields=True, null_lists=True),
    "bare envelope": Habits(timestamp=False, status_as_text=True),
    "other times": Habits(zone="+00:00"),
}


async def they_register(node, there, **changes):
    invitation = await peers.invite(node.platform, "Fremde")
    return await there.register(invitation.versions_url, invitation.token, **changes)


async def both_ways(node, there):
    """They read a list of ours, we read their versions."""
    [module] = [m for m, r in there.endpoints if r == "SENDER" and m in ("tokens", "tariffs")]
    assert (await there.ask("GET", module, role="SENDER")).http == 200
    peer = await peers.named(node.platform, "Fremde")
    assert peer.state is PeerState.REGISTERED
    updated = await peers.update(node.platform, peer)
    assert updated.state is PeerState.REGISTERED
    return updated


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("role", ["CPO", "EMSP"])
async def test_they_register_by_our_invitation(lade, resa, role, version):
    node = resa if role == "CPO" else lade
    async with stranger(role, version) as there:
        said = await they_register(node, there)
        assert (said.http, said.status) == (200, 1000)
        peer = await both_ways(node, there)
        assert peer.version == Version(version)
        assert peer.parties == ("DEXYZ",)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("role", ["CPO", "EMSP"])
async def test_we_register_by_their_invitation(lade, resa, role, version):
    node = resa if role == "CPO" else lade
    async with stranger(role, version) as there:
        await peers.register(node.platform, there.versions_url, there.invite(), "Fremde")
        await both_ways(node, there)


@pytest.mark.parametrize("habits", HABITS.values(), ids=HABITS)
@pytest.mark.parametrize("who", ["they", "we"])
async def test_no_habit_hinders_a_registration(lade, who, habits):
    async with stranger("EMSP", "2.2.1", habits) as there:
        if who == "they":
            said = await they_register(lade, there)
            assert (said.http, said.status) == (200, 1000), said.text
        else:
            await peers.register(lade.platform, there.versions_url, there.invite(), "Fremde")
        peer = await both_ways(lade, there)
    offered = {(one.identifier, str(one.role)) for one in peer.endpoints}
    assert offered >= {("tokens", "SENDER"), ("locations", "RECEIVER"), ("cdrs", "RECEIVER")}


@pytest.mark.parametrize("who", ["they", "we"])
async def test_a_provider_that_only_fetches_needs_to_offer_nothing(lade, who):
    async with stranger("EMSP", "2.2.1", Habits(only_fetches=True)) as there:
        if who == "they":
            assert (await they_register(lade, there)).status == 1000
        else:
            await peers.register(lade.platform, there.versions_url, there.invite(), "Fremde")
        await both_ways(lade, there)


async def test_it_is_told_the_versions_that_it_can_read(lade):
    """Some read no list with a version they do not know."""
    invitation = await peers.invite(lade.platform, "Fremde")
    await peers.change_profile(lade.platform, invitation.peer, ready("only-2.2.1").changes)
    async with stranger("EMSP", "2.2.1") as there:
        told = await there.call("GET", invitation.versions_url, key=invitation.token)
        assert [one["version"] for one in told.data] == ["2.2.1"]
        assert (await there.register(invitation.versions_url, invitation.token)).status == 1000
        peer = await both_ways(lade, there)
    assert peer.version == Version.V2_2_1
    with pytest.raises(UserError, match="versions"):
        await peers.change_profile(lade.platform, peer, {"versions": []})


async def test_credentials_can_be_read_changed_and_deleted_by_them(lade):
    async with stranger("EMSP", "2.3.0") as there:
        await they_register(lade, there)
        read = await there.ask("GET", "credentials")
        assert (read.data["token"], read.data["roles"][0]["role"]) == (there.key, "CPO")
        before = there.key
        assert (await there.update()).status == 1000
        assert there.key != before
        assert (await there.ask("GET", "tariffs")).http == 200
        lade.clock.ahead += credentials.OVERLAP * 2
        assert (await there.ask("GET", "tariffs", key=before)).http == 401
        assert (await there.ask("DELETE", "credentials")).status == 1000
        assert (await there.ask("GET", "credentials")).http == 401
    assert (await peers.named(lade.platform, "Fremde")).state is PeerState.UNREGISTERED


async def test_we_leave_and_they_hear_of_it(lade):
    async with stranger("EMSP", "2.3.0") as there:
        await peers.register(lade.platform, there.versions_url, there.invite(), "Fremde")
        await peers.unregister(lade.platform, await peers.named(lade.platform, "Fremde"))
        [heard] = there.requests("DELETE", "credentials")
        assert heard.body is None
        assert (await there.ask("GET", "credentials")).http == 401


async def test_a_slow_platform_is_waited_for(lade):
    async with stranger("EMSP", "2.3.0", Habits(slow=0.3)) as there:
        await peers.register(lade.platform, there.versions_url, there.invite(), "Fremde")


async def test_a_version_we_do_not_speak_is_3002_and_leaves_the_invitation_open(lade):
    async with stranger("EMSP", "2.3.0") as there:
        invitation = await peers.invite(lade.platform, "Fremde")
        there.key = invitation.token
        await there._discover(invitation.versions_url)
        there.version = "2.1.1"
        said = await there._offer("POST")
        assert (said.http, said.status) == (200, 3002)
        there.version = "2.3.0"
        assert (await they_register(lade, there)).status == 1000


async def test_an_invitation_they_do_not_know_is_said_so(lade):
    async with stranger("EMSP", "2.3.0") as there:
        with pytest.raises(PeerError, match="401"):
            await peers.register(lade.platform, there.versions_url, "wrong", "Fremde")
