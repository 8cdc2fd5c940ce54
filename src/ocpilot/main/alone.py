"""Commands that talk with a platform from outside: they need no settings and no database."""

import argparse
import asyncio
from collections.abc import Callable, Coroutine

from uvicorn.loops.auto import auto_loop_factory


def alone(work: Callable[[argparse.Namespace], Coroutine[None, None, int]]) -> Callable[[argparse.Namespace], int]:
    """The command whose work this is."""
    return lambda args: run_to_end(work(args))


def run_to_end(work: Coroutine[None, None, int]) -> int:
    """Run it on the quickest event loop there is."""
    with asyncio.Runner(loop_factory=auto_loop_factory()) as runner:
        return runner.run(work)
