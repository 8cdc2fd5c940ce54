"""The energy of a transaction, from registers that lie now and then."""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from operator import itemgetter

import msgspec

from ocpilot.metering.counters import NOISE_WH, Counted, Register, counted
from ocpilot.metering.curve import EnergyCurve, net
from ocpilot.metering.evidence import too_little, wh_by_power
from ocpilot.metering.findings import Finding, Oddity
from ocpilot.metering.limit import Limit, seconds
from ocpilot.metering.registers import exports_of, intervals_of, registers_of
from ocpilot.metering.samples import MeterSample
from ocpilot.metering.scales import scaled
from ocpilot.metering.stretches import FLOWING, states_of

#: A charge shorter than this may well have no meter value between its first and its last, and its first so late.
_SHORT = timedelta(minutes=1)
#: What may have flowed unread is worth a look beyond this, or this share of the charge if that is less, but never below
#: the least.
_MUCH_WH, _MUCH, _LEAST_WH = Decimal(500), Decimal("0.05"), Decimal(100)
#: Less than this share of what could have flowed is worth a look at the power that was read.
_NEXT_TO_NOTHING = 200
#: What leaves a register out: when nothing else is left, nothing was believed.
_LEFT_OUT = frozenset({Oddity.BASELINE_ZERO, Oddity.METER_RESTARTED})
_first = itemgetter(0)


class Energy(msgspec.Struct, frozen=True, kw_only=True):
    """What flowed, net of what the car gave back, and what was odd about it."""

    curve: EnergyCurve
    findings: tuple[Finding, ...]


def energy_of(samples: Sequence[MeterSample], start: datetime, last: datetime, limit: Limit, *, ended: bool) -> Energy:
    """From samples in order of time, until `last`: the end when the charge has `ended`, else its last sample."""
    registers = registers_of(samples, start, last if ended else None)
    inside = registers[: bisect_right(registers, last, key=_first)]
    intervals = [one for one in intervals_of(samples) if one[0] <= last]
    if intervals and _stands_still(inside):
        taken = counted(_added_up(intervals, start, 1), start, limit)
        given = counted(_added_up(intervals, start, -1), start, limit)
        words = (
            [Finding(kind=Oddity.INTERVALS_COUNT, found="intervals, and a register that stands still")]
            if len(inside) > 1
            else []
        )
        return _energy(taken, given, words)
    exports = [one for one in exports_of(samples) if one[0] <= last]
    taken = _taken(inside, samples, start, limit) if inside else Counted([start], [Decimal(0)], [])
    more = [*_late(registers, inside), *(_doubts(taken, inside, start, last) if ended else ())]
    if ended and inside and not more:
        more += _unread(taken, inside[-1][0], samples, last)
    return _energy(taken, counted(exports, start, limit) if exports else None, more)


def _taken(registers: Sequence[Register], samples: Sequence[MeterSample], start: datetime, limit: Limit) -> Counted:
    """What registers count, brought to one unit first where that is what is wrong with them."""
    found = counted(registers, start, limit)
    if any(one.kind is not Oddity.ROLLOVER for one in found.findings):
        mended = scaled(registers, limit, lambda: wh_by_power(samples))
        if mended.registers is not None:
            found = counted(mended.registers, start, limit)
        if mended.finding:
            found.findings.append(mended.finding)
    total = found.wh[-1]
    if total * _NEXT_TO_NOTHING < limit.most(found.times[-1] - start) and not found.findings:
        factor, finding = too_little(total, samples)
        if finding:
            return Counted(found.times, [wh * factor for wh in found.wh], [finding])
    return found


def _energy(taken: Counted, given: Counted | None, more: Sequence[Finding]) -> Energy:
    curve = EnergyCurve(times=taken.times, wh=taken.wh)
    back = EnergyCurve(times=given.times, wh=given.wh) if given and given.wh[-1] else None
    findings = (*taken.findings, *(given.findings if given else ()), *more)
    return Energy(curve=net(curve, back) if back else curve, findings=findings)


def _stands_still(registers: Sequence[Register]) -> bool:
    return not registers or all(register == registers[0][1] for _, register in registers)


def _added_up(intervals: Sequence[Register], start: datetime, way: int) -> list[Register]:
    """The counter that differences of one sign would have made. It begins at 1, for 0 is a meter out of reach."""
    counter = Decimal(1)
    found = [(start, counter)]
    for at, wh in intervals:
        counter += max(wh * way, Decimal(0))
        found.append((at, counter))
    return found


def _late(registers: Sequence[Register], inside: Sequence[Register]) -> list[Finding]:
    """Energy a station reports after the end of its transaction: shown, never billed."""
    later = registers[len(inside) :]
    if not inside or not later:
        return []
    at, most = max(later, key=itemgetter(1))
    gained = most - inside[-1][1]
    return (
        [Finding(kind=Oddity.ENERGY_AFTER_END, found=f"{gained} Wh after the end", at=at)] if gained > NOISE_WH else []
    )


def _doubts(taken: Counted, registers: Sequence[Register], start: datetime, last: datetime) -> list[Finding]:
    """An ended charge of which nothing is known, not its begin, or nothing of what is known could be counted."""
    if len(registers) < 2 and last - start >= _SHORT:
        return [Finding(kind=Oddity.NO_METER_VALUES, found=f"not one meter value in {last - start}")]
    if registers and registers[0][0] - start >= _SHORT:
        at, register = registers[0]
        return [Finding(kind=Oddity.BEGIN_UNREAD, found=f"{register} Wh, {at - start} after the start", at=at)]
    if not taken.wh[-1] and any(one.kind in _LEFT_OUT for one in taken.findings):
        return [Finding(kind=Oddity.NOTHING_BELIEVED, found=str(taken.findings[0]))]
    return []


def _unread(taken: Counted, at: datetime, samples: Sequence[MeterSample], last: datetime) -> list[Finding]:
    """What flowed after the last register, as fast as before it, when that came (`at`) well before the end and energy
    flowed until then: it is not billed, and where it may be much a person looks."""
    total = taken.wh[-1]
    # two registers within seconds say nothing of power
    before = max(bisect_right(taken.times, taken.times[-1] - _SHORT) - 1, 0)
    gained, passed = total - taken.wh[before], seconds(taken.times[-1] - taken.times[before])
    states = states_of([one for one in samples if one.at <= last])
    if last - at <= _SHORT or gained <= 0 or passed <= 0 or (states and states[-1][1] not in FLOWING):
        return []
    missed = gained / passed * seconds(last - at)
    much = missed > max(_LEAST_WH, min(_MUCH_WH, total * _MUCH))
    found = f"about {missed:.0f} Wh in {last - at} before the end, beside {total:.0f} Wh"
    return [Finding(kind=Oddity.END_UNREAD if much else Oddity.LITTLE_UNREAD, found=found, at=at)]
