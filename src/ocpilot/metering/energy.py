"""The energy of a transaction, from registers that lie now and then."""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from operator import itemgetter

import msgspec

from ocpilot.metering.counters import NOISE_WH, Counted, Register, counted
from ocpilot.metering.curve import EnergyCurve, net
from ocpilot.metering.evidence import too_little, wh_by_power
from ocpilot.metering.findings import Finding, Oddity
from ocpilot.metering.limit import Limit
from ocpilot.metering.registers import exports_of, intervals_of, registers_of
from ocpilot.metering.samples import MeterSample
from ocpilot.metering.scales import scaled
from ocpilot.metering.stretches import states_of
from ocpilot.metering.unread import (
    ALL_READ,
    SHORT,
    Unread,
    both,
    could_flow,
    later_registers,
    told_later,
    unread_begin,
    unread_end,
    without_empty_end,
)

#: Less than this share of what could have flowed is worth a look at the power that was read.
_NEXT_TO_NOTHING = 200
#: What leaves a register out: when nothing else is left, nothing was believed.
_LEFT_OUT = frozenset({Oddity.BASELINE_ZERO, Oddity.METER_RESTARTED})
_first = itemgetter(0)


class Energy(msgspec.Struct, frozen=True, kw_only=True):
    """What flowed, net of what the car gave back, what was odd about it, and what of it nobody read."""

    curve: EnergyCurve
    findings: tuple[Finding, ...]
    unread: Unread = ALL_READ


class _Known(msgspec.Struct, frozen=True):
    """What registers count until the last of them that counts, which is `at`."""

    taken: Counted
    registers: Sequence[Register]
    findings: Sequence[Finding] = ()


def energy_of(samples: Sequence[MeterSample], start: datetime, last: datetime, limit: Limit, *, ended: bool) -> Energy:
    """From samples in order of time, until `last`: the end when the charge has `ended`, else its last sample."""
    registers = registers_of(samples, start, last if ended else None)
    inside = registers[: bisect_right(registers, last, key=_first)]
    intervals = [one for one in intervals_of(samples) if one[0] <= last]
    if intervals and _stands_still(inside):
        return _of_intervals(intervals, start, limit, beside_register=len(inside) > 1)
    exports = [one for one in exports_of(samples) if one[0] <= last]
    given = counted(exports, start, limit) if exports else None
    if not ended:
        return _energy(_taken(inside, samples, start, limit), given, ())
    inside, empty = without_empty_end(inside, start, last, limit)
    known = _Known(_taken(inside, samples, start, limit), inside)
    unread = _unread(known, samples, start, last)
    if unread.open_end:
        known = _told_later(known, samples, start, last, limit)
        unread = _unread(known, samples, start, last)
        told = any(register >= known.registers[-1][1] for _, register in later_registers(samples, last))
        unread = msgspec.structs.replace(unread, open_end=not told and unread.open_end)
    late = _late(registers[bisect_right(registers, last, key=_first) :], known.registers)
    return _energy(known.taken, given, [*empty, *known.findings, *late, *unread.findings], unread)


def _of_intervals(intervals: Sequence[Register], start: datetime, limit: Limit, *, beside_register: bool) -> Energy:
    taken = counted(_added_up(intervals, start, 1), start, limit)
    given = counted(_added_up(intervals, start, -1), start, limit)
    said = Finding(kind=Oddity.INTERVALS_COUNT, found="intervals, and a register that stands still")
    return _energy(taken, given, [said] if beside_register else [])


def _taken(registers: Sequence[Register], samples: Sequence[MeterSample], start: datetime, limit: Limit) -> Counted:
    """What registers count, brought to one unit first where that is what is wrong with them."""
    if not registers:
        return Counted([start], [Decimal(0)], [])
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


def _energy(taken: Counted, given: Counted | None, more: Sequence[Finding], unread: Unread = ALL_READ) -> Energy:
    curve = EnergyCurve(times=taken.times, wh=taken.wh)
    back = EnergyCurve(times=given.times, wh=given.wh) if given and given.wh[-1] else None
    findings = (*taken.findings, *(given.findings if given else ()), *more)
    return Energy(curve=net(curve, back) if back else curve, findings=findings, unread=unread)


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


def _late(later: Sequence[Register], inside: Sequence[Register]) -> list[Finding]:
    """Energy a station reports after the end of its transaction: shown, never billed."""
    if not inside or not later:
        return []
    at, most = max(later, key=itemgetter(1))
    gained = most - inside[-1][1]
    return (
        [Finding(kind=Oddity.ENERGY_AFTER_END, found=f"{gained} Wh after the end", at=at)] if gained > NOISE_WH else []
    )


def _unread(known: _Known, samples: Sequence[MeterSample], start: datetime, last: datetime) -> Unread:
    """An ended charge of which nothing is known, not its begin or end, or nothing of what is known could be counted."""
    registers, taken = known.registers, known.taken
    if len(registers) < 2 and last - start >= SHORT:
        finding = Finding(kind=Oddity.NO_METER_VALUES, found=f"not one meter value in {last - start}")
        return Unread(wh=None, open_end=bool(registers), findings=(finding,))
    if not registers:
        return ALL_READ
    states = states_of([one for one in samples if one.at <= last])
    begin = unread_begin(taken, registers, states, start)
    end = unread_end(taken, registers[-1][0], states, last)
    if not taken.wh[-1] and any(one.kind in _LEFT_OUT for one in taken.findings):
        return Unread(findings=(Finding(kind=Oddity.NOTHING_BELIEVED, found=str(taken.findings[0])),))
    return both(begin, end)


def _told_later(known: _Known, samples: Sequence[MeterSample], start: datetime, last: datetime, limit: Limit) -> _Known:
    """With the first later value that its counter can have shown at its end, if it can have got there by then."""
    could = could_flow(states_of([one for one in samples if one.at <= last]), known.registers[-1][0], last)
    before = known.registers[-1][1]
    for at, register in later_registers(samples, last):
        if register < before:
            continue
        registers = [*known.registers, (last, register)]
        taken = _taken(registers, samples, start, limit)
        if not told_later(known.taken, taken, could, limit):
            return known
        found = f"{register} Wh {at - last} after the end, {register - before} Wh more than the value before it"
        return _Known(taken, registers, [Finding(kind=Oddity.END_READ_LATER, found=found, at=at)])
    return known
