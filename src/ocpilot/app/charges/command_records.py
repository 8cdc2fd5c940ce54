"""What both sides do with the record of a command: give it its result, and link it to the Session that came of it."""

from collections.abc import Iterable
from datetime import timedelta
from enum import StrEnum

import msgspec

from ocpilot.app.kept.charge_records import Command, CommandDirection
from ocpilot.app.platform import Platform
from ocpilot.base.lines import one_line
from ocpilot.wire.v230 import CommandResultType, CommandType, DisplayText

#: How late a charge may begin after the command it belongs to: some stations answer TIMEOUT and start all the same.
LATE_START = timedelta(hours=24)
#: The `peer_id` of a command of a driver of ours to a station of ours.
OUR_OWN = 0


class ProfileOrder(StrEnum):
    """What `Command.command` says of orders about a charging profile (mod_charging_profiles, "Receiver Interface").

    UPDATE is what an operator tells without being asked ("Sender Interface", "PUT Method").
    """

    GET = "GET_CHARGING_PROFILE"
    SET = "SET_CHARGING_PROFILE"
    CLEAR = "CLEAR_CHARGING_PROFILE"
    UPDATE = "ACTIVE_CHARGING_PROFILE"


async def give_result(
    platform: Platform, command_id: str, result: str, message: str | None = None, answer: str | None = None
) -> Command | None:
    """The command's result, unless it has one. A result that comes after we gave up waiting counts, and so does an
    operator who cancels a reservation he had accepted (mod_commands, "Flow")."""
    now = platform.clock()

    def change(kept: Command) -> Command:
        cancels = kept.command == CommandType.RESERVE_NOW and result == CommandResultType.CANCELED_RESERVATION
        if kept.result not in (None, CommandResultType.TIMEOUT) and not (cancels and kept.result != result):
            return kept
        return msgspec.structs.replace(
            kept,
            result=result,
            result_at=now,
            result_sent_at=None,
            message=message or kept.message,
            answer=answer,
        )

    return await platform.store.commands.modify(command_id, change)


async def link_session(
    platform: Platform,
    direction: CommandDirection,
    *,
    token_uid: str,
    location_id: str,
    evse_uid: str,
    reference: str | None,
    session_id: str,
    peer_id: int | None = None,
) -> None:
    """The command that wants a Session of this Token there gets this one, see `awaiting_session`."""
    since = platform.clock() - LATE_START
    command = await platform.store.commands.awaiting_session(
        direction=direction,
        token_uid=token_uid,
        location_id=location_id,
        since=since,
        reference=reference,
        evse_uid=evse_uid,
        peer_id=peer_id,
    )
    if command is None:
        return
    await platform.store.commands.modify(
        command.id, lambda kept: msgspec.structs.replace(kept, session_id=kept.session_id or session_id)
    )


def words(text: str, language: str = "en") -> tuple[DisplayText, ...]:
    """A message for a response or result."""
    return (DisplayText(language=language, text=text[:512]),)


def text_in(messages: Iterable[DisplayText]) -> str | None:
    """The first text of a message, in one line."""
    return next((one_line(message.text) for message in messages), None)
