"""The periods of a charge one by one: what each holds, which Tariff is relevant, which components are active."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import msgspec

from ocpilot.pricing.compiled import CompiledTariff
from ocpilot.pricing.local import local_seconds, shown, utc_seconds
from ocpilot.pricing.lookup import Found
from ocpilot.pricing.usage import NO_LEVELS, NOT_MEASURED, Levels, Usage, Volumes, current_of, power_of, volumes_of
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


def usage_at(
    local: int, kwh: Decimal, seconds: int, levels: Levels, *, reserved: bool = False, expired: bool = False
) -> Usage:
    """A moment, as restrictions see it."""
    return Usage(local=shown(local), kwh=kwh, seconds=seconds, levels=levels, is_reservation=reserved, expired=expired)


class Walk:
    """Goes through the periods once. `zone` is the Location's; `by_id` are the Tariffs by folded id, `otherwise` the
    one for periods that name none."""

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
        self.kwh = _ZERO
        self.seconds = 0
        self.charging = 0
        self.parked = 0
        self.reserved = 0

    def stretches(self, periods: Sequence[ChargingPeriod], end: datetime) -> list[Stretch]:
        """Those that a Tariff prices, in order of time; a period lasts until the next one, the last until `end`."""
        starts = [utc_seconds(period.start_date_time) for period in periods]
        starts.append(max(utc_seconds(end), starts[-1] if starts else 0))
        found = (self._stretch(place, period, starts[place], starts[place + 1]) for place, period in enumerate(periods))
        return [stretch for stretch in found if stretch is not None]

    def _stretch(self, place: int, period: ChargingPeriod, start: int, until: int) -> Stretch | None:
        volumes = volumes_of(period)
        kwh, seconds = self.kwh, self.seconds
        self.kwh = kwh + volumes.kwh
        self.charging += volumes.charging
        self.parked += volumes.parked
        self.reserved += volumes.reserved
        reserved = volumes.reserved > 0 and volumes.is_reservation
        if not reserved:
            self.seconds = seconds + until - start
        tariff = self._tariff(period.tariff_id)
        if tariff is None:
            return None
        local = local_seconds(start, self._zone) if tariff.has_clock else start
        levels = _levels(tariff, period, until - start) if tariff.has_power or tariff.has_current else NO_LEVELS
        situation = tariff.situation(local, kwh, seconds, levels, reserved=reserved, expired=self._expired)
        found = tariff.known(situation)
        if found is None:
            usage = usage_at(local, kwh, seconds, levels, reserved=reserved, expired=self._expired)
            found = tariff.learn(situation, usage)
        return Stretch(place, start, until, local, volumes, kwh, seconds, levels, tariff, found)

    def _tariff(self, tariff_id: str | None) -> CompiledTariff | None:
        if not tariff_id:
            return self._otherwise
        return self._by_id.get(tariff_id) or self._by_id.get(tariff_id.lower())


def _levels(tariff: CompiledTariff, period: ChargingPeriod, lasts: int) -> Levels:
    """What of power and current this Tariff looks at."""
    return Levels(
        power_of(period, lasts) if tariff.has_power else NOT_MEASURED,
        current_of(period) if tariff.has_current else NOT_MEASURED,
    )
