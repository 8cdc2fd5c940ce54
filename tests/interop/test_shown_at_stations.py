"""What drivers show at stations, and who may charge then: cards, contracts, groups, nobody at all."""

import json
from contextlib import asynccontextmanager

import msgspec
import pytest
from raw_station import raw_station
from strangers import Habits, stranger

from ocpilot.app.ocpi.bodies import object_in
from ocpilot.app.partners import peers
from ocpilot.app.work.jobs import Jobs
from ocpilot.wire.protocol import ModuleID, Version

CONTRACT = {"type": "EMAID", "contract_id": "SE-RES-C00000001-X"}


def event(kind="Started", number=0, wh=1000, minute=0, *, token=None, key="T-1", evse=1, **about):
    at = f"2026-11-23T08:{minute:02}:00Z"
    return {
        "eventType": kind,
        "timestamp": at,
        "triggerReason": "Authorized",
        "seqNo": number,
        "transactionInfo": {"transactionId": key} | about,
        "evse": {"id": evse, "connectorId": 1},
        "meterValue": [{"timestamp": at, "sampledValue": [{"value": wh}]}],
    } | ({"idToken": token} if token else {})


def card(value="04A1B2C3", kind="ISO14443"):
    return {"idToken": value, "type": kind}


async def status(station, token, **more):
    return (await station.call("Authorize", {"idToken": token} | more))["idTokenInfo"]["status"]


def set_stations(node, **changes):
    settings = node.platform.settings
    changed = msgspec.structs.replace(settings, stations=msgspec.structs.replace(settings.stations, **changes))
    object.__setattr__(node.platform, "settings", changed)


@pytest.fixture(params=["ocpp2.0.1", "ocpp2.1"])
async def station(request, lade, bodies):
    async with raw_station(lade, bodies, request.param) as station:
        yield station


@pytest.mark.parametrize("kind", ["ISO14443", "ISO15693"])
async def test_a_card_is_known_by_its_uid_in_any_case(lade, bodies, station, kind):
    await lade.keep(ModuleID.TOKENS, bodies.token(group_id="FLEET"))
    answer = await station.call("Authorize", {"idToken": card("04a1b2c3", kind)})
    group = {"idToken": "FLEET", "type": "Central"}
    assert (answer["idTokenInfo"]["status"], answer["idTokenInfo"]["groupIdToken"]) == ("Accepted", group)
    assert await status(station, card("C3B2A104", kind)) == "Unknown"


@pytest.mark.parametrize(("language", "said"), [(None, "SEK"), ("sv", "kr"), ("de", "SEK"), ("fi", "SEK")])
async def test_the_price_is_shown_to_the_driver_in_his_language(lade, bodies, station, language, said):
    await lade.keep(ModuleID.TOKENS, bodies.token() | ({"language": language} if language else {}))
    message = (await station.call("Authorize", {"idToken": card()}))["idTokenInfo"]["personalMessage"]
    assert (message["format"], message["language"]) == ("UTF8", language if language in {"sv", "de"} else "en")
    assert said in message["content"]


async def test_the_operator_s_own_words_are_shown_where_he_has_some(lade, bodies):
    words = [{"language": "en", "text": "Two crowns"}, {"language": "sv", "text": "Två kronor"}]
    tariff = bodies.tariff(Version.V2_3_0) | {"tariff_alt_text": words}
    await lade.keep(ModuleID.TOKENS, bodies.token() | {"language": "sv"})
    async with raw_station(lade, bodies, tariff=tariff) as station:
        message = (await station.call("Authorize", {"idToken": card()}))["idTokenInfo"]["personalMessage"]
    assert message == {"format": "UTF8", "language": "sv", "content": "Två kronor"}


@pytest.mark.parametrize("shown", ["SERESC00000001", "se-res-c00000001-X", "SERESC00000001X", "SE*RES*C00000001"])
async def test_a_contract_is_known_by_its_id_however_it_is_written(lade, bodies, station, shown):
    await lade.keep(ModuleID.TOKENS, bodies.token("CONTRACT-1", **CONTRACT))
    assert await status(station, card(shown, "eMAID")) == "Accepted"
    assert await status(station, card("SERESC00000002", "eMAID")) == "Unknown"


async def test_a_contract_in_the_id_tag_of_16_is_one_too(lade, bodies):
    await lade.keep(ModuleID.TOKENS, bodies.token("CONTRACT-1", **CONTRACT))
    async with raw_station(lade, bodies, "ocpp1.6") as station:
        answer = await station.call("Authorize", {"idTag": "SERESC00000001X"})
    assert answer == {"idTagInfo": {"status": "Accepted"}}


@asynccontextmanager
async def provider(node):
    async with stranger("EMSP", "2.3.0", Habits()) as there:
        invitation = await peers.invite(node.platform, "Fremde")
        await there.register(invitation.versions_url, invitation.token)
        yield there


async def test_the_provider_that_a_contract_names_is_asked_about_it(lade, bodies, station):
    async with provider(lade) as there:
        theirs = bodies.token("DEXYZC00000001", country_code="DE", party_id="XYZ", **CONTRACT)
        there.ours, there.allowed = {"tokens": [theirs]}, {"DEXYZC00000001": "ALLOWED"}
        assert await status(station, card("DEXYZC00000001", "eMAID")) == "Accepted"
        assert await status(station, card("FRABCC00000001", "eMAID")) == "Unknown"
        [asked] = there.requests("POST", "authorize")
    assert asked.query["type"] == "EMAID"


