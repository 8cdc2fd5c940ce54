"""Two platforms register with each other, change and part (credentials, "Use cases")."""

import msgspec
import pytest

from ocpilot.app.kept.peer_records import PeerState
from ocpilot.app.partners import credentials as app_credentials
from ocpilot.app.partners import peers
from ocpilot.base.errors import Conflict, InvalidObject, PeerUnreachable, UnsupportedVersion
from ocpilot.wire.protocol import TokenEncoding, Version

VERSIONS = (Version.V2_2_1, Version.V2_3_0)


def credentials(node, token="x" * 20, party="XYZ", role="EMSP", url=None):
    return {
        "token": token,
        "url": url or f"{node.base}/ocpi/versions",
        "roles": [{"role": role, "country_code": "SE", "party_id": party, "business_details": {"name": "X"}}],
    }


async def test_both_know_each_other_after_registration(connection):
    assert connection.lade_at_resa.state is PeerState.REGISTERED
    assert connection.resa_at_lade.state is PeerState.REGISTERED
    assert connection.lade_at_resa.parties == ("SELAD",)
    assert connection.resa_at_lade.parties == ("SERES",)
    assert connection.lade_at_resa.version == connection.resa_at_lade.version == connection.version


async def test_each_side_offers_the_mirror_of_the_other(connection):
    def offers(peer):
        """Without what has no other side between these two: credentials, payments (for terminals), clients of hubs."""
        alone = ("credentials", "payments", "hubclientinfo")
        return {(str(one.identifier), str(one.role)) for one in peer.endpoints if one.identifier not in alone}

    assert ("tariffs", "SENDER") in offers(connection.lade_at_resa)
    assert ("tariffs", "RECEIVER") in offers(connection.resa_at_lade)
    mirrored = {
        (module, {"SENDER": "RECEIVER", "RECEIVER": "SENDER"}[role]) for module, role in offers(connection.lade_at_resa)
    }
    assert mirrored - {("payments", "SENDER")} == offers(connection.resa_at_lade)


async def test_the_newest_common_version_is_chosen(lade, resa):
    invitation = await peers.invite(lade.platform, "Resa")
    peer = await peers.register(resa.platform, invitation.versions_url, invitation.token, "Lade")
    assert peer.version is Version.V2_3_0


async def test_each_side_finds_the_token_it_uses_in_the_credentials_it_gets(newest):
    reply = await newest.lade.ask("GET", f"{newest.version}/credentials", newest.resas_token)
    assert reply.http == 200
    assert reply.data["token"] == newest.resas_token
    [role] = reply.data["roles"]
    assert role["party_id"] == "LAD"
    logo = {"url": "https://lade.example/logo.SVG", "category": "OPERATOR", "type": "svg"}
    assert role["business_details"]["logo"] == logo


async def test_a_plain_token_is_understood_too(newest):
    reply = await newest.lade.ask("GET", "versions", newest.resas_token, encoding=TokenEncoding.PLAIN)
    assert reply.http == 200


@pytest.mark.parametrize("token", [None, "wrong", ""])
async def test_no_or_a_wrong_token_is_401(lade, token):
    reply = await lade.ask("GET", "versions", token)
    assert reply.http == 401
    assert reply.status == 2000
    assert "data" not in reply.body


async def test_the_invitation_opens_versions_and_credentials_only(lade):
    invitation = await peers.invite(lade.platform, "Resa")
    assert (await lade.ask("GET", "versions", invitation.token)).http == 200
    assert (await lade.ask("GET", "2.3.0", invitation.token)).http == 200
    refused = await lade.ask("GET", "2.3.0/sender/tariffs", invitation.token)
    assert refused.http == 401


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
async def test_put_and_delete_before_registration_are_405(lade, method):
    invitation = await peers.invite(lade.platform, "Resa")
    reply = await lade.ask(method, "2.3.0/credentials", invitation.token, credentials(lade))
    assert reply.http == 405
    assert reply.headers["Allow"] == "GET, POST"


async def test_a_second_registration_is_405(connection):
    reply = await connection.lade.ask(
        "POST", f"{connection.version}/credentials", connection.resas_token, credentials(connection.resa)
    )
    assert reply.http == 405
    assert "PUT" in reply.headers["Allow"]


