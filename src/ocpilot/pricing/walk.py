"""The periods of a charge one by one: what each holds, which Tariff is relevant, which components are active."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import msgspec

from ocpilot.pricing.charges import Charge, Charges
from ocpilot.pricing.compiled import CompiledTariff
from ocpilot.pricing.local import offset_at, steady_offset, utc_seconds
from ocpilot.pricing.lookup import Found
from ocpilot.pricing.usage import NO_LEVELS, NOT_MEASURED, Levels, Volumes, current_of, power_of, volumes_of
from ocpilot.wire.v230 import ChargingPeriod, Tariff

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
    """What all periods come to, kWh and seconds; `stretches` are the periods that a Tariff prices, when they were
    wanted."""

    charges: Sequence[Charge]
    tariffs: Sequence[Tariff]
    stretches: Sequence[Stretch]
    kwh: Decimal
    charging: int
    parked: int
    reserved: int


class Walk:
    """Goes through periods. `zone` is the Location's; `by_id` are the Tariffs by folded id, `otherwise` the one for
    periods that name none. Stretches are only made when they are `wanted`."""

    def __init__(
        self,
        zone: ZoneInfo,
        by_id: Mapping[str, CompiledTariff],
        otherwise: CompiledTariff | None,
        *,
        expired: bool = False,
        wanted: bool = True,
    ) -> None:
        self._zone = zone
        self._by_id = by_id
        self._otherwise = otherwise
        self._expired = expired
        self._wanted = wanted
        self._stretches: list[Stretch] = []
        self._charges = Charges()
        self._tariffs: dict[int, Tariff] = {}
        self._kwh = _ZERO
        self._seconds = 0
        self._offset: int | None = None

    def through(self, periods: Sequence[ChargingPeriod], end: datetime) -> Walked:
        """The periods in order of time; one lasts until the next begins, the last until `end`."""
        starts = [utc_seconds(period.start_date_time) for period in periods]
        starts.append(max(utc_seconds(end), starts[-1] if starts else 0))
        self._offset = steady_offset(starts[0], starts[-1], self._zone) if periods else None
        charging, parked, reserved = 0, 0, 0
        for place, period in enumerate(periods):
            start, until = starts[place], starts[place + 1]
            volumes = volumes_of(period)
            waits = volumes.reserved > 0 and volumes.is_reservation
            tariff = self._named(period.tariff_id) if period.tariff_id else self._otherwise
            if tariff is not None:
                self._price(place, period, (start, until), volumes, tariff, waits=waits)
            self._kwh += volumes.kwh
            charging += volumes.charging
            parked += volumes.parked
            reserved += volumes.reserved
            if not waits:
                self._seconds += until - start
        return Walked(
            charges=self._charges.all(),
            tariffs=tuple(self._tariffs.values()),
            stretches=self._stretches,
            kwh=self._kwh,
            charging=charging,
            parked=parked,
            reserved=reserved,
        )

    def _price(
        self,
        place: int,
        period: ChargingPeriod,
        span: tuple[int, int],
        volumes: Volumes,
        tariff: CompiledTariff,
        *,
        waits: bool,
    ) -> None:
        start, until = span
        local = start + (offset_at(start, self._zone) if self._offset is None else self._offset)
        levels = levels_of(tariff, period, until - start) if tariff.has_levels else NO_LEVELS
        found = tariff.found(local, self._kwh, self._seconds, levels, waits=waits, expired=self._expired)
        self._tariffs[id(tariff)] = tariff.tariff
        if waits:
            self._charges.reservation(place, tariff, found, volumes.reserved)
        else:
            self._charges.charge(place, tariff, found, volumes)
        if self._wanted:
            self._stretches.append(
                Stretch(place, start, until, local, volumes, self._kwh, self._seconds, levels, tariff, found)
            )

    def _named(self, tariff_id: str) -> CompiledTariff | None:
        return self._by_id.get(tariff_id) or self._by_id.get(tariff_id.lower())


def levels_of(tariff: CompiledTariff, period: ChargingPeriod, lasts: int) -> Levels:
    """What of power and current this Tariff looks at."""
    return Levels(
        power_of(period, lasts) if tariff.has_power else NOT_MEASURED,
        current_of(period) if tariff.has_current else NOT_MEASURED,
    )
