"""What every report of ours says about itself: seller, language, page, and how it writes amounts."""

from datetime import datetime
from decimal import Decimal

import msgspec

from ocpilot.app.book_days import books_zone
from ocpilot.app.platform import Platform
from ocpilot.base import formats
from ocpilot.base.money import HALF_UP
from ocpilot.base.texts import Translate, mark, translator
from ocpilot.billing.report import Report, Table


class Words(msgspec.Struct, frozen=True):
    """One report's way to write things."""

    translate: Translate
    language: str

    def amount(self, value: Decimal, currency: str) -> str:
        """Without the currency, which has a column."""
        return formats.fixed(HALF_UP.round(value, currency), self.language, HALF_UP.decimals_for(currency))

    def count(self, value: int) -> str:
        """A whole number."""
        return formats.fixed(Decimal(value), self.language, 0)

    def texts(self, *texts: str) -> tuple[str, ...]:
        """Texts in the language."""
        return tuple(self.translate(text) for text in texts)


def words_of(language: str) -> Words:
    """How a language writes things."""
    return Words(translator(language), language)


def paper(
    platform: Platform,
    words: Words,
    *,
    title: str,
    subject: str,
    made_at: datetime,
    facts: tuple[tuple[str, str], ...],
    tables: tuple[Table, ...],
) -> Report:
    """A report with all that is the same on each."""
    seller = platform.settings.seller
    number = words.translate(mark("Organisation number"))
    return Report(
        language=words.language,
        title=title,
        subject=subject,
        made=formats.moment(made_at, books_zone(platform), words.language),
        seller=seller.name or platform.settings.name,
        seller_lines=(
            *seller.address,
            *([f"{number} {seller.organisation_number}"] if seller.organisation_number else []),
        ),
        facts=facts,
        tables=tables,
        page=words.translate(mark("Page")),
    )
