"""The energy of a transaction as a curve over time, from registers that lie now and then."""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import accumulate
from typing import Self

import msgspec

from ocpilot.base.problem import Problem, Severity
from ocpilot.metering.samples import MeterSample

#: A number of the standard carries 4 decimals (types, "number"): in kWh that is a tenth of a Wh.
_STEP = Decimal("0.1")
#: Clocks and meters are not that exact: what a station may give beyond its highest power and still be believed.
_TOLERANCE = Decimal("1.25")
_ALWAYS_BELIEVED_WH = Decimal(100)


class EnergyCurve(msgspec.Struct, frozen=True, kw_only=True):
    """Energy since the start, in Wh, never falling: `wh[i]` had flowed at `times[i]`."""

    times: tuple[datetime, ...]
    wh: tuple[Decimal, ...]
    findings: tuple[Problem, ...] = ()

    @classmethod
    def of(cls, samples: Sequence[MeterSample], start: datetime, max_power_w: Decimal | None = None) -> Self:
        """From samples in order of time. `max_power_w` is what the EVSE can give: a jump beyond it is not counted."""
        times, wh, findings = [start], [Decimal(0)], []
        for place, gain in enumerate(_gains(samples)):
            moment = max(gain.at, start)
            wrong = gain.wrong or _impossible(gain.wh, moment - times[-1], max_power_w)
            if wrong:
                findings.append(_finding(place, wrong))
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
    """What one sample adds, in Wh; `wrong` says why it cannot be counted."""

    at: datetime
    wh: Decimal
    wrong: str = ""


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
        gains.append(_Gain(at, Decimal(0), f"{register} Wh after {mark} Wh"))
        mark = mark if highest >= mark else register
    return gains


def _impossible(wh: Decimal, passed: timedelta, max_power_w: Decimal | None) -> str:
    """Why an EVSE of this power cannot have given so much in that time; empty when it can."""
    if max_power_w is None:
        return ""
    most = _ALWAYS_BELIEVED_WH + max_power_w * Decimal(round(passed.total_seconds())) / 3600 * _TOLERANCE
    return f"{wh} Wh in {passed}" if wh > most else ""


def _finding(place: int, found: str) -> Problem:
    return Problem(
        path=f"$.registers[{place}]",
        found=found,
        expected="a register that rises, no faster than the EVSE can give",
        severity=Severity.FINDING,
    )
