"""What a price plan includes each month: kWh and minutes of charges that are not paid for, taken off on the invoice.

Charges use it up in order of time, those on earlier invoices of the month first. What is taken off is what a charge was
priced per kWh, or by time; start fees and fees in per cent stay. A charge that is taken back gives back what it used.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Protocol
from zoneinfo import ZoneInfo

import msgspec
from babel import dates

from ocpilot.base import formats
from ocpilot.base.money import HALF_UP
from ocpilot.base.texts import mark, translator
from ocpilot.billing.invoice import InvoiceLine
from ocpilot.billing.plans import Plan
from ocpilot.billing.receipt import ReceiptLine
from ocpilot.billing.taxes import Tax
from ocpilot.pricing import Unit

_ZERO = Decimal(0)


class Consumed(Protocol):
    """A charge as it is billed (`BillItem` in `app/`); kWh and seconds are below zero where it is taken back."""

    @property
    def at(self) -> datetime:
        """When it ended: it counts in that month."""

    @property
    def kwh(self) -> Decimal:
        """Its energy."""

    @property
    def seconds(self) -> int:
        """How long it took."""

    @property
    def lines(self) -> tuple[InvoiceLine, ...]:
        """What it costs, with details."""


class Used(msgspec.Struct, frozen=True, kw_only=True):
    """What charges on earlier invoices used in a month, included or not."""

    kwh: Decimal = _ZERO
    seconds: int = 0

    def __add__(self, other: "Used") -> "Used":
        return Used(kwh=self.kwh + other.kwh, seconds=self.seconds + other.seconds)


class _Free(msgspec.Struct, frozen=True):
    """So much of one charge is included, and what that much was priced."""

    month: date
    unit: Unit
    tax: Tax
    quantity: Decimal
    net: Decimal
    gross: Decimal


def month_of(at: datetime, zone: ZoneInfo) -> date:
    """The first day of the month in which a moment is, by the calendar of the books."""
    return at.astimezone(zone).date().replace(day=1)


def allowance_lines(
    items: Sequence[Consumed],
    plan: Plan,
    used: Mapping[date, Used],
    *,
    currency: str,
    zone: ZoneInfo,
    language: str,
) -> tuple[InvoiceLine, ...]:
    """Lines below zero for what is included: one for each month, unit and tax. `used` is by the first of the month;
    `zone` that of the books."""
    included = {Unit.KWH: plan.included_kwh, Unit.SECOND: Decimal(plan.included_minutes * 60)}
    sums: dict[tuple[date, Unit, Tax], list[_Free]] = {}
    for free in _all_free(items, included, used, zone):
        sums.setdefault((free.month, free.unit, free.tax), []).append(free)
    lines = (_line(each, included[unit], currency, language) for (_, unit, _), each in sorted(sums.items()))
    return tuple(line for line in lines if line.net)


def _all_free(
    items: Sequence[Consumed], included: Mapping[Unit, Decimal], used: Mapping[date, Used], zone: ZoneInfo
) -> Iterator[_Free]:
    count: dict[tuple[date, Unit], Decimal] = {}
    for month, before in used.items():
        count[month, Unit.KWH], count[month, Unit.SECOND] = before.kwh, Decimal(before.seconds)
    for item in sorted(items, key=lambda item: item.at):
        month = month_of(item.at, zone)
        for unit, quantity in ((Unit.KWH, item.kwh), (Unit.SECOND, Decimal(item.seconds))):
            until_here = count.get((month, unit), _ZERO)
            count[month, unit] = until_here + quantity
            free = _within(until_here + quantity, included[unit]) - _within(until_here, included[unit])
            if free:
                yield from _free_of(item, month, unit, free, abs(quantity))


def _within(quantity: Decimal, included: Decimal) -> Decimal:
    return min(max(quantity, _ZERO), included)


def _free_of(item: Consumed, month: date, unit: Unit, free: Decimal, whole: Decimal) -> Iterator[_Free]:
    """Per tax. A price below zero is no reason to take money."""
    for line in item.lines:
        counted = _counted(line.details, unit)
        net = sum((one.amount.excl or _ZERO for one in counted), _ZERO)
        gross = sum((one.amount.incl or _ZERO for one in counted), _ZERO)
        share = free / whole
        yield _Free(month, unit, line.tax, free, max(net, _ZERO) * share, max(gross, _ZERO) * share)


def _counted(details: Sequence[ReceiptLine], unit: Unit) -> Sequence[ReceiptLine]:
    """The details that are priced by this unit; a charge of which only one amount is known counts as energy."""
    if [one.quantity for one in details] == [None]:
        return details if unit is Unit.KWH else ()
    return [one for one in details if one.unit is unit]


def _line(free: Sequence[_Free], included: Decimal, currency: str, language: str) -> InvoiceLine:
    first = free[0]
    quantity = sum((one.quantity for one in free), _ZERO)
    net = -HALF_UP.round(sum((one.net for one in free), _ZERO), currency)
    gross = -HALF_UP.round(sum((one.gross for one in free), _ZERO), currency)
    factor, unit = (1, "kWh") if first.unit is Unit.KWH else (60, "min")
    return InvoiceLine(
        text=translator(language)(mark("Included in the plan: {part} of {whole} {unit}, {month}")).format(
            part=formats.number(quantity / factor, language),
            whole=formats.number(included / factor, language),
            unit=unit,
            month=dates.format_date(first.month, "LLLL yyyy", locale=language),
        ),
        quantity=Decimal(-1 if net < 0 else 1),
        unit_price=abs(net),
        net=net,
        gross=gross,
        tax=first.tax,
    )
