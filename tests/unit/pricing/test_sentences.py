"""Prices in words a driver reads, in both languages."""

from datetime import timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from ocpilot.base.texts import translator
from ocpilot.pricing.sentences import describe_tariff, sentences

STOCKHOLM = ZoneInfo("Europe/Stockholm")


def described(tariff, language: str = "en") -> list[str]:
    return [line.replace("\xa0", " ") for line in describe_tariff(tariff, translator(language), STOCKHOLM, language)]


def told(priced, language: str = "en") -> list[str]:
    return [line.replace("\xa0", " ") for line in sentences(priced, translator(language), language)]


def test_a_tariff_is_told_with_vat_where_it_is_known(b) -> None:
    tariff = b.tariff(
        b.component("ENERGY", "3.6"), b.component("FLAT", "4"), b.component("PARKING_TIME", "24", step=60)
    )
    assert described(tariff) == [
        "4.50 SEK per kWh incl. VAT",
        "Start fee: 5.00 SEK incl. VAT",
        "Parking after charging: 30.00 SEK per hour incl. VAT, billed per started minute",
    ]
    assert described(tariff, "sv") == [
        "4,50 kr per kWh inkl. moms",
        "Startavgift: 5,00 kr inkl. moms",
        "Parkering efter laddning: 30,00 kr per timme inkl. moms, debiteras per påbörjad minut",
    ]


@pytest.mark.parametrize(
    ("restrictions", "english", "swedish"),
    [
        ({"start_time": "22:00", "end_time": "06:00"}, "between 22:00 and 06:00", "mellan 22:00 och 06:00"),
        ({"max_kwh": Decimal(20)}, "for the first 20 kWh", "för de första 20 kWh"),
        ({"min_power": Decimal("43.5")}, "at 43.5 kW or more", "vid 43,5 kW eller mer"),
        (
            {"min_duration": 1800, "max_duration": 3600},
            "after 30 min, until 1 h 00 min",
            "efter 30 min, till 1 h 00 min",
        ),
        (
            {"day_of_week": ("MONDAY", "TUESDAY", "WEDNESDAY", "SATURDAY")},
            "on Monday–Wednesday, Saturday",
            "på måndag–onsdag, lördag",
        ),
        ({"start_date": "2026-12-24"}, "from 2026-12-24", "från 2026-12-24"),
    ],
)
def test_a_restriction_is_told_behind_the_price(b, restrictions: dict, english: str, swedish: str) -> None:
    tariff = b.tariff(b.element(b.component("ENERGY", "2"), **restrictions))
    assert described(tariff) == [f"2.50 SEK per kWh incl. VAT, {english}"]
    assert described(tariff, "sv") == [f"2,50 kr per kWh inkl. moms, {swedish}"]


def test_unknown_vat_limits_and_validity_are_told(b) -> None:
    tariff = b.tariff(
        b.component("ENERGY", "2", None, step=500),
        b.component("FLAT", "0"),
        min_price=b.limit("10"),
        max_price=b.limit("80", "100"),
        end_date_time=b.start + timedelta(days=30),
    )
    assert described(tariff)[:4] == [
        "2.00 SEK per kWh excl. VAT, billed per started 0.5 kWh",
        "Start fee: free",
        "A charge costs at least 10.00 SEK excl. VAT.",
        "A charge costs at most 100.00 SEK incl. VAT.",
    ]
    assert described(tariff)[4].startswith("Valid until Dec 23, 2026")


def test_a_priced_charge_is_told_line_by_line(b) -> None:
    tariff = b.tariff(
        b.element(b.component("ENERGY", "4"), end_time="12:00"), b.component("PARKING_TIME", "40", step=900)
    )
    priced = b.cost([b.period(ENERGY="12.345"), b.period(40, PARKING_TIME="0.3333")], tariff)
    assert told(priced) == [
        "Energy: 12.345 kWh × 4.00 SEK per kWh = 61.73 SEK incl. VAT (until 12:00)",
        "Parking after charging: 30 min × 40.00 SEK per hour = 25.00 SEK incl. VAT"
        " (Billed in steps of 15 min: 20 min became 30 min)",
        "Total: 86.73 SEK incl. VAT",
    ]
    assert told(priced, "sv")[2] == "Totalt: 86,73 kr inkl. moms"


def test_an_unknown_price_is_said_to_be_unknown(b) -> None:
    assert told(b.cost([b.period(ENERGY="1")])) == ["The price is not known: the tariff is missing."]
    assert told(b.cost([b.period(ENERGY="1")]), "sv") == ["Priset är inte känt: tariffen saknas."]


def test_a_language_without_texts_is_english() -> None:
    assert translator("fi")("Energy") == "Energy"
    assert translator("sv-SE")("Energy") == "Energi"
