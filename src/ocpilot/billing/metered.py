"""A transaction measured so that a new period begins wherever its Tariff changes the price."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from ocpilot.metering.periods import Cuts, Measured, measured
from ocpilot.metering.samples import MeterSample
from ocpilot.pricing import PricedCharge, price, price_changes
from ocpilot.wire.v230 import Tariff


def metered(
    samples: Sequence[MeterSample],
    tariff: Tariff | None,
    *,
    start: datetime,
    end: datetime | None,
    zone: ZoneInfo,
    max_power_w: Decimal | None = None,
) -> Measured:
    """Charging Periods of a transaction under one Tariff (None: no Tariff is relevant). `end` None: still running."""
    until = end or max((sample.at for sample in samples), default=start)
    changes = price_changes((tariff,) if tariff else (), start, until, zone)
    cuts = Cuts(
        moments=changes.moments,
        kwh=changes.kwh,
        power_w=tuple(border * 1000 for border in changes.power_kw),
        current_a=changes.current_a,
    )
    return measured(samples, start, end, tariff.id if tariff else None, cuts=cuts, max_power_w=max_power_w)


def cost_of(measured: Measured, tariffs: Sequence[Tariff], *, zone: ZoneInfo, currency: str) -> PricedCharge:
    """What it costs, finished or so far."""
    return price(measured.periods, tariffs, start=measured.start, end=measured.end, zone=zone, currency=currency)
