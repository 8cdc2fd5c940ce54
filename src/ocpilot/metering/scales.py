"""Wh called kWh and kWh called Wh: the factor 1000 in registers, found by what the EVSE can have given.

Two rules. Registers of one charge on two levels, a thousand times apart, are brought to one: to the level on which the
charge is possible; where it is possible on both, to the one that the power read meanwhile, or most of the samples,
speak for. Registers that rise too fast by far, and would not a thousand times lower, are a thousand times too high.
"""

from collections.abc import Callable, Sequence
from decimal import Decimal
from itertools import pairwise

import msgspec

from ocpilot.metering.counters import NOISE_WH, Register
from ocpilot.metering.findings import Finding, Oddity
from ocpilot.metering.limit import Limit

_FACTOR = Decimal(1000)
#: What may be lost of a register that was written in whole kWh.
_WHOLE_KWH = Decimal(1000)
#: Levels beside the first register's: the same, a thousand times too high, a thousand times too low.
_LEVELS = (0, 1, -1)
#: Power read now and then says what flowed to this factor, by far enough to tell a thousand.
_FAR = 5

#: The energy that the powers read meanwhile come to, None when too few were read.
ByPower = Callable[[], Decimal | None]


class Scaled(msgspec.Struct, frozen=True):
    """Registers on one level; None when nothing was wrong with their units, or it cannot be told what."""

    registers: list[Register] | None
    finding: Finding | None = None


def scaled(registers: Sequence[Register], limit: Limit, by_power: ByPower) -> Scaled:
    """Look for the factor in registers that do not simply rise; one that went back to nothing is another matter."""
    if any(before and not after for (_, before), (_, after) in pairwise(registers)):
        return Scaled(None)
    as_written = _levels(registers, limit, 0)
    lower = _levels(registers, limit, 1)
    levels = lower.levels if lower.misfits < as_written.misfits else as_written.levels
    if len(set(levels)) == 2:
        return _on_one_level(registers, levels, limit, by_power)
    if len(set(levels)) > 2:
        return Scaled(
            None, Finding(kind=Oddity.UNIT_UNCLEAR, found="registers on three levels, each 1000 times another")
        )
    rising = sum(1 for (_, before), (_, after) in pairwise(registers) if after > before)
    if levels[0] != 1 or as_written.too_fast < 2 or as_written.too_fast * 2 < rising:
        return Scaled(None)
    found = (
        f"{as_written.too_fast} of {rising} registers rise faster than the EVSE can give, and not as Wh instead of kWh"
    )
    down = [(at, register / _FACTOR) for at, register in registers]
    return Scaled(down, Finding(kind=Oddity.UNIT_CORRECTED, found=found))


def _on_one_level(registers: Sequence[Register], levels: Sequence[int], limit: Limit, by_power: ByPower) -> Scaled:
    """A level that is a thousand times too high asks for the lower base, and the other way round."""
    low, high = sorted(set(levels))
    # On the higher base the registers of the lower level are kWh that were called Wh; on the lower, Wh called kWh.
    as_kwh, as_wh = (_at_base(registers, levels, base) for base in (high, low))
    few = min(levels.count(low), levels.count(high))
    text = f"{few} of {len(levels)} registers are 1000 times the others"
    corrected = Finding(kind=Oddity.UNIT_CORRECTED, found=text)
    if not _is_possible(as_kwh, limit):
        return Scaled(as_wh, corrected)
    power = by_power()
    if power is not None and power > NOISE_WH:
        return Scaled(as_kwh if _energy(as_kwh) < power * _FAR else as_wh, corrected)
    if levels.count(high) > levels.count(low):
        return Scaled(as_kwh, corrected)
    return Scaled(as_wh, Finding(kind=Oddity.UNIT_UNCLEAR, found=f"{text}, and either may be right"))


class _Levels(msgspec.Struct, frozen=True):
    """On which level each register is, how many are on none, and how many of those rise too fast."""

    levels: list[int]
    misfits: int
    too_fast: int


def _levels(registers: Sequence[Register], limit: Limit, level: int) -> _Levels:
    """When the first register is on `level`, which may be the one that is too high. Nothing has no level of its own."""
    levels, misfits, too_fast = [], 0, 0
    last_at, last = registers[0][0], _down(registers[0][1], level)
    for at, register in registers:
        most = last + limit.most(at - last_at)
        tried = (level, *_LEVELS) if last else (level,)
        fits = next((one for one in tried if _fits(_down(register, one), last, most, one)), None)
        misfits += fits is None
        too_fast += fits is None and _down(register, level) > most
        level = level if fits is None else fits
        levels.append(level)
        last_at, last = at, _down(register, level) if fits is None and register else max(last, _down(register, level))
    return _Levels(levels, misfits, too_fast)


def _fits(wh: Decimal, last: Decimal, most: Decimal, level: int) -> bool:
    """Whether a register on this level can follow; one in whole kWh may be off by one."""
    slack = NOISE_WH if level >= 0 else min(_WHOLE_KWH, last / 100)
    return last - slack <= wh <= most + (slack if level < 0 else 0)


def _down(register: Decimal, levels: int) -> Decimal:
    if not levels:
        return register
    return register / _FACTOR if levels > 0 else register * _FACTOR


def _at_base(registers: Sequence[Register], levels: Sequence[int], base: int) -> list[Register]:
    """All on one level. What is raised and written in whole kWh says too little where others say more."""
    moved = [
        (at, _down(register, level - base), level < base and register == register.to_integral_value())
        for (at, register), level in zip(registers, levels, strict=True)
    ]
    fine = [(at, register) for at, register, is_coarse in moved if not is_coarse]
    return fine if len(fine) > 1 else [(at, register) for at, register, _ in moved]


def _is_possible(registers: Sequence[Register], limit: Limit) -> bool:
    return all(
        low - NOISE_WH <= high and limit.allows(high - low, until - since)
        for (since, low), (until, high) in pairwise(registers)
    )


def _energy(registers: Sequence[Register]) -> Decimal:
    return registers[-1][1] - registers[0][1]
