"""The periods of a charge one by one: what each holds, which Tariff is relevant, which components are active."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import msgspec

from ocpilot.pricing.charges import Charges
from ocpilot.pricing.compiled import CompiledTariff
from ocpilot.pricing.local import offset_at, steady_offset, utc_seconds
from ocpilot.pricing.lookup import Found
from ocpilot.pricing.usage import NO_LEVELS, NOT_MEASURED, Levels, Volumes, current_of, measured, power_of
from ocpilot.wire.v230 import ChargingPeriod

_ZERO = Decimal(0)


class Stretch(msgspec.Struct, frozen=True, eq=False, gc=False):
    """One Charging Period; seconds since 1970, `local` by the clock of the Location.

    `kwh` and `seconds` are what the charge had used and lasted when it began, a reservation before it not counted.
    """

    place: int
    start: int
    until: int
    local: int
    volumes: Volumes
    kwh: Decimal
    seconds: int
    levels: Levels
    tariff: CompiledTariff
    found: Found


class Walked(msgspec.Struct, frozen=True, eq=False):
    """What all periods come to, kWh and seconds; `stretches` are the periods that a Tariff prices, when they were
    wanted."""

    charges: Charges
    stretches: Sequence[Stretch]
    kwh: Decimal
    charging: int
    parked: int
    reserved: int


def walked(
    periods: Sequence[ChargingPeriod],
    end: datetime,
    zone: ZoneInfo,
    by_name: Mapping[str | None, CompiledTariff | None],
    *,
    expired: bool = False,
    wanted: bool = True,
) -> Walked:
    """The periods in order of time; one lasts until the next begins, the last until `end`. `zone` is the Location's,
    `by_name` has the Tariff for each `tariff_id` of theirs, also for None. Stretches are made when they are `wanted`.
    """
    starts = [utc_seconds(period.start_date_time) for period in periods]
    starts.append(max(utc_seconds(end), starts[-1] if starts else 0))
    steady = steady_offset(starts[0], starts[-1], zone) if periods else None
    charges, stretches = Charges(), []
    kwh, charging, parked, reserved = _ZERO, 0, 0, 0
    #: Where the charge began, if no time of it had been a reservation.
    began = starts[0]
    for place, (period, start, until) in enumerate(zip(periods, starts, starts[1:], strict=False)):
        held = measured(period)
        energy, charged, stood, waited = held
        waits = waited > 0 and not (energy or charged or stood)
        tariff = by_name[period.tariff_id]
        if tariff is not None:
            local = start + (offset_at(start, zone) if steady is None else steady)
            levels = levels_of(tariff, period, until - start) if tariff.has_levels else NO_LEVELS
            found = tariff.found(local, kwh, start - began, levels, waits=waits, expired=expired)
            charges.add(found, held, waits=waits)
            if wanted:
                volumes, lasted = Volumes(*held), start - began
                stretches.append(Stretch(place, start, until, local, volumes, kwh, lasted, levels, tariff, found))
        kwh += energy
        charging += charged
        parked += stood
        reserved += waited
        if waits:
            began += until - start
    charges.settle()
    return Walked(charges, stretches, kwh, charging, parked, reserved)


def levels_of(tariff: CompiledTariff, period: ChargingPeriod, lasts: int) -> Levels:
    """What of power and current this Tariff looks at."""
    return Levels(
        power_of(period, lasts) if tariff.has_power else NOT_MEASURED,
        current_of(period) if tariff.has_current else NOT_MEASURED,
    )
