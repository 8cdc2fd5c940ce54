"""Commands: kept before they are sent, answered at once, finished later, linked to the Session that came of them."""

import msgspec
import pytest

from ocpilot.app.kept.charge_records import Command
from ocpilot.app.kept.peer_records import PeerState
from ocpilot.app.kept.records import ObjectKey
from ocpilot.app.kept.station_events import IdToken, StatusEvent
from ocpilot.app.ocpi import accounts, tokens
from ocpilot.app.ocpi.bodies import own, parsed
from ocpilot.app.orders import commands
from ocpilot.base.errors import ForbiddenAddress, NotFound, PeerRefused, PeerUnreachable, UnknownLocation, UserError
from ocpilot.base.ids import PartyId, new_id
from ocpilot.wire import codec
from ocpilot.wire.protocol import ModuleID, Version
from ocpilot.wire.v230 import (
    AuthMethod,
    CdrToken,
    CommandResult,
    Session,
    SessionStatus,
    StartSession,
    StopSession,
    UnlockConnector,
)

URL = "https://res.example/results/1"
V = Version.V2_3_0
LOCATION = ObjectKey(module=ModuleID.LOCATIONS, party=PartyId.of("SE", "LAD"), id="L1")


def start_session(world, **changes):
    request = StartSession(
        response_url=URL,
        token=msgspec.structs.replace(world.card, uid=new_id(), type="APP_USER"),
        location_id="L1",
        evse_uid="E1",
        connector_id="1",
        authorization_reference="REF",
    )
    return msgspec.structs.replace(request, **changes)


async def send(world, request):
    word = {StartSession: "START_SESSION", StopSession: "STOP_SESSION", UnlockConnector: "UNLOCK_CONNECTOR"}
    return await commands.receive(world.platform, world.peer, word[type(request)], V, codec.body_of(request))


async def finished(world) -> Command:
    """The newest command, once the station's answer is known and sent."""
    await world.platform.background.drain()
    [command] = await world.store.commands.recent(1)
    return command


# ---- operator ------------------------------------------------------------------------------------------------------


async def test_a_start_is_accepted_at_once_and_its_result_follows(operator):
    response = await send(operator, start_session(operator))
    assert (response.result, response.timeout) == ("ACCEPTED", 1)
    command = await finished(operator)
    assert (command.result, command.result_sent_at) == ("ACCEPTED", operator.now)
    assert [one.body for one in operator.partners.sent("POST", URL)] == [{"result": "ACCEPTED"}]


async def test_the_started_session_carries_token_reference_and_command(operator):
    request = start_session(operator)
    await send(operator, request)
    await finished(operator)
    [(_, station, evse_id, uid)] = operator.stations.calls
    id_tag = tokens.id_tag_of(uid)
    assert (station, evse_id, len(id_tag)) == ("S1", 1, 20)
    operator.passes(3600)
    assert (await operator.service.authorize("S1", IdToken(id_tag))).status == "Accepted"
    await operator.start(id_tag)
    session = await operator.only(ModuleID.SESSIONS)
    assert session["cdr_token"]["uid"] == request.token.uid
    assert (session["auth_method"], session["authorization_reference"]) == ("COMMAND", "REF")
    assert (await finished(operator)).session_id == session["id"]
    assert operator.partners.sent("POST", "tokens") == []


async def test_a_start_that_timed_out_and_begins_later_is_linked(operator):
    operator.stations.word = None
    await send(operator, start_session(operator))
    assert (await finished(operator)).result == "TIMEOUT"
    operator.passes(300)
    await operator.start(operator.stations.calls[0][3])
    session = await operator.only(ModuleID.SESSIONS)
    assert (await finished(operator)).session_id == session["id"]


@pytest.mark.parametrize(
    ("word", "result"), [("Rejected", "REJECTED"), ("NotSupported", "NOT_SUPPORTED"), (None, "TIMEOUT")]
)
async def test_the_stations_word_becomes_the_result(operator, word, result):
    operator.stations.word = word
    await send(operator, start_session(operator))
    assert (await finished(operator)).result == result


