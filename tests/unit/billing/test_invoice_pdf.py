"""An invoice on paper says who, what, why and how to pay, in four languages."""

import io
from decimal import Decimal

import msgspec
import pypdf
import pytest

from invoices_made import (
    COMPANY,
    DRIVER,
    PAYEE,
    charge,
    company_invoice,
    credit_note,
    driver_invoice,
    fee,
    german_invoice,
    made,
    reverse_charge_invoice,
    self_billed,
    terms,
)
from ocpilot.billing.invoice import Invoice, InvoiceKind, InvoiceLine, LineUnit
from ocpilot.billing.invoice_pdf import invoice_pdf, paper_of
from ocpilot.billing.parties import Payee
from ocpilot.billing.payment_qr import payment_qr, swish_link
from ocpilot.billing.payment_ways import WayKind, ways_to_pay
from ocpilot.billing.taxes import Tax, TaxCategory


def text_of(invoice: Invoice) -> str:
    reader = pypdf.PdfReader(io.BytesIO(invoice_pdf(invoice)))
    return plain(" ".join(page.extract_text() for page in reader.pages))


def plain(text: str) -> str:
    """One space wherever there is room, whatever kind and however lines break."""
    return " ".join(text.split())


def assert_says(invoice: Invoice, *words: str) -> None:
    text = text_of(invoice)
    assert [word for word in words if word not in text] == []


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ["Invoice", "To pay", "560.24 SEK", "December 31, 2026", "At a glance", "Quantity", "1 h 20 min"]),
        ("sv", ["Faktura", "Att betala", "560,24 kr", "31 december 2026", "I korthet", "OCR-nummer", "F-skatt"]),
        ("de", ["Rechnung", "Zu zahlen", "31. Dezember 2026", "Auf einen Blick", "Menge", "4,50 SEK je kWh"]),
        ("nl", ["Factuur", "Te betalen", "31 december 2026", "In één oogopslag", "Hoeveelheid", "4,50"]),
        ("fi", ["Invoice", "560.24 SEK"]),
    ],
)
def test_a_drivers_invoice_speaks_his_language(language: str, words: list[str]) -> None:
    invoice = driver_invoice(language=language)
    assert_says(invoice, *words, "Åsa Lindqvist", "Resladdning AB", "F-000123", "SE*LAD*E17*2", "38000123117")
    root = pypdf.PdfReader(io.BytesIO(invoice_pdf(invoice))).trailer["/Root"]
    assert root["/Lang"] == (language if language != "fi" else "en")


def test_each_charge_has_place_times_energy_prices_and_what_its_meter_signed() -> None:
    assert_says(
        driver_invoice(),
        "Resecentrum, norra ingången",
        "Järnvägsgatan 3, 722 15 Västerås",
        "13.525 kWh",
        "CET",
        "between 06:00 and 22:00",
        "4.50 SEK per kWh",
        "Parking after charging",
        "We have checked the signatures",
    )


def test_the_sums_on_the_paper_are_those_of_the_invoice() -> None:
    invoice = driver_invoice(prepaid=Decimal("60.24"), days=10)
    paper = paper_of(invoice)
    assert [(fact.name, fact.text) for fact in paper.sums] == [
        ("Excl. tax", "448.19"),
        ("Tax", "112.05"),
        ("Total incl. tax", "560.24"),
        ("Paid already", "-60.24"),
    ]
    assert (plain(paper.payment.amount.text), paper.payment.terms) == ("500.00 SEK", "To be paid by December 11, 2026.")
    assert [tax.cells for tax in paper.taxes] == [("VAT", "25%", "448.19", "112.05", "560.24")]


def test_a_rounding_is_shown_and_explained() -> None:
    lines = [fee(f"Fee {place}", "0.01", gross=True) for place in range(60)]
    invoice = made(terms(prices_include_tax=True), *lines)
    assert invoice.rounding == Decimal("-0.15")
    assert_says(invoice, "Rounding", "-0.15", "the rounding makes the sums agree")


def test_the_same_invoice_is_the_same_paper() -> None:
    assert invoice_pdf(company_invoice()) == invoice_pdf(company_invoice())


def test_a_company_sees_its_cost_centres_and_drivers() -> None:
    assert_says(company_invoice(), "4711 Sales · Anna Lindqvist", "230.92", "PO 2026/17", "Ref 88", "SE556016068001")


def test_a_credit_note_says_what_it_takes_back_and_why() -> None:
    invoice = credit_note()
    assert_says(invoice, "Credit note", "F-000100, November 3, 2026", "The meter was wrong.", "Credited", "set off")
    assert (payment_qr(invoice), ways_to_pay(invoice)) == (None, ())


