"""A transaction measured so that a new period begins wherever its Tariff changes the price."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import msgspec

from ocpilot.metering.periods import Cuts, Measured, Switch, measured, with_reservation
from ocpilot.metering.samples import MeterSample
from ocpilot.pricing import PricedCharge, price, price_changes
from ocpilot.wire.v230 import Tariff


class Reserved(msgspec.Struct, frozen=True, kw_only=True):
    """The EVSE was reserved for the charge from a moment on, under a Tariff (None: no Tariff is relevant)."""

    since: datetime
    tariff: Tariff | None = None


def metered(
    samples: Sequence[MeterSample],
    tariff: Tariff | None,
    *,
    start: datetime,
    end: datetime | None,
    zone: ZoneInfo,
    later: Sequence[tuple[datetime, Tariff]] = (),
    reserved: Reserved | None = None,
    max_power_w: Decimal | None = None,
) -> Measured:
    """Charging Periods of a transaction under its Tariff (None: no Tariff is relevant), and under others `later`, from
    the moments on that stand there. `end` None: still running."""
    until = end or max((sample.at for sample in samples), default=start)
    tariffs = ((tariff,) if tariff else ()) + tuple(one for _, one in later)
    changes = price_changes(tariffs, start, until, zone)
    cuts = Cuts(
        moments=changes.moments,
        kwh=changes.kwh,
        power_w=tuple(border * 1000 for border in changes.power_kw),
        current_a=changes.current_a,
    )
    switches = tuple(Switch(max(at, start), one.id) for at, one in later)
    first = tariff.id if tariff else None
    found = measured(samples, start, end, first, switches=switches, cuts=cuts, max_power_w=max_power_w)
    if reserved is None:
        return found
    return with_reservation(found, reserved.since, reserved.tariff.id if reserved.tariff else None)


def cost_of(
    measured: Measured, tariffs: Sequence[Tariff], *, zone: ZoneInfo, currency: str, expired: bool = False
) -> PricedCharge:
    """What it costs, finished or so far. `expired`: a reservation that nobody came for."""
    return price(
        measured.periods,
        tariffs,
        start=measured.began,
        end=measured.end,
        zone=zone,
        currency=currency,
        expired=expired,
    )