async def test_a_broken_evse_and_an_occupied_one_are_named_as_such(operator):
    await operator.service.status(
        "S1", StatusEvent(evse_id=1, status="Faulted", error_code="GroundFailure", at=operator.now)
    )
    operator.stations.word = "Rejected"
    await send(operator, start_session(operator))
    assert (await finished(operator)).result == "EVSE_INOPERATIVE"
    operator.passes(1)
    await operator.token()
    await operator.start()
    await send(operator, start_session(operator))
    assert (await finished(operator)).result == "EVSE_OCCUPIED"
    assert len(operator.stations.calls) == 1


async def test_without_evse_a_free_one_is_chosen(operator):
    await operator.service.status(
        "S1", StatusEvent(evse_id=1, status="Preparing", error_code="NoError", at=operator.now)
    )
    await send(operator, start_session(operator, evse_uid=None, connector_id=None))
    assert (await finished(operator)).evse_uid == "E2"


@pytest.mark.parametrize("changes", [{"location_id": "L9"}, {"evse_uid": "E9"}, {"connector_id": "9"}])
async def test_a_start_at_an_unknown_place_is_refused_as_unknown(operator, changes):
    with pytest.raises(UnknownLocation):
        await send(operator, start_session(operator, **changes))


async def test_a_start_with_the_token_of_another_provider_is_rejected(operator):
    foreign = msgspec.structs.replace(operator.card, party_id="OTH")
    assert (await send(operator, start_session(operator, token=foreign))).result == "REJECTED"
    assert operator.stations.calls == []


async def test_a_start_at_a_station_that_is_not_connected_is_rejected(operator):
    operator.stations.connected = False
    assert (await send(operator, start_session(operator))).result == "REJECTED"


@pytest.mark.parametrize(
    "url", ["https://127.0.0.1/x", "https://[::1]/x", "https://169.254.169.254/x", "http://a.se/x"]
)
async def test_a_result_that_would_go_inside_is_refused_at_once(operator, url):
    with pytest.raises(ForbiddenAddress):
        await send(operator, start_session(operator, response_url=url))
    assert await operator.store.commands.recent(1) == ()


@pytest.mark.parametrize("word", ["RESERVE_LATER", "DANCE"])
async def test_reservations_and_unknown_commands_are_not_supported(operator, word):
    response = await commands.receive(operator.platform, operator.peer, word, V, {})
    assert response.result == "NOT_SUPPORTED"


async def test_a_session_is_stopped_by_its_provider_only(operator):
    await operator.token()
    transaction = await operator.start()
    session = (await operator.only(ModuleID.SESSIONS))["id"]
    assert (await send(operator, StopSession(response_url=URL, session_id=session))).result == "ACCEPTED"
    await finished(operator)
    assert operator.stations.calls == [("stop", "S1", transaction)]
    stranger = msgspec.structs.replace(operator.peer.roles[0], party_id="OTH")
    operator.peer = msgspec.structs.replace(operator.peer, roles=(stranger,))
    assert (await send(operator, StopSession(response_url=URL, session_id=session))).result == "UNKNOWN_SESSION"


async def test_a_session_that_is_over_or_unknown_cannot_be_stopped(operator):
    await operator.token()
    await operator.charge()
    session = (await operator.only(ModuleID.SESSIONS))["id"]
    assert (await send(operator, StopSession(response_url=URL, session_id=session))).result == "REJECTED"
    assert (await send(operator, StopSession(response_url=URL, session_id="X"))).result == "UNKNOWN_SESSION"


@pytest.mark.parametrize(("word", "result"), [("Unlocked", "ACCEPTED"), ("UnlockFailed", "FAILED")])
async def test_a_connector_is_unlocked(operator, word, result):
    operator.stations.word = word
    await send(operator, UnlockConnector(response_url=URL, location_id="L1", evse_uid="e2", connector_id="1"))
    assert (await finished(operator)).result == result
    assert operator.stations.calls == [("unlock", "S1", 2)]


