"""What a peer claims to be is held against what the operator allowed, in both directions and all versions."""

import msgspec
import pytest

from ocpilot.app.kept.peer_records import PeerState
from ocpilot.app.partners import peers
from ocpilot.base.errors import InvalidObject, UserError
from ocpilot.wire.protocol import Version

VERSIONS = (Version.V2_1_1, Version.V2_2_1, Version.V2_3_0)


def claiming(node, token, *claims, hub=None):
    """A credentials object of `node` that claims roles such as `EMSP:SE/RES`."""
    roles = []
    for word in claims:
        role, _, party = word.partition(":")
        country, _, ident = party.partition("/")
        name = {"name": ident}
        roles.append({"role": role, "country_code": country, "party_id": ident, "business_details": name})
    body = {"token": token, "url": f"{node.base}/ocpi/versions", "roles": roles}
    return body | ({"hub_party_id": hub} if hub else {})


@pytest.mark.parametrize("version", VERSIONS)
async def test_the_first_registration_says_what_is_allowed(lade, resa, register, version):
    connection = await register(lade, resa, version)
    assert connection.resa_at_lade.allowed == ("EMSP:SE/RES",)
    assert connection.lade_at_resa.allowed == ("CPO:SE/LAD",)


@pytest.mark.parametrize("version", VERSIONS)
async def test_who_registers_with_us_may_be_only_what_was_allowed(lade, resa, version):
    invitation = await peers.invite(lade.platform, "Resa", ("EMSP:SE/ABC",))
    with pytest.raises(Exception, match=r"EMSP:SE/RES, not agreed on .*expected EMSP:SE/ABC"):
        await peers.register(resa.platform, invitation.versions_url, invitation.token, "Lade", version)
    assert (await peers.named(lade.platform, "Resa")).state is PeerState.INVITED
    await peers.invite(lade.platform, "Resa", ("emsp:se-res",))


@pytest.mark.parametrize("version", VERSIONS)
async def test_whom_we_register_with_may_be_only_what_was_allowed(lade, resa, version):
    invitation = await peers.invite(lade.platform, "Resa")
    with pytest.raises(InvalidObject, match=r"CPO:SE/LAD, not agreed on .*expected CPO:DE/LAD"):
        await peers.register(
            resa.platform, invitation.versions_url, invitation.token, "Lade", version, allowed=("CPO:DE/LAD",)
        )
    assert (await peers.named(lade.platform, "Resa")).state is PeerState.UNREGISTERED


async def test_a_put_that_adds_a_party_or_a_role_is_refused_until_it_is_allowed(newest):
    more = claiming(newest.resa, newest.lades_token, "EMSP:SE/RES", "EMSP:SE/ABC", "CPO:SE/RES")
    path = f"{newest.version}/credentials"
    refused = await newest.lade.ask("PUT", path, newest.resas_token, more)
    assert (refused.http, refused.status) == (200, 2001)
    assert "EMSP:SE/ABC, CPO:SE/RES, not agreed on" in refused.message
    known = await peers.named(newest.lade.platform, "Resa")
    assert known.parties == ("SERES",)
    assert (await newest.lade.ask("GET", f"{newest.version}/sender/tariffs", newest.resas_token)).http == 200

    await peers.allow(newest.lade.platform, known, ("EMSP:*", "CPO:SE/RES"))
    assert (await newest.lade.ask("PUT", path, newest.resas_token, more)).status == 1000
    assert (await peers.named(newest.lade.platform, "Resa")).parties == ("SEABC", "SERES")


async def test_to_be_a_hub_is_a_claim_of_its_own(newest):
    hub = claiming(newest.resa, newest.lades_token, "EMSP:SE/RES", hub="SERES")
    refused = await newest.lade.ask("PUT", f"{newest.version}/credentials", newest.resas_token, hub)
    assert "HUB:SE/RES, not agreed on" in refused.message


async def test_a_hub_may_be_allowed_anything(newest):
    known = await peers.named(newest.lade.platform, "Resa")
    fetched = msgspec.structs.replace(known, pulled_at=newest.lade.clock())
    allowed = await peers.allow(newest.lade.platform, fetched, ("*",))
    assert allowed.pulled_at is None, "what was refused until now is fetched again"
    hub = claiming(newest.resa, newest.lades_token, "EMSP:SE/RES", "CPO:NO/XYZ", hub="SERES")
    assert (await newest.lade.ask("PUT", f"{newest.version}/credentials", newest.resas_token, hub)).status == 1000


async def test_when_our_put_is_answered_with_more_the_tokens_are_exchanged_and_the_parties_stay(newest):
    """What Lade plays grew; Resa, who exchanges the tokens, had allowed one party."""
    known = newest.lade_at_resa
    await peers.allow(newest.resa.platform, known, ("CPO:SE/OLD",))
    before = newest.resas_token
    with pytest.raises(InvalidObject, match="CPO:SE/LAD, not agreed on"):
        await peers.update(newest.resa.platform, await peers.named(newest.resa.platform, "Lade"))
    after = await peers.named(newest.resa.platform, "Lade")
    token = newest.resa.platform.sealing.open(after.token_sealed)
    assert (after.state, after.parties, token == before) == (PeerState.REGISTERED, ("SELAD",), False)
    assert (await newest.lade.ask("GET", f"{newest.version}/sender/tariffs", token)).http == 200


@pytest.mark.parametrize("word", ["", "CPO", "CPO:", "CPO:SE", "NOBODY:SE/ABC", "CPO:SE/*", "CPO:SWE/ABC", "**"])
async def test_what_is_no_claim_is_explained(lade, word):
    with pytest.raises(UserError, match=r"expected a role and a party such as CPO:DE/ABC"):
        await peers.invite(lade.platform, "Resa", (word,))