async def test_registering_a_registered_peer_again_is_refused_at_home(newest):
    with pytest.raises(Conflict, match="registered already"):
        await peers.register(newest.resa.platform, "http://127.0.0.1:1/", "token", "Lade")


async def test_an_update_changes_both_tokens_and_the_version(connection):
    before = connection.resas_token
    wanted = next(version for version in VERSIONS if version is not connection.version)
    updated = await peers.update(connection.resa.platform, connection.lade_at_resa, wanted)
    at_lade = await peers.named(connection.lade.platform, "Resa")
    assert updated.version is at_lade.version is wanted
    after = connection.resa.platform.sealing.open(updated.token_sealed)
    assert after != before
    assert (await connection.lade.ask("GET", f"{wanted}/sender/tariffs", after)).http == 200
    connection.lade.clock.ahead += app_credentials.OVERLAP * 2
    assert (await connection.lade.ask("GET", f"{wanted}/sender/tariffs", after)).http == 200
    assert (await connection.lade.ask("GET", f"{wanted}/sender/tariffs", before)).http == 401


async def test_either_side_may_update(newest):
    updated = await peers.update(newest.lade.platform, newest.resa_at_lade)
    token = newest.lade.platform.sealing.open(updated.token_sealed)
    assert (await newest.resa.ask("GET", f"{newest.version}/sender/tokens", token)).http == 200


async def test_an_answer_that_got_lost_is_asked_for_again(lade, resa):
    """Lade registered Resa, but Resa never heard of it: the same command with the same token finishes."""
    invitation = await peers.invite(lade.platform, "Resa")
    await peers.register(resa.platform, invitation.versions_url, invitation.token, "Lade")
    lost = await peers.named(resa.platform, "Lade")
    invited = msgspec.structs.replace(lost, state=PeerState.INVITED, token_hash=None, token_sealed=None)
    await resa.platform.store.peers.save(invited)
    again = await peers.register(resa.platform, invitation.versions_url, invitation.token, "Lade")
    token = resa.platform.sealing.open(again.token_sealed)
    assert (await lade.ask("GET", "2.3.0/sender/tariffs", token)).http == 200


async def test_a_replaced_token_opens_versions_for_a_while_and_then_nothing(newest):
    before = newest.resas_token
    await peers.update(newest.resa.platform, newest.lade_at_resa)
    newest.lade.clock.ahead += app_credentials.OVERLAP * 2
    assert (await newest.lade.ask("GET", "versions", before)).http == 200
    assert (await newest.lade.ask("GET", "2.3.0/sender/tariffs", before)).http == 401
    newest.lade.clock.ahead += app_credentials.REPLACEMENT
    assert (await newest.lade.ask("GET", "versions", before)).http == 401


async def test_after_unregistering_neither_token_opens_anything(newest):
    lades, resas = newest.lades_token, newest.resas_token
    gone = await peers.unregister(newest.resa.platform, newest.lade_at_resa)
    assert gone.state is PeerState.UNREGISTERED
    assert (await peers.named(newest.lade.platform, "Resa")).state is PeerState.UNREGISTERED
    assert (await newest.lade.ask("GET", "versions", resas)).http == 401
    assert (await newest.resa.ask("GET", "versions", lades)).http == 401


async def test_a_peer_that_is_gone_for_good_is_forgotten_only_when_it_may_remain_untold(newest):
    gone = [msgspec.structs.replace(one, url="http://127.0.0.1:9/gone") for one in newest.lade_at_resa.endpoints]
    lade = msgspec.structs.replace(newest.lade_at_resa, endpoints=tuple(gone))
    await newest.resa.platform.store.peers.save(lade)
    with pytest.raises(PeerUnreachable):
        await peers.unregister(newest.resa.platform, lade)
    assert (await peers.named(newest.resa.platform, "Lade")).state is PeerState.REGISTERED
    assert (await peers.unregister(newest.resa.platform, lade, untold=True)).state is PeerState.UNREGISTERED
    assert (await newest.resa.ask("GET", "versions", newest.lades_token)).http == 401


async def test_a_platform_that_left_may_come_back(newest):
    await peers.unregister(newest.resa.platform, newest.lade_at_resa)
    invitation = await peers.invite(newest.lade.platform, "Resa")
    again = await peers.register(newest.resa.platform, invitation.versions_url, invitation.token, "Lade")
    assert again.state is PeerState.REGISTERED
    assert again.id == newest.lade_at_resa.id


