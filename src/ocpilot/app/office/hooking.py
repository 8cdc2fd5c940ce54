"""Keeps one worker running per active web hook, in one process of all."""

import random
from collections.abc import Callable, Mapping

from ocpilot.app.kept.hook_ports import HookSender
from ocpilot.app.office.hook_worker import HookWorker
from ocpilot.app.platform import Platform
from ocpilot.app.readers import Readers


class Hooking(Readers):
    """The loop. `chance` gives random numbers in [0, 1) for the jitter."""

    def __init__(self, platform: Platform, sender: HookSender, chance: Callable[[], float] = random.random) -> None:
        async def wanted() -> Mapping[int, str]:
            return {hook.id: hook.name for hook in await platform.store.hooks.all() if hook.active}

        super().__init__(platform, "hook", wanted, lambda number: HookWorker(platform, sender, number, chance).run())
