"""The week of a Tariff as a table in plain words."""

from datetime import date

import msgspec

from ocpilot.base.texts import Translate, mark
from ocpilot.pricing import why, words
from ocpilot.pricing.lookup import Active
from ocpilot.pricing.sentences import price_text
from ocpilot.pricing.trace import Part, ReasonCode
from ocpilot.pricing.week import Days, Slot, week
from ocpilot.wire.v230 import DayOfWeek, Tariff, TariffDimensionType

_PARTS = {
    TariffDimensionType.ENERGY: Part.ENERGY,
    TariffDimensionType.TIME: Part.TIME,
    TariffDimensionType.PARKING_TIME: Part.PARKING,
    TariffDimensionType.FLAT: Part.FIXED,
}
#: What the place in the table says already.
_SAID = {ReasonCode.TIME_OF_DAY, ReasonCode.DAYS, ReasonCode.DATES}


class WeekTable(msgspec.Struct, frozen=True, kw_only=True):
    """`columns` are what is priced, each row holds a text per column."""

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
    groups = week(tariff, first)
    dimensions = [dimension for dimension in _PARTS if any(_costs(group, dimension) for group in groups)]
    if not dimensions:
        return None
    return WeekTable(
        columns=tuple(words.part_label(_PARTS[dimension], translate) for dimension in dimensions),
        rows=tuple(
            WeekRow(
                days=_days(group.days, translate, locale),
                start=_clock(slot.start),
                end=_clock(slot.end),
                prices=tuple(_cell(tariff, slot, dimension, translate, locale) for dimension in dimensions),
            )
            for group in groups
            for slot in group.slots
        ),
    )


def _costs(group: Days, dimension: TariffDimensionType) -> bool:
    return any(active.price.price for slot in group.slots for active in slot.prices[dimension])


def _cell(tariff: Tariff, slot: Slot, dimension: TariffDimensionType, translate: Translate, locale: str) -> str:
    """Every price that may hold then, with its other conditions."""
    active = slot.prices[dimension]
    return "; ".join(_price(tariff, one, translate, locale) for one in active) or translate(mark("free"))


def _price(tariff: Tariff, active: Active, translate: Translate, locale: str) -> str:
    reasons = why.of_restrictions(active.tariff_element.restrictions)
    conditions = [words.condition(reason, translate, locale) for reason in reasons if reason.code not in _SAID]
    return " ".join([price_text(tariff, active.price, translate, locale), *filter(None, conditions)])


def _days(days: tuple[DayOfWeek, ...], translate: Translate, locale: str) -> str:
    if len(days) == len(DayOfWeek):
        return translate(mark("Every day"))
    return words.day_names(days, locale)


def _clock(seconds: int) -> str:
    return f"{seconds // 3600:02d}:{seconds % 3600 // 60:02d}"
