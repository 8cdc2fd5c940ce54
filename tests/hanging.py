"""A test that hangs fails and shows where each of its tasks waits; so does what tidies up after it."""

import asyncio
import signal
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import pytest

#: Seconds until a test is said to hang: ten times what the longest takes on a quiet machine.
LONGEST = 600.0
#: Seconds between further alarms: what tidies up may hang as well.
AGAIN = 60.0


@contextmanager
def watched() -> Iterator[None]:
    """Alarms after `LONGEST` and then every `AGAIN` seconds, until the block ends."""
    before = signal.signal(signal.SIGALRM, _alarm)
    signal.setitimer(signal.ITIMER_REAL, LONGEST, AGAIN)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _alarm(_: int, frame: FrameType | None) -> None:
    here = "".join(traceback.format_stack(frame, 12))
    pytest.fail(f"hangs\n{here}\n{_tasks()}", pytrace=False)


def _tasks() -> str:
    """Where the tasks of the loop that runs wait."""
    try:
        tasks = asyncio.all_tasks()
    except RuntimeError:
        return "no loop runs"
    return "\n".join(f"{task.get_name()}\n{''.join(_waits(task.get_coro()))}" for task in tasks)


def _waits(coroutine: object) -> Iterator[str]:
    """The lines of a coroutine and of what it waits for, the innermost last."""
    while coroutine is not None:
        frame = getattr(coroutine, "cr_frame", None) or getattr(coroutine, "ag_frame", None)
        if frame is None:
            yield f"  {coroutine!r}\n"
            return
        yield f"  {frame.f_code.co_filename}:{frame.f_lineno} in {frame.f_code.co_qualname}\n"
        coroutine = getattr(coroutine, "cr_await", None) or getattr(coroutine, "ag_await", None)
