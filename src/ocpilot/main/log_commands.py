"""What `ocpilot log` asks of a platform, as `cli.log` states it."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime

from msgspec.structs import replace

from ocpilot.app.kept.messages import MessageQuery
from ocpilot.app.partners import message_replay, message_views, peers
from ocpilot.app.partners.message_views import MessageDetail, MessageList, MessageRow
from ocpilot.app.platform import Platform
from ocpilot.cli import log as log_command
from ocpilot.main.following import MOST, follow
from ocpilot.main.on_platform import on_platform


class LogOf:
    """`cli.log.LogCommands` of one platform."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    async def query(self, peer: str | None, query: MessageQuery) -> MessageQuery:
        """See `LogCommands`."""
        if peer is None:
            return query
        return replace(query, peer_id=0 if peer == "-" else (await peers.named(self._platform, peer)).id)

    async def find(self, query: MessageQuery) -> MessageList:
        """See `LogCommands`."""
        return await message_views.found(self._platform, query)

    def follow(self, query: MessageQuery) -> AsyncIterator[MessageRow]:
        """See `LogCommands`."""

        async def look(since: datetime, after_id: int) -> Sequence[MessageRow]:
            return (await self.find(replace(query, since=since, after_id=after_id, limit=MOST))).rows

        clock = self._platform.clock
        return follow(look, lambda row: row.message.id, clock, query.since or clock())

    async def show(self, message_id: int) -> MessageDetail:
        """See `LogCommands`."""
        return await message_views.detail(self._platform, message_id)

    async def replay(self, message_id: int) -> MessageDetail:
        """See `LogCommands`."""
        message = await message_views.named(self._platform, message_id)
        return await self.show(await message_replay.replay(self._platform, message))


run_log = on_platform(lambda args, platform: log_command.run(args, LogOf(platform)))
