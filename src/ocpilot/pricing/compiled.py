"""A Tariff made ready for many charges: which component prices what is decided once per situation and kept.

A situation is everything that a restriction can tell apart: between which borders of the Tariff time, date, energy,
duration, power and current lie. Two periods in the same situation are priced by the same components, so what
`lookup.found` says of one holds for the other.
"""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from functools import lru_cache

from ocpilot.pricing.bill import Bill
from ocpilot.pricing.borders import DAY, WEEK, Borders, borders
from ocpilot.pricing.exact import Scale, includes_taxes
from ocpilot.pricing.faults import tariff_faults
from ocpilot.pricing.lookup import Active, Found, components, found
from ocpilot.pricing.usage import Levels, Range, Usage, usage_at
from ocpilot.wire.v230 import Tariff

#: Bands on every axis, and whether it is a reservation, and an expired one.
Situation = tuple[int, int, int, int, tuple[int, int], tuple[int, int], bool, bool]

_LOCAL_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - a moment by the clock of the Location
#: 1970-01-01 was a Thursday: seconds from the Monday before.
THURSDAY = 3 * DAY
#: And its proleptic ordinal.
ORDINAL = _LOCAL_EPOCH.toordinal()
#: Situations that a Tariff remembers at most; one of the field has a few dozen.
_MOST = 10_000
_NO_BANDS = (0, 0)


class CompiledTariff:
    """A Tariff with its components, their exact factors, and what was found in situations so far."""

    def __init__(self, tariff: Tariff) -> None:
        self.tariff = tariff
        self.currency = tariff.currency.upper()
        self.includes_taxes = includes_taxes(tariff)
        self.has_limits = tariff.min_price is not None or tariff.max_price is not None
        self.components = components(tariff, Scale.of(tariff))
        #: Why it cannot be priced by; no such Tariff is to be asked for components.
        self.faults = tariff_faults(tariff)
        self.borders = Borders() if self.faults else borders(tariff)
        self.has_borders = self.borders != Borders()
        self._has_week = bool(self.borders.week)
        self._has_dates = bool(self.borders.dates)
        self.has_power = bool(self.borders.power_kw)
        self.has_current = bool(self.borders.current_a)
        self.has_levels = self.has_power or self.has_current
        self._has_kwh = bool(self.borders.kwh)
        self._has_seconds = bool(self.borders.seconds)
        self._found: dict[Situation, Found] = {}
        #: Of charges that it alone or it first priced.
        self.bills: dict[tuple[Active | None, ...], Bill] = {}

    def found(self, local: int, kwh: Decimal, seconds: int, levels: Levels, *, waits: bool, expired: bool) -> Found:
        """The active components of a period that begins `local` seconds after 1970 by the clock of the Location, when
        the charge has used so much energy and lasted so long. Decided once per situation."""
        on = self.borders
        situation: Situation = (
            bisect_right(on.week, (local + THURSDAY) % WEEK) if self._has_week else 0,
            bisect_right(on.dates, local // DAY + ORDINAL) if self._has_dates else 0,
            bisect_right(on.kwh, kwh) if self._has_kwh else 0,
            bisect_right(on.seconds, seconds) if self._has_seconds else 0,
            _bands(on.power_kw, levels.power) if self.has_power else _NO_BANDS,
            _bands(on.current_a, levels.current) if self.has_current else _NO_BANDS,
            waits,
            expired,
        )
        known = self._found.get(situation)
        if known is None:
            usage = usage_at(local, kwh, seconds, levels, reserved=waits, expired=expired)
            known = found(self.components, usage)
            if len(self._found) < _MOST:
                self._found[situation] = known
        return known

    def found_at(self, usage: Usage) -> Found:
        """The active components at any moment."""
        return found(self.components, usage)


def _bands(borders: Sequence[Decimal], measured: Range) -> tuple[int, int]:
    """Where the lowest and the highest lie."""
    low, high = measured
    return (
        -1 if low is None else bisect_right(borders, low),
        -1 if high is None else bisect_right(borders, high),
    )


@lru_cache(maxsize=1024)
def compiled(tariff: Tariff) -> CompiledTariff:
    """The Tariff made ready, the same one for an equal Tariff."""
    return CompiledTariff(tariff)
