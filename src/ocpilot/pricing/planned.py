"""A planned charge -> the Charging Periods it will have: a new one at every border of the Tariff (mod_cdrs)."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from itertools import pairwise
from typing import Self
from zoneinfo import ZoneInfo

import msgspec

from ocpilot.base.errors import UserError
from ocpilot.base.time import hours
from ocpilot.pricing.changes import PriceChanges, price_changes
from ocpilot.pricing.power_curve import PowerCurve, PowerPoint
from ocpilot.wire.v230 import CdrDimension, CdrDimensionType, ChargingPeriod, Tariff

_NOTHING = timedelta()
_SECOND = timedelta(seconds=1)
#: `price_changes` looks no further.
_LONGEST = timedelta(days=60)
#: Volts between a phase and neutral, and of a battery; kW that AC gives at most (IEC 62196 type 2).
USUAL_AC, USUAL_DC = Decimal(230), Decimal(400)
_MOST_AC_KW = 44
#: Neither calendars nor time zones go on without end.
_YEARS = range(1900, 2501)


class PlannedCharge(msgspec.Struct, frozen=True, kw_only=True):
    """A charge that has not begun. `start` is when the car begins to charge.

    `power` is what it draws; with `kwh` the charge ends when it has come to so much. Then the car stays `parked`;
    `reserved` is how long before `start` its EVSE was reserved. `volts` makes current of power: that between a phase
    and neutral, as a restriction on current means the sum of all phases (mod_tariffs, "TariffRestrictions"), or that of
    the battery. None is what is usual.
    """

    start: datetime
    power: tuple[PowerPoint, ...]
    kwh: Decimal | None = None
    parked: timedelta = _NOTHING
    reserved: timedelta = _NOTHING
    volts: Decimal | None = None

    def __post_init__(self) -> None:
        if min(self.parked, self.reserved) < _NOTHING or max(self.parked, self.reserved) > _LONGEST:
            raise UserError("planned charge: expected times from 0 to 60 days before and after it")
        if self.start.year not in _YEARS:
            raise UserError(f"planned charge: found a start in {self.start.year}, expected 1900 to 2500")
        if self.volts is not None and self.volts <= 0:
            raise UserError(f"planned charge: found {self.volts} V, expected more than 0")
        msgspec.structs.force_setattr(self, "start", self.start.astimezone(UTC).replace(microsecond=0))

    @classmethod
    def steady(cls, start: datetime, kwh: Decimal, kw: Decimal, *, parked: timedelta = _NOTHING) -> Self:
        """So much energy at one power."""
        return cls(start=start, power=(PowerPoint(Decimal(0), kw),), kwh=kwh, parked=parked)

    @property
    def voltage(self) -> Decimal:
        """`volts`, or what is usual: more than AC can give is DC."""
        if self.volts is not None:
            return self.volts
        return USUAL_AC if max(point.kw for point in self.power) <= _MOST_AC_KW else USUAL_DC

    @property
    def curve(self) -> PowerCurve:
        """Its power and energy over time; UserError when it is no charge."""
        return _curve(self.power, self.kwh)

    @property
    def began(self) -> datetime:
        """The start of the reservation, else of the charge (mod_cdrs, "CDR Object", `start_date_time`)."""
        return self.start - self.reserved

    @property
    def charged(self) -> datetime:
        """When the car has what it wants."""
        return self.start + timedelta(seconds=self.curve.seconds)

    @property
    def end(self) -> datetime:
        """When it leaves."""
        return self.charged + self.parked


@lru_cache(maxsize=256)
def _curve(power: tuple[PowerPoint, ...], kwh: Decimal | None) -> PowerCurve:
    return PowerCurve(power, kwh)


def periods_of(plan: PlannedCharge, tariff: Tariff, zone: ZoneInfo) -> tuple[ChargingPeriod, ...]:
    """Its Charging Periods by this Tariff in the Location's zone; their energy and times add up to the plan's.

    UserError when it is no charge, or one that lasts longer than 60 days.
    """
    if plan.end - plan.start > _LONGEST:
        raise UserError(f"planned charge: found {(plan.end - plan.start).days} days, expected at most 60")
    charge = _charging(plan, price_changes((tariff,), plan.start, plan.end, zone))
    return (*_reservation(plan, tariff, zone), *charge)


def _reservation(plan: PlannedCharge, tariff: Tariff, zone: ZoneInfo) -> Iterator[ChargingPeriod]:
    changes = price_changes((tariff,), plan.began, plan.start, zone, reserved=True)
    for start, until in pairwise([plan.began, *changes.moments, plan.start]):
        if until > start:
            yield _period(start, [(CdrDimensionType.RESERVATION_TIME, hours(until - start))])


def _charging(plan: PlannedCharge, changes: PriceChanges) -> Iterator[ChargingPeriod]:
    curve = plan.curve
    currents = [one * plan.voltage / 1000 for one in changes.current_a]
    cuts = set(_energy_cuts(curve, changes.kwh))
    seconds = [*curve.crossings([*changes.power_kw, *currents]), *_since(plan.start, changes.moments)]
    cuts |= {(one, curve.kwh_at(one)) for one in {0, *seconds} - {second for second, _ in cuts if second}}
    cuts |= {(one, curve.kwh) for one in (curve.seconds, *_since(plan.start, [plan.end]))}
    for (second, kwh), (until, later) in pairwise(sorted(cuts)):
        start = plan.start + timedelta(seconds=second)
        dimensions = list(_dimensions(plan, second, until, later - kwh))
        if changes.current_a:
            amperes = dimensions[-1][1] * 1000 / plan.voltage
            dimensions.append((CdrDimensionType.CURRENT, round(amperes, 4)))
        yield _period(start, dimensions)


def _energy_cuts(curve: PowerCurve, borders: Iterable[Decimal]) -> Iterator[tuple[int, Decimal]]:
    """Where the energy reaches a border: a whole second, and exactly the border."""
    return ((curve.second_of(border), border) for border in borders if 0 < border < curve.kwh)


def _since(start: datetime, moments: Iterable[datetime]) -> Iterator[int]:
    return ((moment - start) // _SECOND for moment in moments)


def _dimensions(
    plan: PlannedCharge, second: int, until: int, kwh: Decimal
) -> Iterator[tuple[CdrDimensionType, Decimal]]:
    """What is between two seconds of the charge, power last. A car that draws nothing is parked."""
    span = hours(timedelta(seconds=until - second))
    kw = plan.curve.mean_kw(second, until) if second < plan.curve.seconds else Decimal(0)
    if kwh:
        yield CdrDimensionType.ENERGY, kwh
    if span:
        yield CdrDimensionType.TIME if kw else CdrDimensionType.PARKING_TIME, span
    yield CdrDimensionType.POWER, kw


def _period(start: datetime, dimensions: Iterable[tuple[CdrDimensionType, Decimal]]) -> ChargingPeriod:
    return ChargingPeriod(
        start_date_time=start, dimensions=tuple(CdrDimension(type=kind, volume=volume) for kind, volume in dimensions)
    )
