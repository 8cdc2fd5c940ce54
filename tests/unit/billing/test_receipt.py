"""A receipt adds up to the cent and says the same in both languages, on paper too."""

import io
from datetime import timedelta
from decimal import Decimal

import msgspec
import pypdf
import pytest

from ocpilot.billing.check import check_cdr
from ocpilot.billing.receipt import Receipt, Seller, receipt_of
from ocpilot.billing.receipt_pdf import receipt_pdf
from ocpilot.wire.v230 import Price, TaxIncluded

SELLER = Seller(
    name="Resladdning AB",
    address=("Storgatan 1", "111 22 Stockholm"),
    org_number="559000-0000",
    vat_id="SE559000000001",
)


def receipt(b, language: str = "en", vat: str | None = "25", **fields: object) -> Receipt:
    cdr = msgspec.structs.replace(b.cdr(b.tariff(vat)), **fields)
    priced = check_cdr(cdr, None, b.zone).ours
    return receipt_of(
        cdr,
        priced,
        number="RES-2026-000123",
        issued_at=b.start + timedelta(hours=3),
        seller=SELLER,
        driver="Åsa Lindqvist <b>*#_",
        zone=b.zone,
        language=language,
        signature="Signed meter values: verified.",
    )


def page_text(pdf: bytes) -> str:
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages).replace("\xa0", " ")


def assert_adds_up(found: Receipt) -> None:
    for rows in (found.lines, found.vat):
        for side in ("excl", "vat", "incl"):
            assert sum(getattr(row.amount, side) for row in rows) == getattr(found.total, side)


@pytest.mark.parametrize(
    ("language", "said"), [("en", "Replaces receipt"), ("sv", "Ersätter kvitto"), ("de", "Ersetzt Quittung")]
)
def test_a_receipt_names_the_one_it_replaces(b, language, said) -> None:
    found = msgspec.structs.replace(receipt(b, language), replaces="R-000122")
    text = page_text(receipt_pdf(found))
    assert said in text
    assert "R-000122" in text


def test_lines_and_vat_rows_add_up_to_the_total(b) -> None:
    found = receipt(b)
    assert_adds_up(found)
    assert (found.total.excl, found.total.vat, found.total.incl) == (Decimal("62.40"), Decimal("15.60"), 78)
    assert [(line.label, line.quantity, line.unit_price) for line in found.lines] == [
        ("Start fee", 1, 4),
        ("Energy", 6, 4),
        ("Energy", 6, Decimal("2.4")),
        ("Parking after charging", 1800, 40),
    ]


def test_a_receipt_survives_being_stored(b) -> None:
    found = receipt(b)
    assert msgspec.json.decode(msgspec.json.encode(found), type=Receipt) == found


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("en", ["Receipt", "Total incl. VAT", "78.00 SEK", "between 22:00 and 06:00", "Nov 23, 2026", "CET", "25%"]),
        ("sv", ["Kvitto", "Totalt inkl. moms", "78,00 kr", "mellan 22:00 och 06:00", "23 nov. 2026", "CET", "25 %"]),
        ("de", ["Quittung", "Gesamt inkl. MwSt.", "78,00 SEK", "zwischen 22:00 und 06:00 Uhr", "23.11.2026", "25 %"]),
        ("nl", ["Bon", "Totaal incl. btw", "78,00 SEK", "tussen 22:00 en 06:00 uur", "23 nov 2026", "25%"]),
    ],
)
def test_the_paper_says_it_in_the_drivers_language(b, language: str, words: list[str]) -> None:
    pdf = receipt_pdf(receipt(b, language))
    text = page_text(pdf)
    for word in [*words, "Resladdning AB", "RES-2026-000123", "SE*LAD*E1", "Åsa Lindqvist <b>*#_", "559000-0000"]:
        assert word in text, word
    reader = pypdf.PdfReader(io.BytesIO(pdf))
    assert reader.metadata is not None
    assert "RES-2026-000123" in str(reader.metadata.title)
    assert reader.trailer["/Root"]["/Lang"] == language


def test_the_same_receipt_is_the_same_paper(b) -> None:
    assert receipt_pdf(receipt(b)) == receipt_pdf(receipt(b))


def test_many_lines_go_on_to_another_page(b) -> None:
    found = receipt(b)
    long = msgspec.structs.replace(found, lines=found.lines * 15, driver="Maximiliana-Elisabeth " * 6)
    pages = pypdf.PdfReader(io.BytesIO(receipt_pdf(long))).pages
    assert len(pages) > 1
    assert "Quantity" in pages[1].extract_text()


def test_vat_that_is_not_known_is_said_and_not_made_up(b) -> None:
    found = receipt(b, vat=None)
    assert (found.total.excl, found.total.vat, found.total.incl) == (Decimal("62.40"), None, None)
    text = page_text(receipt_pdf(found))
    assert "Total excl. VAT" in text
    assert "The VAT of this charge is not known to us." in text


def test_without_a_tariff_the_parts_of_the_cdr_are_the_lines(b) -> None:
    found = receipt(b, tariffs=())
    assert_adds_up(found)
    assert [(line.label, line.amount.incl) for line in found.lines] == [
        ("Start fee", 5),
        ("Energy", 48),
        ("Parking after charging", 25),
    ]


def test_parts_that_do_not_add_up_to_the_total_become_one_line(b) -> None:
    found = receipt(b, tariffs=(), total_fixed_cost=None)
    assert [(line.label, line.amount.incl) for line in found.lines] == [("Charging", 78)]
    bare = receipt(b, tariffs=(), total_cost=Price(before_taxes=Decimal("62.40")))
    assert (bare.total.excl, bare.total.vat) == (Decimal("62.40"), None)


def test_a_price_with_vat_in_it_is_shown_without(b) -> None:
    tariff = msgspec.structs.replace(b.tariff(), tax_included=TaxIncluded.YES)
    assert receipt(b, tariffs=(tariff,)).lines[1].unit_price == Decimal("3.2")
