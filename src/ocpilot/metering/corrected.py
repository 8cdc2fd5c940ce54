"""A measured charge with another energy than its meter told, as a person says."""

from decimal import Decimal

import msgspec

from ocpilot.metering.periods import Measured
from ocpilot.wire.v230 import CdrDimension, CdrDimensionType, ChargingPeriod

#: Decimals of a number of the standard (types, "number").
_FOUR = Decimal("0.0001")


def with_kwh(found: Measured, kwh: Decimal) -> Measured:
    """The same charge with `kwh` in all, shared among its periods as it was measured, exactly: the last period with
    energy takes what rounding leaves. What else was measured stays. A charge without energy gets it in its first
    period."""
    shares = [_energy(period) for period in found.periods]
    if not any(shares):
        shares = [Decimal(1), *(Decimal(0) for _ in found.periods[1:])]
    total = sum(shares, Decimal(0))
    new = [(share * kwh / total).quantize(_FOUR) for share in shares]
    last = max(place for place, share in enumerate(shares) if share)
    new[last] += kwh - sum(new, Decimal(0))
    periods = tuple(_with(period, energy) for period, energy in zip(found.periods, new, strict=True))
    return msgspec.structs.replace(found, periods=periods, kwh=kwh)


def _energy(period: ChargingPeriod) -> Decimal:
    return sum((one.volume for one in period.dimensions if one.type is CdrDimensionType.ENERGY), Decimal(0))


def _with(period: ChargingPeriod, energy: Decimal) -> ChargingPeriod:
    others = tuple(one for one in period.dimensions if one.type is not CdrDimensionType.ENERGY)
    told = (CdrDimension(type=CdrDimensionType.ENERGY, volume=energy),) if energy or not others else ()
    return msgspec.structs.replace(period, dimensions=(*told, *others))
