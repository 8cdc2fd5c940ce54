"""The energy of a transaction as a curve over time, from registers that lie now and then."""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import accumulate, pairwise
from typing import Self

import msgspec

from ocpilot.base.problem import Problem, Severity
from ocpilot.metering.samples import MeterSample

#: A number of the standard carries 4 decimals (types, "number"): in kWh that is a tenth of a Wh.
_STEP = Decimal("0.1")
#: Clocks and meters are not that exact: what a station may give beyond its highest power and still be believed.
_TOLERANCE = Decimal("1.25")
_ALWAYS_BELIEVED_WH = Decimal(100)
#: No EVSE gives more (the Megawatt Charging System ends at 3.75 MW); for where its own highest power is not known.
_MOST_POWER_W = Decimal(4_000_000)


class EnergyCurve(msgspec.Struct, frozen=True, kw_only=True):
    """Energy since the start, in Wh, never falling: `wh[i]` had flowed at `times[i]`."""

    times: tuple[datetime, ...]
    wh: tuple[Decimal, ...]
    findings: tuple[Problem, ...] = ()

    @classmethod
    def of(cls, samples: Sequence[MeterSample], start: datetime, max_power_w: Decimal | None = None) -> Self:
        """From samples in order of time. `max_power_w` is what the EVSE can give: a jump beyond it, or
        beyond what any EVSE can give when it is not known, is not counted."""
        times, wh, findings = [start], [Decimal(0)], []
        for place, gain in enumerate(_gains(samples)):
            moment = max(gain.at, start)
            wrong = gain.wrong or _impossible(gain.wh, moment - times[-1], max_power_w)
            if wrong:
                findings.append(_finding(place, wrong))
            if gain.is_misread:
                continue
            times.append(moment)
            wh.append(wh[-1] + (Decimal(0) if wrong else gain.wh))
        return cls(times=tuple(times), wh=tuple(wh), findings=tuple(findings))

    @property
    def total(self) -> Decimal:
        """All of it, in Wh."""
        return _stepped(self.wh[-1])

    def at(self, moment: datetime) -> Decimal:
        """Wh at a moment: between two samples on the straight line, as the standard allows (mod_cdrs, "CDR Object")."""
        after = bisect_right(self.times, moment)
        if after == 0:
            return Decimal(0)
        if after == len(self.times):
            return self.total
        share = _share(moment - self.times[after - 1], self.times[after] - self.times[after - 1])
        return _stepped(self.wh[after - 1] + (self.wh[after] - self.wh[after - 1]) * share)

    def powers(self) -> list[tuple[datetime, Decimal]]:
        """The power in W between two points of the curve, and from when on."""
        points = zip(pairwise(self.times), pairwise(self.wh), strict=True)
        return [
            (start, (high - low) * 3600 / Decimal(round((end - start).total_seconds())))
            for (start, end), (low, high) in points
            if end > start
        ]

    def flowing(self, changes: Sequence[tuple[datetime, bool]], max_power_w: Decimal | None = None) -> Self:
        """The curve level while no energy can flow: what two samples gained belongs to the time in which it could.

        `changes` in order of time: from each moment on it could flow, or not. Where nothing could flow, or more would
        have than the EVSE gives, the states cannot be right and the straight line stays.
        """
        times, wh = [self.times[0]], [self.wh[0]]
        for (start, end), (low, high) in zip(pairwise(self.times), pairwise(self.wh), strict=True):
            spans = _spans(start, end, changes)
            open_time = sum((until - since for since, until, flows in spans if flows), timedelta())
            if high > low and len(spans) > 1 and open_time and not _impossible(high - low, open_time, max_power_w):
                level = low
                for since, until, flows in spans[:-1]:
                    level += (high - low) * _share(until - since, open_time) if flows else Decimal(0)
                    times.append(until)
                    wh.append(level)
            times.append(end)
            wh.append(high)
        return msgspec.structs.replace(self, times=tuple(times), wh=tuple(wh))

    def through(self, border: Decimal) -> tuple[Self, datetime | None]:
        """The curve with a point at exactly `border` Wh, and the whole second it stands at; None if not reached."""
        for place in range(1, len(self.times)):
            low, high = self.wh[place - 1], self.wh[place]
            if low < border <= high:
                span = Decimal(round((self.times[place] - self.times[place - 1]).total_seconds()))
                moment = self.times[place - 1] + timedelta(seconds=int(span * (border - low) / (high - low)))
                times = (*self.times[:place], moment, *self.times[place:])
                wh = (*self.wh[:place], border, *self.wh[place:])
                return msgspec.structs.replace(self, times=times, wh=wh), moment
        return self, None


class _Gain(msgspec.Struct, frozen=True):
    """What one sample adds, in Wh; `wrong` says why it cannot be counted. One that `is_misread` says nothing at all, so
    the line between the samples around it stays straight."""

    at: datetime
    wh: Decimal
    wrong: str = ""
    is_misread: bool = False


def _spans(
    start: datetime, end: datetime, changes: Sequence[tuple[datetime, bool]]
) -> list[tuple[datetime, datetime, bool]]:
    """The time between two samples cut where it changes whether energy can flow; it can before anything is known."""
    flows = next((could for at, could in reversed(changes) if at <= start), True)
    spans, since = [], start
    for at, could in changes:
        if start < at < end and could != flows:
            spans.append((since, at, flows))
            since, flows = at, could
    return [*spans, (since, end, flows)]


def _stepped(wh: Decimal) -> Decimal:
    return wh.quantize(_STEP, rounding=ROUND_HALF_UP)


def _share(part: timedelta, whole: timedelta) -> Decimal:
    return Decimal(round(part.total_seconds())) / Decimal(round(whole.total_seconds())) if whole else Decimal(1)


def _gains(samples: Sequence[MeterSample]) -> list[_Gain]:
    """What each sample that knows energy adds to the one before."""
    registers = [(sample.at, sample.register_wh) for sample in samples if sample.register_wh is not None]
    if registers:
        return _register_gains(registers)
    return [
        _Gain(sample.at, max(sample.interval_wh, Decimal(0))) for sample in samples if sample.interval_wh is not None
    ]


def _register_gains(registers: Sequence[tuple[datetime, Decimal]]) -> list[_Gain]:
    """Differences of a counter. A dip that recovers is left out; one that does not is a meter that began again."""
    highest_later = list(accumulate((register for _, register in reversed(registers)), max))[::-1]
    gains = []
    mark = registers[0][1]
    for (at, register), highest in zip(registers, highest_later, strict=True):
        if register >= mark:
            gains.append(_Gain(at, register - mark))
            mark = register
            continue
        gains.append(_Gain(at, Decimal(0), f"{register} Wh after {mark} Wh", is_misread=highest >= mark))
        mark = mark if highest >= mark else register
    return gains


def _impossible(wh: Decimal, passed: timedelta, max_power_w: Decimal | None) -> str:
    """Why an EVSE of this power cannot have given so much in that time; empty when it can."""
    power_w = _MOST_POWER_W if max_power_w is None else max_power_w
    most = _ALWAYS_BELIEVED_WH + power_w * Decimal(round(passed.total_seconds())) / 3600 * _TOLERANCE
    return f"{wh} Wh in {passed}" if wh > most else ""


def _finding(place: int, found: str) -> Problem:
    return Problem(
        path=f"$.registers[{place}]",
        found=found,
        expected="a register that rises, no faster than the EVSE can give",
        severity=Severity.FINDING,
    )