async def test_who_has_left_is_told_no_result(operator, unreachable):
    operator.partners.answers["POST", URL] = unreachable
    await send(operator, start_session(operator))
    await finished(operator)
    gone = msgspec.structs.replace(operator.peer, state=PeerState.UNREGISTERED)
    await operator.store.peers.save(gone)
    operator.passes(6)
    await operator.jobs.once()
    assert len(operator.partners.sent("POST", URL)) == 1
    assert await operator.store.commands.unsent_results() == ()


async def test_a_result_that_did_not_arrive_is_sent_until_it_is_acknowledged(operator, unreachable):
    operator.partners.answers["POST", URL] = unreachable
    await send(operator, start_session(operator))
    assert (await finished(operator)).result_sent_at is None
    operator.reborn()
    operator.passes(6)
    await operator.jobs.once()
    operator.partners.answers.clear()
    operator.passes(1)
    await operator.jobs.once()
    await operator.jobs.once()
    assert (await finished(operator)).result_sent_at == operator.now
    assert len(operator.partners.sent("POST", URL)) == 3


async def test_a_result_its_sender_refuses_is_not_sent_again(operator, refused):
    operator.partners.answers["POST", URL] = refused
    await send(operator, start_session(operator))
    assert (await finished(operator)).result_sent_at is not None


async def test_a_command_that_died_with_the_process_ends_as_timeout(operator):
    operator.stations.word = None
    await send(operator, start_session(operator))
    await operator.platform.background.close()
    operator.reborn()
    operator.passes(10)
    await operator.jobs.once()
    operator.passes(10)
    await operator.jobs.once()
    assert [one.body["result"] for one in operator.partners.sent("POST", URL)] == ["TIMEOUT"]


# ---- provider ------------------------------------------------------------------------------------------------------


@pytest.fixture
async def driver(provider):
    """A driver, and the operator's Location as the provider knows it."""
    whole = own(LOCATION, provider.location, provider.now)
    await provider.store.locations.put(msgspec.structs.replace(whole, peer_id=provider.peer.id))
    return await accounts.create_driver(provider.platform, email="a@b.se", name="Ada", password="long enough")


async def start(provider, driver):
    return await commands.start_session(provider.platform, driver, LOCATION, "E1", "1")


async def result(provider, command, word, peer=None):
    body = codec.body_of(CommandResult(result=word))
    await commands.receive_result(provider.platform, peer or provider.peer, command.id, V, body)
    return await provider.store.commands.get(command.id)


async def test_a_driver_starts_with_his_app_token_and_our_response_url(provider, driver, accepted):
    provider.partners.answers["POST", "commands"] = accepted
    command = await start(provider, driver)
    [sent] = provider.partners.calls
    assert sent.segments == ("START_SESSION",)
    assert sent.body["response_url"].endswith(f"/ocpi/2.3.0/sender/commands/START_SESSION/{command.id}")
    assert sent.body["token"]["uid"] == driver.token_uids[0]
    assert sent.body["authorization_reference"] == command.authorization_reference
    assert (command.response, command.result, command.account_id) == ("ACCEPTED", None, driver.id)
    assert parsed(StartSession, command.request).evse_uid == "E1"


async def test_a_refused_start_is_over_at_once(provider, driver):
    provider.partners.answers["POST", "commands"] = {
        "result": "REJECTED",
        "timeout": 0,
        "message": [{"language": "en", "text": "no"}],
    }
    command = await start(provider, driver)
    assert (command.response, command.result, command.message) == ("REJECTED", "REJECTED", "no")


@pytest.mark.parametrize("failure", [PeerUnreachable("gone"), PeerRefused("gone", 504, None)])
async def test_a_start_without_answer_stays_open_until_its_time_is_over(provider, driver, failure):
    """A gateway that gives up may have passed it on: a charge that starts all the same is linked."""
    provider.partners.answers["POST", "commands"] = failure
    command = await start(provider, driver)
    assert (command.response, command.result, command.message) == (None, None, "gone")
    provider.passes(60)
    await provider.jobs.once()
    assert (await provider.store.commands.get(command.id)).result == "TIMEOUT"


