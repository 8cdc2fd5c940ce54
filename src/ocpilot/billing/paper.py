"""What every paper shares: how its words and numbers are written, and typst, which sets it.

Templates (`*.typ`) only place texts; `paper.typ` holds their common look and is put before each. Every paper has
`language`, `title`, `subject` (which one it is), `made` (when), `seller` and `page`.
"""

from datetime import datetime
from decimal import Decimal
from importlib import resources
from zoneinfo import ZoneInfo

import msgspec
import typst

from ocpilot.base import formats
from ocpilot.base.money import HALF_UP
from ocpilot.base.texts import Translate
from ocpilot.pricing import Unit
from ocpilot.pricing.words import per, quantity

UNKNOWN = "–"


class Fact(msgspec.Struct, frozen=True):
    """A name and what stands behind it."""

    name: str
    text: str


class PaperWords(msgspec.Struct, frozen=True):
    """One paper's way to write things."""

    translate: Translate
    locale: str
    currency: str

    def amount(self, value: Decimal | None) -> str:
        """Without the currency, which stands in the header; nothing is never below zero."""
        if value is None:
            return UNKNOWN
        return formats.fixed(value + 0, self.locale, HALF_UP.decimals_for(self.currency))

    def money(self, value: Decimal) -> str:
        """With the currency."""
        return formats.money(value, self.currency, self.locale)

    def rate(self, value: Decimal | None) -> str:
        """A VAT rate."""
        return UNKNOWN if value is None else formats.percent(value, self.locale)

    def measured(self, value: Decimal | None, unit: Unit) -> str:
        """How much of a price line: `12,5 kWh`; nothing for what is counted once."""
        return "" if value is None or unit is Unit.ONCE else quantity(value, unit, self.locale)

    def price(self, value: Decimal | None, unit: Unit) -> str:
        """`4,00 kr per kWh`."""
        return "" if value is None else f"{self.money(value)} {per(unit, self.translate)}".rstrip()

    def kwh(self, value: Decimal) -> str:
        """`12,345 kWh`."""
        return f"{formats.number(value, self.locale)} kWh"

    def day(self, at: datetime, zone: ZoneInfo) -> str:
        """A date, in full."""
        return formats.day(at, zone, self.locale)


def typeset(template: str, paper: msgspec.Struct, made_at: datetime) -> bytes:
    """The same bytes for the same texts: PDF/A-3, tagged, with the fonts of typst and no other."""
    folder = resources.files("ocpilot.billing")
    source = (folder / "paper.typ").read_bytes() + b"\n" + (folder / template).read_bytes()
    pdf: bytes = typst.compile(
        source,
        format="pdf",
        sys_inputs={"paper": msgspec.json.encode(paper).decode()},
        ignore_system_fonts=True,
        pdf_standards=["a-3a"],
        timestamp=int(made_at.timestamp()),
    )
    return pdf
