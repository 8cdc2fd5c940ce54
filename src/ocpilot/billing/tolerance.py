"""How far two right systems may be apart: the policy by which numbers of a CDR agree."""

from decimal import Decimal

import msgspec

from ocpilot.base.money import HALF_UP


class Tolerance(msgspec.Struct, frozen=True, kw_only=True):
    """Amounts agree within the larger of an absolute and a relative bound (0.01: one per cent), volumes within theirs.

    The absolute bound of a currency is in `by_currency`, else `amount`, else its smallest unit: 0.01 EUR, 1 JPY.
    """

    amount: Decimal | None = None
    by_currency: dict[str, Decimal] = {}
    relative: Decimal = Decimal(0)
    #: kWh and hours are written with 4 decimals (types, "number"); sums of many rounded periods drift a little.
    kwh: Decimal = Decimal("0.001")
    hours: Decimal = Decimal("0.001")

    def of_amount(self, currency: str, ours: Decimal) -> Decimal:
        """For an amount of ours."""
        absolute = self.by_currency.get(currency.upper(), self.amount)
        return max(unit(currency) if absolute is None else absolute, self.relative * abs(ours))

    def of_volume(self, name: str) -> Decimal:
        """For a total of a CDR that is no amount."""
        return self.kwh if name == "total_energy" else self.hours


def unit(currency: str) -> Decimal:
    """The smallest unit of a currency."""
    return Decimal(1).scaleb(-HALF_UP.decimals_for(currency.upper()))


STRICT = Tolerance()
