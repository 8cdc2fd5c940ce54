"""A counter becomes energy: what each register adds to the one before, and which of them cannot be counted.

A register that falls is, in this order: rounding, a dip (later ones went on above it), the counter's last number
passed, a counter of this charge alone beside a start of the meter's life, a counter that began again, another meter.
One that rises by more than the EVSE can give is a spike (later ones fell back), a start of nothing while the meter was
out of reach, or a jump, of which nobody knows what flowed.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import accumulate

import msgspec

from ocpilot.metering.findings import Finding, Oddity
from ocpilot.metering.limit import Limit

Register = tuple[datetime, Decimal]

#: Stop registers are whole Wh where samples have decimals; some stations cut at the last digit they show.
NOISE_WH = Decimal(10)
#: Where counters begin again: 6 to 9 digits of a Wh, of 0.1 kWh or of a kWh, and numbers of 31 and 32 bits in Wh.
_LAST_NUMBERS = tuple(sorted({*(Decimal(10) ** digits for digits in range(6, 13)), Decimal(2**31), Decimal(2**32)}))
_NEAR_TOP = Decimal("0.9")


class Counted(msgspec.Struct, frozen=True):
    """The energy since the start in Wh, never falling: `wh[i]` had flowed at `times[i]`."""

    times: list[datetime]
    wh: list[Decimal]
    findings: list[Finding]


class _Odd(msgspec.Struct, frozen=True):
    """What to do with a register that does not simply rise. One that is `skipped` says nothing at all, so the line
    between the registers around it stays straight; others become the new mark."""

    kind: Oddity | None
    gain: Decimal = Decimal(0)
    skipped: bool = False


def counted(registers: Sequence[Register], start: datetime, limit: Limit) -> Counted:
    """From registers in order of time; those before the start are of the start."""
    times, wh, findings = [start], [Decimal(0)], []
    later: _Later | None = None
    mark, total = registers[0][1], Decimal(0)
    for place, (at, register) in enumerate(registers):
        moment, gain = max(at, start), register - mark
        if not _is_plain(gain, total, moment - times[-1], moment - start, limit):
            later = later or _Later(registers)
            spent = _Spent(mark, total, moment - times[-1], moment - start)
            if gain < 0:
                odd = _fallen(register, spent, later.highest[place], limit)
            else:
                odd = _leapt(register, spent, later.lowest[place])
            if odd.kind:
                findings.append(Finding(kind=odd.kind, found=f"{register} Wh after {mark} Wh", at=moment))
            if odd.skipped:
                continue
            gain = odd.gain
        total += gain
        mark = register
        times.append(moment)
        wh.append(total)
    return Counted(times, wh, findings)


def _is_plain(gain: Decimal, total: Decimal, passed: timedelta, since: timedelta, limit: Limit) -> bool:
    """It rose, by no more than can have flowed since the register before and since the start."""
    return gain >= 0 and (gain == 0 or (limit.allows(gain, passed) and total + gain <= limit.most(since)))


class _Later:
    """For each register the highest and lowest from it on; only made when one of them is odd."""

    def __init__(self, registers: Sequence[Register]) -> None:
        backwards = [register for _, register in reversed(registers)]
        self.highest = list(accumulate(backwards, max))[::-1]
        self.lowest = list(accumulate(backwards, min))[::-1]


class _Spent(msgspec.Struct, frozen=True):
    """Where the count stands: the register before, all that was counted, the time since that register and the start."""

    mark: Decimal
    total: Decimal
    passed: timedelta
    since: timedelta


def _fallen(register: Decimal, before: _Spent, highest: Decimal, limit: Limit) -> _Odd:
    mark = before.mark
    if mark - register <= NOISE_WH:
        return _Odd(None, skipped=True)
    if highest >= mark - NOISE_WH:
        return _Odd(Oddity.DIP, skipped=True)
    over = _rolled_over(mark, register)
    if over and limit.allows(over, before.passed) and before.total + over <= limit.most(before.since):
        return _Odd(Oddity.ROLLOVER, gain=over)
    if not before.total and limit.allows(register, before.since):
        return _Odd(Oddity.SESSION_REGISTER, gain=register)
    return _Odd(Oddity.METER_RESTARTED if limit.allows(register, before.passed) else Oddity.METER_REPLACED)


def _rolled_over(mark: Decimal, register: Decimal) -> Decimal | None:
    """What flowed if the counter went through its last number; only where it was near it."""
    top = next((top for top in _LAST_NUMBERS if top > mark), None)
    return top - mark + register if top and mark >= top * _NEAR_TOP else None


def _leapt(register: Decimal, before: _Spent, lowest: Decimal) -> _Odd:
    if before.mark - NOISE_WH <= lowest < register:
        return _Odd(Oddity.SPIKE, skipped=True)
    return _Odd(Oddity.BASELINE_ZERO if not before.mark and not before.total else Oddity.JUMP)
