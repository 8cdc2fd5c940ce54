"""Charging Periods -> what a restriction looks at: the state of the charge at the start of each period."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from zoneinfo import ZoneInfo

import msgspec

from ocpilot.wire.v230 import CdrDimensionType, ChargingPeriod


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """One Charging Period. kWh, whole seconds, kW and A; `local` is its start at the Location.

    `kwh_before` and `seconds_before` are what the charge had used and lasted when the period began, a reservation
    before it not counted.
    """

    place: int
    start: datetime
    local: datetime
    tariff_id: str | None
    kwh: Decimal
    charging: int
    parked: int
    reserved: int
    kwh_before: Decimal
    seconds_before: int
    lowest_power: Decimal | None
    highest_power: Decimal | None
    lowest_current: Decimal | None
    highest_current: Decimal | None

    @property
    def is_reservation(self) -> bool:
        """A reservation that has not become a charge (mod_cdrs, "CdrDimensionType", RESERVATION_TIME)."""
        return self.reserved > 0 and not (self.kwh or self.charging or self.parked)


def usages(periods: Sequence[ChargingPeriod], end: datetime, zone: ZoneInfo) -> Iterator[Usage]:
    """One Usage per period; a period lasts until the next one starts, the last until `end`."""
    ordered = sorted(periods, key=lambda period: period.start_date_time)
    edges = [*(period.start_date_time for period in ordered), end]
    kwh, seconds = Decimal(0), 0
    for place, (period, (start, until)) in enumerate(zip(ordered, pairwise(edges), strict=True)):
        usage = _usage(place, period, until - start, (kwh, seconds), zone)
        yield usage
        kwh += usage.kwh
        seconds += 0 if usage.is_reservation else round((until - start).total_seconds())


def _usage(place: int, period: ChargingPeriod, lasts: timedelta, before: tuple[Decimal, int], zone: ZoneInfo) -> Usage:
    volumes = _volumes(period)
    power = _average_power(volumes, lasts)
    return Usage(
        place=place,
        start=period.start_date_time,
        local=period.start_date_time.astimezone(zone),
        tariff_id=period.tariff_id,
        kwh=volumes.get(CdrDimensionType.ENERGY, Decimal(0)),
        charging=seconds_of(volumes.get(CdrDimensionType.TIME)),
        parked=seconds_of(volumes.get(CdrDimensionType.PARKING_TIME)),
        reserved=seconds_of(volumes.get(CdrDimensionType.RESERVATION_TIME)),
        kwh_before=before[0],
        seconds_before=before[1],
        lowest_power=_first(volumes, "MIN_POWER", "POWER", "MAX_POWER", other=power),
        highest_power=_first(volumes, "MAX_POWER", "POWER", "MIN_POWER", other=power),
        lowest_current=_first(volumes, "MIN_CURRENT", "CURRENT", "MAX_CURRENT"),
        highest_current=_first(volumes, "MAX_CURRENT", "CURRENT", "MIN_CURRENT"),
    )


def _volumes(period: ChargingPeriod) -> dict[CdrDimensionType, Decimal]:
    volumes: dict[CdrDimensionType, Decimal] = {}
    for dimension in period.dimensions:
        volumes[dimension.type] = volumes.get(dimension.type, Decimal(0)) + dimension.volume
    return volumes


def _first(volumes: dict[CdrDimensionType, Decimal], *names: str, other: Decimal | None = None) -> Decimal | None:
    """The best known of several dimensions: a CDR often carries only one of minimum, average and maximum."""
    return next((volumes[CdrDimensionType(name)] for name in names if CdrDimensionType(name) in volumes), other)


def _average_power(volumes: dict[CdrDimensionType, Decimal], lasts: timedelta) -> Decimal | None:
    kwh = volumes.get(CdrDimensionType.ENERGY)
    seconds = Decimal(round(lasts.total_seconds()))
    return kwh * 3600 / seconds if kwh is not None and seconds > 0 else None


def seconds_of(hours: Decimal | None) -> int:
    """Hours as written, with 4 decimals or fewer, -> the whole seconds that were measured (0.0833 h is 300 s)."""
    return int(((hours or Decimal(0)) * 3600).to_integral_value(ROUND_HALF_UP))
