"""The periods of a charge one by one: what each holds, which Tariff is relevant, which components are active."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import msgspec

from ocpilot.pricing.compiled import CompiledTariff
from ocpilot.pricing.local import local_seconds, utc_seconds
from ocpilot.pricing.lookup import Found
from ocpilot.pricing.usage import NO_LEVELS, NOT_MEASURED, Levels, Volumes, current_of, power_of, volumes_of
from ocpilot.wire.v230 import ChargingPeriod

_ZERO = Decimal(0)


class Stretch(msgspec.Struct, frozen=True, eq=False):
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


class Walked(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """The periods that a Tariff prices, in order of time, and what all periods hold together: kWh and seconds."""

    stretches: Sequence[Stretch]
    kwh: Decimal
    charging: int
    parked: int
    reserved: int


class Walk:
    """Goes through periods. `zone` is the Location's; `by_id` are the Tariffs by folded id, `otherwise` the one for
    periods that name none."""

    def __init__(
        self,
        zone: ZoneInfo,
        by_id: Mapping[str, CompiledTariff],
        otherwise: CompiledTariff | None,
        *,
        expired: bool = False,
    ) -> None:
        self._zone = zone
        self._by_id = by_id
        self._otherwise = otherwise
        self._expired = expired

    def through(self, periods: Sequence[ChargingPeriod], end: datetime) -> Walked:
        """The periods in order of time; one lasts until the next begins, the last until `end`."""
        starts = [utc_seconds(period.start_date_time) for period in periods]
        starts.append(max(utc_seconds(end), starts[-1] if starts else 0))
        stretches: list[Stretch] = []
        kwh, seconds, charging, parked, reserved = _ZERO, 0, 0, 0, 0
        for place, period in enumerate(periods):
            start, until = starts[place], starts[place + 1]
            volumes = volumes_of(period)
            waits = volumes.reserved > 0 and volumes.is_reservation
            tariff = self._named(period.tariff_id) if period.tariff_id else self._otherwise
            if tariff is not None:
                local = local_seconds(start, self._zone) if tariff.has_clock else start
                levels = levels_of(tariff, period, until - start) if tariff.has_levels else NO_LEVELS
                found = tariff.found(local, kwh, seconds, levels, reserved=waits, expired=self._expired)
                stretches.append(Stretch(place, start, until, local, volumes, kwh, seconds, levels, tariff, found))
            kwh += volumes.kwh
            charging += volumes.charging
            parked += volumes.parked
            reserved += volumes.reserved
            if not waits:
                seconds += until - start
        return Walked(stretches=stretches, kwh=kwh, charging=charging, parked=parked, reserved=reserved)

    def _named(self, tariff_id: str) -> CompiledTariff | None:
        return self._by_id.get(tariff_id) or self._by_id.get(tariff_id.lower())


def levels_of(tariff: CompiledTariff, period: ChargingPeriod, lasts: int) -> Levels:
    """What of power and current this Tariff looks at."""
    return Levels(
        power_of(period, lasts) if tariff.has_power else NOT_MEASURED,
        current_of(period) if tariff.has_current else NOT_MEASURED,
    )
