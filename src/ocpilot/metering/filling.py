"""Max-min fairness: everybody rises together, each by his weight, until his fuse is full or he has all he can use.

Nobody can get more without somebody who has less, for his weight, getting less still.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from fractions import Fraction

import msgspec

from ocpilot.metering.site import Room


class Claim(msgspec.Struct, frozen=True):
    """What one charge has for certain (`low`), can use at most (`high`), and how fast it rises between them."""

    low: Fraction
    high: Fraction
    weight: Fraction

    def at(self, level: Fraction) -> Fraction:
        """What it has when the water stands at `level`."""
        return min(max(self.weight * level, self.low), self.high)


def filled(claims: Mapping[int, Claim], rooms: Sequence[Room]) -> dict[int, Fraction]:
    """What each gets; what all have for certain must fit."""
    settled: dict[int, Fraction] = {}
    while rising := {key: claim for key, claim in claims.items() if key not in settled}:
        levels = [(level, room) for room in rooms if (level := _level(room, rising, settled)) is not None]
        if not levels:
            return settled | {key: claim.high for key, claim in rising.items()}
        lowest = min(level for level, _ in levels)
        full = {key for level, room in levels if level == lowest for key in room.parts}
        settled |= {key: claim.at(lowest) for key, claim in rising.items() if key in full}
    return settled


def _level(room: Room, rising: Mapping[int, Claim], settled: Mapping[int, Fraction]) -> Fraction | None:
    """How high the water stands when this room is full; None when all in it can have what they can use."""
    inside = [(part, rising[key]) for key, part in room.parts.items() if key in rising]
    left = room.left(settled)

    def used(level: Fraction) -> Fraction:
        return sum((part * claim.at(level) for part, claim in inside), Fraction(0))

    if not inside or sum((part * claim.high for part, claim in inside), Fraction(0)) <= left:
        return None
    bends = sorted({end / claim.weight for _, claim in inside for end in (claim.low, claim.high)} | {Fraction(0)})
    after = bisect_right(bends, left, key=used)
    if after == 0:
        return bends[0]
    below, above = bends[after - 1], bends[after]
    return below + (left - used(below)) * (above - below) / (used(above) - used(below))
