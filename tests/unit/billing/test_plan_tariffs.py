"""The price a customer is shown before a charge is what stands on his invoice after it."""

from decimal import Decimal

import pytest
from msgspec.structs import replace

from ocpilot.base.ids import PartyId
from ocpilot.base.money import HALF_UP
from ocpilot.billing.check import check_cdr
from ocpilot.billing.plan_prices import sale_lines
from ocpilot.billing.plan_tariffs import as_paid, spot_tariff
from ocpilot.billing.plans import Margin, PartyMargin, Plan
from ocpilot.billing.taxes import Tax, TaxCategory
from ocpilot.pricing import price
from ocpilot.pricing.builder import parking, tariff
from ocpilot.wire.v230 import TaxIncluded

LADDA = PartyId.of("SE", "LAD")


def with_margin(**margin: str) -> Plan:
    return Plan(name="FAIR", currency="SEK", margin=Margin(**{name: Decimal(text) for name, text in margin.items()}))


@pytest.mark.parametrize(
    "plan",
    [
        None,
        with_margin(percent="8"),
        with_margin(percent="-10", per_kwh="0.35", per_charge="2.50"),
        with_margin(per_charge="1"),
    ],
)
@pytest.mark.parametrize("rate", ["25", "19"])
@pytest.mark.parametrize("included", [TaxIncluded.NO, TaxIncluded.YES])
def test_what_is_shown_before_is_what_is_billed_after(b, plan, rate, included) -> None:
    asked = replace(b.tariff(), tax_included=included)
    cdr, tax = b.cdr(asked), Tax(category=TaxCategory.STANDARD, rate=Decimal(rate), country="SE")
    (line,) = sale_lines(
        cdr, check_cdr(cdr, None, b.zone).ours, plan=plan, prices=None, zone=b.zone, language="en", tax=tax
    )
    paid = as_paid(asked, plan, PartyId.of(cdr.country_code, cdr.party_id), tax.rate)
    priced = price(
        cdr.charging_periods, [paid], start=cdr.start_date_time, end=cdr.end_date_time, zone=b.zone, currency="SEK"
    )
    assert HALF_UP.round(priced.total.amount.incl, "SEK") == line.gross


def test_a_fee_is_shown_where_the_operator_asks_none_of_its_kind(b) -> None:
    asked = tariff("T1", "SEK", parking(per_hour=40), party="SE/LAD", vat=25)
    paid = as_paid(asked, with_margin(per_kwh="0.40", per_charge="2"), LADDA, Decimal(25))
    assert [(one.price_components[0].type, one.price_components[0].price) for one in paid.elements] == [
        ("PARKING_TIME", 50),
        ("ENERGY", Decimal("0.5")),
        ("FLAT", Decimal("2.5")),
    ]


def test_another_margin_at_one_operator_is_shown_there(b) -> None:
    plan = Plan(name="P", margin=Margin(percent=Decimal(8)), exceptions=(PartyMargin(party=LADDA, margin=Margin()),))
    asked = b.tariff()
    assert as_paid(asked, plan, LADDA, None) == asked
    assert as_paid(asked, plan, PartyId.of("DE", "ABC"), None) != asked


def test_amounts_in_another_currency_give_no_price(b) -> None:
    plan = Plan(name="P", currency="EUR", margin=Margin(per_charge=Decimal(1)))
    assert as_paid(b.tariff(), plan, LADDA, Decimal(25)) is None


def test_a_plan_by_the_hour_shows_the_price_of_this_hour_with_its_markup(b) -> None:
    plan = Plan(name="SPOT", currency="SEK", series="SE3", margin=Margin(per_kwh=Decimal("0.15")))
    paid = as_paid(spot_tariff(plan, Decimal("0.85"), b.cdr(b.tariff()).end_date_time), plan, LADDA, Decimal(25))
    assert [one.price for one in paid.elements[0].price_components] == [Decimal("1.25")]
