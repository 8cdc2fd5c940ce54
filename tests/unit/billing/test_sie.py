"""SIE 4I: what is written is read back the same by another reader; accounts by chart; amounts, quotes, bytes."""

from datetime import date
from decimal import Decimal

import pytest
from msgspec.structs import replace

from ocpilot.billing.chart import BAS, NAMES, UnknownAccount, chart_of, postings
from ocpilot.billing.entries_csv import entries_csv
from ocpilot.billing.exchange import ExchangeRate, worth
from ocpilot.billing.ledger import Account, LedgerLine, entry
from ocpilot.billing.sie import Books, Voucher, amount, field, sie
from ocpilot.billing.taxes import Tax, TaxCategory, TaxRow
from sie_reader import fields, read

DAY = date(2026, 11, 30)
SE25 = Tax(category=TaxCategory.STANDARD, rate=Decimal(25), country="SE")
SE12 = Tax(category=TaxCategory.STANDARD, rate=Decimal("12.0"), country="SE")
DE19 = Tax(category=TaxCategory.STANDARD, rate=Decimal(19), country="DE")
DE_AE = Tax(category=TaxCategory.REVERSE_CHARGE, country="DE")
CHART = chart_of("SE", {})


def books(**fields):
    usual = {
        "company": 'Lade "Öst" AB',
        "organisation_number": "556677-8899",
        "version": "1.0",
        "made_on": date(2026, 12, 1),
        "year": (date(2026, 1, 1), date(2026, 12, 31)),
        "series": "O",
        "home": "SE",
        "accounts": {},
    }
    return Books(**(usual | fields))


def line(account, value, currency="SEK"):
    return LedgerLine(account=account, amount=Decimal(value), currency=currency, invoice="F-000001")


def voucher(*lines, rows=(), number=1, chart=CHART):
    made = entry("invoice/F-000001", DAY, "invoice F-000001", lines)
    shown = postings(made, {"F-000001": rows}, chart)
    return Voucher(number=number, key=made.key, day=DAY, text=made.text, booked_on=DAY, postings=shown)


SOLD = (line(Account.RECEIVABLE, "125.00"), line(Account.REVENUE, "-100"), line(Account.VAT_OUT, "-25.00"))


def test_a_file_is_read_back_as_it_was_written():
    data = sie(books(), "SEK", [voucher(*SOLD), voucher(*SOLD, number=2)])
    records, vouchers = read(data)
    assert records["#FLAGGA"] == [["0"]]
    assert records["#FORMAT"] == [["PC8"]]
    assert records["#SIETYP"] == [["4"]]
    assert records["#GEN"] == [["20261201"]]
    assert records["#ORGNR"] == [["556677-8899"]]
    assert records["#FNAMN"] == [['Lade "Öst" AB']]
    assert records["#RAR"] == [["0", "20260101", "20261231"]]
    assert records["#KONTO"][0] == ["1510", "Kundfordringar"]
    assert [head[:3] for head, _ in vouchers] == [["O", "1", "20261130"], ["O", "2", "20261130"]]
    assert vouchers[0][1] == [("1510", Decimal(125)), ("3001", Decimal(-100)), ("2611", Decimal(-25))]
    assert all(sum(value for _, value in lines) == 0 for _, lines in vouchers)
    assert "Öst".encode("cp437") in data
    assert data.startswith(b"#FLAGGA 0\r\n")


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("F-000001", "F-000001"),
        ("two words", '"two words"'),
        ("", '""'),
        ('a "b"', '"a \\"b\\""'),
        ("tab\tand\nline", '"tab and line"'),
        ("{}", '"{}"'),
        ("back\\slash x", '"back/slash x"'),
    ],
)
def test_a_text_is_one_field_whatever_it_holds(text, written):
    assert field(text) == written
    assert len(fields(written)) == 1


@pytest.mark.parametrize(
    ("value", "written"), [("1234.5", "1234.50"), ("-0.01", "-0.01"), ("100000", "100000.00"), ("1E+3", "1000.00")]
)
def test_amounts_have_a_point_and_two_decimals(value, written):
    assert amount(Decimal(value)) == written


def test_an_amount_the_format_cannot_say_is_an_error():
    with pytest.raises(ValueError, match=r"1\.234"):
        amount(Decimal("1.234"))


@pytest.mark.parametrize(
    ("account", "tax", "number"),
    [
        (Account.REVENUE, None, "3001"),
        (Account.REVENUE, SE25, "3001"),
        (Account.REVENUE, SE12, "3002"),
        (Account.REVENUE, DE19, "3305"),
        (Account.REVENUE, DE_AE, "3308"),
        (Account.VAT_OUT, SE12, "2621"),
        (Account.VAT_OUT, DE19, "2670"),
        (Account.VAT_IN, SE25, "2641"),
    ],
)
def test_the_most_that_is_known_of_a_line_makes_its_number(account, tax, number):
    assert CHART.number(account, tax) == number


