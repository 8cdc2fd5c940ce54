"""E-invoices of every kind are valid, by their schemas and by the official rules, and say what the invoice says.

The official rules are looked for through two environment variables and the tests skip without them. `EN16931_RULES` is
a checkout of github.com/ConnectingEurope/eInvoicing-EN16931; `PEPPOL_RULES` a folder with `PEPPOL-EN16931-UBL.xslt` and
`PEPPOL-EN16931-UBL-SB.xslt` (self-billing), of a release in github.com/phax/phive-rules (CONTRIBUTING.md).
"""

import io
import os
from collections.abc import Callable
from decimal import Decimal
from functools import cache
from pathlib import Path
from xml.etree.ElementTree import Element

import facturx
import msgspec
import pypdf
import pytest
from defusedxml.ElementTree import fromstring
from saxonche import PySaxonProcessor, PyXsltExecutable

from invoices_made import (
    COMPANY,
    DRIVER,
    GERMAN,
    GERMAN_SELLER,
    SELLER,
    charge,
    company_invoice,
    credit_note,
    credit_notes_of_parts,
    driver_invoice,
    fee,
    german_invoice,
    made,
    reverse_charge_invoice,
    self_billed,
    terms,
)
from ocpilot.base.errors import UserError
from ocpilot.billing.cii import cii
from ocpilot.billing.factur_x import factur_x
from ocpilot.billing.invoice import Invoice, InvoiceKind, InvoiceLine, LineUnit, negated
from ocpilot.billing.parties import Address, Payee
from ocpilot.billing.taxes import Tax, TaxCategory
from ocpilot.billing.ubl import ubl

SVRL = "{http://purl.oclc.org/dsdl/svrl}"
CAC = "{urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2}"
CBC = "{urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2}"
RAM = "{urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100}"
#: A driver who takes e-invoices.
READER = msgspec.structs.replace(DRIVER, electronic_address="0088:7300010000001")


def untaxed(category: str, **fields: str) -> Invoice:
    """An invoice in euro without VAT."""
    tax = Tax(category=TaxCategory(category), country="DE", **fields)
    return made(terms(buyer=GERMAN, currency="EUR"), charge(0, tax=tax), charge(1, tax=tax))


def awkward() -> Invoice:
    """Taken back lines, a price below zero, a price that is no price of one, odd letters, another month's charge."""
    summed = InvoiceLine(
        text="1,204 charges <&> \x07",
        quantity=Decimal("23456.789"),
        unit=LineUnit.KWH,
        unit_price=Decimal("3.59"),
        net=Decimal("84219.03"),
        tax=fee().tax,
    )
    discount = msgspec.structs.replace(fee("Discount", "-12.50"), quantity=Decimal(1))
    early = msgspec.structs.replace(charge(2), start=charge(2).start.replace(month=10, day=31))
    nothing = msgspec.structs.replace(fee("Nothing", "0"), quantity=Decimal(0))
    wrong = msgspec.structs.replace(fee("Odd", "5"), quantity=Decimal(0))
    return made(terms(), charge(1), negated(charge(2)), summed, negated(summed), discount, early, nothing, wrong)


INVOICES: dict[str, Callable[[], Invoice]] = {
    "driver": driver_invoice,
    "rounded": lambda: made(
        terms(buyer=READER, prices_include_tax=True), *(fee(f"Fee {place}", "0.01", gross=True) for place in range(60))
    ),
    "company": company_invoice,
    "rates": lambda: made(
        terms(), charge(1), charge(2, tax=Tax(category=TaxCategory.STANDARD, rate=Decimal(12), country="SE"))
    ),
    "countries": lambda: made(
        terms(), charge(1), charge(2, tax=Tax(category=TaxCategory.STANDARD, rate=Decimal(25), country="DK"))
    ),
    "prepaid": lambda: made(terms(prepaid=Decimal("20.00")), charge(1)),
    "paid": lambda: made(terms(prepaid=Decimal("90.86")), charge(1)),
    "giro": lambda: made(terms(payee=Payee(bankgiro="991-2346", plusgiro="28 65 43-4")), charge(1)),
    "credit": credit_note,
    "credit of many": lambda: made(terms(InvoiceKind.CREDIT_NOTE), charge(1), number="K-000009"),
    "credit of a part": lambda: credit_notes_of_parts()[0],
    "credit of the rest": lambda: credit_notes_of_parts()[1],
    "self-billed": self_billed,
    "self-billed credit": lambda: self_billed(InvoiceKind.SELF_BILLED_CREDIT),
    "german": german_invoice,
    "reverse charge": reverse_charge_invoice,
    "reverse charge untold": lambda: untaxed("AE"),
    "supply": lambda: untaxed("K"),
    "export": lambda: untaxed("G"),
    "exempt": lambda: untaxed("E", reason="Art. 135"),
    "zero": lambda: untaxed("Z"),
    "outside": lambda: untaxed("O"),
    "awkward": awkward,
}
#: Without an electronic address there is no way by Peppol.
BY_PEPPOL = sorted(INVOICES.keys() - {"driver"})
#: Rules of the two profiles of Peppol.
BILLING, SELF_BILLING = "PEPPOL-EN16931-UBL.xslt", "PEPPOL-EN16931-UBL-SB.xslt"