async def test_a_token_that_must_be_asked_about_is_remembered_no_longer_than_the_answer_holds(lade, bodies, station):
    await lade.keep(ModuleID.TOKENS, bodies.token(whitelist="NEVER"))
    info = (await station.call("Authorize", {"idToken": card()}))["idTokenInfo"]
    assert info["status"] == "Accepted"
    assert "cacheExpiryDateTime" in info


async def test_a_certificate_that_nobody_here_verifies_is_not_said_to_be_good(lade, bodies, station):
    await lade.keep(ModuleID.TOKENS, bodies.token("CONTRACT-1", **CONTRACT))
    asked = {"idToken": card("SERESC00000001", "eMAID")}
    answer = await station.call("Authorize", asked | {"certificate": "-----BEGIN CERTIFICATE-----"})
    assert (answer["certificateStatus"], answer["idTokenInfo"]["status"]) == ("CertChainError", "Accepted")
    hashes = {"hashAlgorithm": "SHA256", "issuerNameHash": "a", "issuerKeyHash": "b", "serialNumber": "1"}
    verified = [hashes | {"responderURL": "https://ocsp.example"}]
    assert "certificateStatus" not in await station.call("Authorize", asked | {"iso15118CertificateHashData": verified})


NOBODY = card("", "NoAuthorization")


@pytest.mark.parametrize(("token", "ad_hoc"), [(NOBODY, False), (card("B1", "Local"), False), (NOBODY, True)])
async def test_somebody_nobody_knows_is_held_unless_ad_hoc_is_allowed(lade, bodies, station, token, ad_hoc):
    set_stations(lade, ad_hoc=ad_hoc)
    await station.call("TransactionEvent", event(token=token))
    await station.call("TransactionEvent", event("Ended", 1, 5000, 30))
    kept = await lade.platform.store.transactions.keyed("CS1", "T-1")
    assert kept.accepted is ad_hoc
    if ad_hoc:
        assert json.loads(kept.cdr_token)["type"] == "AD_HOC_USER"


@pytest.mark.parametrize("offline", [True, False])
async def test_energy_of_an_unknown_token_is_kept_and_held(lade, bodies, station, offline):
    started = event(token=card("STRANGER")) | {"offline": offline}
    answer = await station.call("TransactionEvent", started)
    assert answer["idTokenInfo"]["status"] == "Unknown"
    await station.call("TransactionEvent", event("Ended", 1, 5000, 30) | {"offline": offline})
    await held_after_a_while(lade)


async def test_energy_of_an_unknown_token_replayed_by_16_is_kept_and_held(lade, bodies):
    start = {"connectorId": 1, "idTag": "STRANGER", "meterStart": 0, "timestamp": "2026-11-23T08:00:00Z"}
    async with raw_station(lade, bodies, "ocpp1.6") as station:
        answer = await station.call("StartTransaction", start)
        assert answer["idTagInfo"]["status"] == "Invalid"
        stop = {"transactionId": answer["transactionId"], "meterStop": 4000, "timestamp": "2026-11-23T08:30:00Z"}
        assert await station.call("StopTransaction", stop) == {}
        await held_after_a_while(lade)


async def held_after_a_while(node):
    settings = node.platform.settings
    at_once = msgspec.structs.replace(settings, charging=msgspec.structs.replace(settings.charging, cdr_delay=0))
    object.__setattr__(node.platform, "settings", at_once)
    await Jobs(node.platform).once()
    await Jobs(node.platform).once()
    kept = await node.platform.store.transactions.get(1)
    assert (kept.state, kept.accepted) == ("held", False)
    assert await node.platform.store.objects.newest(ModuleID.CDRS, 5) == ()


async def test_one_token_at_two_evses_where_the_operator_does_not_want_it(lade, bodies, station):
    set_stations(lade, concurrent_charges=False)
    await lade.keep(ModuleID.TOKENS, bodies.token())
    assert (await station.call("TransactionEvent", event(token=card())))["idTokenInfo"]["status"] == "Accepted"
    assert await status(station, card()) == "Accepted"  # he may want to end it
    second = await station.call("TransactionEvent", event(token=card(), key="T-2", evse=2))
    assert second["idTokenInfo"]["status"] == "ConcurrentTx"
    assert (await lade.platform.store.transactions.keyed("CS1", "T-2")).accepted is False


async def test_one_token_at_two_evses_where_he_does_not_mind(lade, bodies, station):
    await lade.keep(ModuleID.TOKENS, bodies.token())
    for key, evse in (("T-1", 1), ("T-2", 2)):
        answer = await station.call("TransactionEvent", event(token=card(), key=key, evse=evse))
        assert answer["idTokenInfo"]["status"] == "Accepted"
    sessions = await lade.platform.store.objects.newest(ModuleID.SESSIONS, 5)
    assert {object_in(one)["evse_uid"] for one in sessions} == {"E1", "E2"}
