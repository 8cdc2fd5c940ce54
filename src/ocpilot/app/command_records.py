"""What both sides do with the record of a command: give it its result, and link it to the Session that came of it."""

from collections.abc import Iterable
from datetime import timedelta

import msgspec

from ocpilot.app.platform import Platform
from ocpilot.app.records import Command, CommandDirection
from ocpilot.base.ids import fold
from ocpilot.wire.v230 import CommandResultType, DisplayText

#: How late a charge may begin after the command it belongs to: some stations answer TIMEOUT and start all the same.
LATE_START = timedelta(hours=24)
#: The `peer_id` of a command of a driver of ours to a station of ours.
OUR_OWN = 0


async def give_result(
    platform: Platform, command_id: str, result: CommandResultType, message: str | None = None
) -> Command | None:
    """The command's result, unless it has one. A result that comes after we gave up waiting counts."""
    now = platform.clock()

    def change(kept: Command) -> Command:
        if kept.result not in (None, CommandResultType.TIMEOUT):
            return kept
        return msgspec.structs.replace(kept, result=result, result_at=now, message=message or kept.message)

    return await platform.store.commands.modify(command_id, change)


async def link_session(
    platform: Platform,
    direction: CommandDirection,
    *,
    token_uid: str,
    location_id: str,
    reference: str | None,
    session_id: str,
) -> None:
    """The newest START_SESSION of this Token and Location without a Session gets this one.

    Not when both know an `authorization_reference` and they differ.
    """
    since = platform.clock() - LATE_START
    command = await platform.store.commands.awaiting_session(
        direction=direction, token_uid=token_uid, location_id=location_id, since=since
    )
    if command is None or _differ(command.authorization_reference, reference):
        return
    await platform.store.commands.modify(
        command.id, lambda kept: msgspec.structs.replace(kept, session_id=kept.session_id or session_id)
    )


def words(text: str, language: str = "en") -> tuple[DisplayText, ...]:
    """A message for a response or result."""
    return (DisplayText(language=language, text=text[:512]),)


def text_in(messages: Iterable[DisplayText]) -> str | None:
    """The first text of a message."""
    return next((message.text for message in messages), None)


def _differ(one: str | None, other: str | None) -> bool:
    return one is not None and other is not None and fold(one) != fold(other)
