"""When somebody is reminded, and what that costs and says."""

import io
from datetime import UTC, date, datetime
from decimal import Decimal

import msgspec
import pypdf
import pytest

from issued import SELLER, line
from ocpilot.base.money_settings import ReminderSettings
from ocpilot.billing.invoice import InvoiceKind, Terms, invoice_of
from ocpilot.billing.ledger import Account
from ocpilot.billing.parties import Payee
from ocpilot.billing.payment_reference import ocr_of
from ocpilot.billing.reminder_pdf import reminder_pdf
from ocpilot.billing.reminders import due_level, entry_of, interest, reminder_of

DUE = date(2026, 12, 2)
LEVELS = (ReminderSettings(days=5), ReminderSettings(days=20, fee=Decimal(60)))


def invoice(language: str = "en", currency: str = "SEK"):
    terms = Terms(
        kind=InvoiceKind.INVOICE,
        seller=SELLER,
        buyer=SELLER,
        customer_number="10001",
        language=language,
        currency=currency,
        zone="UTC",
        days=30,
    )
    issued_at = datetime(2026, 11, 2, tzinfo=UTC)
    day = issued_at.date()
    numbers = {"number": "F-000001", "payment_reference": ocr_of("F-000001")}
    return invoice_of(terms, [line("80")], issued_at=issued_at, issued_on=day, days=(day, day), **numbers)


def reminder(day: date, *sent, is_open: str = "100", rate: str = "0", **fields):
    return reminder_of(
        invoice(**fields), Decimal(is_open), sent, level=LEVELS[len(sent)], rate=Decimal(rate), today=day
    )


@pytest.mark.parametrize(
    ("sent", "today", "expected"),
    [
        ([], date(2026, 12, 6), None),
        ([], date(2026, 12, 7), 1),
        ([date(2026, 12, 7)], date(2026, 12, 21), None),
        ([date(2026, 12, 7)], date(2026, 12, 22), 2),
        ([date(2026, 12, 20)], date(2026, 12, 22), None),
        ([date(2026, 12, 20)], date(2027, 1, 4), 2),
        ([date(2026, 12, 7), date(2026, 12, 22)], date(2027, 9, 1), None),
    ],
)
def test_each_reminder_comes_once_and_never_sooner_after_the_one_before_than_the_rule_says(sent, today, expected):
    found = []
    for day in sent:
        found.append(reminder(day, *found))
    assert due_level(LEVELS, DUE, found, today) == expected


def test_the_first_reminder_costs_nothing_and_says_what_is_open():
    first = reminder(date(2026, 12, 7))
    assert (first.to_pay, first.title, first.pay_by) == (100, "Reminder", date(2026, 12, 17))
    assert "invoice F-000001, which was due on December 2, 2026. 100.00\xa0SEK" in first.paragraphs[0]
    assert first.reference in first.paragraphs[-1]
    assert entry_of(first, 10001).lines == ()


def test_a_fee_and_interest_are_open_on_the_invoice():
    first = reminder(date(2026, 12, 7), rate="10")
    assert first.interest == Decimal("0.14")
    second = reminder(date(2026, 12, 22), first, is_open="100.14", rate="10", language="sv")
    assert (second.fee, second.interest, second.to_pay) == (60, Decimal("0.41"), Decimal("160.55"))
    lines = {line.account: (line.amount, line.invoice) for line in entry_of(second, 10001).lines}
    assert lines == {
        Account.RECEIVABLE: (Decimal("60.41"), "F-000001"),
        Account.REMINDER_FEES: (Decimal("-60.41"), None),
    }
    assert second.title == "Andra påminnelsen"
    assert len(second.paragraphs) == 4


def test_a_fee_in_kronor_is_not_taken_in_another_currency():
    first = reminder(date(2026, 12, 7), currency="EUR")
    assert reminder(date(2026, 12, 22), first, currency="EUR").fee == 0


def test_our_own_words_can_be_others():
    level = ReminderSettings(days=1, text="Pay {open} of {number}, due {due}, {please}")
    said = reminder_of(invoice(), Decimal(100), (), level=level, rate=Decimal(0), today=date(2026, 12, 7)).paragraphs[0]
    assert said.startswith("Pay ")
    assert said.endswith(" of F-000001, due December 2, 2026, {please}")


def test_interest_is_of_days_that_passed_and_never_below_zero():
    assert interest(Decimal(1000), Decimal(10), date(2026, 1, 1), date(2027, 1, 1), "SEK") == 100
    assert interest(Decimal(1000), Decimal(10), date(2027, 1, 1), date(2026, 1, 1), "SEK") == 0


def test_a_reminder_on_paper_asks_for_all_of_it_in_the_language_of_the_invoice():
    first = reminder(date(2026, 12, 7), language="de")
    second = reminder(date(2026, 12, 22), first, language="de")
    bill = invoice("de")
    payee = Payee(bankgiro="991-2346", iban="SE3550000000054910000003")
    bill = msgspec.structs.replace(bill, terms=msgspec.structs.replace(bill.terms, payee=payee))
    pdf = reminder_pdf(second, bill)
    assert pdf == reminder_pdf(second, bill)
    words = " ".join(" ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages).split())
    for text in ("Zweite Mahnung", "160,00", "Mahngebühr", "991-2346", second.reference):
        assert text in words
