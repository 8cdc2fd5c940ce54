"""What operators see of limited sites: who gets how much and why, what counts though nothing is known, and too much."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from ocpilot.app.kept.site_limit_records import ChargeShare, IdleEvse, LimitGroup, Looked, SiteLimit, Told
from ocpilot.demo.network import OPERATOR
from ocpilot.metering.sharing import Why
from ocpilot.metering.site import Memory
from ocpilot.wire.v230 import ChargingRateUnit

NOW = datetime(2026, 11, 23, 8, 30, tzinfo=UTC)
PLACE = "VASTERAS-ERIKSLUND"


def share(number, **fields):
    usual = {
        "transaction_id": number,
        "party": OPERATOR,
        "location_id": PLACE,
        "station_id": f"CP-{number}",
        "evse_uid": f"{PLACE}-{number}",
        "session_id": f"S-{number}",
        "unit": ChargingRateUnit.A,
        "watts_per_a": Decimal(690),
        "profile_watts_per_a": Decimal(690),
        "most_a": Decimal(32),
        "wanted_a": Decimal("12.5"),
        "counts_a": Decimal("12.5"),
        "why": Why.SHARED,
        "told": Told.TAKEN,
        "memory": Memory(limit_a=Decimal("12.5")),
    }
    return ChargeShare(**(usual | fields))


@pytest.fixture
async def limited(office):
    """A limited site of the operator, and a reader who has signed in."""
    platform, reader = office
    group = LimitGroup(name="left", watts=Decimal(11000), evses=(f"{PLACE}-1",))
    limit = SiteLimit(party=OPERATOR, location_id=PLACE, amps=Decimal(40), groups=(group,), changed_at=NOW)
    await platform.store.site_limits.put(limit)
    return platform.store, limit, reader


async def test_a_site_shows_each_share_with_its_reason(limited):
    store, _, reader = limited
    leaves = NOW + timedelta(hours=2)
    await store.site_limits.save_share(share(1, group="left", because_of="left", draws_a=Decimal("12.1")))
    needed = {"needed_a": Decimal("12.5"), "needed_kwh": Decimal(17), "leaves_at": leaves}
    await store.site_limits.save_share(share(2, why=Why.DEPARTURE, **needed))
    words = (await reader.get(f"/console/sites/SE/LAD/{PLACE}")).words
    assert "left is shared evenly among its charges, by what their drivers prefer." in words
    assert "It needs 12.5 A on average to have 17.0 kWh more before it leaves." in words
    assert "The site 40.0 A 25.0 A" in words
    assert "Within the limit" in words
    listed = (await reader.get("/console/sites")).words
    assert "Erikslund" in listed
    assert "25.0 A" in listed


async def test_what_cannot_be_told_is_said_and_so_is_too_much(limited):
    store, limit, reader = limited
    refused = {"told": Told.REFUSED, "answer": "NotSupported", "why": Why.FIXED, "memory": Memory()}
    await store.site_limits.save_share(share(1, counts_a=Decimal(32), wanted_a=Decimal(32), **refused))
    idle = IdleEvse(station_id="CP-9", evse_uid="E-9", counts_a=Decimal(16), watts_per_a=Decimal(690))
    await store.site_limits.looked(limit, Looked(at=NOW, idle=(idle,)))
    words = (await reader.get(f"/console/sites/SE/LAD/{PLACE}")).words
    assert "the station refused it (NotSupported): it counts with the most it can give" in words
    assert "More may be drawn than the limit" in words
    assert "Above the limit" in words
    assert "E-9 CP-9 16.0 A" in words


async def test_a_site_without_charges_and_one_without_a_limit_say_so(limited):
    _, _, reader = limited
    assert "Nobody charges here" in (await reader.get(f"/console/sites/SE/LAD/{PLACE}")).words
    assert (await reader.get("/console/sites/SE/LAD/NOWHERE")).status == 404


async def test_where_nothing_is_limited_the_page_says_how_it_is_done(console):
    assert "ocpilot site-limit set" in (await console.get("/console/sites")).words
