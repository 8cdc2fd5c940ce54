"""A site with its fuses, the charges behind them, and what a fuse leaves: the words in which limits are shared.

Everything is reckoned in ampere per phase on the side of the grid. Which phase a car of one phase draws from is not
known to anybody, so every charge counts on every phase: the true load is that or less.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from fractions import Fraction

import msgspec

#: The group that is the site itself.
WHOLE = ""


class Fuse(msgspec.Struct, frozen=True, kw_only=True):
    """What a part of a site may draw: `amps` per phase, `watts` in all, or both. `parent` is the group it is in."""

    name: str
    amps: Decimal | None = None
    watts: Decimal | None = None
    parent: str | None = None


class Memory(msgspec.Struct, frozen=True, kw_only=True):
    """What is remembered of a charge from one decision to the next; the present limit is what its station took.

    `began` is when its turn began, `waits_since` since when it has none, `unused_since` since when it draws far less
    than it may, and `held_a` what it is held to for that.
    """

    limit_a: Decimal | None = None
    changed_at: datetime | None = None
    began: datetime | None = None
    waits_since: datetime | None = None
    unused_since: datetime | None = None
    held_a: Decimal | None = None


class RunningCharge(msgspec.Struct, frozen=True, kw_only=True):
    """One charge. `most_a` is what its EVSE can give, `least_a` what a car needs to charge at all, `watts_per_a` the
    power of one ampere on all its phases.

    `provider_a` is the limit of a provider's charging profile; `draws_a` the newest measurement, None when there is
    none of late; `needed_kwh` what is still to be charged until `leaves_at`. `fixed_a` says that its limit cannot be
    changed now, and what it may draw.
    """

    key: int
    group: str = WHOLE
    most_a: Decimal
    least_a: Decimal = Decimal(6)
    watts_per_a: Decimal = Decimal(690)
    weight: Decimal = Decimal(1)
    provider_a: Decimal | None = None
    draws_a: Decimal | None = None
    needed_kwh: Decimal | None = None
    leaves_at: datetime | None = None
    fixed_a: Decimal | None = None
    memory: Memory = Memory()

    def needed_a(self, now: datetime) -> Decimal | None:
        """What it needs on average from now on to be ready in time; None when nobody said so or the time is over."""
        if self.needed_kwh is None or self.leaves_at is None or self.leaves_at <= now:
            return None
        hours = Decimal((self.leaves_at - now).total_seconds()) / 3600
        return max(self.needed_kwh, Decimal(0)) * 1000 / hours / self.watts_per_a


class Room(msgspec.Struct, frozen=True):
    """One limit of one fuse: so many units, of which each charge behind it takes `parts` per ampere."""

    group: str
    size: Fraction
    parts: Mapping[int, Fraction]

    def used(self, amps: Mapping[int, Fraction]) -> Fraction:
        """What these charges take of it."""
        return sum((part * amps[key] for key, part in self.parts.items() if key in amps), Fraction(0))

    def left(self, amps: Mapping[int, Fraction]) -> Fraction:
        """What they leave; below zero when it is not enough."""
        return self.size - self.used(amps)


def rooms_of(fuses: Sequence[Fuse], charges: Sequence[RunningCharge]) -> tuple[Room, ...]:
    """Every limit with the charges behind it."""
    known = {fuse.name: fuse for fuse in fuses}
    behind = {fuse.name: [one for one in charges if fuse.name in _path(known, one.group)] for fuse in fuses}
    return tuple(room for fuse in fuses for room in _rooms(fuse, behind[fuse.name]))


def rooms_by_charge(rooms: Sequence[Room]) -> dict[int, list[Room]]:
    """The limits each charge is behind, the nearest fuse last."""
    found: dict[int, list[Room]] = {}
    for room in rooms:
        for key in room.parts:
            found.setdefault(key, []).append(room)
    return found


def _rooms(fuse: Fuse, behind: Sequence[RunningCharge]) -> Iterator[Room]:
    if fuse.amps is not None:
        yield Room(fuse.name, Fraction(fuse.amps), {one.key: Fraction(1) for one in behind})
    if fuse.watts is not None:
        yield Room(fuse.name, Fraction(fuse.watts), {one.key: Fraction(one.watts_per_a) for one in behind})


def _path(known: Mapping[str, Fuse], group: str) -> set[str]:
    """The group and those it is in; the site is always among them."""
    path = {WHOLE}
    name: str | None = group
    while name is not None and name not in path:
        path.add(name)
        name = known[name].parent if name in known else None
    return path
