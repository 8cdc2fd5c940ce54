"""SIGTERM ends a command as Ctrl-C does."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def terminable() -> Iterator[None]:
    """SIGTERM ends a command as Ctrl-C does: what it opened is closed, and processes it started end with it."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGTERM, _interrupt)
    try:
        with _heard():
            yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def _heard() -> Iterator[None]:
    """Where Ctrl-C is ignored, as in the background of a shell, it goes on to be, but SIGTERM needs what asyncio does
    at Ctrl-C: its handler is there only where the usual one was."""
    if signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        yield
        return
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


def _interrupt(_: int, frame: FrameType | None) -> None:
    interrupted = signal.getsignal(signal.SIGINT)
    if not callable(interrupted):
        raise KeyboardInterrupt
    interrupted(signal.SIGINT, frame)
