"""What a planned charge will cost, and what it would cost if it began at other times."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import msgspec

from ocpilot.base.errors import UserError
from ocpilot.pricing.choice import is_valid
from ocpilot.pricing.compiled import CompiledTariff, compiled
from ocpilot.pricing.engine import price
from ocpilot.pricing.planned import PlannedCharge, periods_of
from ocpilot.pricing.trace import Amount, PricedCharge
from ocpilot.wire.v230 import ChargingPeriod, Tariff

_PER_KWH = Decimal("0.0001")
#: What a series may hold: a year of quarters of an hour.
_MOST = 366 * 24 * 4


class Estimate(msgspec.Struct, frozen=True, kw_only=True):
    """A planned charge, the Charging Periods it will have, and what they cost by the Tariff and why.

    The total of `priced` is None when the Tariff does not hold at the start of the charge.
    """

    plan: PlannedCharge
    tariff: Tariff
    periods: tuple[ChargingPeriod, ...]
    priced: PricedCharge

    @property
    def cost(self) -> Amount | None:
        """The whole cost; None is not known."""
        return self.priced.total.amount if self.priced.total else None

    @property
    def per_kwh(self) -> Decimal | None:
        """The whole cost per kWh, with the tax as far as it is known."""
        return None if self.cost is None else (self.cost.shown / self.priced.kwh).quantize(_PER_KWH)

    @property
    def rank(self) -> tuple[int, Decimal]:
        """The cheaper of two of one currency has the lower one. A cost without a tax that is not known is no less than
        any with it, and one that is not known at all comes last."""
        if self.cost is None:
            return 2, Decimal(0)
        return int(self.cost.incl is None), self.cost.shown


def estimate(
    plan: PlannedCharge, tariff: Tariff | CompiledTariff, zone: ZoneInfo, *, explained: bool = True
) -> Estimate:
    """The cost of a planned charge at a Location in `zone`. UserError when the plan is no charge."""
    known = tariff if isinstance(tariff, CompiledTariff) else compiled(tariff)
    periods = periods_of(plan, known.tariff, zone)
    priced = price(
        periods,
        (known,) if is_valid(known.tariff, plan.start) else (),
        start=plan.began,
        end=plan.end,
        zone=zone,
        currency=known.tariff.currency,
        explained=explained,
    )
    return Estimate(plan=plan, tariff=known.tariff, periods=periods, priced=priced)


def series(
    plan: PlannedCharge, tariff: Tariff | CompiledTariff, zone: ZoneInfo, *, step: timedelta, days: int = 1
) -> Iterator[Estimate]:
    """The same charge begun at every step from its start until the clock of the Location shows the same time so many
    days later: a day has 23 or 25 hours where the clock is changed. Without reasons and findings, for speed."""
    local = plan.start.astimezone(zone)
    end = datetime.combine(local.date() + timedelta(days=days), local.time(), zone).astimezone(UTC)
    if step < timedelta(minutes=1) or days < 1 or (end - plan.start) / step > _MOST:
        raise UserError("series: expected steps of a minute or more and at most a year of quarters of an hour")
    start = plan.start
    while start < end:
        yield estimate(msgspec.structs.replace(plan, start=start), tariff, zone, explained=False)
        start += step


def cheapest(estimates: Iterable[Estimate]) -> Estimate | None:
    """The one that costs least, the earliest of several; None when the cost of none is known. All in one currency."""
    known = (one for one in estimates if one.cost is not None)
    return min(known, key=lambda one: (one.rank, one.plan.start), default=None)
