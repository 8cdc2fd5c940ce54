"""Work spread over processes: results in the order of the jobs, and never more jobs in memory than are being done."""

import multiprocessing
import signal
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
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
    pool = ProcessPoolExecutor(processes, mp_context=context, initializer=_begin, initargs=(begin,))
    waiting: deque[Future[R]] = deque()
    try:
        for job in jobs:
            waiting.append(pool.submit(work, job))
            if len(waiting) >= processes * _AHEAD:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)


def _begin(begin: Callable[[], object]) -> None:
    """Ctrl-C is the business of the process that was started by a person."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    begin()
