"""When a list of a partner has been read to its end (transport_and_format, "Pagination").

Objects move between pages while a list is read: one that changes goes to its end, the others move up, and one that was
the first of the next page is met by nobody. Its absence shows in the total, and in nothing else.
"""

from datetime import datetime

import msgspec

from ocpilot.base.errors import OcpilotError, PeerNonsense, PeerRefused
from ocpilot.roaming.retry import BackOff, pause, worth_retry

#: A list is read from its beginning at most so often.
MOST_ROUNDS = 10
#: A list that has this many pages never ends.
MOST_PAGES = 100_000
#: So does one with so many empty pages in a row: some peers hand out a Link behind the end of a list.
MOST_EMPTY = 10
#: Clocks are told apart in steps of so many seconds, and a clock that is further away than two days is none.
CLOCK_STEP, CLOCK_MOST = 300, 48 * 3600
#: How often one page is asked for.
TRIES = 3
#: A peer that wants a longer pause, in seconds, is asked again another time.
LONGEST_WAIT = 60.0


class Round(msgspec.Struct, frozen=True, kw_only=True):
    """One reading of a list. `told` is the total it said last, None when it said none; `shrunk_in` the last round in
    which that got smaller, 0 for none; `listed` counts different objects of all rounds, `met` those of this one,
    `fresh` those of this one that no round before had."""

    number: int
    told: int | None
    shrunk_in: int
    listed: int
    met: int
    fresh: int


def clock_behind(said_at: datetime | None, now: datetime) -> int | None:
    """How many seconds a peer's clock is behind, rounded up in steps: what differs by less than a minute is none. None
    when it does not tell its time, or none of these days."""
    if said_at is None:
        return None
    seconds = (now - said_at).total_seconds()
    if abs(seconds) > CLOCK_MOST:
        return None
    return 0 if seconds < 60 else -int(-seconds // CLOCK_STEP) * CLOCK_STEP


def has_all(done: Round) -> bool:
    """Whether as many objects came as the peer says there are; without a total nobody knows better."""
    return done.told is None or done.listed >= done.told


def goes_again(done: Round) -> bool:
    """Whether the list must be read once more, because something may have slipped through.

    While nothing is taken out of the list, all its objects have come when so many have; a total is wrong that another
    reading, which met all that was known and nothing new, does not fill. When something is taken out, others move up
    and counts of different rounds say nothing: one round must meet all there is by itself.
    """
    if done.told is None or done.number >= MOST_ROUNDS:
        return False
    if done.shrunk_in == done.number:
        return True
    if done.met >= done.told:
        return False
    is_steady = done.number > 1 and not done.fresh and done.met >= done.listed
    return bool(done.shrunk_in) or not (has_all(done) or is_steady)


def wait_before(error: OcpilotError, tries: int, back_off: BackOff, random: float) -> float | None:
    """Seconds until a page is asked for again after so many tries; None: not now. JSON that was cut may come whole."""
    if tries >= TRIES or not worth_retry(error):
        return None
    after = error.retry_after if isinstance(error, PeerRefused) else None
    seconds = pause(tries, back_off, random, after)
    return seconds if seconds <= LONGEST_WAIT else None


def is_gone(error: OcpilotError) -> bool:
    """Whether a Link that we kept leads nowhere any more, so that the list is to be read from its beginning."""
    if isinstance(error, PeerRefused):
        return not worth_retry(error) and error.http not in {401, 403}
    return isinstance(error, PeerNonsense)
