"""Work spread over processes: results in the order of the jobs, and never more jobs in memory than are being done."""

import multiprocessing
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from functools import partial
from typing import TypeVar

J = TypeVar("J")
R = TypeVar("R")

#: Jobs handed out per process, so that none waits for its next.
_AHEAD = 3
#: Seconds between two looks whether a job is done, between which an interrupt is heard.
_LOOK = 0.2


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
    pool = ProcessPoolExecutor(processes, mp_context=context, initializer=partial(_begun, begin))
    waiting: deque[Future[R]] = deque()
    try:
        for job in jobs:
            with _interrupts_held():
                waiting.append(pool.submit(work, job))
            if len(waiting) >= processes * _AHEAD:
                yield _result(waiting.popleft())
        while waiting:
            yield _result(waiting.popleft())
    finally:
        with _interrupts_held():
            pool.shutdown(cancel_futures=True)


def _result(future: Future[R]) -> R:
    """What came of a job; an interrupt is heard between two looks."""
    while True:
        with _interrupts_held():
            if wait((future,), timeout=_LOOK).done:
                return future.result()


def _begun(begin: Callable[[], object]) -> None:
    """In a new process, which was begun while interrupts were held: it can be ended."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    begin()


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Ctrl-C and SIGTERM wait for the end of the block: raised while the pool takes a lock, they would leave it locked.

    A process begun in it never hears of Ctrl-C, from its first instant on: it is the business of the one that a person
    started. Neither do the threads of the pool.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
