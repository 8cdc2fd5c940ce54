"""A Receipt as PDF, typeset by typst: all words and numbers are made here, the template only places them."""

from collections.abc import Iterator
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from ocpilot.base import formats
from ocpilot.base.texts import Translate, mark, translator
from ocpilot.billing.paper import Fact, PaperWords, typeset
from ocpilot.billing.receipt import ChargeFacts, PaidByCard, Receipt, ReceiptLine, Seller, VatRow
from ocpilot.pricing import Amount

_TEMPLATE = "receipt.typ"


class Paper(msgspec.Struct, frozen=True, kw_only=True):
    """What the template gets: texts only. Rows of cells are as wide as the header above them."""

    language: str
    title: str
    subject: str
    made: str
    seller: str
    seller_lines: tuple[str, ...]
    heading: str
    place: str
    address: str
    facts: tuple[Fact, ...]
    to: Fact
    amount_due: Fact
    line_header: tuple[str, ...]
    lines: tuple[tuple[str, ...], ...]
    notes: tuple[tuple[str, ...], ...]
    total: tuple[str, ...]
    vat_title: str
    vat_header: tuple[str, ...]
    vat: tuple[tuple[str, ...], ...]
    paid: tuple[str, ...]
    remarks: tuple[str, ...]
    page: str


def receipt_pdf(receipt: Receipt, paid: PaidByCard | None = None) -> bytes:
    """The same bytes for the same receipt and payment: A4, in its language, tagged, with title and language in the
    metadata."""
    return typeset(_TEMPLATE, paper_of(receipt, paid), receipt.issued_at)


def paper_of(receipt: Receipt, paid: PaidByCard | None = None) -> Paper:
    """Every text of the receipt in its language and locale."""
    words = PaperWords(translator(receipt.language), receipt.language, receipt.currency)
    zone, translate = ZoneInfo(receipt.charge.zone), words.translate
    header = _amount_header(words)
    return Paper(
        language=receipt.language,
        title=translate(mark("Receipt")),
        subject=receipt.number,
        made=words.day(receipt.issued_at, zone),
        seller=receipt.seller.name,
        seller_lines=tuple(_seller_lines(receipt.seller, translate)),
        heading=translate(mark("Charge")),
        place=receipt.charge.place,
        address=receipt.charge.address,
        facts=(*_facts(receipt.charge, words, zone), *_replaced(receipt, translate)),
        to=Fact(translate(mark("For")), receipt.driver),
        amount_due=Fact(translate(_due(receipt.total)), words.money(receipt.total.shown)),
        line_header=(translate(mark("What")), translate(mark("Quantity")), _price_header(words), *header),
        lines=tuple(_cells(line, words) for line in receipt.lines),
        notes=tuple(line.notes for line in receipt.lines),
        total=(translate(mark("Total")), *_sides(receipt.total, words)),
        vat_title=translate(mark("VAT by rate")),
        vat_header=header,
        vat=tuple(_vat_cells(row, words) for row in receipt.vat),
        paid=tuple(_paid(paid, words)) if paid else (),
        remarks=tuple(_remarks(receipt, translate)),
        page=translate(mark("Page")),
    )


def _amount_header(words: PaperWords) -> tuple[str, str, str, str]:
    translate = words.translate
    return (
        translate(mark("VAT rate")),
        translate(mark("Excl. VAT")),
        translate(mark("VAT")),
        translate(mark("Incl. VAT")),
    )


def _price_header(words: PaperWords) -> str:
    return words.translate(mark("Unit price excl. VAT"))


def _due(total: Amount) -> str:
    return mark("Total incl. VAT") if total.incl is not None else mark("Total excl. VAT")


def _seller_lines(seller: Seller, translate: Translate) -> list[str]:
    lines = list(seller.address)
    if seller.org_number:
        lines.append(f"{translate(mark('Organisation number'))} {seller.org_number}")
    if seller.vat_id:
        lines.append(f"{translate(mark('VAT number'))} {seller.vat_id}")
    return lines


def _facts(charge: ChargeFacts, words: PaperWords, zone: ZoneInfo) -> list[Fact]:
    translate = words.translate
    facts = [
        Fact(translate(mark("Charger")), charge.evse_id),
        Fact(translate(mark("Start")), _moment(charge.start, zone, words)),
        Fact(translate(mark("End")), _moment(charge.end, zone, words)),
        Fact(translate(mark("Duration")), formats.duration(charge.duration)),
        Fact(translate(mark("Energy")), words.kwh(charge.kwh)),
    ]
    if charge.parked:
        facts.append(Fact(translate(mark("Parking after charging")), formats.duration(charge.parked)))
    return [*facts, Fact(translate(mark("Charge record")), charge.cdr_id)]


def _replaced(receipt: Receipt, translate: Translate) -> Iterator[Fact]:
    """What is corrected is named (2006/112/EC, article 219)."""
    if receipt.replaces is not None:
        yield Fact(translate(mark("Replaces receipt")), receipt.replaces)


def _sides(amount: Amount, words: PaperWords) -> tuple[str, str, str]:
    """Net, VAT and gross."""
    return (words.amount(amount.excl), words.amount(amount.vat), words.amount(amount.incl))


def _moment(at: datetime, zone: ZoneInfo, words: PaperWords) -> str:
    """With the zone's short name, such as CET, as a clock may show the same time twice a year."""
    return f"{formats.moment(at, zone, words.locale)} {at.astimezone(zone).tzname()}"


def _cells(line: ReceiptLine, words: PaperWords) -> tuple[str, ...]:
    return (
        line.label,
        words.measured(line.quantity, line.unit),
        words.price(line.unit_price, line.unit),
        words.rate(line.vat),
        *_sides(line.amount, words),
    )


def _vat_cells(row: VatRow, words: PaperWords) -> tuple[str, ...]:
    return (words.rate(row.rate), *_sides(row.amount, words))


def _paid(paid: PaidByCard, words: PaperWords) -> Iterator[str]:
    """A heading, then a line each."""
    yield words.translate(mark("Paid by card"))
    taken, given_back = words.translate(mark("Taken from the card")), words.translate(mark("Given back"))
    if paid.amount is not None:
        yield f"{taken}: {words.money(paid.amount)}"
    if paid.given_back:
        yield f"{given_back}: {words.money(paid.given_back)}"
    yield from paid.lines


def _remarks(receipt: Receipt, translate: Translate) -> list[str]:
    remarks = [translate(mark("All amounts in {currency}.")).format(currency=receipt.currency)]
    if receipt.total.incl is None:
        remarks.append(translate(mark("The VAT of this charge is not known to us.")))
    return [*remarks, receipt.signature] if receipt.signature else remarks
