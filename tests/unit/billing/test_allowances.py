"""What a plan includes each month is used up once, in order of time, over several invoices."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import msgspec
import pytest

from ocpilot.billing.allowances import Used, allowance_lines
from ocpilot.billing.invoice import InvoiceLine
from ocpilot.billing.plans import Plan
from ocpilot.billing.receipt import ReceiptLine
from ocpilot.billing.taxes import Tax, TaxCategory
from ocpilot.pricing import Amount, Unit

STOCKHOLM = ZoneInfo("Europe/Stockholm")
NOVEMBER, DECEMBER = date(2026, 11, 1), date(2026, 12, 1)
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
TAX = Tax(category=TaxCategory.STANDARD, rate=Decimal(25), country="SE")
GERMAN = Tax(category=TaxCategory.STANDARD, rate=Decimal(19), country="DE")
HUNDRED = Plan(name="H", currency="SEK", included_kwh=Decimal(100))


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """A charge as it is billed."""

    at: datetime
    kwh: Decimal
    seconds: int
    lines: tuple[InvoiceLine, ...]


def detail(net: Decimal, tax: Tax, unit: Unit, quantity: Decimal | None) -> ReceiptLine:
    gross = round(net * (1 + tax.rate / 100), 2)
    return ReceiptLine(label="x", quantity=quantity, unit=unit, amount=Amount(excl=net, vat=gross - net, incl=gross))


def charge(kwh: int, at: datetime = NOON, price: str = "4", tax: Tax = TAX, minutes: int = 60) -> Item:
    """At a price per kWh, 1 per minute, and 5 once."""
    details = (
        detail(abs(kwh) * Decimal(price), tax, Unit.KWH, Decimal(abs(kwh))),
        detail(Decimal(abs(minutes)), tax, Unit.SECOND, Decimal(abs(minutes) * 60)),
        detail(Decimal(5), tax, Unit.ONCE, Decimal(1)),
    )
    net = sum((one.amount.excl for one in details), Decimal(0))
    line = InvoiceLine(text="x", unit_price=net, net=net, tax=tax, details=details)
    return Item(at=at, kwh=Decimal(kwh), seconds=minutes * 60, lines=(line,))


def lines(items: list[Item], plan: Plan = HUNDRED, used: dict[date, Used] | None = None) -> list[tuple[str, Decimal]]:
    found = allowance_lines(items, plan, used or {}, currency="SEK", zone=STOCKHOLM, language="en")
    assert all(line.quantity * line.unit_price == line.net for line in found)
    return [(line.text.split(": ")[1], line.net) for line in found]


def test_the_first_kwh_of_a_month_are_taken_off() -> None:
    items = [charge(30, NOON + timedelta(days=1), "5"), charge(80)]
    assert lines(items) == [("100 of 100 kWh, November 2026", Decimal("-420.00"))]


def test_a_second_invoice_goes_on_where_the_first_one_was() -> None:
    assert lines([charge(80)]) == [("80 of 100 kWh, November 2026", Decimal("-320.00"))]
    assert lines([charge(30)], used={NOVEMBER: Used(kwh=Decimal(80))}) == [
        ("20 of 100 kWh, November 2026", Decimal("-80.00"))
    ]
    assert lines([charge(30)], used={NOVEMBER: Used(kwh=Decimal(110))}) == []


def test_each_month_of_the_books_has_its_own() -> None:
    midnight = datetime(2026, 11, 30, 23, tzinfo=UTC)
    items = [charge(80, midnight - timedelta(seconds=1)), charge(80, midnight)]
    assert [text for text, _ in lines(items, used={DECEMBER: Used(kwh=Decimal(90))})] == [
        "80 of 100 kWh, November 2026",
        "10 of 100 kWh, December 2026",
    ]


def test_charges_of_another_tax_get_a_line_of_their_own() -> None:
    items = [charge(60), charge(60, NOON + timedelta(hours=1), tax=GERMAN)]
    assert sorted(net for _, net in lines(items)) == [-240, -160]


def test_the_gross_that_is_taken_off_is_the_one_that_was_shown() -> None:
    (line,) = allowance_lines([charge(10)], HUNDRED, {}, currency="SEK", zone=STOCKHOLM, language="sv")
    assert (line.net, line.gross) == (-40, -50)
    assert line.text == "Ingår i prisplanen: 10 av 100 kWh, november 2026"


def test_minutes_are_counted_beside_kwh() -> None:
    plan = msgspec.structs.replace(HUNDRED, included_minutes=90)
    items = [charge(10), charge(10, NOON + timedelta(hours=1))]
    assert lines(items, plan) == [
        ("20 of 100 kWh, November 2026", Decimal("-80.00")),
        ("90 of 90 min, November 2026", Decimal("-90.00")),
    ]


def test_a_charge_that_is_taken_back_gives_back_what_it_used() -> None:
    assert lines([charge(-30)], used={NOVEMBER: Used(kwh=Decimal(120))}) == [
        ("-10 of 100 kWh, November 2026", Decimal("40.00"))
    ]
    assert lines([charge(30), charge(-30)]) == []


@pytest.mark.parametrize("price", ["0", "-2"])
def test_what_was_free_or_paid_for_is_not_taken_off(price: str) -> None:
    assert lines([charge(30, price=price)]) == []


def test_a_charge_of_which_only_the_amount_is_known_is_energy() -> None:
    known = charge(50)
    only = detail(Decimal(200), TAX, Unit.ONCE, None)
    line = msgspec.structs.replace(known.lines[0], details=(only,))
    assert lines([msgspec.structs.replace(known, kwh=Decimal(200), lines=(line,))]) == [
        ("100 of 100 kWh, November 2026", Decimal("-100.00"))
    ]
