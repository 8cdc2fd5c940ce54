"""The examples of docs/guides/pricing.md cost what the page says."""

import re
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from ocpilot.base import time
from ocpilot.pricing import price
from ocpilot.wire.codec import loads, read
from ocpilot.wire.protocol import Version
from ocpilot.wire.v230 import ChargingPeriod, Tariff

GUIDE = Path(__file__).parents[3] / "docs/guides/pricing.md"
#: What every example leaves out.
USUAL = {
    "country_code": "SE",
    "party_id": "LAD",
    "id": "T",
    "currency": "EUR",
    "tax_included": "NO",
    "last_updated": "2026-11-01T00:00:00Z",
}


def examples() -> list[object]:
    """Each fenced example under the heading above it."""
    found, heading = [], ""
    for title, example in re.findall(r"^#+ ([^\n]+)$|^```json\n(.*?)^```$", GUIDE.read_text(), re.M | re.S):
        heading = title or heading
        if example:
            found.append(pytest.param(loads(example.encode()), id=heading))
    return found


@pytest.mark.parametrize("example", examples())
def test_the_example_costs_what_the_guide_says(example: dict) -> None:
    periods = [read(ChargingPeriod, Version.V2_3_0, one).value for one in example["charging_periods"]]
    priced = price(
        periods,
        [read(Tariff, Version.V2_3_0, USUAL | one).value for one in example["tariffs"]],
        start=periods[0].start_date_time,
        end=time.parse(example["end_date_time"]),
        zone=ZoneInfo(example.get("time_zone", "UTC")),
        currency="EUR",
        expired=example.get("reservation_expired", False),
    )
    assert_cost(priced.total, example["total_cost"])
    assert [finding.found for finding in priced.findings] == example.get("findings", [])
    for name, found in (("total_time", priced.duration), ("total_parking_time", priced.parked)):
        if name in example:
            assert found == timedelta(hours=float(example[name]))


def assert_cost(total: object, wanted: dict | None) -> None:
    if wanted is None:
        assert total is None
        return
    sides = {"before_taxes": total.amount.excl, "after_taxes": total.amount.incl}
    for side, amount in wanted.items():
        assert sides[side] == (None if amount is None else Decimal(amount)), side


def test_every_choice_has_an_example_or_says_where_it_is_tested() -> None:
    assert len(examples()) >= 25
