"""What `ocpilot log` asks of a platform, as `cli.log` states it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

from msgspec.structs import replace

from ocpilot.app import message_replay, message_views, peers
from ocpilot.app.message_views import MessageDetail, MessageList, MessageRow
from ocpilot.app.messages import MessageQuery
from ocpilot.app.platform import Platform

#: Seconds between two looks for new ones.
_LOOK = 1.0
#: A message has its moment of when it began and its number of when it was written; several processes write.
_SLOWEST = timedelta(minutes=5)
_BESIDE = 1000
_MOST = 20_000


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

    async def follow(self, query: MessageQuery) -> AsyncIterator[MessageRow]:
        """See `LogCommands`."""
        began, newest, seen = query.since or self._platform.clock(), 0, set[int]()
        while True:
            since = max(began, self._platform.clock() - _SLOWEST)
            asked = replace(query, since=since, after_id=newest - _BESIDE, limit=_MOST)
            rows = (await self.find(asked)).rows
            for row in reversed(rows):
                if row.message.id not in seen:
                    yield row
            seen = {row.message.id for row in rows}
            newest = max(seen, default=newest)
            await asyncio.sleep(_LOOK)

    async def show(self, message_id: int) -> MessageDetail:
        """See `LogCommands`."""
        return await message_views.detail(self._platform, message_id)

    async def replay(self, message_id: int) -> MessageDetail:
        """See `LogCommands`."""
        message = await message_views.named(self._platform, message_id)
        return await self.show(await message_replay.replay(self._platform, message))