def test_a_self_billed_invoice_says_who_wrote_it_and_where_we_pay_to() -> None:
    invoice = self_billed()
    assert_says(invoice, "Self-billed invoice", "Written by the buyer", "You get", "5050-1055", "4,120.5 kWh")
    assert payment_qr(invoice) is None


def test_a_credit_advice_has_its_own_name() -> None:
    advice = made(terms(InvoiceKind.CREDIT_ADVICE, seller=DRIVER, payee=Payee(bankgiro="991-2346")), charge(2))
    assert_says(advice, "Credit advice", "You get", "Paid to")


def test_no_vat_is_said_with_its_reason_and_the_country_it_is_of() -> None:
    assert_says(reverse_charge_invoice(), "Reverse charge, article 196", "VAT (DE)", "Germany", "RF71 3800 0123 117")
    untold = Tax(category=TaxCategory.REVERSE_CHARGE, country="DE")
    assert_says(made(terms(language="de"), charge(0, tax=untold)), "Steuerschuldnerschaft des Leistungsempfängers")


def test_taxes_of_a_state_keep_their_names() -> None:
    tax = Tax(category=TaxCategory.STANDARD, rate=Decimal("4.875"), name="NYC sales tax", country="US")
    text = text_of(made(terms(currency="USD", payee=Payee()), charge(0, tax=tax)))
    assert "NYC sales tax" in text
    assert "4.875%" in text
    assert "VAT rate" not in text


def test_charge_after_charge_goes_on_to_further_pages_under_the_same_header() -> None:
    reader = pypdf.PdfReader(io.BytesIO(invoice_pdf(driver_invoice(60))))
    texts = [page.extract_text() for page in reader.pages]
    assert len(texts) > 4
    assert all("Quantity" in text for text in texts[:-1])


def test_lines_that_are_no_charges_show_what_they_count() -> None:
    lines = [
        InvoiceLine(
            text=unit, quantity=Decimal(3), unit=unit, unit_price=Decimal("2.5"), net=Decimal("7.5"), tax=fee().tax
        )
        for unit in (LineUnit.KWH, LineUnit.MINUTE, LineUnit.ONE)
    ]
    [section] = paper_of(made(terms(), *lines)).sections
    assert [entry.head.quantity for entry in section.entries] == ["3 kWh", "3 min", "3"]
    assert plain(section.entries[0].head.price) == "2.50 SEK"


def test_names_that_are_typst_stay_names() -> None:
    odd = msgspec.structs.replace(COMPANY, name="#strong[*Bygg_] $x$ <a> \\ AB")
    assert_says(made(terms(buyer=odd), charge(0)), "#strong[*Bygg_] $x$ <a>")


@pytest.mark.parametrize(
    ("fields", "has_code"),
    [
        ({}, True),
        ({"payee": Payee(bankgiro="991-2346")}, False),
        ({"currency": "EUR"}, True),
        ({"currency": "EUR", "payee": Payee(swish="1231231231")}, False),
        ({"currency": "NOK"}, False),
        ({"prepaid": Decimal("60.80")}, False),
    ],
)
def test_there_is_a_code_where_somebody_can_scan_it(fields: dict[str, object], has_code: bool) -> None:
    code = payment_qr(made(terms(**fields), charge(0)))
    assert (code is not None) == has_code
    assert code is None or code.startswith("<svg")


def test_giro_and_swish_are_for_kronor_and_euro_have_a_creditor_reference() -> None:
    kronor, euro = made(terms(), charge(0)), made(terms(currency="EUR"), charge(0))
    assert [way.kind for way in ways_to_pay(kronor)] == [
        WayKind.BANKGIRO,
        WayKind.IBAN,
        WayKind.SWISH,
    ]
    assert [(way.kind, way.reference) for way in ways_to_pay(euro)] == [(WayKind.IBAN, "RF7138000123117")]
    link = swish_link(kronor, ways_to_pay(kronor)[-1])
    assert link == "https://app.swish.nu/1/p/sw/?sw=1231231231&amt=60.80&cur=SEK&msg=38000123117"
    assert PAYEE.plusgiro == ""


def test_nothing_to_pay_is_said() -> None:
    assert_says(made(terms(prepaid=Decimal("60.80")), charge(0)), "There is nothing to pay.")


def test_a_german_invoice_has_two_rates() -> None:
    assert_says(german_invoice(), "7 %", "19 %", "157,22 €", "DE02 1203 0000 0000 2020 51", "Verwendungszweck")
