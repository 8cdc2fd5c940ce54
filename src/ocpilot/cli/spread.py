"""Work spread over processes: results in the order of the jobs, and never more jobs in memory than are being done."""

import multiprocessing
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

J = TypeVar("J")
R = TypeVar("R")

#: Jobs handed out per process, so that none waits for its next.
_AHEAD = 3


def in_order(work: Callable[[J], R], jobs: Iterable[J], processes: int, begin: Callable[[], object]) -> Iterator[R]:
    """What `work` makes of each job, in their order; `begin` is called once in every process before the first.

    One process is this one. All are functions of a module (or `functools.partial` of one): each process is a new
    Python. A process that dies raises BrokenProcessPool.
    """
    if processes == 1:
        begin()
        yield from map(work, jobs)
        return
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(processes, mp_context=context, initializer=begin)
    waiting: deque[Future[R]] = deque()
    try:
        for job in jobs:
            with _interrupts_held():
                waiting.append(pool.submit(work, job))
            if len(waiting) >= processes * _AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Ctrl-C waits for the end of the block. A process begun in it never hears of it, from its first instant on: it is
    the business of the one that a person started."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
