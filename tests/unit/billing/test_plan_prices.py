"""What a customer pays for a charge: as the operator asks, with a margin, by a Tariff of ours, by the hour."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocpilot.base.errors import NotBillable
from ocpilot.base.ids import PartyId
from ocpilot.base.money import HALF_UP
from ocpilot.base.money_settings import Supply
from ocpilot.billing.check import check_cdr
from ocpilot.billing.invoice import InvoiceLine, tax_rows
from ocpilot.billing.plan_prices import Sold, sale_lines, with_tax
from ocpilot.billing.plans import Margin, PartyMargin, Plan, currency_of
from ocpilot.billing.receipt import ReceiptLine
from ocpilot.billing.spot import PricePoint, Prices
from ocpilot.billing.taxes import Tax, TaxCategory
from ocpilot.billing.vat import STANDARD
from ocpilot.pricing import Amount, Unit
from ocpilot.wire.v230 import CDR, CdrDimension, CdrDimensionType, ChargingPeriod, Tariff, TaxIncluded

SWEDISH = Tax(category=TaxCategory.STANDARD, rate=Decimal(25), country="SE")
GERMAN = Tax(category=TaxCategory.STANDARD, rate=Decimal(19), country="DE")
REVERSED = Tax(category=TaxCategory.REVERSE_CHARGE, country="DE", reason="Reverse charge")
HOUR = timedelta(hours=1)
TALLINN = ZoneInfo("Europe/Tallinn")


def sold(cdr: CDR, zone: ZoneInfo, plan: Plan | None = None, tax: Tax = SWEDISH, **more: object) -> InvoiceLine:
    (line,) = sale_lines(
        cdr,
        check_cdr(cdr, None, zone).ours,
        **{"plan": plan, "prices": None, "zone": zone, "language": "en", "tax": tax, **more},
    )
    assert sum(one.amount.excl for one in line.details) == line.net
    assert sum(one.amount.incl for one in line.details) == line.gross
    assert line.quantity * line.unit_price == line.net
    return line


def money(line: InvoiceLine) -> tuple[str, str]:
    return str(line.net), str(line.gross)


def test_without_a_plan_the_operators_lines_are_passed_on_with_our_tax(b) -> None:
    cdr = b.cdr(b.tariff())
    line = sold(cdr, b.zone)
    assert money(line) == ("62.40", "78.00")
    assert [(one.label, one.amount.excl, one.vat) for one in line.details][:2] == [
        ("Start fee", Decimal("4.00"), 25),
        ("Energy", Decimal("24.00"), 25),
    ]
    assert (line.text, line.cdr, line.start) == ("Charging at Stora torget", "SELAD/C1", cdr.start_date_time)
    assert line.charge is not None
    assert line.charge.kwh == 12


def test_the_tax_is_ours_whatever_the_operator_reckoned_with(b) -> None:
    cdr = b.cdr(b.tariff())
    assert money(sold(cdr, b.zone, tax=GERMAN)) == ("62.40", "74.26")
    assert money(sold(cdr, b.zone, tax=REVERSED)) == ("62.40", "62.40")
    assert {one.vat for one in sold(cdr, b.zone, tax=GERMAN).details} == {Decimal(19)}


def test_a_cdr_that_cannot_be_priced_is_sold_at_its_own_total(b) -> None:
    cdr = msgspec.structs.replace(b.cdr(b.tariff()), tariffs=())
    line = sold(cdr, b.zone)
    assert line.net == cdr.total_cost.before_taxes


def including(tariff: Tariff, price: str = "5.01", vat: str | None = "25") -> Tariff:
    component = msgspec.structs.replace(
        tariff.elements[0].price_components[0], price=Decimal(price), vat=None if vat is None else Decimal(vat)
    )
    element = msgspec.structs.replace(tariff.elements[0], price_components=(component,), restrictions=None)
    return msgspec.structs.replace(tariff, elements=(element,), tax_included=TaxIncluded.YES)


def test_a_driver_pays_what_he_was_shown_with_tax(b) -> None:
    assert sold(b.cdr(including(b.tariff())), b.zone).gross == Decimal("60.12")


def test_of_a_price_with_a_tax_that_nobody_states_ours_is_taken_out(b) -> None:
    cdr = b.cdr(including(b.tariff(), "5", vat=None))
    assert money(sold(cdr, b.zone)) == ("48.00", "60.00")
    with pytest.raises(NotBillable, match="Energy: found a price that includes a tax nobody states"):
        sold(cdr, b.zone, tax=REVERSED)


# ---- margin ----------------------------------------------------------------------------------------------------------


def test_a_margin_is_lines_of_its_own(b) -> None:
    margin = Margin(percent=Decimal(10), per_kwh=Decimal("0.25"), per_charge=Decimal("2.50"))
    plan = Plan(name="P", currency="SEK", margin=margin)
    line = sold(b.cdr(b.tariff()), b.zone, plan)
    assert [(one.label, one.notes, one.amount.excl) for one in line.details[-3:]] == [
        ("Service fee", ("10% of the price",), Decimal("6.24")),
        ("Service fee", (), Decimal("3.00")),
        ("Service fee", (), Decimal("2.50")),
    ]
    assert money(line) == ("74.14", "92.68")


def test_an_operator_may_have_another_margin_and_it_may_be_a_discount(b) -> None:
    other = PartyMargin(party=PartyId("SE", "LAD"), margin=Margin(percent=Decimal(-50)))
    plan = Plan(name="P", margin=Margin(percent=Decimal(10)), exceptions=(other,))
    line = sold(b.cdr(b.tariff()), b.zone, plan)
    assert (line.net, line.details[-1].label) == (Decimal("31.20"), "Discount")


def test_a_margin_in_another_currency_holds_the_charge(b) -> None:
    plan = Plan(name="P", currency="EUR", margin=Margin(per_charge=Decimal(1)))
    with pytest.raises(NotBillable, match="plan P: found amounts in EUR, expected SEK"):
        sold(b.cdr(b.tariff()), b.zone, plan)


# ---- own Tariff ------------------------------------------------------------------------------------------------------


def test_our_own_tariff_is_priced_by_the_same_engine(b) -> None:
    tariff = msgspec.structs.replace(b.tariff(), id="OURS", currency="EUR")
    plan = Plan(name="P", currency="EUR", tariff=tariff)
    cdr = b.cdr(b.tariff())
    assert money(sold(cdr, b.zone, plan)) == ("62.40", "78.00")
    assert currency_of(cdr, plan) == "EUR"
    assert currency_of(cdr, None) == "SEK"


def test_a_tariff_that_includes_tax_costs_the_same_in_every_country(b) -> None:
    plan = Plan(name="P", currency="SEK", tariff=including(b.tariff(), "5"))
    cdr = b.cdr(b.tariff())
    assert money(sold(cdr, b.zone, plan)) == ("48.00", "60.00")
    assert money(sold(cdr, b.zone, plan, tax=GERMAN)) == ("50.42", "60.00")
    assert sold(cdr, b.zone, plan, tax=GERMAN).details[0].unit_price == Decimal("4.2017")
    assert money(sold(cdr, b.zone, plan, tax=REVERSED)) == ("48.00", "48.00")


def test_energy_that_no_period_holds_is_not_free_at_our_own_tariff(b) -> None:
    cdr = msgspec.structs.replace(charged(b.cdr(b.tariff()), NOON, ("0", 2)), total_energy=Decimal(2))
    with pytest.raises(NotBillable, match="found no energy in its Charging Periods, expected 2 kWh"):
        sold(cdr, b.zone, Plan(name="P", currency="SEK", tariff=b.tariff()))


# ---- spot price ------------------------------------------------------------------------------------------------------


def hourly(start: datetime, *prices: str, step: timedelta = HOUR) -> Prices:
    return Prices(
        series="SE3",
        currency="SEK",
        points=tuple(
            PricePoint(at=start + step * place, until=start + step * (place + 1), price=Decimal(price))
            for place, price in enumerate(prices)
        ),
    )


def charged(cdr: CDR, start: datetime, *periods: tuple[str, float]) -> CDR:
    """Periods of so many kWh and hours one after the other."""
    at, made = start, []
    for kwh, length in periods:
        energy = CdrDimension(type=CdrDimensionType.ENERGY, volume=Decimal(kwh))
        made.append(ChargingPeriod(start_date_time=at, dimensions=(energy,)))
        at += timedelta(hours=length)
    total = sum((Decimal(kwh) for kwh, _ in periods), Decimal(0))
    return msgspec.structs.replace(
        cdr, start_date_time=start, end_date_time=at, charging_periods=tuple(made), tariffs=(), total_energy=total
    )


SPOT = Plan(name="SPOT", currency="SEK", series="SE3", margin=Margin(per_kwh=Decimal("0.10")))
NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)


def test_each_hours_energy_costs_its_own_price_and_the_markup(b) -> None:
    cdr = charged(b.cdr(b.tariff()), NOON + HOUR / 2, ("10", 1), ("3", 0.5))
    line = sold(cdr, b.zone, SPOT, prices=hourly(NOON, "1.00", "2.00"))
    assert [(one.notes, one.quantity, one.unit_price, one.amount.excl) for one in line.details] == [
        (("13:00–14:00",), 5, 1, Decimal("5.00")),
        (("14:00–15:00",), 8, 2, Decimal("16.00")),
        ((), 13, Decimal("0.10"), Decimal("1.30")),
    ]


def test_a_price_below_zero_is_paid_to_the_driver(b) -> None:
    cdr = charged(b.cdr(b.tariff()), NOON, ("10", 1))
    line = sold(cdr, b.zone, SPOT, prices=hourly(NOON, "-0.50"))
    assert (line.net, line.gross, line.quantity, line.unit_price) == (-4, -5, -1, 4)


def test_quarters_of_an_hour_are_one_line_at_their_mean(b) -> None:
    cdr = charged(b.cdr(b.tariff()), NOON, ("4", 1))
    line = sold(cdr, b.zone, SPOT, prices=hourly(NOON, "1", "2", "3", "4", step=HOUR / 4))
    assert (line.details[0].quantity, line.details[0].unit_price) == (4, Decimal("2.5"))


@pytest.mark.parametrize(
    ("start", "shown"),
    [
        (datetime(2026, 3, 29, 0, tzinfo=UTC), ["01:00–03:00", "03:00–04:00"]),
        (datetime(2026, 10, 25, 0, tzinfo=UTC), ["02:00–02:00", "02:00–03:00"]),
    ],
)
def test_when_clocks_change_every_hour_that_passed_has_its_price(b, start: datetime, shown: list[str]) -> None:
    cdr = charged(b.cdr(b.tariff()), start, ("2", 2))
    line = sold(cdr, b.zone, SPOT, prices=hourly(start, "1", "3"))
    assert [one.notes[0] for one in line.details[:2]] == shown
    assert line.net == Decimal("4.20")


def test_an_hour_without_a_price_holds_the_charge_and_says_which(b) -> None:
    cdr = charged(b.cdr(b.tariff()), NOON, ("2", 2))
    with pytest.raises(NotBillable, match="SE3 has no price for 2026-11-26T13:00:00Z, expected one until 2026-11-26T1"):
        sold(cdr, b.zone, SPOT, prices=hourly(NOON, "1"))
    with pytest.raises(NotBillable, match="there is no price series SE3"):
        sold(cdr, b.zone, SPOT)
    euros = msgspec.structs.replace(hourly(NOON, "1", "1"), currency="EUR")
    with pytest.raises(NotBillable, match="price series SE3: found EUR, expected SEK"):
        sold(cdr, b.zone, SPOT, prices=euros)


def test_energy_that_no_period_holds_is_spread_over_the_charge(b) -> None:
    cdr = charged(b.cdr(b.tariff()), NOON, ("0", 2))
    cdr = msgspec.structs.replace(cdr, total_energy=Decimal(2))
    line = sold(cdr, b.zone, SPOT, prices=hourly(NOON, "1", "3"))
    assert [one.quantity for one in line.details if one.unit is Unit.KWH] == [1, 1, 2]


# ---- tax -------------------------------------------------------------------------------------------------------------


def test_charges_before_and_after_a_change_of_the_rate_stand_under_two_rates(b) -> None:
    night = datetime(2025, 6, 30, 20, tzinfo=UTC)
    rows = []
    for at in (night, night + timedelta(hours=4)):
        cdr = charged(b.cdr(b.tariff()), at, ("10", 0.5))
        rate = STANDARD.rate("EE", cdr.end_date_time.astimezone(TALLINN).date(), Supply.ELECTRICITY)
        tax = Tax(category=TaxCategory.STANDARD, rate=rate, country="EE")
        rows.append(sold(cdr, TALLINN, SPOT, tax, prices=hourly(at, "1.90")))
    assert [money(line) for line in rows] == [("20.00", "24.40"), ("20.00", "24.80")]
    assert [(row.tax.rate, row.amount) for row in tax_rows(rows, "SEK")] == [
        (22, Decimal("4.40")),
        (24, Decimal("4.80")),
    ]


@given(
    amounts=st.lists(st.decimals(-100, 100, places=4), min_size=1, max_size=9),
    rate=st.sampled_from(["0", "8.1", "19", "25", "25.5"]),
)
def test_details_add_up_to_the_charge_whatever_they_are(amounts: list[Decimal], rate: str) -> None:
    tax = Tax(category=TaxCategory.STANDARD, rate=Decimal(rate))
    lines = tuple(ReceiptLine(label="x", amount=Amount(excl=amount)) for amount in amounts)
    found = with_tax(Sold(lines=lines), tax, "SEK")
    assert sum(one.amount.excl for one in found) == HALF_UP.round(sum(amounts), "SEK")
    assert sum(one.amount.incl for one in found) == HALF_UP.round(sum(amounts) * (1 + tax.rate / 100), "SEK")
    assert all(one.amount.excl + one.amount.vat == one.amount.incl for one in found)
    assert all(abs(one.amount.excl - amount) <= Decimal("0.01") for one, amount in zip(found, amounts, strict=True))
