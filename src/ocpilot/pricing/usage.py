"""Charging Periods -> what a restriction looks at: the state of the charge at the start of each period."""

from datetime import datetime
from decimal import Decimal
from functools import lru_cache

import msgspec

from ocpilot.wire.v230 import CdrDimensionType, ChargingPeriod

#: Looked up once: an attribute of an Enum costs as much as an addition.
_ENERGY, _TIME = CdrDimensionType.ENERGY, CdrDimensionType.TIME
_PARKING, _RESERVATION = CdrDimensionType.PARKING_TIME, CdrDimensionType.RESERVATION_TIME
_ZERO = Decimal(0)
_HALF = Decimal("0.5")
_HOUR = Decimal(3600)


class Volumes(msgspec.Struct, frozen=True):
    """What a period holds to be priced: kWh, and whole seconds of charging, of parking and of a reservation."""

    kwh: Decimal
    charging: int
    parked: int
    reserved: int

    @property
    def is_reservation(self) -> bool:
        """A reservation that has not become a charge (mod_cdrs, "CdrDimensionType", RESERVATION_TIME)."""
        return self.reserved > 0 and not (self.kwh or self.charging or self.parked)


class Levels(msgspec.Struct, frozen=True):
    """The lowest and highest power (kW) and current (A) of a period; None was not measured."""

    low_power: Decimal | None = None
    high_power: Decimal | None = None
    low_current: Decimal | None = None
    high_current: Decimal | None = None


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


def volumes_of(period: ChargingPeriod) -> Volumes:
    """The sums of the dimensions that have a price."""
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
    return Volumes(kwh, charging, parked, reserved)


def levels_of(period: ChargingPeriod, lasts: int) -> Levels:
    """Power and current of a period that lasts so many seconds. A CDR often carries only one of minimum, average and
    maximum: it stands in for the others. Without any, energy over time is the power."""
    found: dict[str, Decimal] = {dimension.type: dimension.volume for dimension in period.dimensions}
    kwh = found.get("ENERGY")
    power = kwh * _HOUR / lasts if kwh is not None and lasts > 0 else None
    return Levels(
        _first(found, "MIN_POWER", "POWER", "MAX_POWER", other=power),
        _first(found, "MAX_POWER", "POWER", "MIN_POWER", other=power),
        _first(found, "MIN_CURRENT", "CURRENT", "MAX_CURRENT"),
        _first(found, "MAX_CURRENT", "CURRENT", "MIN_CURRENT"),
    )


def _first(found: dict[str, Decimal], *names: str, other: Decimal | None = None) -> Decimal | None:
    return next((found[name] for name in names if name in found), other)


@lru_cache(maxsize=1 << 16)
def seconds_of(hours: Decimal) -> int:
    """Hours as written, with 4 decimals or fewer, -> the whole seconds that were measured (0.0833 h is 300 s)."""
    return int(hours * _HOUR + (_HALF if hours >= 0 else -_HALF))
