"""Which clock counts: a station's time stands unless it cannot be right, and then its differences still do.

`times` are pairs of when something was, by the station, and when it arrived here, by us. What is sent at once arrives a
moment after it was, so messages in a row that are late by the same time though they were sent minutes apart tell how
far the clock is off (a steady run):
- about none: the station's clock is right. A single message from the future is of the moment it arrived.
- less than none: the clock is ahead (or writes local time as UTC), for nothing arrives before it was: moved back.
- hours: they came at once, so the clock is behind: moved on.
- hours, and less for each message than for the one before: the station was offline and told us later; its time stands.
A clock may be set in the middle (summer time, a boot): then each message is moved as those that came before it.
Moving by the same amount keeps every duration as the station measured it.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from operator import itemgetter
from statistics import median

import msgspec

from ocpilot.metering.findings import Finding, Oddity

#: When it was, by the station; when it arrived, by us.
Stamp = tuple[datetime, datetime]

#: A delay of the network, or a clock set by hand: nobody is billed otherwise for that.
_TOLERATED = timedelta(minutes=2)
#: Messages this far apart that are late by the same time were not kept back: that would bring them together.
_APART = timedelta(minutes=1)
_NONE = timedelta()
_arrival = itemgetter(1)


class Shift(msgspec.Struct, frozen=True):
    """How much is added to what the station says in messages that arrive from `since` on."""

    since: datetime
    by: timedelta


class StationClock(msgspec.Struct, frozen=True):
    """In order of arrival; what came before the first is moved as that. `FROM_THE_FUTURE` is about single messages."""

    shifts: tuple[Shift, ...] = ()
    findings: tuple[Finding, ...] = ()

    def right(self, at: datetime, arrived: datetime | None) -> datetime:
        """When something really was; what did not arrive, or has the time of its arrival, has our time already."""
        if arrived is None or arrived == at:
            return at
        moment = at + self.by(arrived)
        return min(moment, arrived) if moment - arrived > _TOLERATED else moment

    def by(self, arrived: datetime) -> timedelta:
        """How much a message that arrived then is moved."""
        begun = [one.by for one in self.shifts if one.since <= arrived]
        return begun[-1] if begun else self.shifts[0].by if self.shifts else _NONE


def clock_of(times: Sequence[Stamp]) -> StationClock:
    """The clock behind all messages of one transaction."""
    heard = _newest_each(times)
    delays = [arrived - at for at, arrived in heard]
    if all(-_TOLERATED <= delay <= _TOLERATED for delay in delays):
        return StationClock()
    shifts = _shifts(heard) or _of_a_moment(heard[0][1], delays)
    clock = StationClock(shifts)
    return msgspec.structs.replace(clock, findings=(*_wrong(shifts), *_single(clock, heard)))


def _newest_each(times: Sequence[Stamp]) -> list[Stamp]:
    """One message may tell of an hour: only the newest it tells was at once."""
    newest: dict[datetime, datetime] = {}
    for at, arrived in times:
        newest[arrived] = max(at, newest.get(arrived, at))
    return sorted(((at, arrived) for arrived, at in newest.items()), key=_arrival)


class _Run(msgspec.Struct):
    """Messages in a row that are late by the same time."""

    stamps: list[Stamp]
    least: timedelta
    most: timedelta

    @property
    def usual(self) -> timedelta:
        return timedelta(seconds=median((arrived - at).total_seconds() for at, arrived in self.stamps))

    @property
    def is_steady(self) -> bool:
        """Whether they were sent minutes apart all the same."""
        moments = [at for at, _ in self.stamps]
        lasted = max(moments) - min(moments)
        return lasted >= _APART and self.most - self.least <= lasted / 2


def _runs(heard: Sequence[Stamp]) -> Iterator[_Run]:
    run: _Run | None = None
    for at, arrived in heard:
        delay = arrived - at
        least, most = (min(run.least, delay), max(run.most, delay)) if run else (delay, delay)
        if run is None or most - least > _TOLERATED:
            if run is not None:
                yield run
            run = _Run([(at, arrived)], delay, delay)
        else:
            run.stamps.append((at, arrived))
            run.least, run.most = least, most
    if run is not None:
        yield run


def _shifts(heard: Sequence[Stamp]) -> tuple[Shift, ...]:
    """One per steady run, unless a silence before it as long as it is later than the one before explains it: then the
    station tells in order what it kept, as quickly as more comes."""
    found: list[Shift] = []
    last: datetime | None = None
    for run in _runs(heard):
        first = run.stamps[0][1]
        if run.is_steady:
            by = run.usual if abs(run.usual) > _TOLERATED else _NONE
            if not found or last is None or by - found[-1].by > first - last + _TOLERATED or by < found[-1].by:
                found.append(Shift(first, by))
        last = run.stamps[-1][1]
    return tuple(found)


def _of_a_moment(since: datetime, delays: Sequence[timedelta]) -> tuple[Shift, ...]:
    """Of messages too few or too close to tell: only that nothing arrives before it was."""
    usual = timedelta(seconds=median(delay.total_seconds() for delay in delays))
    return (Shift(since, usual),) if usual < -_TOLERATED else ()


def _wrong(shifts: Sequence[Shift]) -> Iterator[Finding]:
    for one in shifts:
        if one.by:
            kind = Oddity.CLOCK_AHEAD if one.by < _NONE else Oddity.CLOCK_BEHIND
            yield Finding(kind=kind, found=f"by {abs(one.by)}", at=one.since if len(shifts) > 1 else None)


def _single(clock: StationClock, heard: Sequence[Stamp]) -> Iterator[Finding]:
    """Messages that do not fit the clock."""
    delays = [arrived - at - clock.by(arrived) for at, arrived in heard]
    yield from (Finding(kind=Oddity.FROM_THE_FUTURE, found=f"by {-one}") for one in delays if one < -_TOLERATED)
    late = [one for one in delays if one > _TOLERATED]
    if late:
        yield Finding(kind=Oddity.REPLAYED, found=f"{len(late)} of {len(delays)}, up to {max(late)} late")
