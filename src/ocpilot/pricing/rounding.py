"""Rounding so that parts add up to their total (docs/decisions, "Rounding")."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from ocpilot.base.money import RoundingPolicy


def rounded(amount: Fraction, currency: str, policy: RoundingPolicy) -> Decimal:
    """A tie is a decimal fraction, so nothing is lost before the policy sees it."""
    return policy.round(Decimal(amount.numerator) / Decimal(amount.denominator), currency)


def apportioned(parts: Sequence[Fraction], total: Decimal, currency: str, policy: RoundingPolicy) -> list[Decimal]:
    """Each part rounded; what is then missing to `total` goes, a smallest unit each, to those it hurts least."""
    shares = [rounded(part, currency, policy) for part in parts]
    unit = Decimal(1).scaleb(-policy.decimals_for(currency))
    missing = int((total - sum(shares, Decimal(0))) / unit)
    sign = 1 if missing > 0 else -1

    def hurt(place: int) -> tuple[Fraction, Fraction]:
        return (sign * (Fraction(shares[place]) - parts[place]), -abs(parts[place]))

    for place in sorted(range(len(parts)), key=hurt)[: abs(missing)]:
        shares[place] += sign * unit
    return shares
