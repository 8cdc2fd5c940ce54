"""An Invoice as PDF: all words and numbers are made here, the template `invoice.typ` only places them."""

from collections.abc import Iterator

import msgspec

from ocpilot.base import formats
from ocpilot.base.texts import Translate, mark, translator
from ocpilot.billing import invoice_words
from ocpilot.billing.invoice import Invoice
from ocpilot.billing.invoice_entries import Section, sections
from ocpilot.billing.invoice_glance import Glance, glance_of
from ocpilot.billing.paper import Fact, PaperWords, typeset
from ocpilot.billing.paper_languages import language_of
from ocpilot.billing.parties import BusinessParty
from ocpilot.billing.payment_qr import payment_qr
from ocpilot.billing.payment_reference import grouped
from ocpilot.billing.payment_ways import PaymentWay, WayKind, ways_to_pay
from ocpilot.billing.taxes import TaxRow

_TEMPLATE = "invoice.typ"
_WAYS = {
    WayKind.BANKGIRO: mark("Bankgiro"),
    WayKind.PLUSGIRO: mark("Plusgiro"),
    WayKind.IBAN: mark("IBAN"),
    WayKind.SWISH: mark("Swish"),
}


class TaxLine(msgspec.Struct, frozen=True, kw_only=True):
    """One tax: `cells` under the header, and why none is asked for."""

    cells: tuple[str, ...]
    reason: str


class Payment(msgspec.Struct, frozen=True, kw_only=True):
    """How much until when, and how."""

    amount: Fact
    terms: str
    title: str
    ways: tuple[Fact, ...]
    qr: str | None
    qr_text: str


class Paper(msgspec.Struct, frozen=True, kw_only=True):
    """What the template gets: texts only. Cells are as many as their header has."""

    language: str
    title: str
    subject: str
    made: str
    seller: str
    seller_lines: tuple[str, ...]
    to: str
    buyer: tuple[str, ...]
    facts: tuple[Fact, ...]
    payment: Payment
    glance: Glance
    line_header: tuple[str, ...]
    sections: tuple[Section, ...]
    sums: tuple[Fact, ...]
    tax_header: tuple[str, ...]
    taxes: tuple[TaxLine, ...]
    remarks: tuple[str, ...]
    page: str


def invoice_pdf(invoice: Invoice) -> bytes:
    """The same bytes for the same invoice: A4, in its language, PDF/A-3, tagged."""
    return typeset(_TEMPLATE, paper_of(invoice), invoice.issued_at)


def paper_of(invoice: Invoice) -> Paper:
    """Every text of the invoice in its language and locale."""
    terms = invoice.terms
    language = language_of(terms.language)
    words = PaperWords(translator(language), language, invoice.currency)
    translate = words.translate
    return Paper(
        language=language,
        title=invoice_words.title(terms.kind, translate),
        subject=invoice.number,
        made=formats.date_in_full(invoice.issued_on, language),
        seller=terms.seller.name,
        seller_lines=tuple(seller_lines(terms.seller, terms.buyer.country, words)),
        to=translate(mark("Buyer") if terms.kind.we_buy else mark("For")),
        buyer=(terms.buyer.name, *address_lines(terms.buyer, terms.seller.country, language)),
        facts=tuple(_facts(invoice, words)),
        payment=_payment(invoice, words),
        glance=glance_of(invoice, words),
        line_header=_line_header(invoice, translate),
        sections=sections(invoice, words),
        sums=tuple(_sums(invoice, words)),
        tax_header=_tax_header(translate),
        taxes=tuple(_tax_line(row, invoice, words) for row in invoice.taxes),
        remarks=tuple(_remarks(invoice, translate)),
        page=translate(mark("Page")),
    )


def address_lines(party: BusinessParty, seen_from: str, locale: str) -> Iterator[str]:
    """As on a letter; the country where it is another one than `seen_from`."""
    address = party.address
    yield from address.lines
    town = " ".join(part for part in (address.postal_code, address.city, address.region) if part)
    if town:
        yield town
    if address.country != seen_from:
        yield formats.country(address.country, locale)


def seller_lines(seller: BusinessParty, seen_from: str, words: PaperWords) -> Iterator[str]:
    """Who writes: address, numbers, and how to reach him."""
    translate = words.translate
    yield from address_lines(seller, seen_from, words.locale)
    if seller.organisation_number:
        yield f"{translate(mark('Organisation number'))} {seller.organisation_number}"
    if seller.vat_number:
        yield f"{translate(mark('VAT number'))} {seller.vat_number}"
    if seller.f_tax:
        yield translate(invoice_words.F_TAX)
    yield from filter(None, (seller.email, seller.phone))


