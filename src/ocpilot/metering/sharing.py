"""A site's limit shared among its running charges: how much each may draw, why, and in which order that is said.

1. Who cannot be told a new limit counts with what he may draw.
2. Everybody gets the least a car can charge with; where that is not enough for all they take turns (`turns.py`).
3. Then those who said when they leave get what they need to be ready, each the same part of it.
4. The rest rises evenly, by the weight of the driver's preference, up to what each can use (`filling.py`).
5. A limit falls at once and rises by steps, after a while: it does not flap.

All of this is the same for the same input: no clock, no chance, exact fractions, ampere in tenths downwards.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

import msgspec

from ocpilot.metering import turns
from ocpilot.metering.filling import Claim, filled
from ocpilot.metering.site import Fuse, Memory, Room, RunningCharge, rooms_by_charge, rooms_of
from ocpilot.metering.turns import Rules

_NONE = Decimal(0)
#: Where a share of nothing would be none at all.
_SMALLEST = Fraction(1, 1000)


class Why(StrEnum):
    """What decided about a charge's limit. The words are in `sharing_words.py`."""

    MOST = "most"
    PROVIDER = "provider"
    PAUSED = "paused"
    UNUSED = "unused"
    DEPARTURE = "departure"
    SHARED = "shared"
    WAITS = "waits"
    NEVER = "never"
    STEADY = "steady"
    FIXED = "fixed"


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """How much one charge may draw per phase and why. `group` is the fuse that decided, None when none did."""

    key: int
    limit_a: Decimal
    why: Why
    group: str | None = None
    needed_a: Decimal | None = None
    memory: Memory


def shares(fuses: Sequence[Fuse], charges: Sequence[RunningCharge], rules: Rules, now: datetime) -> tuple[Share, ...]:
    """One per charge, in the order of their keys."""
    rooms = rooms_of(fuses, charges)
    fixed = {one.key: Fraction(one.fixed_a) for one in charges if one.fixed_a is not None}
    free = [
        msgspec.structs.replace(one, memory=turns.remembered(one, rules, now)) for one in charges if one.fixed_a is None
    ]
    paused = {one.key for one in free if _most(one)[0] < one.least_a}
    asking = [one for one in free if one.key not in paused]
    inside, outside = turns.admitted(asking, rooms, fixed, rules, now)
    having = [one for one in asking if one.key in inside]
    ready = filled({one.key: _until_departure(one, now) for one in having}, _behind(rooms, fixed))
    amps = filled({one.key: _as_preferred(one, ready[one.key]) for one in having}, _behind(rooms, fixed))
    found = [_fixed(one) for one in charges if one.fixed_a is not None]
    found += [_paused(one) for one in free if one.key in paused]
    found += [_waiting(one, outside[one.key], rooms, now) for one in asking if one.key in outside]
    found += [_having(one, amps[one.key], ready[one.key], rooms, amps | fixed, rules, now) for one in having]
    return tuple(sorted(found, key=lambda share: share.key))


def raisable(
    fuses: Sequence[Fuse], charges: Sequence[RunningCharge], wanted: Mapping[int, Decimal], may: Mapping[int, Decimal]
) -> dict[int, Decimal]:
    """Which limits may rise now, and how far, while every charge may still draw what its station took last (`may`)."""
    rooms = rooms_of(fuses, charges)
    behind = rooms_by_charge(rooms)
    least = {one.key: one.least_a for one in charges}
    now = {key: Fraction(amps) for key, amps in may.items()}
    found: dict[int, Decimal] = {}
    for key in sorted(key for key in wanted if wanted[key] > may[key]):
        left = [max(room.left(now), Fraction(0)) / room.parts[key] for room in behind.get(key, ())]
        limit = _tenths(min([Fraction(wanted[key]), *(now[key] + one for one in left)]))
        if limit > may[key] and limit >= least[key]:
            found[key] = limit
            now[key] = Fraction(limit)
    return found


