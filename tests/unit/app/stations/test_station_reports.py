"""What a station was good for in a month: its uptime from the history, its earnings from CDRs and what credits them."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import msgspec
import pytest

from ocpilot.app.office import cdr_credits
from ocpilot.app.stations import station_reports
from ocpilot.base.errors import UserError
from ocpilot.billing.earnings import Earned
from ocpilot.metering.uptime import Uptime
from ocpilot.wire.protocol import ModuleID

from ..transactions.test_charging import status

HOUR = timedelta(hours=1)


async def report(world, month=None):
    station = await world.store.stations.get("S1")
    return await station_reports.report(world.platform, station, station_reports.month_of(world.platform, month))


async def test_a_month_is_one_of_the_operators_calendar(operator):
    settings = msgspec.structs.replace(operator.platform.settings.web, time_zone="Europe/Stockholm")
    platform = operator.platform
    object.__setattr__(platform, "settings", msgspec.structs.replace(platform.settings, web=settings))
    month = station_reports.month_of(platform, "2026-10")
    assert (month.since, month.until) == (
        datetime(2026, 9, 30, 22, tzinfo=UTC),
        datetime(2026, 10, 31, 23, tzinfo=UTC),
    )
    assert [one.name for one in station_reports.months_before(platform, 3)] == ["2026-11", "2026-10", "2026-09"]
    for word in ("2026-13", "november", "2026-11-01"):
        with pytest.raises(UserError, match="expected such as 2026-11"):
            station_reports.month_of(platform, word)


async def test_uptime_counts_from_the_first_word_of_the_station_to_now(operator):
    assert (await report(operator)).uptime == Uptime()
    await status(operator, "Available")
    operator.passes(3600)
    await operator.service.disconnected("S1")
    operator.passes(3600)
    await operator.service.connected("S1", "ocpp1.6")
    operator.passes(2 * 3600)
    found = await report(operator)
    assert found.uptime == Uptime(observed=4 * HOUR, down=HOUR, unknown=HOUR, outages=1)
    assert [(one.evse_uid, one.uptime.share) for one in found.evses] == [("E1", 0.75), ("E2", None)]
    assert (await report(operator, "2026-10")).uptime == Uptime()


async def test_what_a_station_earned_is_in_its_cdrs_and_a_credit_takes_it_back(operator):
    await operator.token()
    assert (await report(operator)).earned == ()
    for _ in range(2):
        await operator.charge(10_000)
        operator.passes(60)
        await operator.jobs.once()
    earned = Earned(month="2026-11", currency="SEK", charges=2, kwh=Decimal(20), cost=Decimal(80))
    assert (await report(operator)).earned == (earned,)
    [first, _] = await operator.store.objects.newest(ModuleID.CDRS, 10)
    await cdr_credits.credit(operator.platform, first.key.id)
    earned = msgspec.structs.replace(earned, charges=1, kwh=Decimal(10), cost=Decimal(40))
    assert (await report(operator)).earned == (earned,)
    assert (await report(operator, "2026-10")).earned == ()
