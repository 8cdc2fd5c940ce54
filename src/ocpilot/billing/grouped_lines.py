"""Lines of an invoice between businesses: many CDRs summed up, exact amounts added first and rounded once.

Which CDRs they are is said by the list beside the invoice and by its reconciliation record, each to the last decimal.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import msgspec

from ocpilot.base import formats
from ocpilot.base.money import HALF_UP
from ocpilot.base.texts import mark, translator
from ocpilot.billing.invoice import InvoiceLine
from ocpilot.billing.taxes import Tax

_ONE = mark("{count} charge in {month}, {kwh} kWh")
_MANY = mark("{count} charges in {month}, {kwh} kWh")
_TAKEN_BACK = mark("{count} credited in {month}, {kwh} kWh")


class Summand(msgspec.Struct, frozen=True, kw_only=True):
    """One CDR: `exact` is its amount without taxes, below zero when it was taken back."""

    exact: Decimal
    kwh: Decimal
    ended_at: datetime
    tax: Tax


class _Sum(msgspec.Struct):
    exact: Decimal = Decimal(0)
    kwh: Decimal = Decimal(0)
    count: int = 0
    first: datetime | None = None
    last: datetime | None = None


def grouped(summands: Iterable[Summand], currency: str, zone: ZoneInfo, language: str) -> tuple[InvoiceLine, ...]:
    """A line per month (of the calendar in `zone`), tax and direction."""
    sums: dict[tuple[str, bool, Tax], _Sum] = {}
    for one in summands:
        month = f"{one.ended_at.astimezone(zone):%Y-%m}"
        found = sums.setdefault((month, one.exact < 0, one.tax), _Sum())
        found.exact += one.exact
        found.kwh += one.kwh
        found.count += 1
        found.first = min(found.first or one.ended_at, one.ended_at)
        found.last = max(found.last or one.ended_at, one.ended_at)
    write = _writer(language)
    return tuple(_line(key, sums[key], currency, write) for key in sorted(sums))


def _writer(language: str) -> Callable[[str, _Sum, bool], str]:
    translate = translator(language)

    def write(month: str, found: _Sum, taken_back: bool) -> str:
        text = _TAKEN_BACK if taken_back else _ONE if found.count == 1 else _MANY
        return translate(text).format(count=found.count, month=month, kwh=formats.number(abs(found.kwh), language))

    return write


def _line(
    key: tuple[str, bool, Tax], found: _Sum, currency: str, write: Callable[[str, _Sum, bool], str]
) -> InvoiceLine:
    month, taken_back, tax = key
    net = HALF_UP.round(found.exact, currency)
    return InvoiceLine(
        text=write(month, found, taken_back),
        quantity=Decimal(1),
        unit_price=net,
        net=net,
        tax=tax,
        start=found.first,
        end=found.last,
    )
