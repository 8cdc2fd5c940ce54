"""Charging Periods and Tariffs with one thing about them changed."""

from collections.abc import Callable, Iterable, Sequence
from decimal import ROUND_HALF_UP, Context, Decimal

import msgspec

from ocpilot.billing.structure import timed_seconds
from ocpilot.pricing.usage import volumes_of
from ocpilot.wire.v230 import CdrDimension, CdrDimensionType, ChargingPeriod, PriceComponent, Tariff

_replace = msgspec.structs.replace
_ENERGY = CdrDimensionType.ENERGY
TIMES = (CdrDimensionType.TIME, CdrDimensionType.PARKING_TIME, CdrDimensionType.RESERVATION_TIME)
_HOUR = Decimal(3600)
#: Volumes are of any length.
_WIDE = Context(prec=1000)

Periods = tuple[ChargingPeriod, ...]


def each_once(dimensions: Sequence[CdrDimension]) -> tuple[CdrDimension, ...]:
    """Each kind once: the first of them."""
    return tuple(
        {one.type: one for one in reversed(dimensions)}[kind] for kind in dict.fromkeys(x.type for x in dimensions)
    )


def retyped(periods: Periods, source: CdrDimensionType, target: CdrDimensionType | None) -> Periods:
    """One kind of time taken for another, or for nothing."""
    return tuple(
        _replace(
            period,
            dimensions=tuple(
                dimension if dimension.type is not source else _replace(dimension, type=target)
                for dimension in period.dimensions
                if dimension.type is not source or target is not None
            ),
        )
        for period in periods
    )


def as_long_as(period: ChargingPeriod, length: int | None, *, is_longer: bool) -> ChargingPeriod:
    kinds = [dimension.type for dimension in period.dimensions if dimension.type in TIMES]
    timed = timed_seconds(volumes_of(period))
    if length is None or len(kinds) != 1 or timed == length or (timed > length) is not is_longer:
        return period
    return with_volume(period, kinds[0], fine_hours(Decimal(length)))


def with_components(tariffs: Iterable[Tariff], change: Callable[[PriceComponent], PriceComponent]) -> list[Tariff]:
    """The Tariffs with every Price Component changed."""
    return [
        _replace(
            tariff,
            elements=tuple(
                _replace(element, price_components=tuple(change(one) for one in element.price_components))
                for element in tariff.elements
            ),
        )
        for tariff in tariffs
    ]


def _to(value: Decimal, decimals: int, mode: str) -> Decimal:
    """Rounded, however long the number is."""
    return value.quantize(Decimal(1).scaleb(-decimals), mode, _WIDE)


def energy_rounded(periods: Periods, decimals: int, mode: str) -> Periods:
    return tuple(
        _replace(
            period,
            dimensions=tuple(
                _replace(one, volume=_to(one.volume, decimals, mode)) if one.type is _ENERGY else one
                for one in period.dimensions
            ),
        )
        for period in periods
    )


def fine_hours(seconds: Decimal) -> Decimal:
    """With decimals from which a whole second can be read back."""
    return _to(seconds / _HOUR, 6, ROUND_HALF_UP)


def scaled(periods: Periods, kinds: Sequence[CdrDimensionType], factor: Decimal) -> Periods:
    return tuple(
        _replace(
            period,
            dimensions=tuple(
                _replace(one, volume=one.volume * factor) if one.type in kinds else one for one in period.dimensions
            ),
        )
        for period in periods
    )


def total_rounded(periods: Periods, decimals: int, mode: str) -> Periods:
    total = energy_of(periods)
    return with_more_energy(periods, _to(total, decimals, mode) - total)


def energy_of(periods: Periods) -> Decimal:
    return sum((volumes_of(period).kwh for period in periods), Decimal(0))


def with_more_energy(periods: Periods, more: Decimal) -> Periods:
    """The last period with energy has more of it."""
    for place in range(len(periods) - 1, -1, -1):
        kwh = volumes_of(periods[place]).kwh
        if kwh:
            return (*periods[:place], with_volume(periods[place], _ENERGY, kwh + more), *periods[place + 1 :])
    return periods


def with_volume(period: ChargingPeriod, kind: CdrDimensionType, volume: Decimal) -> ChargingPeriod:
    """The period with one dimension of a kind, of this volume."""
    kept = tuple(one for one in period.dimensions if one.type is not kind)
    return _replace(period, dimensions=(*kept, CdrDimension(type=kind, volume=volume)))
