"""Rounding so that parts add up to their total (docs/decisions, "Rounding"). Amounts are counted in smallest units."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from functools import cache

from ocpilot.base.money import Rounding, RoundingPolicy
from ocpilot.pricing.exact import Numerator
from ocpilot.pricing.trace import Amount


class Units:
    """Rounds numerators over one denominator to whole smallest units of a currency (cents)."""

    def __init__(self, denominator: int, currency: str, policy: RoundingPolicy) -> None:
        decimals = policy.decimals_for(currency)
        self._half_even = policy.mode is Rounding.HALF_EVEN
        self._times = 10**decimals
        self._denominator = denominator
        self._unit = _unit(decimals)

    def rounded(self, amount: Numerator) -> int:
        """The nearest unit; a tie goes away from zero, or to the even one, as the policy says."""
        return self.each((amount,))[0]

    def each(self, amounts: Sequence[Numerator]) -> list[int]:
        """Each of them rounded for itself."""
        if self._half_even:
            return [round(Fraction(amount) * self._times / self._denominator) for amount in amounts]
        times, half, whole = 2 * self._times, self._denominator, 2 * self._denominator
        return [
            (amount * times + half) // whole if amount >= 0 else -((half - amount * times) // whole)
            for amount in amounts
        ]

    def amount(self, excl: int | None, vat: int | None, incl: int | None) -> Amount:
        """Net, tax and gross as money; None is not known."""
        unit = self._unit
        return Amount(
            excl=None if excl is None else excl * unit,
            vat=None if vat is None else vat * unit,
            incl=None if incl is None else incl * unit,
        )

    def mended(self, shares: list[int], parts: Sequence[Numerator], total: int) -> list[int]:
        """The rounded parts; what is missing to `total` goes, a unit each, to those it hurts least."""
        missing = total - sum(shares)
        if not missing:
            return shares
        sign = 1 if missing > 0 else -1

        def hurt(place: int) -> tuple[Numerator, Numerator]:
            part = parts[place]
            beyond = shares[place] * self._denominator - part * self._times
            return (sign * beyond, part if part < 0 else -part)

        for place in sorted(range(len(parts)), key=hurt)[: abs(missing)]:
            shares[place] += sign
        return shares


@cache
def _unit(decimals: int) -> Decimal:
    return Decimal(1).scaleb(-decimals)
