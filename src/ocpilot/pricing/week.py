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


class Days(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """Days of the week with the same prices at the same times."""

    days: tuple[DayOfWeek, ...]
    slots: tuple[Slot, ...]


def week(tariff: Tariff, first: date) -> tuple[Days, ...]:
    """The seven days from `first` on, from Monday to Sunday; nothing when neither day nor time matters."""
    on = borders(tariff)
    if not on.week:
        return ()
    made, usages = compiled(tariff), list(_usages(on))
    found: list[Days] = []
    for number, day in enumerate(DayOfWeek):
        at = first + timedelta(days=(number - first.weekday()) % 7)
        slots = _slots(made, on, number, at, usages)
        same = next((one for one in found if _times(one.slots) == _times(slots)), None)
        if same is None:
            found.append(Days(days=(day,), slots=slots))
        else:
            found[found.index(same)] = Days(days=(*same.days, day), slots=same.slots)
    return tuple(found)


def _slots(
    made: CompiledTariff, on: Borders, number: int, at: date, usages: Sequence[Usage]
) -> tuple[Slot, ...]:
    """One day, cut where a price changes."""
    starts = [second - number * DAY for second in on.week if number * DAY <= second < (number + 1) * DAY]
    slots: list[Slot] = []
    for start, end in zip(starts, [*starts[1:], DAY], strict=True):
        local = datetime.combine(at, time.min) + timedelta(seconds=start)
        prices = _prices(made, local, usages)
        if slots and slots[-1].prices == prices:
            slots[-1] = Slot(start=slots[-1].start, end=end, prices=prices)
        else:
            slots.append(Slot(start=start, end=end, prices=prices))
    return tuple(slots)


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


def _times(slots: Sequence[Slot]) -> list[tuple[int, int, Prices]]:
    return [(slot.start, slot.end, slot.prices) for slot in slots]


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
