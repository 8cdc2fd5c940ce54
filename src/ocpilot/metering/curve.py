"""The energy of a transaction as a curve over time: read between two points, levelled, and cut at borders."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from typing import Self

import msgspec

from ocpilot.metering.limit import Limit, seconds

#: A number of the standard carries 4 decimals (types, "number"): in kWh that is a tenth of a Wh.
_STEP = Decimal("0.1")
_NOTHING = Decimal(0)

#: From when on energy could flow, or could not.
Change = tuple[datetime, bool]


class EnergyCurve(msgspec.Struct, frozen=True, kw_only=True):
    """Energy since the start, in Wh: `wh[i]` had flowed at `times[i]`; it falls only while the car gives back."""

    times: Sequence[datetime]
    wh: Sequence[Decimal]

    @property
    def total(self) -> Decimal:
        """All of it, in Wh."""
        return _stepped(self.wh[-1])

    def at(self, moment: datetime) -> Decimal:
        """Wh at a moment: between two samples on the straight line, as the standard allows (mod_cdrs, "CDR Object")."""
        after = bisect_right(self.times, moment)
        if after == 0:
            return _NOTHING
        if after == len(self.times):
            return self.total
        low, high = self.wh[after - 1], self.wh[after]
        if low == high:
            return _stepped(low)
        share = _share(moment - self.times[after - 1], self.times[after] - self.times[after - 1])
        return _stepped(low + (high - low) * share)

    def powers(self) -> list[tuple[datetime, Decimal]]:
        """The power in W between two points of the curve, and from when on."""
        points = zip(pairwise(self.times), pairwise(self.wh), strict=True)
        return [
            (start, (high - low) * 3600 / seconds(end - start)) for (start, end), (low, high) in points if end > start
        ]

    def flowing(self, changes: Sequence[Change], limit: Limit) -> Self:
        """The curve level while no energy can flow: what two samples gained belongs to the time in which it could.

        `changes` in order of time: from each moment on it could flow, or not. Where nothing could flow, or more would
        have than the EVSE gives, the states cannot be right and the straight line stays.
        """
        if all(flows for _, flows in changes):
            return self
        times, wh = [self.times[0]], [self.wh[0]]
        spans = _spans(self.times, changes)
        for end, (low, high), cut in zip(self.times[1:], pairwise(self.wh), spans, strict=True):
            if len(cut) > 1 and low != high:
                _level(times, wh, (low, high), cut, limit)
            times.append(end)
            wh.append(high)
        return msgspec.structs.replace(self, times=times, wh=wh)

    def through(self, borders: Sequence[Decimal]) -> tuple[Self, list[datetime]]:
        """The curve with a point on every border in Wh it goes over, and the whole seconds those stand at.

        Going down, the point is a step below: what comes after it is under the border.
        """
        if not borders:
            return self, []
        rising, moments = sorted(borders), []
        times, wh = [self.times[0]], [self.wh[0]]
        for (start, end), (low, high) in zip(pairwise(self.times), pairwise(self.wh), strict=True):
            for border in _crossed(rising, low, high):
                moment = start + timedelta(seconds=int(seconds(end - start) * (border - low) / (high - low)))
                moments.append(moment)
                times.append(moment)
                wh.append(border)
            times.append(end)
            wh.append(high)
        return (msgspec.structs.replace(self, times=times, wh=wh), moments) if moments else (self, [])


def net(taken: EnergyCurve, given: EnergyCurve) -> EnergyCurve:
    """What was taken less what was given back."""
    times = sorted({*taken.times, *given.times})
    return EnergyCurve(times=times, wh=[taken.at(moment) - given.at(moment) for moment in times])


def _crossed(rising: Sequence[Decimal], low: Decimal, high: Decimal) -> list[Decimal]:
    """The levels at which a line from low to high goes over a border, in the order it meets them."""
    if low == high:
        return []
    if low < high:
        return list(rising[bisect_right(rising, low) : bisect_right(rising, high)])
    under = rising[bisect_right(rising, high) : bisect_right(rising, low)]
    return [max(border - _STEP, high) for border in reversed(under)]


def _spans(times: Sequence[datetime], changes: Sequence[Change]) -> Iterator[list[tuple[datetime, datetime, bool]]]:
    """The time between each two points, cut where it changes whether energy can flow; unknown, it can."""
    flows, place = True, 0
    for start, end in pairwise(times):
        while place < len(changes) and changes[place][0] <= start:
            flows = changes[place][1]
            place += 1
        cut, since, inside = [], start, place
        while inside < len(changes) and changes[inside][0] < end:
            at, could = changes[inside]
            if could != flows:
                cut.append((since, at, flows))
                since, flows = at, could
            inside += 1
        place = inside
        cut.append((since, end, flows))
        yield cut


def _level(
    times: list[datetime],
    wh: list[Decimal],
    line: tuple[Decimal, Decimal],
    cut: Sequence[tuple[datetime, datetime, bool]],
    limit: Limit,
) -> None:
    """Add the corners of a line that is level where nothing could flow."""
    low, high = line
    open_time = sum((until - since for since, until, flows in cut if flows), timedelta())
    if not open_time or not limit.allows(abs(high - low), open_time):
        return
    level = low
    for since, until, flows in cut[:-1]:
        level += (high - low) * _share(until - since, open_time) if flows else _NOTHING
        times.append(until)
        wh.append(level)


def _stepped(wh: Decimal) -> Decimal:
    return wh.quantize(_STEP, rounding=ROUND_HALF_UP)


def _share(part: timedelta, whole: timedelta) -> Decimal:
    return Decimal(seconds(part)) / seconds(whole) if whole else Decimal(1)
