"""Prices in words a driver reads, in both languages."""

from datetime import timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from ocpilot.base.texts import translator
from ocpilot.pricing.sentences import describe_tariff, sentences
from ocpilot.pricing.stories import of_looks

#: What Swedish writes the same.
SAME = {"Reservation", "Reservation: {price}", "Session", "Start", "per kWh"}
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
        "Parking after charging: 0.50 SEK per minute incl. VAT, billed per started minute",
    ]
    assert described(tariff, "sv") == [
        "4,50 kr per kWh inkl. moms",
        "Startavgift: 5,00 kr inkl. moms",
        "Parkering efter laddning: 0,50 kr per minut inkl. moms, debiteras per påbörjad minut",
    ]


@pytest.mark.parametrize(
    ("restrictions", "english", "swedish"),
    [
        ({"start_time": "22:00", "end_time": "06:00"}, "between 22:00 and 06:00", "mellan 22:00 och 06:00"),
        ({"max_kwh": Decimal(20)}, "for the first 20 kWh", "för de första 20 kWh"),
        ({"min_power": Decimal("43.5")}, "when charging with 43.5 kW or more", "vid laddning med 43,5 kW eller mer"),
        (
            {"min_duration": 1800, "max_duration": 3600},
            "from 30 min to 1 h 00 min after the start",
            "från 30 min till 1 h 00 min efter start",
        ),
        (
            {"day_of_week": ("MONDAY", "TUESDAY", "WEDNESDAY", "SATURDAY")},
            "on Monday–Wednesday and Saturday",
            "måndag–onsdag och lördag",
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
        "Energy: 12.345 kWh × 5.00 SEK per kWh = 61.73 SEK incl. VAT, until 12:00.",
        "Parking after charging: 30 min × 50.00 SEK per hour = 25.00 SEK incl. VAT."
        " Billed in steps of 15 min: 20 min became 30 min.",
        "Total: 86.73 SEK incl. VAT.",
    ]
    assert told(priced, "sv")[2] == "Totalt: 86,73 kr inkl. moms."


def test_an_unknown_price_is_said_to_be_unknown(b) -> None:
    assert told(b.cost([b.period(ENERGY="1")])) == ["The price is not known: the tariff is missing."]
    assert told(b.cost([b.period(ENERGY="1")]), "sv") == ["Priset är inte känt: tariffen saknas."]


@pytest.mark.parametrize(("tax", "vat"), [("NO", "25"), ("NO", None), ("YES", "25"), ("N/A", None)])
def test_quantity_times_unit_price_is_what_is_said_to_be_paid(b, tax: str, vat: str | None) -> None:
    said = told(b.cost([b.period(ENERGY="10")], b.tariff(b.component("ENERGY", "4", vat), tax=tax)))[0]
    paid = "50.00" if (tax, vat) == ("NO", "25") else "40.00"
    assert f"10 kWh × {paid[0]}.00 SEK per kWh = {paid} SEK" in said


# ---- why this price and not the other ------------------------------------------------------------------------------


def story(priced, *tariffs, language: str = "en") -> list[str]:
    return [line.replace("\xa0", " ") for line in of_looks(priced, tariffs, translator(language), language)]


def test_a_story_tells_for_every_change_of_price_why_the_others_did_not_hold(b) -> None:
    tariff = b.tariff(
        b.element(b.component("ENERGY", "2"), start_time="22:00", end_time="06:00"),
        b.element(b.component("ENERGY", "3"), min_kwh=Decimal(10), day_of_week=("MONDAY",)),
        b.element(b.component("ENERGY", "4"), max_duration=3600),
        b.element(b.component("TIME", "60"), reservation="RESERVATION"),
    )
    periods = [b.period(ENERGY="4"), b.period(10, ENERGY="6"), b.period(20, ENERGY="1"), b.period(1200, ENERGY="1")]
    priced = b.cost([*periods, b.period(1460, ENERGY="1")], tariff, hours=25)
    assert story(priced, tariff) == [
        "From Monday 10:00: Energy, 10 kWh at 5.00 SEK per kWh incl. VAT, for the first 1 h 00 min."
        " Not 2.50 SEK per kWh incl. VAT, between 22:00 and 06:00, as it was 10:00."
        " Not 3.75 SEK per kWh incl. VAT, above 10 kWh, on Monday, as 0 kWh had been charged.",
        "From Monday 10:20: Energy, 1 kWh at 3.75 SEK per kWh incl. VAT, above 10 kWh, on Monday."
        " Not 2.50 SEK per kWh incl. VAT, between 22:00 and 06:00, as it was 10:20.",
        "From Tuesday 06:00: Energy, 2 kWh for nothing, as no price holds then."
        " Not 2.50 SEK per kWh incl. VAT, between 22:00 and 06:00, as it was 06:00."
        " Not 3.75 SEK per kWh incl. VAT, above 10 kWh, on Monday, as it was Tuesday."
        " Not 5.00 SEK per kWh incl. VAT, for the first 1 h 00 min, as the charge had lasted 20 h 00 min.",
    ]
    assert story(priced, tariff, language="sv")[1] == (
        "Från måndag 10:20: Energi, 1 kWh för 3,75 kr per kWh inkl. moms, över 10 kWh, måndag."
        " Inte 2,50 kr per kWh inkl. moms, mellan 22:00 och 06:00, eftersom klockan var 10:20."
    )


def test_a_story_tells_of_power_and_current_that_were_others_or_not_measured(b) -> None:
    tariff = b.tariff(
        b.element(b.component("ENERGY", "2"), max_current=Decimal(16)),
        b.element(b.component("ENERGY", "3"), min_power=Decimal(50)),
        b.element(b.component("ENERGY", "3"), start_date="2027-01-01"),
        b.component("ENERGY", "4"),
    )
    [told_of] = story(b.cost([b.period(ENERGY="1", POWER="11")], tariff), tariff)
    for because in ("the current was not measured", "the power was another", "the date was 2026-11-23"):
        assert f", as {because}." in told_of


def test_what_a_tariff_has_no_price_for_is_no_story(b) -> None:
    tariff = b.tariff(b.component("ENERGY", "4"), b.element(b.component("TIME", "1"), reservation="RESERVATION"))
    assert len(story(b.cost([b.period(ENERGY="1", TIME="1")], tariff), tariff)) == 1


def test_a_language_without_texts_is_english() -> None:
    assert translator("fi")("Energy") == "Energy"
    assert translator("sv-SE")("Energy") == "Energi"
