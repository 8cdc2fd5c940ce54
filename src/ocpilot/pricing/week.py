"""What holds when in the week: the components that may be active at each time of each day."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import islice, product

import msgspec

from ocpilot.pricing.borders import DAY, Borders, borders
from ocpilot.pricing.compiled import CompiledTariff, compiled
from ocpilot.pricing.lookup import Active
from ocpilot.pricing.usage import NOT_MEASURED, Levels, Range, Usage
from ocpilot.wire.v230 import DayOfWeek, Tariff, TariffDimensionType

#: Combinations of energy, duration, power and current that are looked at; Tariffs of the field have a handful.
_MOST = 1000
_ANY = datetime(2024, 1, 1)  # noqa: DTZ001 - a moment by the clock of the Location
#: For each dimension, the components that may be active, in the order in which a charge meets them.
Prices = dict[TariffDimensionType, tuple[Active, ...]]


class Slot(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """A time of the day, in seconds since midnight, and the prices then."""

    start: int
    end: int
    prices: Prices


def week(tariff: Tariff, first: date) -> dict[DayOfWeek, tuple[Slot, ...]]:
    """The seven days from `first` on, from Monday to Sunday, each cut wherever a restriction begins or ends; nothing
    when neither day nor time matters."""
    on = borders(tariff)
    if not on.week:
        return {}
    made, usages = compiled(tariff), list(_usages(on))
    found: dict[DayOfWeek, tuple[Slot, ...]] = {}
    for number, day in enumerate(DayOfWeek):
        midnight = datetime.combine(first + timedelta(days=(number - first.weekday()) % 7), time.min)
        starts = [second - number * DAY for second in on.week if number * DAY <= second < (number + 1) * DAY]
        found[day] = tuple(
            Slot(start=start, end=end, prices=_prices(made, midnight + timedelta(seconds=start), usages))
            for start, end in zip(starts, [*starts[1:], DAY], strict=True)
        )
    return found


def _prices(made: CompiledTariff, local: datetime, usages: Sequence[Usage]) -> Prices:
    found = [made.found_at(msgspec.structs.replace(usage, local=local)) for usage in usages]
    by_dimension = {
        TariffDimensionType.FLAT: [one.flat for one in found],
        TariffDimensionType.ENERGY: [one.energy for one in found],
        TariffDimensionType.TIME: [one.time for one in found],
        TariffDimensionType.PARKING_TIME: [one.parking for one in found],
    }
    return {
        dimension: tuple(dict.fromkeys(active for active in actives if active is not None))
        for dimension, actives in by_dimension.items()
    }


def _usages(on: Borders) -> Iterator[Usage]:
    """An example between each two borders of energy, duration, power and current."""
    levels = product(_steady(on.power_kw), _steady(on.current_a))
    axes = product(_from_zero(on.kwh), _from_zero(on.seconds), levels)
    for kwh, seconds, (power, current) in islice(axes, _MOST):
        yield Usage(local=_ANY, kwh=kwh, seconds=int(seconds), levels=Levels(power=power, current=current))


def _steady(values: Sequence[Decimal]) -> list[Range]:
    return [(one, one) for one in _from_zero(values)] if values else [NOT_MEASURED]


def _from_zero(values: Sequence[Decimal | int]) -> list[Decimal]:
    return [Decimal(0), *(Decimal(value) for value in values if value > 0)]
