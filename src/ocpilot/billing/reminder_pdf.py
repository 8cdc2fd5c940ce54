"""A Reminder as PDF, in the look of the invoice it is of: all words are made here, `reminder.typ` only places them."""

from collections.abc import Iterator
from datetime import UTC, datetime, time

import msgspec

from ocpilot.base import formats
from ocpilot.base.texts import mark, translator
from ocpilot.billing.invoice import Invoice
from ocpilot.billing.invoice_pdf import address_lines, seller_lines, way_facts
from ocpilot.billing.paper import Fact, PaperWords, typeset
from ocpilot.billing.paper_languages import language_of
from ocpilot.billing.payment_qr import payment_qr
from ocpilot.billing.reminders import Reminder

_TEMPLATE = "reminder.typ"


class ReminderPaper(msgspec.Struct, frozen=True, kw_only=True):
    """What the template gets: texts only."""

    language: str
    title: str
    subject: str
    made: str
    seller: str
    seller_lines: tuple[str, ...]
    to: Fact
    paragraphs: tuple[str, ...]
    sums: tuple[Fact, ...]
    amount: Fact
    ways_title: str
    ways: tuple[Fact, ...]
    qr: str | None
    qr_text: str
    page: str


def reminder_pdf(reminder: Reminder, invoice: Invoice) -> bytes:
    """The same bytes for the same reminder of the same invoice: A4, PDF/A-3, tagged."""
    made_at = datetime.combine(reminder.day, time(), UTC)
    return typeset(_TEMPLATE, paper_of(reminder, invoice), made_at)


def paper_of(reminder: Reminder, invoice: Invoice) -> ReminderPaper:
    """Every text of it; accounts and code ask for what is to be paid now."""
    terms = invoice.terms
    language = language_of(reminder.language)
    words = PaperWords(translator(language), language, reminder.currency)
    translate = words.translate
    asked = msgspec.structs.replace(invoice, payable=reminder.to_pay)
    buyer = "\n".join([terms.buyer.name, *address_lines(terms.buyer, terms.seller.country, language)])
    return ReminderPaper(
        language=language,
        title=reminder.title,
        subject=reminder.invoice,
        made=formats.date_in_full(reminder.day, language),
        seller=terms.seller.name,
        seller_lines=tuple(seller_lines(terms.seller, terms.buyer.country, words)),
        to=Fact(translate(mark("For")), buyer),
        paragraphs=reminder.paragraphs,
        sums=tuple(_sums(reminder, words)),
        amount=Fact(translate(mark("To pay")), words.money(reminder.to_pay)),
        ways_title=translate(mark("How to pay")),
        ways=tuple(way_facts(asked, translate)),
        qr=payment_qr(asked),
        qr_text=translate(mark("Scan to pay")),
        page=translate(mark("Page")),
    )


def _sums(reminder: Reminder, words: PaperWords) -> Iterator[Fact]:
    """Where what is to be paid comes from."""
    rows = (
        (mark("Open of the invoice"), reminder.open),
        (mark("Reminder fee"), reminder.fee),
        (mark("Late interest"), reminder.interest),
    )
    for name, amount in rows:
        if amount:
            yield Fact(words.translate(name), words.money(amount))
