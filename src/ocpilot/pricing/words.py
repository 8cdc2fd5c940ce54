"""Labels and reasons of price lines in plain words, through a translation."""

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise

from babel import dates, lists

from ocpilot.base import formats
from ocpilot.base.texts import Translate, mark
from ocpilot.pricing.faults import MOST_SECONDS
from ocpilot.pricing.trace import Part, PriceLine, Reason, ReasonCode, Unit
from ocpilot.wire.v230 import DayOfWeek

_LABELS = {
    Part.FIXED: mark("Start fee"),
    Part.ENERGY: mark("Energy"),
    Part.TIME: mark("Charging time"),
    Part.PARKING: mark("Parking after charging"),
    Part.RESERVATION: mark("Reservation"),
    Part.LIMIT: mark("Adjustment"),
}
_LIMITS = {
    ReasonCode.MIN_PRICE: mark("Up to the minimum price"),
    ReasonCode.MAX_PRICE: mark("Down to the maximum price"),
}

#: For each kind of range: both ends given, only the lower, only the upper.
_RANGES = {
    ReasonCode.TIME_OF_DAY: (mark("between {start} and {end}"), mark("from {start}"), mark("until {end}")),
    ReasonCode.DATES: (mark("from {start}, before {end}"), mark("from {start}"), mark("before {end}")),
    ReasonCode.ENERGY_RANGE: (
        mark("from {min} to {max} kWh"),
        mark("above {min} kWh"),
        mark("for the first {max} kWh"),
    ),
    ReasonCode.POWER_RANGE: (
        mark("when charging with {min} kW to less than {max} kW"),
        mark("when charging with {min} kW or more"),
        mark("when charging with less than {max} kW"),
    ),
    ReasonCode.CURRENT_RANGE: (
        mark("when charging with {min} A to less than {max} A"),
        mark("when charging with {min} A or more"),
        mark("when charging with less than {max} A"),
    ),
    ReasonCode.DURATION_RANGE: (
        mark("from {min} to {max} after the start"),
        mark("from {min} after the start"),
        mark("for the first {max}"),
    ),
}
_FIXED_WORDS = {
    ReasonCode.RESERVATION_EXPIRED: mark("when a reservation expires"),
}
_DAYS = tuple(DayOfWeek)
_A_MONDAY = date(2024, 1, 1)


def label(line: PriceLine, translate: Translate) -> str:
    """What the line is for."""
    for reason in line.why:
        if reason.code in _LIMITS:
            return translate(_LIMITS[reason.code])
    if line.part is Part.RESERVATION and line.unit is Unit.ONCE:
        return translate(mark("Reservation fee"))
    return translate(_LABELS[line.part])


def part_label(part: Part, translate: Translate) -> str:
    """What a whole part of the cost is called."""
    return translate(_LABELS[part])


def condition(reason: Reason, translate: Translate, locale: str) -> str:
    """When the price holds, to be put behind it; empty for a reason that is no condition."""
    if reason.code in _FIXED_WORDS:
        return translate(_FIXED_WORDS[reason.code])
    if reason.code is ReasonCode.DAYS:
        return translate(mark("on {days}")).format(days=day_names(reason.values["days"].split(","), locale))
    if reason.code not in _RANGES:
        return ""
    both, lower, upper = _RANGES[reason.code]
    values = {name: _shown(reason.code, value, locale) for name, value in reason.values.items()}
    has_lower, has_upper = values.keys() & {"min", "start"}, values.keys() & {"max", "end"}
    return translate(both if has_lower and has_upper else lower if has_lower else upper).format(**values)


def note(reason: Reason, line: PriceLine, currency: str, translate: Translate, locale: str) -> str:
    """A sentence about how the line was billed; empty for a reason that is a condition."""
    if reason.code is ReasonCode.STEP:
        return translate(mark("Billed in steps of {step}: {measured} became {billed}.")).format(
            step=step_text(int(reason.values["step"]), line.unit, locale),
            measured=quantity(Decimal(reason.values["measured"]), line.unit, locale),
            billed=quantity(Decimal(reason.values["billed"]), line.unit, locale),
        )
    if reason.code is ReasonCode.TAX_UNKNOWN:
        return translate(mark("The VAT is not known."))
    if reason.code in _LIMITS:
        text = mark("A charge costs at least {amount}.")
        if reason.code is ReasonCode.MAX_PRICE:
            text = mark("A charge costs at most {amount}.")
        amount = Decimal(reason.values.get("after_taxes", reason.values["before_taxes"]))
        return translate(text).format(amount=formats.money(amount, currency, locale))
    return ""


def quantity(value: Decimal, unit: Unit, locale: str) -> str:
    """`12,345 kWh`, `1 h 05 min`, `1`."""
    if unit is Unit.SECOND:
        return span(round(value), locale)
    return formats.number(value, locale) + (" kWh" if unit is Unit.KWH else "")


def step_text(step: int, unit: Unit, locale: str) -> str:
    """One block of a step_size: `0,5 kWh`, `15 min`."""
    return quantity(Decimal(step) / 1000 if unit is Unit.KWH else Decimal(step), unit, locale)


def per(unit: Unit, translate: Translate) -> str:
    """What a unit price is for, to be put behind it."""
    words = {Unit.KWH: mark("per kWh"), Unit.SECOND: mark("per hour"), Unit.ONCE: ""}[unit]
    return translate(words) if words else ""


def _shown(code: ReasonCode, value: str, locale: str) -> str:
    if code is ReasonCode.DURATION_RANGE:
        return span(int(value), locale)
    if code in (ReasonCode.TIME_OF_DAY, ReasonCode.DATES):
        return value
    return formats.number(Decimal(value), locale)


def span(seconds: int, locale: str) -> str:
    """`1 h 05 min`; in seconds what is longer than any charge."""
    if abs(seconds) > MOST_SECONDS:
        return f"{formats.number(Decimal(seconds), locale)} s"
    return formats.duration(timedelta(seconds=seconds))


def day_names(days: Iterable[str], locale: str) -> str:
    """`Monday–Friday`, `Saturday and Sunday`: runs of three days or more are drawn together."""
    places = sorted(_DAYS.index(DayOfWeek(word)) for word in days)
    runs: list[list[int]] = [[places[0]]]
    for before, place in pairwise(places):
        if place == before + 1:
            runs[-1].append(place)
        else:
            runs.append([place])
    shown = [
        [f"{day_name(run[0], locale)}–{day_name(run[-1], locale)}"]
        if len(run) > 2
        else [day_name(place, locale) for place in run]
        for run in runs
    ]
    return lists.format_list([name for run in shown for name in run], locale=locale)


def day_name(place: int, locale: str) -> str:
    """`Monday` is 0."""
    return dates.format_date(_A_MONDAY + timedelta(days=place), "EEEE", locale=locale)
