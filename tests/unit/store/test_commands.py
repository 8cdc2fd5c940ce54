"""Commands and answers about Tokens."""

import asyncio
from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from ocpilot.app.kept.charge_records import Authorization, Command, CommandDirection
from ocpilot.app.kept.records import Arrival, StoredObject
from ocpilot.base.ids import PartyId
from ocpilot.store.postgres import PostgresStore
from ocpilot.wire.protocol import ModuleID


@pytest.fixture
def command(noon: datetime) -> Command:
    return Command(
        id="K1",
        direction=CommandDirection.SENT,
        peer_id=7,
        command="START_SESSION",
        request="{}",
        account_id=3,
        token_uid="App-1",
        location_id="Square",
        created_at=noon,
        expires_at=noon + timedelta(seconds=30),
    )


async def test_a_command_is_one_record_from_request_to_session(store: PostgresStore, command: Command) -> None:
    command = await store.commands.add(command)
    assert await store.commands.get("K1") == command
    done = await store.commands.modify("K1", lambda kept: replace(kept, result="ACCEPTED", session_id="S-1"))
    assert done == replace(command, result="ACCEPTED", session_id="S-1")
    assert await store.commands.get("K1") == done
    assert await store.commands.modify("none", lambda kept: kept) is None


async def test_two_changes_of_a_command_at_once_are_both_kept(store: PostgresStore, command: Command) -> None:
    command = await store.commands.add(command)
    await asyncio.gather(
        store.commands.modify("K1", lambda kept: replace(kept, result="ACCEPTED")),
        store.commands.modify("K1", lambda kept: replace(kept, session_id="S-1")),
    )
    kept = await store.commands.get("K1")
    assert kept is not None
    assert (kept.result, kept.session_id) == ("ACCEPTED", "S-1")


async def test_a_received_result_is_unsent_until_the_sender_has_it(
    store: PostgresStore, command: Command, noon: datetime
) -> None:
    received = replace(command, direction=CommandDirection.RECEIVED, result="ACCEPTED", result_at=noon)
    received = await store.commands.add(received)
    await store.commands.add(replace(command, id="sent by us", result="ACCEPTED"))
    assert await store.commands.unsent_results() == (received,)
    await store.commands.modify("K1", lambda kept: replace(kept, result_sent_at=noon))
    assert await store.commands.unsent_results() == ()


async def test_expired_are_those_still_waiting_when_their_time_is_over(
    store: PostgresStore, command: Command, noon: datetime
) -> None:
    for number, fields in enumerate(({}, {"response": "ACCEPTED"}, {"response": "REJECTED"}, {"result": "FAILED"})):
        await store.commands.add(replace(command, id=str(number), **fields))
    assert await store.commands.expired(noon) == ()
    assert {one.id for one in await store.commands.expired(noon + timedelta(minutes=1))} == {"0", "1"}


@pytest.mark.parametrize(
    ("fields", "found"),
    [
        ({}, True),
        ({"response": "ACCEPTED", "result": "TIMEOUT"}, True),
        ({"response": "REJECTED"}, False),
        ({"response": "ACCEPTED", "result": "EVSE_OCCUPIED"}, False),
        ({"session_id": "S-0"}, False),
        ({"command": "STOP_SESSION"}, False),
        ({"direction": CommandDirection.RECEIVED}, False),
        ({"location_id": "Other"}, False),
    ],
)
async def test_a_late_start_finds_its_command_unless_that_was_refused(
    store: PostgresStore, command: Command, noon: datetime, fields: dict[str, str], found: bool
) -> None:
    asked = replace(command, **fields)
    asked = await store.commands.add(asked)
    waiting = await store.commands.awaiting_session(
        direction="sent", token_uid="APP-1", location_id="square", since=noon
    )
    assert waiting == (asked if found else None)


async def test_recent_commands_newest_first_of_all_or_of_one_driver(
    store: PostgresStore, command: Command, noon: datetime
) -> None:
    for number in range(4):
        later = noon + timedelta(minutes=number)
        await store.commands.add(replace(command, id=str(number), account_id=number % 2, created_at=later))
    assert [one.id for one in await store.commands.recent(3)] == ["3", "2", "1"]
    assert [one.id for one in await store.commands.recent(3, account_id=1)] == ["3", "1"]


async def test_the_newest_answer_about_a_token_since_a_moment(store: PostgresStore, noon: datetime) -> None:
    answer = Authorization(
        id="A1",
        peer_id=7,
        token_party=PartyId("SE", "LAD"),
        token_uid="App-1",
        location_id=None,
        allowed="ALLOWED",
        authorization_reference="R1",
        info="{}",
        at=noon,
    )
    later = replace(answer, id="A2", allowed="BLOCKED", at=noon + timedelta(minutes=1))
    await store.authorizations.add(later)
    await store.authorizations.add(answer)
    assert await store.authorizations.latest("APP-1", noon) == later
    assert await store.authorizations.latest("APP-1", noon + timedelta(minutes=2)) is None


async def test_a_session_that_comes_is_awaited_while_a_command_with_its_token_has_none(
    store: PostgresStore, command: Command, cdr
) -> None:
    def session(number: int, uid: str = "APP-1") -> StoredObject:
        made = cdr(f"S{number}", uid)
        return replace(made, key=replace(made.key, module=ModuleID.SESSIONS))

    assert await store.objects.receive(session(1)) == Arrival(created=True, awaited=False)
    command = await store.commands.add(command)
    assert await store.objects.receive(session(2)) == Arrival(created=True, awaited=True)
    assert await store.objects.receive(session(3, "ANOTHER")) == Arrival(created=True, awaited=False)
    await store.commands.modify("K1", lambda kept: replace(kept, session_id="S2"))
    assert await store.objects.receive(session(4)) == Arrival(created=True, awaited=False)
    # The same again: whoever sent it may have died before he asked, so he is told to ask.
    assert await store.objects.receive(session(4)) == Arrival(created=False, awaited=True)
