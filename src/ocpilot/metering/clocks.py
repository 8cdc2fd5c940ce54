"""Which clock counts: a station's time stands unless it cannot be right, and then its differences still do.

`times` are pairs of when something was, by the station, and when it arrived here, by us. What is sent at once arrives a
moment after it was, so the typical delay of a transaction's messages tells:
- about none: the station's clock is right. A single message from the future is of the moment it arrived.
- less than none: the clock is ahead (or writes local time as UTC), for nothing arrives before it was: moved back.
- hours, and alike for messages that were sent minutes apart: they came at once, so the clock is behind: moved on.
- hours, and less for each message than for the one before: the station was offline and told us later; its time stands.
Moving all by the same amount keeps every duration as the station measured it.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
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


class StationClock(msgspec.Struct, frozen=True):
    """How much is added to what the station says, and what was found. `FROM_THE_FUTURE` is about single messages."""

    shift: timedelta = _NONE
    findings: tuple[Finding, ...] = ()

    def right(self, at: datetime, arrived: datetime | None) -> datetime:
        """When something really was."""
        moment = at + self.shift
        return min(moment, arrived) if arrived is not None and moment - arrived > _TOLERATED else moment


_RIGHT = StationClock()


def clock_of(times: Sequence[Stamp]) -> StationClock:
    """The clock behind all messages of one transaction."""
    delays = [arrived - at for at, arrived in times]
    if all(-_TOLERATED <= delay <= _TOLERATED for delay in delays):
        return _RIGHT
    usual = timedelta(seconds=median(delay.total_seconds() for delay in delays))
    if usual < -_TOLERATED:
        return StationClock(usual, (Finding(kind=Oddity.CLOCK_AHEAD, found=f"by {-usual}"),))
    late = [delay for delay in delays if delay > _TOLERATED]
    if usual > _TOLERATED and len(late) == len(delays) and _came_at_once(times, delays):
        return StationClock(usual, (Finding(kind=Oddity.CLOCK_BEHIND, found=f"by {usual}"),))
    findings = [Finding(kind=Oddity.FROM_THE_FUTURE, found=f"by {-one}") for one in delays if one < -_TOLERATED]
    if late:
        findings.append(Finding(kind=Oddity.REPLAYED, found=f"{len(late)} of {len(delays)}, up to {max(late)} late"))
    return StationClock(_NONE, tuple(findings))


def _came_at_once(times: Sequence[Stamp], delays: Sequence[timedelta]) -> bool:
    """Whether they are all late by the same time though they were sent minutes apart."""
    lasted = max(at for at, _ in times) - min(at for at, _ in times)
    return lasted >= _APART and max(delays) - min(delays) <= min(_TOLERATED, lasted / 2)
