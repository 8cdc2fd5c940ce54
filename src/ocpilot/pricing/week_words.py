"""The week of a Tariff as a table in plain words."""

from collections.abc import Iterable, Sequence
from datetime import date

import msgspec

from ocpilot.base.texts import Translate, mark
from ocpilot.pricing import why, words
from ocpilot.pricing.lookup import Active
from ocpilot.pricing.sentences import price_text
from ocpilot.pricing.trace import Part, ReasonCode
from ocpilot.pricing.week import Slot, week
from ocpilot.wire.v230 import DayOfWeek, Tariff, TariffDimensionType

_PARTS = {
    TariffDimensionType.ENERGY: Part.ENERGY,
    TariffDimensionType.TIME: Part.TIME,
    TariffDimensionType.PARKING_TIME: Part.PARKING,
    TariffDimensionType.FLAT: Part.FIXED,
}
#: Seconds since midnight from and to, and a text per column.
_Times = tuple[int, int, tuple[str, ...]]
#: What the place in the table says already.
_SAID = {ReasonCode.TIME_OF_DAY, ReasonCode.DAYS, ReasonCode.DATES}


class WeekTable(msgspec.Struct, frozen=True, kw_only=True):
    """`days` and `time` head the first columns, `columns` are what is priced; each row holds a text per column."""

    days: str
    time: str
    columns: tuple[str, ...]
    rows: tuple["WeekRow", ...]


class WeekRow(msgspec.Struct, frozen=True, kw_only=True):
    """Prices on some days from one time of the day to another (`24:00` is the end of the day)."""

    days: str
    start: str
    end: str
    prices: tuple[str, ...]


def week_table(tariff: Tariff, first: date, translate: Translate, locale: str = "en") -> WeekTable | None:
    """The seven days from `first` on; None when neither day nor time matters."""
    found = week(tariff, first)
    slots = [slot for day in found.values() for slot in day]
    dimensions = [one for one in _PARTS if any(active.price.price for slot in slots for active in slot.prices[one])]
    if not dimensions:
        return None

    def texts(slot: Slot) -> tuple[str, ...]:
        return tuple(_cell(tariff, slot.prices[one], translate, locale) for one in dimensions)

    grouped: dict[tuple[_Times, ...], list[DayOfWeek]] = {}
    for day, of_day in found.items():
        grouped.setdefault(_merged((slot.start, slot.end, texts(slot)) for slot in of_day), []).append(day)
    return WeekTable(
        days=translate(mark("Days")),
        time=translate(mark("Time")),
        columns=tuple(words.part_label(_PARTS[one], translate) for one in dimensions),
        rows=tuple(
            WeekRow(days=_days(days, translate, locale), start=_clock(start), end=_clock(end), prices=prices)
            for times, days in grouped.items()
            for start, end, prices in times
        ),
    )


def _merged(times: Iterable[_Times]) -> tuple[_Times, ...]:
    """Times one after the other with the same prices are one."""
    found: list[_Times] = []
    for start, end, prices in times:
        if found and found[-1][2] == prices:
            found[-1] = (found[-1][0], end, prices)
        else:
            found.append((start, end, prices))
    return tuple(found)


def _cell(tariff: Tariff, may_hold: Sequence[Active], translate: Translate, locale: str) -> str:
    """Every price that may hold then, with its other conditions."""
    found = (_price(tariff, one, translate, locale) for one in may_hold)
    return "; ".join(dict.fromkeys(found)) or translate(mark("free"))


def _price(tariff: Tariff, active: Active, translate: Translate, locale: str) -> str:
    reasons = why.of_restrictions(active.tariff_element.restrictions)
    conditions = [words.condition(reason, translate, locale) for reason in reasons if reason.code not in _SAID]
    return " ".join([price_text(tariff, active.price, translate, locale), *filter(None, conditions)])


def _days(days: Sequence[DayOfWeek], translate: Translate, locale: str) -> str:
    if len(days) == len(DayOfWeek):
        return translate(mark("Every day"))
    return words.day_names(days, locale)


def _clock(seconds: int) -> str:
    return f"{seconds // 3600:02d}:{seconds % 3600 // 60:02d}"
