"""The table of the week: what holds when, at the Location."""

from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from generated import bodies
from ocpilot.base.errors import OcpilotError
from ocpilot.base.texts import translator
from ocpilot.pricing.faults import tariff_faults
from ocpilot.pricing.sentences import describe_tariff
from ocpilot.pricing.week_words import week_table
from ocpilot.wire.codec import read
from ocpilot.wire.protocol import Version
from ocpilot.wire.v230 import Tariff

MONDAY = date(2026, 11, 23)
WEEKEND = ("SATURDAY", "SUNDAY")


def rows(tariff, first: date = MONDAY, language: str = "en") -> list[tuple]:
    table = week_table(tariff, first, translator(language), language)
    return [(one.days, one.start, one.end, *(text.replace("\xa0", " ") for text in one.prices)) for one in table.rows]


def test_without_days_and_times_there_is_no_table(b) -> None:
    tariff = b.tariff(b.element(b.component("ENERGY", "4"), max_kwh=Decimal(20)), b.component("ENERGY", "8"))
    assert week_table(tariff, MONDAY, translator("en")) is None


def test_days_with_the_same_times_and_prices_stand_together(b) -> None:
    tariff = b.tariff(b.element(b.component("ENERGY", "2"), day_of_week=WEEKEND), b.component("ENERGY", "4"))
    assert rows(tariff) == [
        ("Monday–Friday", "00:00", "24:00", "5.00 SEK per kWh incl. VAT"),
        ("Saturday and Sunday", "00:00", "24:00", "2.50 SEK per kWh incl. VAT"),
    ]
    assert rows(tariff, language="sv")[0] == ("måndag–fredag", "00:00", "24:00", "5,00 kr per kWh inkl. moms")


def test_other_conditions_stand_behind_the_price(b) -> None:
    tariff = b.tariff(
        b.element(b.component("ENERGY", "2"), start_time="22:00", end_time="06:00", max_kwh=Decimal(20)),
        b.component("ENERGY", "4"),
    )
    night = "2.50 SEK per kWh incl. VAT for the first 20 kWh; 5.00 SEK per kWh incl. VAT"
    assert rows(tariff) == [
        ("Every day", "00:00", "06:00", night),
        ("Every day", "06:00", "22:00", "5.00 SEK per kWh incl. VAT"),
        ("Every day", "22:00", "24:00", night),
    ]


def test_what_has_no_price_at_a_time_is_free_then(b) -> None:
    tariff = b.tariff(
        b.component("ENERGY", "4"), b.element(b.component("PARKING_TIME", "24"), start_time="08:00", end_time="18:00")
    )
    assert [row[-1] for row in rows(tariff)] == ["free", "0.50 SEK per minute incl. VAT", "free"]


def test_a_season_counts_when_its_days_are_in_the_week(b) -> None:
    tariff = b.tariff(
        b.element(b.component("ENERGY", "2"), start_date="2026-11-25", end_date="2026-11-26", start_time="12:00"),
        b.component("ENERGY", "4"),
    )
    cheap = [row for row in rows(tariff) if row[-1].startswith("2.50")]
    assert cheap == [("Wednesday", "12:00", "24:00", "2.50 SEK per kWh incl. VAT")]
    assert len(rows(tariff, date(2026, 12, 7))) == 1


@pytest.mark.parametrize("language", ["en", "sv"])
def test_generated_tariffs_are_explained(language: str) -> None:
    explained = 0
    for _, body in bodies(Tariff, 200):
        try:
            tariff = read(Tariff, Version.V2_3_0, body).value
        except OcpilotError:
            continue
        if not tariff_faults(tariff):
            explained += 1
            assert describe_tariff(tariff, translator(language), ZoneInfo("Europe/Stockholm"), language)
            week_table(tariff, MONDAY, translator(language), language)
    assert explained > 100
