"""The power of a planned charge over time, and the energy it comes to: exact, in whole seconds from its start."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from decimal import ROUND_FLOOR, Decimal
from fractions import Fraction
from itertools import pairwise
from math import ceil

import msgspec

from ocpilot.base.errors import UserError

_HOUR = 3600
#: Energy and power as OCPI writes them (types, "number").
_DECIMALS = Decimal("0.0001")
#: A charge that lasts longer is a mistake of somebody.
_LONGEST = 60 * 24 * _HOUR


class PowerPoint(msgspec.Struct, frozen=True):
    """What the car draws so many minutes after its start. Between two points the power changes evenly; two points at
    one time are a step."""

    minutes: Decimal
    kw: Decimal


class _Leg(msgspec.Struct, frozen=True):
    """From one point to the next; `before` is the energy until its start, in kW seconds."""

    start: int
    until: int
    kw: Fraction
    slope: Fraction
    before: Fraction

    def energy(self, second: int) -> Fraction:
        """Kilowatt seconds since the start of the charge."""
        passed = second - self.start
        return self.before + passed * (self.kw + self.slope * passed / 2)

    def power(self, second: int) -> Fraction:
        """Kilowatts."""
        return self.kw + self.slope * (second - self.start)

    @property
    def is_nothing(self) -> bool:
        """Does the car draw no power at all?"""
        return not self.kw and not self.slope

    def crossings(self, borders: Iterable[Fraction]) -> Iterator[int]:
        """The seconds after its start at which it reaches a power."""
        for border in borders if self.slope else ():
            second = self.start + ceil((border - self.kw) / self.slope)
            if self.start < second <= self.until:
                yield second


class PowerCurve:
    """Power by points. With `kwh` the charge ends when it has come to so much, and until then the power of the last
    point stays; without it the charge ends at the last point. UserError when that is no charge."""

    def __init__(self, points: Sequence[PowerPoint], kwh: Decimal | None = None) -> None:
        self._legs = list(_legs(_checked(points, kwh)))
        self._kwh = kwh
        #: How long the car charges, in whole seconds.
        self.seconds = self._until(kwh) if kwh is not None else self._legs[-1].until

    @property
    def kwh(self) -> Decimal:
        """The energy of the whole charge."""
        return self.kwh_at(self.seconds)

    def kwh_at(self, second: int) -> Decimal:
        """The energy until then, with the 4 decimals of OCPI; after the charge that of the whole."""
        exact = self._energy(min(second, self.seconds)) / _HOUR
        kwh = (Decimal(exact.numerator) / exact.denominator).quantize(_DECIMALS)
        return kwh if self._kwh is None else min(kwh, self._kwh)

    def mean_kw(self, start: int, until: int) -> Decimal:
        """The average power. Cut, not rounded, so that it stays below a border that is only neared."""
        mean = (self._energy(until) - self._energy(start)) / (until - start) if until > start else self._power(start)
        return (Decimal(mean.numerator) / mean.denominator).quantize(_DECIMALS, ROUND_FLOOR)

    def second_of(self, kwh: Decimal) -> int:
        """The whole second, within a charge that comes to more, at which the energy has come to so much."""
        second = self._reaching(kwh, self.seconds)
        return second if self._energy(second) == Fraction(kwh) * _HOUR else max(second - 1, 0)

    def crossings(self, borders_kw: Iterable[Decimal]) -> Iterator[int]:
        """The seconds within the charge at which the power passes a border, or begins or ceases to be nothing."""
        borders = list(map(Fraction, borders_kw))
        found = [second for leg in self._legs for second in leg.crossings(borders)]
        for before, leg in pairwise(self._legs):
            low, high = sorted((before.power(before.until), leg.kw))
            steps = any(low < border <= high for border in borders)
            if steps or before.is_nothing is not leg.is_nothing:
                found.append(leg.start)
        return (second for second in found if second < self.seconds)

    def _until(self, kwh: Decimal) -> int:
        if self._legs[-1].kw <= 0 and self._energy(self._legs[-1].start) < kwh * _HOUR:
            raise UserError(f"power curve: it ends at 0 kW before {kwh} kWh are charged")
        seconds = self._reaching(kwh, _LONGEST)
        if seconds == _LONGEST:
            raise UserError(f"planned charge: {kwh} kWh take more than 60 days at this power")
        return seconds

    def _reaching(self, kwh: Decimal, before: int) -> int:
        """The first second, if it is before that one, at which so much is charged."""
        return bisect_left(range(before), Fraction(kwh) * _HOUR, key=self._energy)

    def _leg(self, second: int) -> _Leg:
        return next(leg for leg in reversed(self._legs) if leg.start <= second or leg is self._legs[0])

    def _energy(self, second: int) -> Fraction:
        return self._leg(second).energy(second)

    def _power(self, second: int) -> Fraction:
        return self._leg(second).power(second)


def _checked(points: Sequence[PowerPoint], kwh: Decimal | None) -> list[tuple[int, Fraction]]:
    """Points in whole seconds; the last one again at the end of time when its power is to stay."""
    known = [(round(point.minutes * 60), Fraction(point.kw)) for point in points]
    if not known or known[0][0] != 0:
        raise UserError("power curve: expected a first point at 0 minutes")
    if any(before > after for (before, _), (after, _) in pairwise(known)):
        raise UserError("power curve: the minutes of its points must not fall")
    if known[-1][0] > _LONGEST:
        raise UserError(f"power curve: found {known[-1][0] / 60:.0f} minutes, expected at most 60 days")
    if any(power < 0 for _, power in known) or not any(power for _, power in known):
        raise UserError("power curve: expected powers of 0 kW or more, and one above 0")
    if kwh is not None and kwh <= 0:
        raise UserError(f"planned charge: found {kwh} kWh, expected more than 0")
    if kwh is not None:
        return [*known, (_LONGEST, known[-1][1])]
    if not known[-1][0]:
        raise UserError("power curve: a single point needs the kWh at which the charge ends")
    return known


def _legs(points: Sequence[tuple[int, Fraction]]) -> Iterator[_Leg]:
    energy = Fraction(0)
    for (start, power), (until, later) in pairwise(points):
        if until == start:
            continue
        leg = _Leg(start, until, power, (later - power) / (until - start), energy)
        energy = leg.energy(until)
        yield leg
