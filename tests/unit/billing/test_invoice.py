"""What lines of an invoice come to, and what that does to the books."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from invoices_made import credit_notes_of_parts, fee, made, terms
from ocpilot.billing.invoice import Invoice, InvoiceKind, InvoiceLine, Terms, invoice_of, negated
from ocpilot.billing.ledger import Account, LedgerLine, Unbalanced, entry, entry_of
from ocpilot.billing.parties import Address, BusinessParty
from ocpilot.billing.taxes import Tax, TaxCategory

SWEDEN = Tax(category=TaxCategory.STANDARD, rate=Decimal(25), country="SE")
GERMANY = Tax(category=TaxCategory.STANDARD, rate=Decimal(19), country="DE")
US = BusinessParty(name="Resa AB", address=Address(country="SE"))
THEM = BusinessParty(name="Anna", address=Address(country="SE"))
ISSUED = datetime(2026, 12, 1, 7, tzinfo=UTC)


def line(net: str, tax: Tax = SWEDEN, gross: str | None = None) -> InvoiceLine:
    shown = None if gross is None else Decimal(gross)
    return InvoiceLine(text="Charge", unit_price=Decimal(net), net=Decimal(net), tax=tax, gross=shown)


def invoice(*lines: InvoiceLine, kind: InvoiceKind = InvoiceKind.INVOICE, **said: object) -> Invoice:
    given_terms = {
        "kind": kind,
        "seller": US,
        "buyer": THEM,
        "customer_number": "10001",
        "language": "sv",
        "currency": "SEK",
        "zone": "Europe/Stockholm",
        "days": 30,
    }
    return invoice_of(
        Terms(**{**given_terms, **said}),
        lines,
        number="F-000001",
        payment_reference="1",
        issued_at=ISSUED,
        issued_on=date(2026, 12, 1),
        days=(date(2026, 11, 1), date(2026, 11, 30)),
    )


def test_the_tax_of_a_rate_is_rounded_once_on_the_sum_of_its_lines() -> None:
    three = invoice(line("0.33"), line("0.33"), line("0.33"))
    assert (three.net, three.tax, three.total) == (Decimal("0.99"), Decimal("0.25"), Decimal("1.24"))


def test_each_rate_and_country_has_a_row_of_its_own() -> None:
    both = invoice(line("100"), line("50", GERMANY), line("10"))
    assert {row.tax.country: (row.base, row.amount) for row in both.taxes} == {
        "SE": (Decimal(110), Decimal("27.50")),
        "DE": (Decimal(50), Decimal("9.50")),
    }
    assert both.payable == Decimal(197)


def test_who_was_shown_prices_with_tax_pays_exactly_what_he_was_shown() -> None:
    shown = invoice(
        line("0.33", gross="0.41"), line("0.33", gross="0.41"), line("0.33", gross="0.41"), prices_include_tax=True
    )
    assert (shown.total, shown.rounding, shown.payable) == (Decimal("1.24"), Decimal("-0.01"), Decimal("1.23"))


def test_what_was_paid_before_is_not_asked_for_again_and_nothing_is_due() -> None:
    paid = invoice(line("100"), prepaid=Decimal(125))
    assert (paid.payable, paid.due_on) == (Decimal(0), None)
    assert invoice(line("100")).due_on == date(2026, 12, 31)


def test_an_invoice_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="needs a line"):
        invoice()


amounts = st.decimals(min_value=-1000, max_value=1000, places=2).filter(bool)


@given(
    st.lists(st.tuples(amounts, st.sampled_from([SWEDEN, GERMANY])), min_size=1, max_size=20),
    st.sampled_from(InvoiceKind),
    st.booleans(),
)
def test_totals_add_up_to_the_cent_and_every_kind_of_document_balances(given_lines, kind, shown) -> None:
    lines = [
        InvoiceLine(
            text="x", unit_price=net, net=net, tax=tax, gross=round(net * (1 + tax.rate / 100), 2) if shown else None
        )
        for net, tax in given_lines
    ]
    made = invoice(*lines, kind=kind, prices_include_tax=shown)
    assert made.net == sum(row.base for row in made.taxes) == sum(one.net for one in lines)
    assert made.total == made.net + made.tax
    assert made.payable == made.total + made.rounding
    if shown:
        assert made.payable == sum(one.gross for one in lines)
    booked = entry_of(made, 1, Account.REVENUE)
    assert sum(one.amount for one in booked.lines) == 0


def test_a_line_taken_back_and_the_line_come_to_nothing() -> None:
    one = line("12.34", gross="15.43")
    both = invoice(one, negated(one), prices_include_tax=True)
    assert (both.net, both.tax, both.payable) == (0, 0, 0)


def test_a_credit_note_settles_the_invoice_it_takes_back() -> None:
    note = invoice(line("100"), kind=InvoiceKind.CREDIT_NOTE, credits="F-000007")
    [debt] = [one for one in entry_of(note, 1, Account.REVENUE).lines if one.account is Account.RECEIVABLE]
    assert (debt.amount, debt.invoice) == (Decimal(-125), "F-000007")


def test_what_we_write_in_a_sellers_name_is_ours_to_pay() -> None:
    bought = entry_of(invoice(line("100"), kind=InvoiceKind.SELF_BILLED), 1, Account.PURCHASES)
    assert {one.account: one.amount for one in bought.lines} == {
        Account.PAYABLE: Decimal(-125),
        Account.PURCHASES: Decimal(100),
        Account.VAT_IN: Decimal(25),
    }


def test_an_entry_that_does_not_balance_is_none() -> None:
    lines = [
        LedgerLine(account=Account.BANK, amount=Decimal(10), currency="SEK"),
        LedgerLine(account=Account.RECEIVABLE, amount=Decimal(-10), currency="EUR"),
    ]
    with pytest.raises(Unbalanced, match="differ by"):
        entry("payment/1", date(2026, 12, 1), "", lines)


def test_credit_notes_of_parts_come_to_the_tax_of_the_whole() -> None:
    notes = credit_notes_of_parts()
    assert [note.tax for note in notes] == [Decimal("0.01"), 0]
    assert sum(note.tax for note in notes) == made(terms(), fee("Fee 1", "0.02"), fee("Fee 2", "0.02")).tax
