"""The tax of a line, and what lines of one tax come to (EN 16931, BG-23; codes of UNTDID 5305)."""

from decimal import Decimal
from enum import StrEnum

import msgspec

#: What the tax is called where it is no tax of a state or county.
VAT = "VAT"


class TaxCategory(StrEnum):
    """Codes of UNTDID 5305."""

    STANDARD = "S"
    ZERO = "Z"
    EXEMPT = "E"
    REVERSE_CHARGE = "AE"
    INTRA_COMMUNITY = "K"
    EXPORT = "G"
    OUTSIDE = "O"


class Tax(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """One tax: lines of the same one are added up. `rate` in per cent. `name` is `VAT`, or that of a tax of a state or
    county where there is no VAT. `country` is whose tax it is (ISO 3166-1 alpha-2)."""

    category: TaxCategory
    rate: Decimal = Decimal(0)
    name: str = VAT
    country: str = ""
    reason: str = ""


class TaxRow(msgspec.Struct, frozen=True, kw_only=True):
    """All lines of one tax: what they come to without it, and the tax."""

    tax: Tax
    base: Decimal
    amount: Decimal
