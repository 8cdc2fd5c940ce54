"""The words of the message an invoice goes out with, in its language."""

from collections.abc import Iterator

import msgspec

from ocpilot.base import formats
from ocpilot.base.texts import Translate, mark, translator
from ocpilot.billing import invoice_words
from ocpilot.billing.invoice import Invoice
from ocpilot.billing.invoice_pdf import asked, way_facts
from ocpilot.billing.paper_languages import language_of


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """`text` has lines of any length and no markup."""

    subject: str
    text: str


def letter(invoice: Invoice) -> Letter:
    """To its buyer; of one that we write in a seller's name, or a credit advice, to the seller."""
    terms = invoice.terms
    translate, locale = translator(terms.language), language_of(terms.language)
    title = invoice_words.title(terms.kind, translate)
    us, them = (terms.buyer, terms.seller) if terms.kind.we_buy else (terms.seller, terms.buyer)
    names = {"title": title, "number": invoice.number, "us": us.name, "name": them.name}
    days = formats.days(invoice.start, invoice.end, locale)
    paragraphs = (
        translate(mark("Hello {name},")).format(**names),
        translate(mark("attached you find: {title} {number} from {us} for {days}.")).format(days=days, **names),
        "\n".join(_payment(invoice, translate, locale)),
        us.name + (f"\n{us.email}" if us.email else "") + (f"\n{us.phone}" if us.phone else ""),
    )
    subject = translate(mark("{title} {number} from {us}")).format(**names)
    return Letter(subject=subject, text="\n\n".join(paragraphs) + "\n")


def _payment(invoice: Invoice, translate: Translate, locale: str) -> Iterator[str]:
    amount = formats.money(invoice.payable, invoice.currency, locale)
    yield f"{translate(asked(invoice))}: {amount}"
    yield invoice_words.payment_terms(invoice, translate)
    for fact in way_facts(invoice, translate):
        yield f"{fact.name}: {fact.text}"
