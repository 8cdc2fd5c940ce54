"""Where the money went adds up to what is on the invoice."""

from decimal import Decimal

import pytest

from invoices_made import DRIVER, charge, company_invoice, credit_note, driver_invoice, fee, made, terms
from ocpilot.base.texts import translator
from ocpilot.billing.invoice import Invoice, negated
from ocpilot.billing.invoice_entries import group_sums, sections
from ocpilot.billing.invoice_glance import glance_of
from ocpilot.billing.invoice_sums import by_kind, by_month, charged, figures, shown
from ocpilot.billing.paper import PaperWords

WORDS = PaperWords(translator("en"), "en", "SEK")


def whole(invoice: Invoice) -> Decimal:
    return sum((shown(line) for line in invoice.lines), Decimal(0))


@pytest.mark.parametrize("invoice", [driver_invoice(40), company_invoice(40), credit_note()])
def test_every_way_to_part_it_adds_up(invoice: Invoice) -> None:
    assert sum(one.amount for one in by_kind(invoice)) == whole(invoice)
    assert sum(one.amount for one in by_month(invoice)) == whole(invoice)
    assert sum(one.share for one in by_kind(invoice)) == pytest.approx(1)


def test_the_sums_of_cost_centres_add_up_too() -> None:
    invoice = company_invoice(20)
    found = group_sums(invoice, WORDS)
    assert [one.name for one in found] == ["4711 Sales", "4800 Service", "Without cost centre or driver"]
    assert sum(one.amount for one in found) == invoice.net
    assert sum(one.charges for one in found) == figures(invoice).charges == 20
    assert [section.name for section in sections(invoice, WORDS)][:2] == [
        "4711 Sales · Anna Lindqvist",
        "4711 Sales · Bo Ek",
    ]


def test_a_driver_has_no_sections() -> None:
    [section] = sections(driver_invoice(), WORDS)
    assert (section.name, len(section.entries)) == ("", 7)
    assert group_sums(driver_invoice(), WORDS) == ()


def test_a_charge_with_two_taxes_is_one_charge() -> None:
    one, other = charge(1), charge(1, details=())
    invoice = made(terms(), one, other, charge(2))
    assert [len(found.lines) for found in charged(invoice.lines)] == [2, 1]
    assert figures(invoice).charges == 2


def test_a_charge_taken_back_counts_below_zero() -> None:
    invoice = made(terms(), charge(1), charge(2), negated(charge(2)))
    assert figures(invoice) == figures(made(terms(), charge(1)))
    [section] = sections(invoice, WORDS)
    assert section.entries[2].head.text == "Taken back: Rastplats Gränna"
    assert section.entries[2].head.amount == "-56.74"
    assert [row.amount for row in section.entries[2].rows] == ["-4.00", "-52.74"]


def test_prices_are_shown_as_amounts_are() -> None:
    [worked_out_with_tax] = sections(made(terms(), charge(0, gross=True)), WORDS)
    assert worked_out_with_tax == sections(made(terms(), charge(0)), WORDS)[0]
    [gross] = sections(made(terms(buyer=DRIVER, prices_include_tax=True), charge(0, gross=True)), WORDS)
    [net] = sections(made(terms(), charge(0)), WORDS)
    assert [row.price.replace("\xa0", " ") for row in gross.entries[0].rows] == ["5.00 SEK", "4.50 SEK per kWh"]
    assert [row.price.replace("\xa0", " ") for row in net.entries[0].rows] == ["4.00 SEK", "3.60 SEK per kWh"]


def test_many_kinds_become_few_bars_and_one_says_nothing() -> None:
    many = made(terms(), *(fee(f"Fee {place}", str(100 - place)) for place in range(9)))
    bars = glance_of(many, WORDS).bars
    assert [bar.name for bar in bars] == ["Fee 0", "Fee 1", "Fee 2", "Fee 3", "Fee 4", "Other"]
    assert bars[-1].amount == "374.00"
    alone = glance_of(made(terms(), fee()), WORDS)
    assert (alone.bars, alone.months, alone.groups, alone.facts) == ((), (), (), ())
