"""An invoice in the terms of EN 16931, which both e-invoice formats write: codes, ids with their schemes, one row per
VAT rate, lines whose price times quantity is their net."""

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import msgspec

from ocpilot.base import formats
from ocpilot.base.errors import UserError
from ocpilot.base.money import HALF_UP
from ocpilot.base.texts import Translate, mark, translator
from ocpilot.billing import invoice_words
from ocpilot.billing.invoice import Invoice, InvoiceKind, InvoiceLine
from ocpilot.billing.paper_languages import language_of
from ocpilot.billing.parties import Address, BusinessParty
from ocpilot.billing.payment_ways import PaymentWay, WayKind, ways_to_pay
from ocpilot.billing.taxes import Tax, TaxCategory, TaxRow

#: UNTDID 1001; a credit advice goes to somebody who is no business and is no e-invoice.
_TYPES = {
    InvoiceKind.INVOICE: "380",
    InvoiceKind.CREDIT_NOTE: "381",
    InvoiceKind.SELF_BILLED: "389",
    InvoiceKind.SELF_BILLED_CREDIT: "261",
}
#: Codes of the VATEX list; exemptions need words instead.
_EXEMPTIONS = {
    TaxCategory.REVERSE_CHARGE: "VATEX-EU-AE",
    TaxCategory.INTRA_COMMUNITY: "VATEX-EU-IC",
    TaxCategory.EXPORT: "VATEX-EU-G",
    TaxCategory.OUTSIDE: "VATEX-EU-O",
}
#: ISO 6523 schemes of registers of companies, by country, where their numbers are digits.
_REGISTERS = {"SE": "0007", "NO": "0192", "DK": "0184", "BE": "0208", "NL": "0106", "FR": "0002", "FI": "0212"}
#: UNTDID 4461: credit transfer, and the one of SEPA.
_TRANSFER, _SEPA = "30", "58"
#: What Swedish sellers give as their tax registration (BT-32): Peppol's rule SE-R-005 takes no other words.
F_TAX = "Godkänd för F-skatt"
_GIROS = {WayKind.BANKGIRO: "SE:BANKGIRO", WayKind.PLUSGIRO: "SE:PLUSGIRO"}


class Scheme(msgspec.Struct, frozen=True):
    """An id, and the list it is from (empty: none)."""

    id: str
    scheme: str = ""


class Party(msgspec.Struct, frozen=True, kw_only=True):
    """BG-4 or BG-7. `f_tax` is what Swedish sellers write as tax registration (BT-32)."""

    name: str
    address: Address
    endpoint: Scheme | None
    legal: Scheme | None
    vat_number: str
    f_tax: bool
    email: str
    phone: str


class Means(msgspec.Struct, frozen=True, kw_only=True):
    """BG-16 with BG-17."""

    code: str
    account: str
    institution: str
    reference: str
    is_iban: bool


class VatRow(msgspec.Struct, frozen=True, kw_only=True):
    """BG-23. `rate` is None where the category has none."""

    category: TaxCategory
    rate: Decimal | None
    base: Decimal
    amount: Decimal
    code: str
    reason: str


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """BG-25. `net` is `quantity` times `price`, the price of `base` of the unit (None: of one). Prices are positive."""

    id: str
    name: str
    description: str
    quantity: Decimal
    unit: str
    price: Decimal
    base: Decimal | None
    net: Decimal
    category: TaxCategory
    rate: Decimal | None
    start: date | None
    end: date | None
    cost_centre: str
    charge: str
    properties: tuple[tuple[str, str], ...]


class Document(msgspec.Struct, frozen=True, kw_only=True):
    """The whole of it. `deliver_to` is the country of an intra-Community supply."""

    type: str
    note: str
    buyer_reference: str
    start: date
    end: date
    seller: Party
    buyer: Party
    deliver_to: str
    means: tuple[Means, ...]
    terms: str
    vat: tuple[VatRow, ...]
    lines: tuple[Line, ...]


def document_of(invoice: Invoice) -> Document:
    """UserError with all that keeps it from being an e-invoice.

    A buyer without reference and order is named by his customer number: one of them is required by Peppol.
    """
    problems = list(_problems(invoice))
    if problems:
        raise UserError(f"invoice {invoice.number} cannot be an e-invoice: {'; '.join(problems)}")
    terms, translate = invoice.terms, translator(language_of(invoice.terms.language))
    is_taxed = any(row.tax.category is not TaxCategory.OUTSIDE for row in invoice.taxes)
    lines = tuple(_line(place, line, invoice, translate) for place, line in enumerate(invoice.lines, start=1))
    is_supply = any(row.tax.category is TaxCategory.INTRA_COMMUNITY for row in invoice.taxes)
    return Document(
        type=_TYPES[terms.kind],
        note=" ".join(filter(None, (terms.why, *terms.notes))),
        buyer_reference=terms.buyer_reference or ("" if terms.order_reference else terms.customer_number),
        start=min([invoice.start, *(line.start for line in lines if line.start)]),
        end=max([invoice.end, *(line.end for line in lines if line.end)]),
        seller=_party(terms.seller, is_taxed, f_tax=terms.seller.f_tax),
        buyer=_party(terms.buyer, is_taxed),
        deliver_to=terms.buyer.country if is_supply else "",
        means=tuple(_means(way, invoice) for way in ways_to_pay(invoice)),
        terms=invoice_words.payment_terms(invoice, translate),
        vat=tuple(_vat_rows(invoice.taxes, translate)),
        lines=lines,
    )