def _facts(invoice: Invoice, words: PaperWords) -> Iterator[Fact]:
    terms = invoice.terms
    credited = terms.credits
    if terms.credits_issued_on is not None:
        credited += f", {formats.date_in_full(terms.credits_issued_on, words.locale)}"
    facts = (
        (mark("Customer number"), terms.customer_number),
        (mark("Credits invoice"), credited),
        (mark("Why"), terms.why),
        (mark("Period"), formats.days(invoice.start, invoice.end, words.locale)),
        (mark("Your reference"), terms.buyer_reference),
        (mark("Your order"), terms.order_reference),
        (mark("Organisation number"), terms.buyer.organisation_number),
        (mark("VAT number"), terms.buyer.vat_number),
    )
    for name, text in facts:
        if text:
            yield Fact(words.translate(name), text)


def _payment(invoice: Invoice, words: PaperWords) -> Payment:
    translate, kind = words.translate, invoice.terms.kind
    return Payment(
        amount=Fact(translate(asked(invoice)), words.money(invoice.payable)),
        terms=invoice_words.payment_terms(invoice, translate),
        title=translate(mark("Paid to") if kind.is_ours_to_pay else mark("How to pay")),
        ways=tuple(way_facts(invoice, translate)),
        qr=payment_qr(invoice),
        qr_text=translate(mark("Scan to pay")),
    )


def asked(invoice: Invoice) -> str:
    """What its amount is, as a text to be translated."""
    kind = invoice.terms.kind
    if kind.is_credit:
        return mark("Credited")
    return mark("You get") if kind.is_ours_to_pay else mark("To pay")


def way_facts(invoice: Invoice, translate: Translate) -> Iterator[Fact]:
    """Each account it can be paid to, then what to name: the ways of one invoice have the same reference."""
    ways = ways_to_pay(invoice)
    for way in ways:
        yield Fact(translate(_WAYS[way.kind]), _account(way))
        if way.bic:
            yield Fact(translate(mark("BIC")), way.bic)
    for reference in dict.fromkeys(way.reference for way in ways):
        is_giro = ways[0].kind in {WayKind.BANKGIRO, WayKind.PLUSGIRO}
        yield Fact(translate(mark("OCR number") if is_giro else mark("Reference")), grouped(reference))


def _account(way: PaymentWay) -> str:
    """An IBAN in fours, other numbers as they are."""
    if way.kind is not WayKind.IBAN:
        return way.account
    return " ".join(way.account[place : place + 4] for place in range(0, len(way.account), 4))


def _line_header(invoice: Invoice, translate: Translate) -> tuple[str, ...]:
    """Prices and amounts with tax where they were shown with it."""
    names = mark("Unit price"), mark("Amount")
    if invoice_words.has_vat(invoice):
        names = mark("Unit price excl. VAT"), mark("Amount excl. VAT")
    if invoice.terms.prices_include_tax:
        names = mark("Unit price incl. VAT"), mark("Amount incl. VAT")
    price, amount = (translate(name) for name in names)
    rate = translate(mark("Tax rate")) if len(invoice.taxes) > 1 else ""
    return (translate(mark("What")), translate(mark("Quantity")), price, rate, f"{amount}, {invoice.currency}")


def _sums(invoice: Invoice, words: PaperWords) -> Iterator[Fact]:
    """From the net to what is to be paid; what is nothing is left out."""
    translate, terms = words.translate, invoice.terms
    yield Fact(translate(mark("Excl. tax")), words.amount(invoice.net))
    yield Fact(translate(mark("Tax")), words.amount(invoice.tax))
    yield Fact(translate(mark("Total incl. tax")), words.amount(invoice.total))
    if invoice.rounding:
        yield Fact(translate(mark("Rounding")), words.amount(invoice.rounding))
    if terms.prepaid:
        yield Fact(translate(mark("Paid already")), words.amount(-terms.prepaid))


def _tax_header(translate: Translate) -> tuple[str, ...]:
    names = (mark("Tax"), mark("Rate"), mark("Excl. tax"), mark("Tax amount"), mark("Incl. tax"))
    return tuple(translate(name) for name in names)


def _tax_line(row: TaxRow, invoice: Invoice, words: PaperWords) -> TaxLine:
    name = invoice_words.tax_name(row.tax, words.translate)
    if row.tax.country and row.tax.country != invoice.terms.seller.country:
        name = f"{name} ({row.tax.country})"
    amounts = (words.amount(row.base), words.amount(row.amount), words.amount(row.base + row.amount))
    return TaxLine(
        cells=(name, words.rate(row.tax.rate), *amounts), reason=invoice_words.exemption(row.tax, words.translate)
    )


def _remarks(invoice: Invoice, translate: Translate) -> Iterator[str]:
    yield translate(mark("All amounts in {currency}.")).format(currency=invoice.currency)
    yield from invoice_words.remarks(invoice, translate)
