"""The lines of an invoice as rows of a paper: each charge with its place, times, price lines and signature, by cost
centre and driver where there are any."""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from zoneinfo import ZoneInfo

import msgspec

from ocpilot.base import formats
from ocpilot.base.texts import mark
from ocpilot.billing.invoice import Invoice, InvoiceLine, LineUnit
from ocpilot.billing.invoice_sums import Charged, charged, grouped_by, lines_shown, shown, shown_of
from ocpilot.billing.paper import PaperWords
from ocpilot.billing.receipt import ChargeFacts, ReceiptLine
from ocpilot.pricing import Unit

_UNITS = {LineUnit.KWH: Unit.KWH, LineUnit.MINUTE: Unit.SECOND}
_SECONDS = 60


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """What, how much, the price of one, what it comes to; `notes` say when the price holds."""

    text: str
    quantity: str = ""
    price: str = ""
    rate: str = ""
    amount: str
    notes: str = ""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A charge or another line. `about` says when and where, `rows` the price lines, `after` what else is known."""

    head: Row
    about: str = ""
    rows: tuple[Row, ...] = ()
    after: str = ""


class Section(msgspec.Struct, frozen=True, kw_only=True):
    """The entries of one cost centre or driver; `name` is empty where there is but one."""

    name: str
    total: str
    entries: tuple[Entry, ...]


class GroupSum(msgspec.Struct, frozen=True, kw_only=True):
    """What one cost centre or driver charged."""

    name: str
    charges: int
    kwh: Decimal
    amount: Decimal


def sections(invoice: Invoice, words: PaperWords) -> tuple[Section, ...]:
    """All entries; in sections when lines name more than one cost centre or driver."""
    every = lines_shown(invoice)
    groups = grouped_by(every, lambda line: (line.cost_centre, line.driver))
    with_rate = len(invoice.taxes) > 1
    if len(groups) < 2:
        return (Section(name="", total="", entries=tuple(_entries(every, words, with_rate))),)
    return tuple(
        Section(
            name=_name(key, words),
            total=words.amount(sum((shown(line) for line in lines), Decimal(0))),
            entries=tuple(_entries(lines, words, with_rate)),
        )
        for key, lines in groups.items()
    )


def group_sums(invoice: Invoice, words: PaperWords) -> tuple[GroupSum, ...]:
    """By cost centre, or by driver where there are none; empty where there is nothing to tell apart."""
    every = lines_shown(invoice)
    has_centres = any(line.cost_centre for line in every)
    groups = grouped_by(every, lambda line: (line.cost_centre if has_centres else line.driver,))
    if len(groups) < 2:
        return ()
    return tuple(_sum_of(_name(key, words), lines) for key, lines in groups.items())


def _sum_of(name: str, lines: list[InvoiceLine]) -> GroupSum:
    found = [(one.sign, one.first.charge) for one in charged(lines) if one.first.charge is not None]
    return GroupSum(
        name=name,
        charges=sum(sign for sign, _ in found),
        kwh=sum((sign * charge.kwh for sign, charge in found), Decimal(0)),
        amount=sum((shown(line) for line in lines), Decimal(0)),
    )


def _name(key: tuple[str, ...], words: PaperWords) -> str:
    return " · ".join(part for part in key if part) or words.translate(mark("Without cost centre or driver"))


def _entries(lines: Iterable[InvoiceLine], words: PaperWords, with_rate: bool) -> Iterator[Entry]:
    for one in charged(lines):
        if one.first.charge is None:
            yield _other(one.first, words, with_rate)
        else:
            yield _charge(one, one.first.charge, words, with_rate)


def _charge(one: Charged, charge: ChargeFacts, words: PaperWords, with_rate: bool) -> Entry:
    rows = tuple(_row(detail, line, words, with_rate) for line in one.lines for detail in line.details)
    zone = ZoneInfo(charge.zone)
    taken_back = words.translate(mark("Taken back: {place}"))
    head = Row(
        text=charge.place if one.sign > 0 else taken_back.format(place=charge.place),
        amount=words.amount(sum((shown(line) for line in one.lines), Decimal(0))),
    )
    when = formats.stretch(charge.start, charge.end, zone, words.locale)
    about = (when, formats.duration(charge.duration), words.kwh(charge.kwh), charge.evse_id, charge.address)
    signatures = dict.fromkeys(line.signature for line in one.lines if line.signature)
    return Entry(head=head, about=" · ".join(about), rows=rows, after=" ".join(signatures))


def _row(detail: ReceiptLine, line: InvoiceLine, words: PaperWords, with_rate: bool) -> Row:
    return Row(
        text=detail.label,
        quantity=words.measured(detail.quantity, detail.unit),
        price=words.price(_price(detail, line), detail.unit),
        rate=words.rate(line.tax.rate) if with_rate else "",
        amount=words.amount(shown_of(detail, line)),
        notes=" · ".join(detail.notes),
    )


def _price(detail: ReceiptLine, line: InvoiceLine) -> Decimal | None:
    """With tax where amounts are shown with it; to the four decimals OCPI has."""
    if line.gross is None or detail.unit_price is None:
        return detail.unit_price
    return None if detail.vat is None else round(detail.unit_price * (1 + detail.vat / 100), 4)


def _other(line: InvoiceLine, words: PaperWords, with_rate: bool) -> Entry:
    """A fee, or many charges as one line."""
    head = Row(
        text=line.text,
        quantity=_quantity(line, words),
        price="" if line.quantity == 1 else words.money(line.unit_price),
        rate=words.rate(line.tax.rate) if with_rate else "",
        amount=words.amount(shown(line)),
    )
    return Entry(head=head, rows=tuple(_row(detail, line, words, with_rate) for detail in line.details))


def _quantity(line: InvoiceLine, words: PaperWords) -> str:
    if line.unit in _UNITS:
        factor = _SECONDS if line.unit is LineUnit.MINUTE else 1
        return words.measured(line.quantity * factor, _UNITS[line.unit])
    return "" if line.quantity == 1 else formats.number(line.quantity, words.locale)