def _problems(invoice: Invoice) -> Iterator[str]:
    terms = invoice.terms
    categories = {row.tax.category for row in invoice.taxes}
    if terms.kind not in _TYPES:
        yield f"a {terms.kind.replace('_', ' ')} goes to somebody who is no business"
    names = sorted({row.tax.name for row in invoice.taxes})
    if not invoice_words.has_vat(invoice):
        yield f"found taxes {', '.join(names)}, EN 16931 knows VAT only: send the PDF"
    if TaxCategory.OUTSIDE in categories and len(categories) > 1:
        yield "what is not subject to VAT needs an invoice of its own"
    if categories - {TaxCategory.OUTSIDE} and not terms.seller.vat_number:
        yield f"the seller {terms.seller.name} has no VAT number"
    if categories & {TaxCategory.REVERSE_CHARGE, TaxCategory.INTRA_COMMUNITY} and not terms.buyer.vat_number:
        yield f"the buyer {terms.buyer.name} has no VAT number, and the VAT is his"


def _party(party: BusinessParty, is_taxed: bool, *, f_tax: bool = False) -> Party:
    scheme, _, number = party.electronic_address.partition(":")
    return Party(
        name=party.name,
        address=party.address,
        endpoint=Scheme(number, scheme) if number else Scheme(party.email, "EM") if party.email else None,
        legal=_legal(party),
        vat_number="".join(party.vat_number.split()).upper() if is_taxed else "",
        f_tax=f_tax,
        email=party.email,
        phone=party.phone,
    )


def _legal(party: BusinessParty) -> Scheme | None:
    if not party.organisation_number:
        return None
    scheme = _REGISTERS.get(party.country, "")
    digits = "".join(letter for letter in party.organisation_number if letter.isdigit())
    return Scheme(digits, scheme) if scheme and digits else Scheme(party.organisation_number)


def _means(way: PaymentWay, invoice: Invoice) -> Means:
    is_iban = way.kind is WayKind.IBAN
    digits = "".join(letter for letter in way.account if letter.isdigit())
    return Means(
        code=_SEPA if is_iban and invoice.currency == "EUR" else _TRANSFER,
        account="".join(way.account.split()) if is_iban else digits,
        institution=way.bic if is_iban else _GIROS.get(way.kind, ""),
        reference=way.reference,
        is_iban=is_iban,
    )


def _rate(tax: Tax) -> Decimal | None:
    return None if tax.category is TaxCategory.OUTSIDE else tax.rate


def _vat_rows(rows: Iterable[TaxRow], translate: Translate) -> Iterator[VatRow]:
    """One per category and rate: EN 16931 does not tell the VAT of one country from that of another."""
    found: dict[tuple[TaxCategory, Decimal | None], list[TaxRow]] = {}
    for row in rows:
        found.setdefault((row.tax.category, _rate(row.tax)), []).append(row)
    for (category, rate), same in found.items():
        reasons = dict.fromkeys(invoice_words.exemption(row.tax, translate) for row in same)
        yield VatRow(
            category=category,
            rate=rate,
            base=sum((row.base for row in same), Decimal(0)),
            amount=sum((row.amount for row in same), Decimal(0)),
            code=_EXEMPTIONS.get(category, ""),
            reason=" ".join(reason for reason in reasons if reason),
        )


def _line(place: int, line: InvoiceLine, invoice: Invoice, translate: Translate) -> Line:
    quantity, price, base = _priced(line, invoice.currency)
    zone = ZoneInfo(line.charge.zone if line.charge else invoice.terms.zone)
    return Line(
        id=str(place),
        name=line.text,
        description=_description(line, language_of(invoice.terms.language)),
        quantity=quantity,
        unit=line.unit.value,
        price=price,
        base=base,
        net=line.net,
        category=line.tax.category,
        rate=_rate(line.tax),
        start=_day(line.start, zone),
        end=_day(line.end, zone),
        cost_centre=line.cost_centre,
        charge=line.cdr,
        properties=tuple(_properties(line, translate)),
    )


def _priced(line: InvoiceLine, currency: str) -> tuple[Decimal, Decimal, Decimal | None]:
    """Quantity, price and what it is the price of. A price below zero is a quantity below zero (BR-27); where quantity
    times price is not the net to the cent, the price is that of the whole quantity."""
    sign = -1 if line.unit_price < 0 else 1
    quantity, price = sign * line.quantity, sign * line.unit_price
    if HALF_UP.round(quantity * price, currency) == line.net:
        return quantity, price, None
    if not quantity:
        return Decimal(1 if line.net >= 0 else -1), abs(line.net), None
    whole = abs(quantity)
    return whole if line.net >= 0 else -whole, abs(line.net), whole


def _description(line: InvoiceLine, language: str) -> str:
    charge = line.charge
    if charge is None:
        return ""
    when = formats.stretch(charge.start, charge.end, ZoneInfo(charge.zone), language)
    return ", ".join(filter(None, (charge.place, charge.address, when)))


def _properties(line: InvoiceLine, translate: Translate) -> Iterator[tuple[str, str]]:
    if line.charge is not None:
        yield translate(mark("Charger")), line.charge.evse_id
        yield translate(mark("Energy")), f"{line.charge.kwh:f} kWh"
    if line.driver:
        yield translate(mark("Driver")), line.driver


def _day(at: datetime | None, zone: ZoneInfo) -> date | None:
    return at.astimezone(zone).date() if at else None
