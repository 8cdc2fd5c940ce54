"""Charging Periods -> what a restriction looks at: the state of the charge at the start of each period."""

from datetime import datetime
from decimal import Decimal
from functools import lru_cache

import msgspec

from ocpilot.pricing.local import shown
from ocpilot.wire.v230 import CdrDimensionType, ChargingPeriod

#: Looked up once: an attribute of an Enum costs as much as an addition.
_ENERGY, _TIME = CdrDimensionType.ENERGY, CdrDimensionType.TIME
_PARKING, _RESERVATION = CdrDimensionType.PARKING_TIME, CdrDimensionType.RESERVATION_TIME
_POWER, _CURRENT = CdrDimensionType.POWER, CdrDimensionType.CURRENT
_MIN_POWER, _MAX_POWER = CdrDimensionType.MIN_POWER, CdrDimensionType.MAX_POWER
_MIN_CURRENT, _MAX_CURRENT = CdrDimensionType.MIN_CURRENT, CdrDimensionType.MAX_CURRENT
_ZERO = Decimal(0)
_HALF = Decimal("0.5")
_HOUR = Decimal(3600)


class Volumes(msgspec.Struct, frozen=True, gc=False):
    """What a period holds to be priced: kWh, and whole seconds of charging, of parking and of a reservation."""

    kwh: Decimal
    charging: int
    parked: int
    reserved: int

    @property
    def is_reservation(self) -> bool:
        """A reservation that has not become a charge (mod_cdrs, "CdrDimensionType", RESERVATION_TIME)."""
        return self.reserved > 0 and not (self.kwh or self.charging or self.parked)


#: The lowest and highest of a quantity in a period; None was not measured.
Range = tuple[Decimal | None, Decimal | None]


NOT_MEASURED: Range = (None, None)


class Levels(msgspec.Struct, frozen=True, gc=False):
    """Power (kW) and current (A) of a period."""

    power: Range = NOT_MEASURED
    current: Range = NOT_MEASURED


NO_LEVELS = Levels()


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """The moment at which a period begins, as restrictions see it. `local` is its start at the Location.

    `kwh` and `seconds` are what the charge had used and lasted by then, a reservation before it not counted.
    """

    local: datetime
    kwh: Decimal = _ZERO
    seconds: int = 0
    levels: Levels = NO_LEVELS
    is_reservation: bool = False
    expired: bool = False


def usage_at(
    local: int, kwh: Decimal, seconds: int, levels: Levels, *, reserved: bool = False, expired: bool = False
) -> Usage:
    """A moment, as restrictions see it."""
    return Usage(local=shown(local), kwh=kwh, seconds=seconds, levels=levels, is_reservation=reserved, expired=expired)


def volumes_of(period: ChargingPeriod) -> Volumes:
    """The sums of the dimensions that have a price."""
    return Volumes(*measured(period))


def measured(period: ChargingPeriod) -> tuple[Decimal, int, int, int]:
    """The fields of `Volumes`."""
    kwh, charging, parked, reserved = _ZERO, 0, 0, 0
    for dimension in period.dimensions:
        kind = dimension.type
        if kind is _ENERGY:
            kwh += dimension.volume
        elif kind is _TIME:
            charging += seconds_of(dimension.volume)
        elif kind is _PARKING:
            parked += seconds_of(dimension.volume)
        elif kind is _RESERVATION:
            reserved += seconds_of(dimension.volume)
    return kwh, charging, parked, reserved


def power_of(period: ChargingPeriod, lasts: int) -> Range:
    """The power of a period that lasts so many seconds. Without any figure, energy over time is the power."""
    low, mean, high, kwh = None, None, None, None
    for dimension in period.dimensions:
        kind = dimension.type
        if kind is _MAX_POWER:
            high = dimension.volume
        elif kind is _MIN_POWER:
            low = dimension.volume
        elif kind is _POWER:
            mean = dimension.volume
        elif kind is _ENERGY:
            kwh = dimension.volume
    if mean is None and low is None and high is None and kwh is not None and lasts > 0:
        mean = kwh * _HOUR / lasts
    return _standing_in(low, mean, high)


def current_of(period: ChargingPeriod) -> Range:
    """The current of a period."""
    low, mean, high = None, None, None
    for dimension in period.dimensions:
        kind = dimension.type
        if kind is _MAX_CURRENT:
            high = dimension.volume
        elif kind is _MIN_CURRENT:
            low = dimension.volume
        elif kind is _CURRENT:
            mean = dimension.volume
    return (low, high) if low is not None and high is not None else _standing_in(low, mean, high)


def _standing_in(low: Decimal | None, mean: Decimal | None, high: Decimal | None) -> Range:
    """A CDR often carries only one of minimum, average and maximum: it stands in for the others."""
    lowest = low if low is not None else mean if mean is not None else high
    return lowest, high if high is not None else mean if mean is not None else low


@lru_cache(maxsize=1 << 16)
def seconds_of(hours: Decimal) -> int:
    """Hours as written, with 4 decimals or fewer, -> the whole seconds that were measured (0.0833 h is 300 s)."""
    return int(hours * _HOUR + (_HALF if hours >= 0 else -_HALF))
