"""Which of a transaction's samples are billing points, and where in time they stand."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from ocpilot.metering.counters import Register
from ocpilot.metering.samples import Context, MeterSample


def registers_of(samples: Sequence[MeterSample], start: datetime, end: datetime | None) -> list[Register]:
    """The registers of energy taken, in order of time.

    `Sample.Clock` is no billing point: such values follow the wall clock and may be of another meter of the station, so
    they count only where there are no others. `Transaction.Begin` and `Transaction.End` are of the start and the end,
    whatever time stands beside them, as long as there is one of each: some stations write that word everywhere.
    """
    points = [one for one in samples if one.register_wh is not None]
    if any(one.context for one in points):
        points = _billing(points)
        begins, ends = (_only(points, context) for context in (Context.BEGIN, Context.END))
        found = [
            (_pinned(one, begins, start, ends, end), register)
            for one in points
            if (register := one.register_wh) is not None
        ]
    else:
        found = [(one.at, register) for one in points if (register := one.register_wh) is not None]
    found.sort()
    return found


def exports_of(samples: Sequence[MeterSample]) -> list[Register]:
    """The registers of energy given back, in order of time."""
    return sorted((one.at, one.export_wh) for one in samples if one.export_wh is not None)


def intervals_of(samples: Sequence[MeterSample]) -> list[Register]:
    """What each interval came to, in order of time; negative where more was given back than taken.

    Those of the wall clock (`Sample.Clock`) measure the same energy once more where there are others; so does one that
    ends when another does, in a StopTransaction that tells all values again.
    """
    told = [(one.at, one.interval_wh, one.context) for one in samples if one.interval_wh is not None]
    billing = [one for one in told if one[2] != Context.CLOCK] or told
    return sorted({at: wh for at, wh, _ in billing}.items())


def _billing(points: Sequence[MeterSample]) -> list[MeterSample]:
    billing = [one for one in points if one.context != Context.CLOCK]
    return billing if len({one.register_wh for one in billing}) > 1 else list(points)


def _only(points: Sequence[MeterSample], context: Context) -> Decimal | None:
    found = {one.register_wh for one in points if one.context == context}
    return found.pop() if len(found) == 1 else None


def _pinned(
    one: MeterSample, begins: Decimal | None, start: datetime, ends: Decimal | None, end: datetime | None
) -> datetime:
    if one.context == Context.BEGIN and begins is not None:
        return start
    if one.context == Context.END and ends is not None and end is not None:
        return end
    return one.at