async def test_a_suspended_peer_is_refused_until_resumed(newest):
    suspended = await peers.suspend(newest.lade.platform, newest.resa_at_lade)
    assert (await newest.lade.ask("GET", "versions", newest.resas_token)).http == 401
    await peers.resume(newest.lade.platform, suspended)
    assert (await newest.lade.ask("GET", "versions", newest.resas_token)).http == 200


async def test_a_caller_that_cannot_be_called_back_gets_3001(lade):
    invitation = await peers.invite(lade.platform, "Resa")
    reply = await lade.ask(
        "POST", "2.3.0/credentials", invitation.token, credentials(lade, url="http://127.0.0.1:9/versions")
    )
    assert (reply.http, reply.status) == (200, 3001)
    assert (await peers.named(lade.platform, "Resa")).state is PeerState.INVITED


async def test_a_party_that_another_peer_holds_is_refused(newest):
    invitation = await peers.invite(newest.lade.platform, "Somebody else")
    reply = await newest.lade.ask(
        "POST", f"{newest.version}/credentials", invitation.token, credentials(newest.resa, party="RES")
    )
    assert (reply.http, reply.status) == (200, 2001)
    assert "SERES" in reply.message
    assert "another platform" in reply.message


async def test_a_platform_that_claims_our_party_is_refused(lade):
    invitation = await peers.invite(lade.platform, "Resa")
    reply = await lade.ask("POST", "2.3.0/credentials", invitation.token, credentials(lade, party="lad"))
    assert (reply.http, reply.status) == (200, 2001)
    assert "SELAD, which is ours" in reply.message


async def test_credentials_that_break_the_standard_are_named_field_by_field(lade):
    invitation = await peers.invite(lade.platform, "Resa")
    reply = await lade.ask("POST", "2.3.0/credentials", invitation.token, {"token": 5, "roles": []})
    assert (reply.http, reply.status) == (200, 2001)
    for path in ("$.token", "$.url", "$.roles"):
        assert path in reply.message


async def test_roles_that_appear_twice_are_refused(lade):
    invitation = await peers.invite(lade.platform, "Resa")
    twice = credentials(lade)
    twice["roles"] *= 2
    reply = await lade.ask("POST", "2.3.0/credentials", invitation.token, twice)
    assert (reply.http, reply.status) == (200, 2001)
    assert "$.roles[1]" in reply.message


async def test_a_registration_refused_at_the_end_is_taken_back(lade, resa):
    """Resa already knows the party of Lade under another name: it says so, and tells Lade that it is over."""
    invitation = await peers.invite(lade.platform, "Resa")
    await peers.register(resa.platform, invitation.versions_url, invitation.token, "Lade")
    stored = await peers.named(lade.platform, "Resa")
    await lade.platform.store.peers.save(app_credentials.forgotten(lade.platform, stored))
    again = await peers.invite(lade.platform, "Resa")
    with pytest.raises(InvalidObject, match="SELAD"):
        await peers.register(resa.platform, again.versions_url, again.token, "Lade once more")
    assert (await peers.named(lade.platform, "Resa")).state is PeerState.UNREGISTERED


async def test_a_url_of_one_version_is_taken_as_a_list_of_it(lade, resa):
    invitation = await peers.invite(lade.platform, "Resa")
    url = invitation.versions_url.replace("versions", "2.2.1")
    with pytest.raises(UnsupportedVersion, match=r"they speak 2\.2\.1, we asked for 2\.3\.0"):
        await peers.register(resa.platform, url, invitation.token, "Lade", Version.V2_3_0)
    peer = await peers.register(resa.platform, url, invitation.token, "Lade")
    assert (peer.version, peer.versions_url) == (Version.V2_2_1, invitation.versions_url)


@pytest.mark.parametrize("role", ["CPO", "EMSP"])
async def test_a_platform_of_2_1_1_is_what_was_agreed_on(lade, resa, role):
    """Its credentials do not say; else it would be the other side of ours."""
    invitation = await peers.invite(resa.platform, "Lade", [f"{role}:SE/LAD"])
    await peers.register(lade.platform, invitation.versions_url, invitation.token, "Resa", Version.V2_1_1)
    assert (await peers.named(resa.platform, "Lade")).roles[0].role == role
