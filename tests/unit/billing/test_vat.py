"""Which VAT is on a charge and on a fee, rule by rule."""

from datetime import date
from decimal import Decimal

import msgspec
import pytest

from ocpilot.base.errors import NotBillable
from ocpilot.base.money_settings import BillingSettings, Supply, VatRateSettings
from ocpilot.billing.parties import Address, BusinessParty
from ocpilot.billing.taxes import Tax, TaxCategory
from ocpilot.billing.vat import STANDARD, tax_of_cdr, tax_of_charge, tax_of_service
from ocpilot.billing.vat_rates import RATES, rules_of
from ocpilot.wire.v230 import CDR, Price, TaxAmount
from priced_cdr import CDR as CHARGE

TODAY = date(2026, 11, 26)
S, AE, O = TaxCategory.STANDARD, TaxCategory.REVERSE_CHARGE, TaxCategory.OUTSIDE  # noqa: E741 - as EN 16931 calls it
VAT_NUMBERS = {"SE": "SE556732170701", "DE": "DE136695976", "NL": "NL004495445B01", "GR": "EL094259216"}


def party(country: str, vat_number: str | None = None) -> BusinessParty:
    number = VAT_NUMBERS.get(country, "") if vat_number is None else vat_number
    return BusinessParty(name="A", address=Address(country=country), vat_number=number)


def charge_tax(seller: str, buyer: BusinessParty, place: str, *, sold_on: bool = False, day: date = TODAY) -> Tax:
    is_business = bool(buyer.vat_number) or buyer.country not in {"SE", "DE", "NL"}
    return tax_of_charge(
        party(seller), buyer, buyer_is_business=is_business, buyer_is_reseller=sold_on, place=place, day=day
    )


@pytest.mark.parametrize(
    ("seller", "buyer", "place", "expected"),
    [
        ("SE", party("SE", ""), "SE", "S 25 SE"),  # a driver at home
        ("SE", party("SE", ""), "DE", "S 19 DE"),  # a driver abroad: that country's
        ("SE", party("SE"), "DE", "S 19 DE"),  # a company that consumes is no other
        ("SE", party("DE"), "SE", "S 25 SE"),  # nor is one from abroad
        ("SE", party("DE"), "DE", "AE 0 DE"),  # who is registered where he charges owes it (195)
        ("DE", party("DE"), "DE", "S 19 DE"),  # not of a seller who is there
        ("SE", party("GR"), "GR", "AE 0 GR"),  # Greek numbers begin with EL
        ("SE", party("SE", ""), "NO", "S 25 NO"),
        ("SE", party("SE", ""), "CH", "S 8.1 CH"),
        ("SE", party("SE", ""), "GB", "S 20 GB"),
    ],
)
def test_who_consumes_is_taxed_where_he_charges(seller: str, buyer: BusinessParty, place: str, expected: str) -> None:
    tax = charge_tax(seller, buyer, place)
    assert f"{tax.category} {tax.rate} {tax.country}" == expected


@pytest.mark.parametrize(
    ("seller", "buyer", "place", "expected"),
    [
        ("SE", party("SE"), "SE", "S 25 SE"),  # inside a country without a rule of its own
        ("DE", party("DE"), "DE", "AE 0 DE"),  # inside one that has it (13b UStG)
        ("SE", party("DE"), "SE", "AE 0 DE"),  # over a border: where the buyer is
        ("SE", party("SE"), "DE", "S 25 SE"),  # charged abroad, and yet inside one country
        ("SE", party("DE", ""), "SE", "S 25 SE"),  # no VAT number: sold to as to anybody
        ("SE", party("CH"), "SE", "O 0 CH"),  # the buyer is outside of the EU
        ("CH", party("CH"), "CH", "S 8.1 CH"),
        ("CH", party("DE"), "CH", "AE 0 DE"),
        ("SE", party("DE"), "NO", "S 25 NO"),  # Norway taxes what is charged there
    ],
)
def test_a_reseller_is_taxed_where_he_is(seller: str, buyer: BusinessParty, place: str, expected: str) -> None:
    tax = charge_tax(seller, buyer, place, sold_on=True)
    assert f"{tax.category} {tax.rate} {tax.country}" == expected


@pytest.mark.parametrize(
    ("seller", "buyer", "is_business", "category", "country"),
    [
        ("SE", party("SE"), True, S, "SE"),
        ("SE", party("DE"), True, AE, "DE"),
        ("SE", party("DE", ""), True, S, "SE"),
        ("SE", party("DE", ""), False, S, "SE"),
        ("SE", party("NO"), True, O, "NO"),
        ("SE", party("NO"), False, S, "SE"),
        ("NO", party("SE"), True, AE, "SE"),
    ],
)
def test_a_fee_is_a_service(
    seller: str, buyer: BusinessParty, is_business: bool, category: TaxCategory, country: str
) -> None:
    tax = tax_of_service(party(seller), buyer, buyer_is_business=is_business, day=TODAY)
    assert (tax.category, tax.country) == (category, country)