@cache
def processor() -> PySaxonProcessor:
    return PySaxonProcessor(license=False)


@cache
def rules(variable: str, path: str) -> PyXsltExecutable:
    """A rule file at hand; skips without."""
    folder = os.environ.get(variable)
    if not folder:
        pytest.skip(f"{variable} is not set")
    return processor().new_xslt30_processor().compile_stylesheet(stylesheet_file=str(Path(folder) / path))


def broken(found: PyXsltExecutable, xml: bytes) -> set[str]:
    """The ids of rules that do not hold."""
    report = found.transform_to_string(xdm_node=processor().parse_xml(xml_text=xml.decode()))
    return {str(one.get("id")) for one in fromstring(report).iter(f"{SVRL}failed-assert")}


@pytest.mark.parametrize("name", BY_PEPPOL)
def test_ubl_is_valid(name: str) -> None:
    invoice = INVOICES[name]()
    is_credit = invoice.terms.kind.is_credit
    assert facturx.xml_check_xsd(ubl(invoice), flavor="ubl-2.1-creditnote" if is_credit else "ubl-2.1-invoice")


@pytest.mark.parametrize("name", INVOICES)
def test_cii_is_valid(name: str) -> None:
    assert facturx.xml_check_xsd(cii(INVOICES[name]()), flavor="factur-x", level="en16931")


@pytest.mark.parametrize("name", BY_PEPPOL)
def test_ubl_keeps_the_rules_of_en_16931_and_peppol(name: str) -> None:
    xml = ubl(INVOICES[name]())
    assert broken(rules("EN16931_RULES", "ubl/xslt/EN16931-UBL-validation.xslt"), xml) == set()
    is_self_billed = name.startswith("self-billed")
    assert broken(rules("PEPPOL_RULES", SELF_BILLING if is_self_billed else BILLING), xml) == set()


@pytest.mark.parametrize("name", INVOICES)
def test_cii_keeps_the_rules_of_en_16931(name: str) -> None:
    found = rules("EN16931_RULES", "cii/xslt/EN16931-CII-validation.xslt")
    assert broken(found, cii(INVOICES[name]())) == set()


def test_the_rules_find_what_is_wrong() -> None:
    wrong = msgspec.structs.replace(company_invoice(), total=Decimal("1.00"))
    assert "BR-CO-15" in broken(rules("EN16931_RULES", "ubl/xslt/EN16931-UBL-validation.xslt"), ubl(wrong))
    assert "BR-CO-15" in broken(rules("EN16931_RULES", "cii/xslt/EN16931-CII-validation.xslt"), cii(wrong))
    other_profile = {"PEPPOL-EN16931-R004", "PEPPOL-EN16931-R007"}
    assert other_profile <= broken(rules("PEPPOL_RULES", SELF_BILLING), ubl(company_invoice()))
    assert other_profile <= broken(rules("PEPPOL_RULES", BILLING), ubl(self_billed()))


@pytest.mark.parametrize("name", BY_PEPPOL)
def test_both_say_what_the_invoice_says(name: str) -> None:
    invoice = INVOICES[name]()
    of_ubl, of_cii = fromstring(ubl(invoice)), fromstring(cii(invoice))
    sums = (invoice.net, invoice.total, invoice.payable)
    total = of_ubl.find(f"{CAC}LegalMonetaryTotal")
    assert numbers(total, f"{CBC}TaxExclusiveAmount", f"{CBC}TaxInclusiveAmount", f"{CBC}PayableAmount") == sums
    total = of_cii.find(f".//{RAM}SpecifiedTradeSettlementHeaderMonetarySummation")
    assert numbers(total, f"{RAM}TaxBasisTotalAmount", f"{RAM}GrandTotalAmount", f"{RAM}DuePayableAmount") == sums
    nets = [line.net for line in invoice.lines]
    lines = of_ubl.findall(f"{CAC}InvoiceLine") + of_ubl.findall(f"{CAC}CreditNoteLine")
    assert [numbers(line, f"{CBC}LineExtensionAmount") for line in lines] == [(net,) for net in nets]
    assert [Decimal(one.text or "") for one in of_cii.iter(f"{RAM}LineTotalAmount")] == [*nets, invoice.net]


def numbers(found: Element | None, *tags: str) -> tuple[Decimal, ...]:
    assert found is not None
    return tuple(Decimal(found.findtext(tag) or "nan") for tag in tags)