# ---- how much ------------------------------------------------------------------------------------------------------


def _most(charge: RunningCharge) -> tuple[Decimal, Why]:
    """What it can use at most, and who says so."""
    bounds = [(charge.most_a, Why.MOST)]
    if charge.provider_a is not None:
        bounds.append((charge.provider_a, Why.PROVIDER))
    if charge.memory.held_a is not None:
        bounds.append((charge.memory.held_a, Why.UNUSED))
    return min(bounds, key=lambda bound: bound[0])


def _until_departure(charge: RunningCharge, now: datetime) -> Claim:
    """From the least up to what it needs to be ready, by that: everybody gets the same part of his need."""
    least, most = Fraction(charge.least_a), Fraction(_most(charge)[0])
    needed = Fraction(charge.needed_a(now) or 0)
    return Claim(least, min(max(least, needed), most), max(needed, _SMALLEST))


def _as_preferred(charge: RunningCharge, ready: Fraction) -> Claim:
    return Claim(ready, max(Fraction(_most(charge)[0]), ready), Fraction(charge.weight))


def _behind(rooms: Sequence[Room], fixed: Mapping[int, Fraction]) -> list[Room]:
    """What is left of each limit for those whose limit can be changed."""
    return [Room(room.group, room.left(fixed), room.parts) for room in rooms]


def _tenths(amps: Fraction) -> Decimal:
    """Downwards: it is a limit."""
    return Decimal(int(amps * 10)) / 10


# ---- why -----------------------------------------------------------------------------------------------------------


def _fixed(charge: RunningCharge) -> Share:
    return Share(key=charge.key, limit_a=charge.fixed_a or _NONE, why=Why.FIXED, memory=charge.memory)


def _paused(charge: RunningCharge) -> Share:
    memory = msgspec.structs.replace(charge.memory, began=None, waits_since=None)
    why = Why.PAUSED if _most(charge)[1] is Why.PROVIDER else Why.MOST
    return Share(key=charge.key, limit_a=_NONE, why=why, memory=memory)


def _waiting(charge: RunningCharge, group: str, rooms: Sequence[Room], now: datetime) -> Share:
    too_small = [
        room.group
        for room in rooms
        if charge.key in room.parts and room.size < room.parts[charge.key] * Fraction(charge.least_a)
    ]
    why = Why.NEVER if too_small else Why.WAITS
    memory = turns.after(charge.memory, False, now)
    return Share(key=charge.key, limit_a=_NONE, why=why, group=(too_small or [group])[0], memory=memory)


def _having(  # noqa: PLR0917 - all that a decision came from, once
    charge: RunningCharge,
    amps: Fraction,
    ready: Fraction,
    rooms: Sequence[Room],
    all_amps: Mapping[int, Fraction],
    rules: Rules,
    now: datetime,
) -> Share:
    memory = turns.after(charge.memory, True, now)
    needed = charge.needed_a(now)
    most, whose = _most(charge)
    full = [room.group for room in rooms if charge.key in room.parts and room.left(all_amps) <= 0]
    limit = _tenths(amps)
    if amps >= Fraction(most):
        why, group = whose, None
    elif needed is not None and amps == ready > Fraction(charge.least_a):
        why, group = Why.DEPARTURE, full[-1] if full else None
    else:
        why, group = Why.SHARED, full[-1] if full else None
    before = charge.memory.limit_a
    if before and before < limit and not _may_rise(charge.memory, limit, rules, now):
        limit, why, group = before, Why.STEADY, None
    return Share(key=charge.key, limit_a=limit, why=why, group=group, needed_a=needed, memory=memory)


def _may_rise(memory: Memory, limit: Decimal, rules: Rules, now: datetime) -> bool:
    """A limit that was changed a moment ago stays, and small steps are not worth telling."""
    if memory.limit_a is not None and limit - memory.limit_a < rules.step_a:
        return False
    return memory.changed_at is None or now - memory.changed_at >= rules.settle
