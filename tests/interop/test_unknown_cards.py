"""A card no provider told us of, at a station of ours (mod_tokens, "Real-time authorization")."""

from contextlib import asynccontextmanager

import pytest
from strangers import Habits, stranger

from ocpilot.app.charges import authorize
from ocpilot.app.kept.station_events import IdToken
from ocpilot.app.partners import peers
from ocpilot.base.ids import PartyId
from ocpilot.wire.v230 import LocationReferences

OPERATOR = PartyId("SE", "LAD")
PLACE = LocationReferences(location_id="L1", evse_uids=("E1",))
THEIRS = {"country_code": "DE", "party_id": "XYZ"}


@asynccontextmanager
async def provider(node, version="2.2.1", habits=None, **profile):
    """A foreign provider that tells no Tokens, registered with this node."""
    async with stranger("EMSP", version, habits or Habits()) as there:
        invitation = await peers.invite(node.platform, "Fremde")
        await there.register(invitation.versions_url, invitation.token)
        peer = await peers.named(node.platform, "Fremde")
        await peers.change_profile(node.platform, peer, {"tokens_on_demand": True} | profile)
        yield there


async def shown(node, uid="CARD1", *, starting=False):
    return await authorize.authorize_token(node.platform, OPERATOR, IdToken(uid), PLACE, starting=starting)


@pytest.mark.parametrize("version", ["2.2.1", "2.3.0", "2.2"])
async def test_its_provider_is_asked_and_the_start_belongs_to_the_answer(lade, bodies, version):
    async with provider(lade, version) as there:
        there.ours, there.allowed = {"tokens": [bodies.token("CARD1", **THEIRS)]}, {"CARD1": "ALLOWED"}
        first = await shown(lade)
        start = await shown(lade, starting=True)
        [asked] = there.requests("POST", "authorize")
    assert (asked.path.rsplit("/", 2)[1], asked.query["type"]) == ("CARD1", "RFID")
    assert asked.body == {"location_id": "L1", "evse_uids": ["E1"]}
    assert (asked.headers["ocpi-to-party-id"], asked.headers["ocpi-from-party-id"]) == ("XYZ", "LAD")
    for decision in (first, start):
        assert (decision.allowed, decision.reference, decision.method) == ("ALLOWED", "REF-1", "AUTH_REQUEST")
        assert decision.token.contract_id == "SE-RES-C00000001"


@pytest.mark.parametrize("word", ["BLOCKED", "EXPIRED", "NO_CREDIT", "NOT_ALLOWED"])
async def test_what_its_provider_says_counts(lade, bodies, word):
    async with provider(lade) as there:
        there.ours, there.allowed = {"tokens": [bodies.token("CARD1", **THEIRS)]}, {"CARD1": word}
        assert (await shown(lade)).allowed == word


@pytest.mark.parametrize("habits", [Habits(), Habits(unknown_is_200=True)], ids=["404", "200"])
async def test_a_card_nobody_knows_stays_unknown(lade, habits):
    async with provider(lade, habits=habits) as there:
        assert await shown(lade) == authorize.UNKNOWN
        assert len(there.requests("POST", "authorize")) == 1


async def test_who_tells_his_tokens_is_not_asked_about_others(lade, bodies):
    async with provider(lade, tokens_on_demand=False) as there:
        there.ours, there.allowed = {"tokens": [bodies.token("CARD1", **THEIRS)]}, {"CARD1": "ALLOWED"}
        assert await shown(lade) == authorize.UNKNOWN
        assert there.requests("POST", "authorize") == []


async def test_nobody_answers_with_the_token_of_somebody_else(lade, bodies):
    async with provider(lade) as there:
        there.ours, there.allowed = {"tokens": [bodies.token("CARD1")]}, {"CARD1": "ALLOWED"}
        assert await shown(lade) == authorize.UNKNOWN
