"""Whose turn it is where a fuse has not enough for all to charge at once, and what is remembered of it.

A turn lasts so long whatever else happens; who waits longest comes next; nobody passes one who has waited two turns.
So everybody who fits at all gets a turn, and nobody is stopped as soon as he began.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import msgspec

from ocpilot.metering.site import Memory, Room, RunningCharge, rooms_by_charge

#: Below this a car takes nothing worth speaking of.
_NOTHING_A = Decimal(1)
#: A charge that needs so much of what its EVSE can give cannot wait any more.
_URGENT = Decimal("0.8")


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """How long a turn lasts, after how long what is not used goes to others, how long a limit stays before it rises
    again, and by how much it rises at least."""

    turn: timedelta = timedelta(minutes=15)
    unused_after: timedelta = timedelta(minutes=3)
    settle: timedelta = timedelta(seconds=30)
    step_a: Decimal = Decimal(1)
    #: What a car may draw beyond what it did, and how far below its limit it must be to count as not using it.
    margin_a: Decimal = Decimal(2)
    unused_a: Decimal = Decimal(3)


def remembered(charge: RunningCharge, rules: Rules, now: datetime) -> Memory:
    """Whether it uses what it has: what it leaves for a while goes to others until it draws more again."""
    memory, draws = charge.memory, charge.draws_a
    if draws is None or not memory.limit_a:
        return msgspec.structs.replace(memory, unused_since=None)
    if memory.held_a is not None and draws > memory.held_a - _NOTHING_A:
        return msgspec.structs.replace(memory, unused_since=None, held_a=None)
    if draws > memory.limit_a - rules.unused_a:
        return msgspec.structs.replace(memory, unused_since=None)
    since = memory.unused_since or now
    if now - since < rules.unused_after:
        return msgspec.structs.replace(memory, unused_since=since)
    return msgspec.structs.replace(memory, unused_since=since, held_a=max(draws + rules.margin_a, charge.least_a))


def admitted(
    charges: Sequence[RunningCharge],
    rooms: Sequence[Room],
    fixed: Mapping[int, Fraction],
    rules: Rules,
    now: datetime,
) -> tuple[set[int], dict[int, str]]:
    """Who charges now, and of the others the group that has not enough for them."""
    behind = rooms_by_charge(rooms)
    taken: dict[int, Fraction] = dict(fixed)
    inside: set[int] = set()
    outside: dict[int, str] = {}
    for charge in sorted(charges, key=lambda one: _place(one, rules, now)):
        least = Fraction(charge.least_a)
        full = [room for room in behind.get(charge.key, ()) if room.left(taken) < room.parts[charge.key] * least]
        if not full:
            inside.add(charge.key)
        else:
            outside[charge.key] = full[0].group
        # For one who has waited long the place is kept free until it is enough for him, unless it never can be.
        if not full or (_waited_long(charge, rules, now) and _ever(charge, full)):
            taken[charge.key] = least
    return inside, outside


def after(memory: Memory, inside: bool, now: datetime) -> Memory:
    """What is remembered of who has a turn, or waits for one."""
    if inside:
        return msgspec.structs.replace(memory, began=memory.began or now, waits_since=None)
    return msgspec.structs.replace(
        memory, began=None, waits_since=memory.waits_since or now, unused_since=None, held_a=None
    )


def _place(charge: RunningCharge, rules: Rules, now: datetime) -> tuple[int, float, int]:
    """Where it stands in the line: its class, then by time, then by number."""
    memory = charge.memory
    if memory.began is not None and not _idle(charge) and now - memory.began < rules.turn:
        return 0, memory.began.timestamp(), charge.key
    if _waited_long(charge, rules, now):
        return 1, _since(charge, now), charge.key
    needed = charge.needed_a(now)
    if needed is not None and needed >= charge.most_a * _URGENT and not _idle(charge):
        return 2, -float(needed / charge.most_a), charge.key
    if memory.began is None:
        return 3, _since(charge, now), charge.key
    # Whose turn is over goes on while nobody wants his place; the latest to begin stays longest.
    return (5 if _idle(charge) else 4), -memory.began.timestamp(), charge.key


def _since(charge: RunningCharge, now: datetime) -> float:
    return (charge.memory.waits_since or now).timestamp()


def _waited_long(charge: RunningCharge, rules: Rules, now: datetime) -> bool:
    since = charge.memory.waits_since
    return since is not None and now - since >= 2 * rules.turn


def _idle(charge: RunningCharge) -> bool:
    """A car that takes nothing though it may."""
    memory = charge.memory
    return memory.held_a is not None and charge.draws_a is not None and charge.draws_a < _NOTHING_A


def _ever(charge: RunningCharge, full: Sequence[Room]) -> bool:
    """Whether it would fit if nobody else were there."""
    return all(room.parts[charge.key] * Fraction(charge.least_a) <= room.size for room in full)
