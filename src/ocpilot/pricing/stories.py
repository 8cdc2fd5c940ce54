"""Why this price and not the other: the story of a charge, period by period, in sentences a driver reads."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal

import msgspec

from ocpilot.base import formats
from ocpilot.base.texts import Translate, mark
from ocpilot.pricing import words
from ocpilot.pricing.sentences import priced_when
from ocpilot.pricing.trace import Look, Passed, PricedCharge, Reason, ReasonCode
from ocpilot.wire.v230 import Tariff

#: Prices that are no alternative for what is being priced: nobody asks why they do not hold.
_OF_ANOTHER_KIND = frozenset(
    {ReasonCode.RESERVATION, ReasonCode.RESERVATION_EXPIRED, ReasonCode.NOT_FOR_RESERVATIONS, ReasonCode.BOOKING}
)


def of_looks(priced: PricedCharge, tariffs: Iterable[Tariff], translate: Translate, locale: str = "en") -> list[str]:
    """One paragraph for each change of price, in order of time: what was used from then on and at which price, and why
    the prices before it in the Tariff did not hold. `tariffs` are those it was priced by; empty without `looks`."""
    known = {tariff.id: tariff for tariff in tariffs}
    looks = [look for look in priced.looks if look.element is not None or _others(look)]
    days = {look.at.date() for look in looks}
    return [
        " ".join(_paragraph(look, known[look.tariff_id], translate, locale, dated=len(days) > 1))
        for look in _joined(looks)
    ]


def _joined(looks: Sequence[Look]) -> list[Look]:
    """Periods on end in which the same component priced the same, as one."""
    joined: list[Look] = []
    latest: dict[str, int] = {}
    for look in looks:
        place = latest.get(look.part)
        if place is not None and _who(joined[place]) == _who(look):
            joined[place] = _with_more(joined[place], look.quantity)
        else:
            latest[look.part] = len(joined)
            joined.append(look)
    return joined


def _who(look: Look) -> tuple[str, int | None, int | None]:
    return look.tariff_id, look.element, look.component


def _with_more(look: Look, quantity: Decimal) -> Look:
    return msgspec.structs.replace(look, quantity=look.quantity + quantity)


def _paragraph(look: Look, tariff: Tariff, translate: Translate, locale: str, *, dated: bool) -> Iterator[str]:
    values = {
        "moment": _moment(look.at, locale, dated=dated),
        "what": words.part_label(look.part, translate),
        "quantity": words.quantity(look.quantity, look.unit, locale),
    }
    if look.element is None or look.component is None:
        yield translate(mark("From {moment}: {what}, {quantity} for nothing, as no price holds then.")).format(**values)
    else:
        price = priced_when(tariff, look.element, look.component, translate, locale)
        yield translate(mark("From {moment}: {what}, {quantity} at {price}.")).format(**values, price=price)
    for passed in _others(look):
        price = priced_when(tariff, passed.element, passed.component, translate, locale)
        because = _because(passed.because, look, translate, locale)
        yield translate(mark("Not {price}, as {because}.")).format(price=price, because=because)


def _others(look: Look) -> list[Passed]:
    return [passed for passed in look.passed if passed.because.code not in _OF_ANOTHER_KIND]


def _moment(at: datetime, locale: str, *, dated: bool) -> str:
    clock = f"{at:%H:%M:%S}" if at.second else f"{at:%H:%M}"
    return f"{words.day_name(at.weekday(), locale)} {clock}" if dated else clock


def _because(reason: Reason, look: Look, translate: Translate, locale: str) -> str:
    """What was the case instead."""
    code, at = reason.code, look.at
    if code is ReasonCode.TIME_OF_DAY:
        return translate(mark("it was {time}")).format(time=_moment(at, locale, dated=False))
    if code is ReasonCode.DATES:
        return translate(mark("the date was {date}")).format(date=at.date().isoformat())
    if code is ReasonCode.DAYS:
        return translate(mark("it was {day}")).format(day=words.day_name(at.weekday(), locale))
    if code is ReasonCode.ENERGY_RANGE:
        text = translate(mark("{energy} had been charged"))
        return text.format(energy=f"{formats.number(look.kwh, locale)} kWh")
    if code is ReasonCode.DURATION_RANGE:
        return translate(mark("the charge had lasted {duration}")).format(duration=words.span(look.seconds, locale))
    return translate(_of_level(reason))


def _of_level(reason: Reason) -> str:
    if "missing" in reason.values:
        return (
            mark("the power was not measured")
            if reason.code is ReasonCode.POWER_RANGE
            else mark("the current was not measured")
        )
    return mark("the power was another") if reason.code is ReasonCode.POWER_RANGE else mark("the current was another")