def test_a_part_given_back_is_divided_among_its_taxes_to_the_cent():
    rows = [
        TaxRow(tax=SE25, base=Decimal(40), amount=Decimal(10)),
        TaxRow(tax=DE19, base=Decimal(20), amount=Decimal("3.8")),
    ]
    given = (line(Account.REVENUE, "10.01"), line(Account.VAT_OUT, "2.30"), line(Account.CARDS, "-12.31"))
    assert [(one.number, one.amount) for one in voucher(*given, rows=rows).postings] == [
        ("3001", Decimal("6.67")),
        ("3305", Decimal("3.34")),
        ("2611", Decimal("1.67")),
        ("2670", Decimal("0.63")),
        ("1580", Decimal("-12.31")),
    ]


def test_settings_lay_over_the_chart_and_every_account_has_a_number():
    chart = chart_of("SE", {"vat_out/DE": "2672", "revenue": "3011"})
    assert chart.number(Account.VAT_OUT, DE19) == "2672"
    assert chart.number(Account.REVENUE) == "3011"
    assert {str(one) for one in Account} <= set(BAS)
    assert set(BAS.values()) <= set(NAMES)
    with pytest.raises(UnknownAccount, match="revenu/DE"):
        chart_of("SE", {"revenu/DE": "3"})


@pytest.mark.parametrize("side", [1, -1])
def test_net_and_tax_of_several_rates_stand_apart(side):
    rows = (
        TaxRow(tax=SE25, base=Decimal(100), amount=Decimal(25)),
        TaxRow(tax=DE19, base=Decimal(10), amount=Decimal("1.9")),
    )
    lines = [
        line(Account.RECEIVABLE, side * Decimal("136.90")),
        line(Account.REVENUE, -side * Decimal(110)),
        line(Account.VAT_OUT, -side * Decimal("26.90")),
    ]
    found = [(one.number, one.amount) for one in voucher(*lines, rows=rows).postings]
    assert found[1:] == [
        ("3001", -side * Decimal(100)),
        ("3305", -side * Decimal(10)),
        ("2611", -side * Decimal(25)),
        ("2670", -side * Decimal("1.9")),
    ]


def test_what_its_taxes_do_not_come_to_stays_one_line():
    rows = (TaxRow(tax=SE25, base=Decimal(1), amount=Decimal(1)),)
    assert len(voucher(*SOLD, rows=rows).postings) == 3


def test_csv_has_a_row_per_line():
    text = entries_csv("O", [voucher(*SOLD)], "SEK").decode()
    assert (
        "O1,2026-11-30,2026-11-30,invoice/F-000001,invoice F-000001,receivable,1510,125.00,,SEK,,,,F-000001,,\r\n"
        in text
    )
    assert text.count("\r\n") == 4


# ---- what another currency is worth --------------------------------------------------------------------------------

RATES = tuple(
    ExchangeRate(currency="EUR", since=since, rate=Decimal(rate))
    for since, rate in ((date(2026, 11, 1), "11.0456"), (date(2026, 12, 1), "12"))
)


@pytest.mark.parametrize(
    ("currency", "day", "rate"),
    [
        ("EUR", DAY, Decimal("11.0456")),
        ("EUR", date(2026, 12, 1), Decimal(12)),
        ("EUR", date(2026, 10, 31), None),
        ("NOK", DAY, None),
        ("SEK", DAY, None),
    ],
)
def test_the_newest_rate_of_a_day_counts(currency, day, rate):
    assert books(currency="SEK", rates=RATES).rate_on(day, currency) == rate


@pytest.mark.parametrize("amounts", [("0.05", "-0.04", "-0.01"), ("125", "-100", "-25"), ("0.01", "-0.01"), ()])
def test_what_balances_in_one_currency_balances_in_the_other(amounts):
    found = worth([Decimal(one) for one in amounts], Decimal("11.0456"), "SEK")
    assert sum(found) == 0
    assert all(
        abs(one - Decimal(given) * Decimal("11.0456")) < Decimal("0.03")
        for one, given in zip(found, amounts, strict=True)
    )


def test_a_file_is_in_the_currency_of_the_books_where_the_rates_are_known():
    sold = [line(one.account, str(one.amount), "EUR") for one in SOLD]
    known = replace(voucher(*sold), rate=Decimal("11.0456"))
    records, [(head, lines)] = read(sie(books(currency="SEK"), "EUR", [known]))
    assert records["#VALUTA"] == [["SEK"]]
    assert (head[0], head[3]) == ("OEUR", "invoice F-000001, EUR 11.0456")
    assert lines == [("1510", Decimal("1380.70")), ("3001", Decimal("-1104.56")), ("2611", Decimal("-276.14"))]
    row = entries_csv("OEUR", [known], "SEK").decode().splitlines()[1]
    assert row.endswith("125.00,,EUR,,,,F-000001,11.0456,1380.70")
    records, [(_, lines)] = read(sie(books(currency="SEK"), "EUR", [voucher(*sold)]))
    assert (records["#VALUTA"], lines[0]) == ([["EUR"]], ("1510", 125))