def test_a_swedish_seller_is_paid_by_bankgiro_with_its_ocr() -> None:
    root = fromstring(ubl(company_invoice()))
    means = root.findall(f"{CAC}PaymentMeans")
    found = [[one.text for one in way.iter() if one.text and one.text.strip()] for way in means]
    assert found[0] == ["30", "38000123117", "9912346", "SE:BANKGIRO"]
    assert found[1] == ["30", "38000123117", "SE3550000000054910000003", "ESSESESS"]
    texts = {one.text for one in root.iter(f"{CBC}CompanyID")}
    assert texts == {"SE556703748501", "Godkänd för F-skatt", "5567037485", "SE556016068001", "5560160680"}


def test_a_credit_note_names_what_it_takes_back() -> None:
    root = fromstring(ubl(credit_note()))
    reference = root.find(f"{CAC}BillingReference/{CAC}InvoiceDocumentReference")
    assert reference is not None
    assert [one.text for one in reference] == ["F-000100", "2026-11-03"]
    assert root.findtext(f"{CBC}CreditNoteTypeCode") == "381"
    assert root.findtext(f"{CBC}Note") == "The meter was wrong."


def test_a_line_says_where_and_who_and_which_cdr() -> None:
    line = fromstring(ubl(company_invoice())).findall(f"{CAC}InvoiceLine")[2]
    words = {one.text for one in line.iter()}
    assert {"4711 Sales", "Bo Ek", "SELAD/C1", "130", "SE*LAD*E17*2", "13.525 kWh", "2026-11-03"} <= words


def test_a_buyer_without_a_reference_is_named_by_his_customer_number() -> None:
    assert b"<cbc:BuyerReference>1042<" in ubl(reverse_charge_invoice())
    assert b"<cbc:BuyerReference>1042<" not in ubl(made(terms(order_reference="PO 1"), charge(1)))


US = Tax(category=TaxCategory.STANDARD, rate=Decimal(4), name="NY sales tax", country="US")
OUTSIDE = Tax(category=TaxCategory.OUTSIDE)


@pytest.mark.parametrize(
    ("invoice", "words"),
    [
        (made(terms(), charge(1, tax=US)), "found taxes NY sales tax, EN 16931 knows VAT only"),
        (made(terms(), charge(1), charge(2, tax=OUTSIDE)), "needs an invoice of its own"),
        (made(terms(InvoiceKind.CREDIT_ADVICE), charge(1)), "somebody who is no business"),
        (
            made(terms(seller=msgspec.structs.replace(SELLER, vat_number="")), charge(1)),
            "the seller Resladdning AB has no VAT number",
        ),
        (
            made(terms(buyer=msgspec.structs.replace(GERMAN, vat_number="")), *reverse_charge_invoice().lines),
            "the buyer Rheinflotte GmbH has no VAT number",
        ),
    ],
)
def test_what_is_no_e_invoice_says_why(invoice: Invoice, words: str) -> None:
    for write in (ubl, cii, factur_x):
        with pytest.raises(UserError, match=words):
            write(invoice)


def test_all_that_keeps_an_invoice_from_peppol_is_said_at_once() -> None:
    lines = german_invoice().lines
    with pytest.raises(UserError, match="cannot go by Peppol") as error:
        ubl(made(terms(buyer=DRIVER), *lines))
    assert "buyer Åsa Lindqvist: found nothing" in str(error.value)
    assert "found 7, 19 %" in str(error.value)


def test_long_addresses_and_regions_have_their_place() -> None:
    address = Address(lines=("A", "B", "C", "D"), city="Galway", region="Connacht", country="IE")
    invoice = made(terms(buyer=msgspec.structs.replace(COMPANY, address=address)), charge(1))
    assert facturx.xml_check_xsd(ubl(invoice), flavor="ubl-2.1-invoice")
    assert b"<cbc:Line>C D<" in ubl(invoice)
    assert b"<ram:LineThree>C D<" in cii(invoice)


def test_factur_x_is_the_paper_with_the_xml_inside() -> None:
    invoice = german_invoice()
    pdf = factur_x(invoice)
    name, xml = facturx.get_facturx_xml_from_pdf(pdf)
    assert (name, xml) == ("factur-x.xml", cii(invoice))
    reader = pypdf.PdfReader(io.BytesIO(pdf))
    metadata = reader.trailer["/Root"]["/Metadata"].get_data()
    assert b"<fx:ConformanceLevel>EN 16931</fx:ConformanceLevel>" in metadata
    assert b"<pdfaid:part>3</pdfaid:part>" in metadata
    assert reader.metadata is not None
    assert reader.metadata.title == "Rechnung F-000123"
    assert GERMAN_SELLER.name in reader.pages[0].extract_text()
