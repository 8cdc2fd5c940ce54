"""Who may charge: the whitelist of the Token, the provider's answer and its lateness, commands, and our own Tokens."""

import msgspec
import pytest

from ocpilot.app.charges import authorize
from ocpilot.app.kept.station_events import AuthorizationStatus, IdToken
from ocpilot.app.ocpi import tokens
from ocpilot.base.errors import PeerRefused, UnknownToken
from ocpilot.base.ids import PartyId
from ocpilot.wire import codec
from ocpilot.wire.protocol import ModuleID
from ocpilot.wire.v230 import AuthorizationInfo, LocationReferences, WhitelistType

ASKED = ("POST", "tokens")


def answer(token, allowed="ALLOWED", **more):
    return codec.body_of(AuthorizationInfo(allowed=allowed, token=token, **more))


async def status(world, id_tag="CARD1"):
    return (await world.service.authorize("S1", IdToken(id_tag))).status


@pytest.mark.parametrize("whitelist", [WhitelistType.ALWAYS, WhitelistType.ALLOWED])
async def test_a_whitelisted_token_is_accepted_without_asking(operator, whitelist):
    await operator.token(whitelist)
    assert await status(operator) == AuthorizationStatus.ACCEPTED
    assert operator.partners.calls == []


async def test_a_whitelisted_token_that_is_not_valid_is_blocked(operator):
    await operator.token(WhitelistType.ALWAYS, valid=False)
    assert await status(operator) == AuthorizationStatus.BLOCKED


async def test_a_token_nobody_knows_is_unknown(operator):
    assert await status(operator, "NOBODY") == AuthorizationStatus.UNKNOWN


async def test_the_provider_is_asked_with_the_place_and_the_type(operator):
    token = await operator.token(WhitelistType.NEVER)
    operator.partners.answers[ASKED] = answer(token)
    assert await status(operator) == AuthorizationStatus.ACCEPTED
    [sent] = operator.partners.sent(*ASKED)
    assert (sent.segments, sent.params) == (("CARD1", "authorize"), {"type": "RFID"})
    assert sent.body == {"location_id": "L1", "evse_uids": ["E1", "E2"]}


@pytest.mark.parametrize(
    ("allowed", "expected"),
    [("BLOCKED", "Blocked"), ("EXPIRED", "Expired"), ("NO_CREDIT", "NoCredit"), ("NOT_ALLOWED", "NotAtThisLocation")],
)
async def test_a_refusal_is_said_in_the_words_of_ocpp(operator, allowed, expected):
    token = await operator.token(WhitelistType.NEVER)
    operator.partners.answers[ASKED] = answer(token, allowed)
    assert await status(operator) == expected


async def test_a_token_that_is_not_valid_is_asked_about_all_the_same(operator):
    token = await operator.token(WhitelistType.NEVER, valid=False)
    operator.partners.answers[ASKED] = answer(token)
    assert await status(operator) == AuthorizationStatus.ACCEPTED


@pytest.mark.parametrize(
    ("whitelist", "expected"),
    [
        (WhitelistType.ALLOWED_OFFLINE, AuthorizationStatus.ACCEPTED),
        (WhitelistType.NEVER, AuthorizationStatus.NOT_AT_THIS_LOCATION),
    ],
)
async def test_a_provider_that_is_late_leaves_it_to_the_whitelist(operator, whitelist, expected):
    token = await operator.token(whitelist)
    operator.partners.answers[ASKED] = answer(token)
    operator.partners.delay = 30
    assert await status(operator) == expected


@pytest.mark.parametrize("unknown", [PeerRefused("?", 404, None), PeerRefused("?", 200, 2004)])
async def test_a_token_its_provider_does_not_know_is_unknown_whatever_the_whitelist(operator, unknown):
    await operator.token(WhitelistType.ALLOWED_OFFLINE)
    operator.partners.answers[ASKED] = unknown
    assert await status(operator) == AuthorizationStatus.UNKNOWN


async def test_an_answer_that_is_no_authorization_counts_as_none(operator):
    await operator.token(WhitelistType.ALLOWED_OFFLINE)
    operator.partners.answers[ASKED] = {"allowed": "PERHAPS"}
    assert await status(operator) == AuthorizationStatus.ACCEPTED


async def test_the_start_after_an_authorize_asks_nobody_again_and_keeps_the_reference(operator):
    token = await operator.token(WhitelistType.NEVER)
    operator.partners.answers[ASKED] = answer(token, authorization_reference="REF")
    await status(operator)
    operator.passes(60)
    await operator.start()
    session = await operator.only(ModuleID.SESSIONS)
    assert (session["auth_method"], session["authorization_reference"]) == ("AUTH_REQUEST", "REF")
    assert len(operator.partners.sent(*ASKED)) == 1


async def test_a_new_use_of_the_card_is_asked_about_again(operator):
    token = await operator.token(WhitelistType.NEVER)
    operator.partners.answers[ASKED] = answer(token)
    await status(operator)
    await status(operator)
    assert len(operator.partners.sent(*ASKED)) == 2


async def test_only_the_evses_named_in_the_answer_may_be_used(operator):
    token = await operator.token(WhitelistType.NEVER)
    place = LocationReferences(location_id="L1", evse_uids=("E2",))
    operator.partners.answers[ASKED] = answer(token, location=place)
    transaction = await operator.start(connector=1)
    assert (await operator.store.transactions.get(transaction)).accepted is False
    assert (await operator.store.transactions.get(await operator.start(connector=2))).accepted is True


async def test_our_own_token_needs_no_peer(provider):
    token = await tokens.issue(provider.platform, PartyId.of("SE", "RES"), uid="OWN", type_="RFID")
    place = LocationReferences(location_id="L1")
    decision = await authorize.authorize_token(provider.platform, PartyId.of("SE", "RES"), IdToken("own"), place)
    assert (decision.allowed, decision.token) == ("ALLOWED", token)
    assert provider.partners.calls == []


async def test_the_provider_allows_its_token_with_a_fresh_reference_that_is_kept(provider):
    token = await tokens.issue(provider.platform, PartyId.of("SE", "RES"), uid="OWN", type_="RFID")
    place = LocationReferences(location_id="ANYWHERE")
    info = await authorize.decide(provider.platform, provider.peer, "own", None, place)
    again = await authorize.decide(provider.platform, provider.peer, "own", None, place)
    assert (info.allowed, info.token, info.location) == ("ALLOWED", token, place)
    assert info.authorization_reference != again.authorization_reference
    kept = await provider.store.authorizations.latest("OWN", provider.now)
    assert kept.peer_id == provider.peer.id


async def test_the_provider_blocks_a_token_that_is_not_valid_and_gives_no_reference(provider):
    token = await tokens.issue(provider.platform, PartyId.of("SE", "RES"), uid="OWN", type_="RFID")
    await tokens.put(provider.platform, msgspec.structs.replace(token, valid=False))
    info = await authorize.decide(provider.platform, provider.peer, "OWN", None, None)
    assert (info.allowed, info.authorization_reference, info.location) == ("BLOCKED", None, None)


@pytest.mark.parametrize(("uid", "kind"), [("NOBODY", None), ("OWN", "APP_USER")])
async def test_the_provider_does_not_know_other_tokens_or_types(provider, uid, kind):
    await tokens.issue(provider.platform, PartyId.of("SE", "RES"), uid="OWN", type_="RFID")
    with pytest.raises(UnknownToken):
        await authorize.decide(provider.platform, provider.peer, uid, kind, None)