def test_where_the_buyer_pays_the_tax_the_reason_names_the_articles() -> None:
    assert "38 and 195" in charge_tax("SE", party("DE"), "SE", sold_on=True).reason
    assert "39 and 195" in charge_tax("SE", party("DE"), "DE").reason
    assert "44 and 196" in tax_of_service(party("SE"), party("DE"), buyer_is_business=True, day=TODAY).reason
    assert "199a" in charge_tax("DE", party("DE"), "DE", sold_on=True).reason


@pytest.mark.parametrize(
    ("country", "day", "rate"),
    [
        ("DE", date(2020, 6, 30), "19"),
        ("DE", date(2020, 7, 1), "16"),
        ("DE", date(2021, 1, 1), "19"),
        ("EE", date(2025, 6, 30), "22"),
        ("EE", date(2025, 7, 1), "24"),
        ("FI", date(2024, 8, 31), "24"),
        ("FI", date(2024, 9, 1), "25.5"),
        ("RO", date(2025, 8, 1), "21"),
        ("SK", date(2025, 1, 1), "23"),
        ("CH", date(2023, 12, 31), "7.7"),
    ],
)
def test_the_rate_is_that_of_the_day(country: str, day: date, rate: str) -> None:
    assert STANDARD.rate(country, day, Supply.ELECTRICITY) == Decimal(rate)


def test_every_country_of_the_union_and_around_it_has_a_rate() -> None:
    assert len(RATES) == 27 + 5
    assert all(Decimal(5) < STANDARD.rate(country, TODAY, Supply.SERVICE) < Decimal(30) for country in RATES)


def test_an_operators_rates_go_before_those_we_know() -> None:
    rules = rules_of(
        BillingSettings(
            vat_rates=(
                VatRateSettings(country="ie", since=date(2026, 1, 1), rate=Decimal(9), supply=Supply.ELECTRICITY),
                VatRateSettings(country="SE", since=date(2027, 1, 1), rate=Decimal(26)),
            ),
            domestic_reverse_charge=("se",),
        )
    )
    assert rules.rate("IE", TODAY, Supply.ELECTRICITY) == 9
    assert rules.rate("IE", TODAY, Supply.SERVICE) == 23
    assert rules.rate("SE", TODAY, Supply.SERVICE) == 25
    assert rules.rate("SE", date(2027, 1, 1), Supply.SERVICE) == 26
    dealer = {"buyer_is_business": True, "buyer_is_reseller": True, "place": "SE"}
    assert tax_of_charge(party("SE"), party("SE"), **dealer, day=TODAY, rules=rules).category is AE


def test_a_rate_that_nobody_knows_is_an_error_that_says_how_to_set_it() -> None:
    with pytest.raises(NotBillable, match=r"no VAT rate is known for BR on 2026-11-26.*billing.vat_rates.*BR"):
        charge_tax("SE", party("SE", ""), "BR")
    with pytest.raises(NotBillable, match="2017-01-01"):
        charge_tax("SE", party("SE", ""), "SE", day=date(2017, 1, 1))


CHARGED = msgspec.convert(CHARGE, CDR, strict=False)


def american(*taxes: TaxAmount) -> Tax:
    cdr = msgspec.structs.replace(
        CHARGED,
        cdr_location=msgspec.structs.replace(CHARGED.cdr_location, country="USA"),
        total_cost=Price(before_taxes=Decimal(10), taxes=taxes),
    )
    return tax_of_cdr(cdr, party("US"), party("US"), buyer_is_business=False, buyer_is_reseller=False, day=TODAY)


def test_north_american_taxes_are_those_of_the_cdr_by_name() -> None:
    state = TaxAmount(name="CA state", percentage=Decimal("7.25"), amount=Decimal("0.73"))
    city = TaxAmount(name="Oakland", amount=Decimal("0.30"))
    assert american(state) == Tax(category=S, rate=Decimal("7.25"), name="CA state", country="US")
    both = american(state, city)
    assert (both.rate, both.name) == (Decimal("10.25"), "CA state 7.25 % + Oakland 3 %")
    assert american().category is O


def test_elsewhere_the_taxes_of_the_cdr_are_not_asked() -> None:
    buyer = party("SE", "")
    tax = tax_of_cdr(CHARGED, party("SE"), buyer, buyer_is_business=False, buyer_is_reseller=False, day=TODAY)
    assert tax.name == "VAT"
