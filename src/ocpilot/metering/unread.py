"""What of a charge no meter value tells: before the first, after the last; and the later value that tells it after all.

A meter counts only what its EVSE gives, so its next value after a charge, as long as nobody else charged there, is
what it showed at the end. It is believed when the charge, as fast as it ever was, can have taken what lies between.
"""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

import msgspec

from ocpilot.metering.counters import NOISE_WH, Counted, Register
from ocpilot.metering.findings import Finding, Oddity
from ocpilot.metering.limit import FREE_WH, TOLERANCE, Limit, seconds
from ocpilot.metering.samples import ChargingState, MeterSample
from ocpilot.metering.stretches import FLOWING, from_start

#: A charge shorter than this may well have no meter value between its first and its last, and its first so late.
SHORT = timedelta(minutes=1)
#: What may have flowed unread is worth a look beyond this, or this share of the charge if that is less, but never below
#: the least.
_MUCH_WH, _MUCH, _LEAST_WH = Decimal(500), Decimal("0.05"), Decimal(100)

State = tuple[datetime, ChargingState]


class Unread(msgspec.Struct, frozen=True, kw_only=True):
    """`wh` may have flowed beside what was counted, None where nobody can say; `open_end`: a later meter value could
    still tell what flowed at the end."""

    wh: Decimal | None = Decimal(0)
    open_end: bool = False
    findings: tuple[Finding, ...] = ()


ALL_READ = Unread()


def without_empty_end(
    registers: list[Register], start: datetime, last: datetime, limit: Limit
) -> tuple[list[Register], list[Finding]]:
    """Registers without an end that is none: a station that must write something and does not know its meter writes 0,
    -1 or what it wrote at the start, though the meter rose meanwhile, and as far as it can have."""
    if len(registers) < 2 or registers[-1][0] != last:
        return registers, []
    end, first, highest = registers[-1][1], registers[0][1], max(register for _, register in registers[:-1])
    rose = highest - end > NOISE_WH and limit.allows(highest - first, last - start)
    if not rose or (end > 0 and end != first):
        return registers, []
    return registers[:-1], [Finding(kind=Oddity.END_EMPTY, found=f"{end} Wh after {highest} Wh", at=last)]


def later_registers(samples: Sequence[MeterSample], last: datetime) -> list[Register]:
    """What the meter showed after the end, those of the wall clock too: then nothing else is measured by it."""
    return [(one.at, one.register_wh) for one in samples if one.at > last and one.register_wh is not None]


def could_flow(states: Sequence[State], since: datetime, until: datetime) -> timedelta:
    """How long of a time energy could flow; before any state is known it could."""
    flows, moment, total = True, since, timedelta()
    for at, state in states:
        if at >= until:
            break
        if at > moment:
            total += (at - moment) if flows else timedelta()
            moment = at
        flows = state in FLOWING
    return total + ((until - moment) if flows and until > moment else timedelta())


def unread_begin(taken: Counted, registers: Sequence[Register], states: Sequence[State], start: datetime) -> Unread:
    """Before the first register, when that came well after the start. A car that only waits takes nothing."""
    at, register = registers[0]
    charges = next((moment for moment, state in from_start(states, start) if state is ChargingState.CHARGING), start)
    could = could_flow(states, max(start, charges), at)
    if could < SHORT:
        return ALL_READ
    pace = next((one for one in _paces(taken, since=at)), None)
    found = Finding(kind=Oddity.BEGIN_UNREAD, found=f"{register} Wh, {at - start} after the start", at=at)
    return Unread(wh=None if pace is None else pace * seconds(could), findings=(found,))


def unread_end(taken: Counted, at: datetime, states: Sequence[State], last: datetime) -> Unread:
    """After the last register, which came at `at`: what flowed if it was as fast as before it. That is not billed, and
    where it may be much a person looks."""
    could, total = could_flow(states, at, last), taken.wh[-1]
    # two registers within seconds say nothing of power
    before = max(bisect_right(taken.times, taken.times[-1] - SHORT) - 1, 0)
    gained, passed = total - taken.wh[before], seconds(taken.times[-1] - taken.times[before])
    if could <= SHORT or gained <= 0 or passed <= 0:
        return ALL_READ
    missed = gained / passed * seconds(could)
    much = missed > max(_LEAST_WH, min(_MUCH_WH, total * _MUCH))
    found = f"about {missed:.0f} Wh in {could} before the end, beside {total:.0f} Wh"
    kind = Oddity.END_UNREAD if much else Oddity.LITTLE_UNREAD
    return Unread(wh=missed, open_end=True, findings=(Finding(kind=kind, found=found, at=at),))


def both(begin: Unread, end: Unread) -> Unread:
    """What neither of them tells."""
    wh = None if begin.wh is None or end.wh is None else begin.wh + end.wh
    return Unread(wh=wh, open_end=end.open_end, findings=(*begin.findings, *end.findings))


def told_later(before: Counted, after: Counted, could: timedelta, limit: Limit) -> bool:
    """Whether a register after the end (counted in `after`) tells what flowed until the end: nothing else is odd about
    it, and the charge can have taken that at its fastest. Where it has no pace only the EVSE's most is known."""
    if [one.kind for one in after.findings] != [one.kind for one in before.findings]:
        return False
    gained = after.wh[-1] - before.wh[-1]
    fastest = max(_paces(before), default=None)
    most = limit.most(could) if fastest is None else FREE_WH + fastest * TOLERANCE * seconds(could)
    return 0 <= gained <= min(most, limit.most(could))


def _paces(taken: Counted, since: datetime | None = None) -> list[Decimal]:
    """Wh per second from one point to the first that is a minute or more later, in order of time."""
    found, mark = [], 0
    for place in range(1, len(taken.times)):
        passed = taken.times[place] - taken.times[mark]
        if since is not None and taken.times[mark] < since:
            mark = place
        elif passed >= SHORT:
            found.append((taken.wh[place] - taken.wh[mark]) / seconds(passed))
            mark = place
    return found
