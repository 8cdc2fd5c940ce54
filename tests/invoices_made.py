"""Invoices of every kind, added up by the one rule there is, with knobs."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from ocpilot.base.money import HALF_UP
from ocpilot.billing.invoice import Invoice, InvoiceKind, InvoiceLine, LineUnit, Terms, invoice_of
from ocpilot.billing.parties import Address, BusinessParty, Payee
from ocpilot.billing.payment_reference import ocr_of
from ocpilot.billing.receipt import ChargeFacts, ReceiptLine
from ocpilot.billing.taxes import Tax, TaxCategory, TaxRow
from ocpilot.pricing import Amount, Unit

#: 30 November 2026 in Stockholm.
ISSUED = datetime(2026, 12, 1, 6, 0, tzinfo=UTC)
VAT = Tax(category=TaxCategory.STANDARD, rate=Decimal(25), country="SE")
REVERSE = Tax(category=TaxCategory.REVERSE_CHARGE, country="DE", reason="Reverse charge, article 196 of 2006/112/EC")

SELLER = BusinessParty(
    name="Resladdning AB",
    address=Address(lines=("Storgatan 1",), postal_code="111 22", city="Stockholm", country="SE"),
    organisation_number="556703-7485",
    vat_number="SE556703748501",
    email="kundtjanst@resladdning.example",
    phone="+46 8 123 45 67",
    electronic_address="0007:5567037485",
    f_tax=True,
)
GERMAN_SELLER = BusinessParty(
    name="Ladewerk Nord GmbH",
    address=Address(lines=("Hafenstraße 12",), postal_code="20457", city="Hamburg", country="DE"),
    organisation_number="HRB 12345",
    vat_number="DE136695976",
    email="rechnung@ladewerk.example",
    phone="+49 40 123456",
    electronic_address="9930:DE136695976",
)
DRIVER = BusinessParty(
    name="Åsa Lindqvist",
    address=Address(lines=("Björkvägen 7",), postal_code="602 24", city="Norrköping", country="SE"),
    email="asa@example.org",
)
COMPANY = BusinessParty(
    name="Bergström Bygg & Montage AB",
    address=Address(lines=("Box 812", "Industrivägen 4"), postal_code="721 22", city="Västerås", country="SE"),
    organisation_number="556016-0680",
    vat_number="SE556016068001",
    electronic_address="0007:5560160680",
)
GERMAN = BusinessParty(
    name="Rheinflotte GmbH",
    address=Address(lines=("Uferstraße 3",), postal_code="50667", city="Köln", country="DE"),
    vat_number="DE129273398",
    electronic_address="9930:DE129273398",
)
PAYEE = Payee(bankgiro="991-2346", iban="SE3550000000054910000003", bic="ESSESESS", swish="123 123 12 31")

PLACES = (
    ("Stora torget", "Drottninggatan 112, 602 24 Norrköping", "SE*LAD*E1"),
    ("Resecentrum, norra ingången", "Järnvägsgatan 3, 722 15 Västerås", "SE*LAD*E17*2"),
    ("Rastplats Gränna", "E4:an, 563 93 Gränna", "SE*VAG*E200"),
)


def amounts(net: Decimal, tax: Tax) -> Amount:
    """What a price line comes to, rounded as a receipt's."""
    vat = HALF_UP.round(net * tax.rate / 100, "SEK")
    return Amount(excl=net, vat=vat, incl=net + vat)


def priced(label: str, quantity: str, unit: Unit, price: str, *, tax: Tax, notes: tuple[str, ...] = ()) -> ReceiptLine:
    """One price line; time in seconds at a price per hour."""
    count = Decimal(quantity) / 3600 if unit is Unit.SECOND else Decimal(quantity)
    net = HALF_UP.round(count * Decimal(price), "SEK")
    return ReceiptLine(
        label=label,
        notes=notes,
        quantity=Decimal(quantity),
        unit=unit,
        unit_price=Decimal(price),
        vat=tax.rate,
        amount=amounts(net, tax),
    )


def charge(place: int = 0, *, tax: Tax = VAT, gross: bool = False, **fields: object) -> InvoiceLine:
    """The charge number `place` of the month, at one of three places."""
    name, address, evse = PLACES[place % 3]
    start = datetime(2026, 11, 1, 17, 30, tzinfo=UTC) + timedelta(hours=31 * place % 690, minutes=place % 7)
    kwh = Decimal("12.4") + place % 9 + Decimal(place % 4) / 8
    details = [
        priced("Start fee", "1", Unit.ONCE, "4", tax=tax),
        priced("Energy", str(kwh), Unit.KWH, "3.6", tax=tax, notes=("between 06:00 and 22:00",)),
    ]
    if place % 2:
        details.append(priced("Parking after charging", "1800", Unit.SECOND, "40", tax=tax))
    net = sum((one.amount.excl for one in details), Decimal(0))
    facts = ChargeFacts(
        cdr_id=f"C{place}",
        place=name,
        address=address,
        evse_id=evse,
        start=start,
        end=start + timedelta(minutes=80),
        zone="Europe/Stockholm",
        kwh=kwh,
        duration=timedelta(minutes=80),
        charging=timedelta(minutes=60),
        parked=timedelta(minutes=20),
    )
    made = {
        "text": f"{name}, {evse}",
        "unit_price": net,
        "net": net,
        "tax": tax,
        "gross": amounts(net, tax).incl if gross else None,
        "start": facts.start,
        "end": facts.end,
        "cdr": f"SELAD/C{place}",
        "charge": facts,
        "details": tuple(details),
        "signature": "The meter 1EMH0012345 in the charger signed 12.4 kWh for this charge. We have checked the "
        "signatures: they are right."
        if place % 3 == 0
        else "",
    }
    return InvoiceLine(**(made | fields))


