"""Exact money: Decimal with a currency and a stated rounding policy."""

from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from enum import StrEnum

import msgspec

#: ISO 4217 minor units that are not 2; every other currency has 2.
_MINOR_UNITS = {"JPY": 0, "KRW": 0, "ISK": 0, "CLP": 0, "VND": 0, "BHD": 3, "KWD": 3, "JOD": 3, "OMR": 3, "TND": 3}


class Rounding(StrEnum):
    """How a tie is broken. `half_up` (away from zero) is what tax offices and the standard's examples use."""

    HALF_UP = "half_up"
    HALF_EVEN = "half_even"


_MODES = {Rounding.HALF_UP: ROUND_HALF_UP, Rounding.HALF_EVEN: ROUND_HALF_EVEN}


class RoundingPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """How amounts are rounded. `decimals` None means the minor unit of the currency (2 for SEK, 0 for JPY)."""

    mode: Rounding = Rounding.HALF_UP
    decimals: int | None = None

    def decimals_for(self, currency: str) -> int:
        """How many decimals an amount of `currency` (ISO 4217) keeps."""
        return _MINOR_UNITS.get(currency, 2) if self.decimals is None else self.decimals

    def round(self, amount: Decimal, currency: str) -> Decimal:
        """`amount` to the decimals of `currency`, with exactly that many decimals written."""
        return amount.quantize(Decimal(1).scaleb(-self.decimals_for(currency)), rounding=_MODES[self.mode])


HALF_UP = RoundingPolicy()
