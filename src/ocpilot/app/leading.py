"""Work beside the requests that one of several processes does again and again: what all such loops have in common."""

import asyncio
import logging
from collections.abc import Awaitable, Callable

from ocpilot.app.platform import Platform

log = logging.getLogger(__name__)

#: Seconds between two looks.
_LOOK = 30.0


async def while_leading(platform: Platform, number: int, once: Callable[[], Awaitable[None]], name: str) -> None:
    """Until cancelled, `once` after `once` in the process that leads in `number`. What fails is tried again."""
    while True:
        try:
            if await platform.store.changes.lead(number):
                await once()
        except Exception:
            log.exception("%s: the store failed; they go on", name)
        await asyncio.sleep(_LOOK)
