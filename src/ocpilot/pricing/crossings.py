"""Periods within which the price changes: each is priced as at its start, so the cost may be off (mod_cdrs)."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from ocpilot.base.problem import Problem
from ocpilot.pricing.changes import PriceChanges, price_changes
from ocpilot.pricing.charges import Priced, quantities
from ocpilot.pricing.lookup import active
from ocpilot.pricing.relevant import finding, period_path
from ocpilot.pricing.usage import Usage
from ocpilot.wire.v230 import Tariff

#: What such a finding expects: how a reader of findings tells them from others.
EXPECTED = "a new period there"


def crossings(periods: Sequence[Priced], tariffs: Sequence[Tariff], end: datetime, zone: ZoneInfo) -> Iterator[Problem]:
    """One finding for each change of price inside a period, for what was used in it."""
    charged = [period for period in periods if not period.usage.is_reservation]
    if not charged:
        return
    changes = price_changes(tariffs, charged[0].usage.start, end, zone)
    for period, until in zip(charged, [*(later.usage.start for later in charged[1:]), end], strict=True):
        for shown, later in _inside(period.usage, until, changes, zone):
            if _keys(period, later) != _keys(period, period.usage):
                found = f"a price that changes at {shown} within the period"
                yield finding(period_path(period.usage), found, EXPECTED)


def _inside(usage: Usage, until: datetime, changes: PriceChanges, zone: ZoneInfo) -> Iterator[tuple[str, Usage]]:
    """The charge as it was at each border inside the period."""
    for moment in changes.moments:
        if usage.start < moment < until:
            passed = usage.seconds_before + round((moment - usage.start).total_seconds())
            local = moment.astimezone(zone)
            yield local.isoformat(), msgspec.structs.replace(usage, local=local, seconds_before=passed)
    for border in changes.kwh:
        if usage.kwh_before < border < usage.kwh_before + usage.kwh:
            yield f"{border} kWh", msgspec.structs.replace(usage, kwh_before=border)


def _keys(period: Priced, usage: Usage) -> list[object]:
    """Which components are active for what was used in the period."""
    found = (active(period.tariff, dimension, usage) for _, dimension, _ in quantities(usage, with_flat=False))
    return [component and component.key for component in found]