async def test_the_first_result_counts_and_one_after_the_time_out_too(provider, driver, accepted):
    provider.partners.answers["POST", "commands"] = accepted
    command = await start(provider, driver)
    provider.passes(60)
    await provider.jobs.once()
    assert (await result(provider, command, "ACCEPTED")).result == "ACCEPTED"
    assert (await result(provider, command, "FAILED")).result == "ACCEPTED"


async def test_a_result_from_another_peer_is_not_taken(provider, driver, accepted):
    provider.partners.answers["POST", "commands"] = accepted
    command = await start(provider, driver)
    stranger = msgspec.structs.replace(provider.peer, id=provider.peer.id + 1)
    with pytest.raises(NotFound):
        await result(provider, command, "ACCEPTED", peer=stranger)


async def test_a_received_session_is_linked_to_its_command_once(provider, driver, accepted):
    provider.partners.answers["POST", "commands"] = accepted
    command = await start(provider, driver)
    other = msgspec.structs.replace(session_of(provider, command), id="OTHER", authorization_reference="ANOTHER")
    await commands.link_received_session(provider.platform, other, provider.peer.id)
    assert (await provider.store.commands.get(command.id)).session_id is None
    session = session_of(provider, command)
    await commands.link_received_session(provider.platform, session, provider.peer.id)
    assert (await provider.store.commands.get(command.id)).session_id == "SES"


async def test_a_session_of_another_operator_is_not_what_a_command_began(provider, driver, accepted):
    """Every operator knows the Token, and Locations of two operators may have the same id."""
    provider.partners.answers["POST", "commands"] = accepted
    command = await start(provider, driver)
    await commands.link_received_session(provider.platform, session_of(provider, command), provider.peer.id + 1)
    assert (await provider.store.commands.get(command.id)).session_id is None


async def test_a_driver_stops_his_session_and_nobody_elses(provider, driver, accepted):
    provider.partners.answers["POST", "commands"] = accepted
    session = session_of(provider, await start(provider, driver))
    key = ObjectKey(module=ModuleID.SESSIONS, party=LOCATION.party, id="SES")
    stored = own(key, session, provider.now)
    await provider.store.objects.put(msgspec.structs.replace(stored, peer_id=provider.peer.id, audience=None))
    command = await commands.stop_session(provider.platform, driver, "SES")
    assert provider.partners.calls[-1].body["session_id"] == "SES"
    assert (command.command, command.session_id) == ("STOP_SESSION", "SES")
    stranger = msgspec.structs.replace(driver, token_uids=("X",))
    with pytest.raises(NotFound):
        await commands.stop_session(provider.platform, stranger, "SES")


async def test_a_driver_without_token_and_an_unknown_location_are_refused(provider, driver):
    with pytest.raises(UserError):
        await start(provider, msgspec.structs.replace(driver, token_uids=()))
    nowhere = msgspec.structs.replace(LOCATION, id="L9")
    with pytest.raises(UnknownLocation):
        await commands.start_session(provider.platform, driver, nowhere, None, None)
    assert await provider.store.commands.recent(1) == ()


def session_of(provider, command):
    token = provider.card
    return Session(
        country_code="SE",
        party_id="LAD",
        id="SES",
        start_date_time=provider.now,
        kwh=0,
        cdr_token=CdrToken(
            country_code="SE", party_id="RES", uid=command.token_uid, type="APP_USER", contract_id=token.contract_id
        ),
        auth_method=AuthMethod.COMMAND,
        authorization_reference=command.authorization_reference,
        location_id="L1",
        evse_uid="E1",
        connector_id="1",
        currency="SEK",
        status=SessionStatus.ACTIVE,
        last_updated=provider.now,
    )
