"""Keeps one worker running per active web hook, in one process of all."""

import asyncio
import logging
import random
from collections.abc import Callable

from ocpilot.app.hook_ports import Hook, HookSender
from ocpilot.app.hook_worker import HookWorker
from ocpilot.app.platform import Platform

log = logging.getLogger(__name__)

#: Seconds between two looks at the list of hooks.
_LOOK = 0.5


class Hooking:
    """The loop."""

    def __init__(self, platform: Platform, sender: HookSender, chance: Callable[[], float] = random.random) -> None:
        self._platform = platform
        self._sender = sender
        self._chance = chance
        self._workers: dict[int, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Run until cancelled. New hooks are picked up within a second, others are let go."""
        try:
            while True:
                try:
                    await self._look()
                except Exception:
                    # The database may be away for a moment; nothing but this loop would start the workers again.
                    log.exception("hooks: the list of hooks cannot be read; tried again")
                await asyncio.sleep(_LOOK)
        finally:
            for task in self._workers.values():
                task.cancel()
            await asyncio.gather(*self._workers.values(), return_exceptions=True)

    async def _look(self) -> None:
        wanted = {hook.id: hook for hook in await self._platform.store.hooks.all() if hook.active}
        for hook_id in self._workers.keys() - wanted.keys():
            self._workers.pop(hook_id).cancel()
        for hook in wanted.values():
            if self._is_idle(hook) and await self._platform.store.changes.lead(hook.id):
                worker = HookWorker(self._platform, self._sender, hook.id, self._chance)
                self._workers[hook.id] = asyncio.create_task(worker.run(), name=f"hook {hook.name}")

    def _is_idle(self, hook: Hook) -> bool:
        """Whether nobody here tells this hook; a worker that failed is reported and replaced."""
        task = self._workers.get(hook.id)
        if task is None:
            return True
        if task.done() and not task.cancelled() and (error := task.exception()) is not None:
            log.error("telling %s failed and starts again", hook.name, exc_info=error)
        return task.done()