def fee(text: str = "Monthly fee", net: str = "39.20", *, tax: Tax = VAT, gross: bool = False) -> InvoiceLine:
    """A line that is no charge's."""
    amount = Decimal(net)
    incl = amounts(amount, tax).incl if gross else None
    return InvoiceLine(text=text, unit=LineUnit.MONTH, unit_price=amount, net=amount, tax=tax, gross=incl)


def terms(kind: InvoiceKind = InvoiceKind.INVOICE, **fields: object) -> Terms:
    """Of an invoice of a Swedish provider to a company, in kronor."""
    made = {
        "kind": kind,
        "seller": SELLER,
        "buyer": COMPANY,
        "customer_number": "1042",
        "language": "en",
        "currency": "SEK",
        "zone": "Europe/Stockholm",
        "days": 30,
        "payee": PAYEE,
    }
    return Terms(**(made | fields))


def made(said: Terms, *lines: InvoiceLine, number: str = "F-000123", before: Sequence[TaxRow] = ()) -> Invoice:
    """The invoice of these lines, for November 2026."""
    return invoice_of(
        said,
        lines,
        number=number,
        payment_reference=ocr_of(number),
        issued_at=ISSUED,
        issued_on=date(2026, 12, 1),
        days=(date(2026, 11, 1), date(2026, 11, 30)),
        before=before,
    )


def driver_invoice(charges: int = 6, **fields: object) -> Invoice:
    """A driver's month, prices with VAT in them."""
    lines = [charge(place, gross=True) for place in range(charges)]
    return made(terms(buyer=DRIVER, prices_include_tax=True, **fields), fee(gross=True), *lines)


def company_invoice(charges: int = 9, **fields: object) -> Invoice:
    """A company's month: two cost centres, three drivers, somebody without either."""
    who = (("4711 Sales", "Anna Lindqvist"), ("4711 Sales", "Bo Ek"), ("4800 Service", "Cecilia Öhman"))
    lines = [
        charge(place, cost_centre=who[place % 3][0], driver=who[place % 3][1], **fields) for place in range(charges)
    ]
    return made(terms(buyer_reference="Ref 88", order_reference="PO 2026/17"), fee(), *lines)


def credit_note(kind: InvoiceKind = InvoiceKind.CREDIT_NOTE) -> Invoice:
    """All of an invoice taken back."""
    said = terms(kind, credits="F-000100", credits_issued_on=date(2026, 11, 3), why="The meter was wrong.")
    return made(said, charge(1), charge(2), number="K-000007")


def credit_notes_of_parts() -> tuple[Invoice, ...]:
    """An invoice taken back in two parts, whose tax is rounded once for both."""
    said = terms(InvoiceKind.CREDIT_NOTE, credits="F-000100", credits_issued_on=date(2026, 11, 3), why="Broken.")
    first = made(said, fee("Fee 1", "0.02"), number="K-000010")
    return first, made(said, fee("Fee 2", "0.02"), number="K-000011", before=first.taxes)


def self_billed(kind: InvoiceKind = InvoiceKind.SELF_BILLED) -> Invoice:
    """What we owe an operator, written by us in his name."""
    payee = Payee(bankgiro="5050-1055", iban=PAYEE.iban, bic=PAYEE.bic)
    line = InvoiceLine(
        text="214 charges in 2026-11, 4,120.5 kWh", unit_price=Decimal("14210.44"), net=Decimal("14210.44"), tax=VAT
    )
    back = {"credits": "S-000001", "credits_issued_on": date(2026, 11, 3), "why": "Billed twice."}
    more = back if kind.is_credit else {}
    return made(terms(kind, seller=COMPANY, buyer=SELLER, payee=payee, **more), line, number="S-000002")


def german_invoice(**fields: object) -> Invoice:
    """A German provider's invoice to a German company, in euro with two rates."""
    tax = Tax(category=TaxCategory.STANDARD, rate=Decimal(19), country="DE")
    lower = Tax(category=TaxCategory.STANDARD, rate=Decimal(7), country="DE")
    payee = Payee(iban="DE02120300000000202051", bic="BYLADEM1001")
    said = {"seller": GERMAN_SELLER, "buyer": GERMAN, "currency": "EUR", "payee": payee, "language": "de"}
    said |= {"zone": "Europe/Berlin"} | fields
    return made(terms(**said), charge(0, tax=tax), charge(1, tax=tax), fee("Printed matter", "12.00", tax=lower))


def reverse_charge_invoice() -> Invoice:
    """A Swedish provider's invoice to a German business, in euro."""
    said = terms(buyer=GERMAN, currency="EUR", payee=Payee(iban=PAYEE.iban, bic=PAYEE.bic))
    return made(said, charge(0, tax=REVERSE), charge(3, tax=REVERSE))
