"""Rounding so that parts add up to their total (docs/decisions, "Rounding"). Amounts are counted in smallest units."""

from collections.abc import Sequence
from decimal import Decimal

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
        self._unit = Decimal(1).scaleb(-decimals)

    def rounded(self, amount: Numerator) -> int:
        """The nearest unit; a tie goes away from zero, or to the even one, as the policy says."""
        twice: Numerator = abs(2 * self._times * amount)
        units = int((twice + self._denominator) // (2 * self._denominator))
        if self._half_even and units % 2 and twice == (2 * units - 1) * self._denominator:
            units -= 1
        return units if amount >= 0 else -units

    def rounded_if_known(self, amount: Numerator | None) -> int | None:
        """The nearest unit; None is not known."""
        return None if amount is None else self.rounded(amount)

    def money(self, units: int) -> Decimal:
        """So many units as money, with the decimals of the currency."""
        return units * self._unit

    def amount(self, excl: int | None, vat: int | None, incl: int | None) -> Amount:
        """Net, tax and gross as money; None is not known."""
        return Amount(
            excl=None if excl is None else excl * self._unit,
            vat=None if vat is None else vat * self._unit,
            incl=None if incl is None else incl * self._unit,
        )

    def apportioned(self, parts: Sequence[Numerator], total: int) -> list[int]:
        """Each part rounded; what is then missing to `total` goes, a unit each, to those it hurts least."""
        shares = [self.rounded(part) for part in parts]
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
