"""What `ocpilot price --json` prints: the totals of a CDR as recomputed, line by line and with the whole trace.

Amounts and quantities are decimal strings. They are exact, or rounded at 9 decimals where they do not end: money is
written with the decimals of its currency at least, energy in kWh, times in hours. `rounded` holds the amounts as a bill
has them.
"""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal

import msgspec

from ocpilot.base.money import HALF_UP, RoundingPolicy
from ocpilot.base.texts import Translate
from ocpilot.pricing import Amount, Part, PricedCharge, PriceLine, Sum, Unit, words
from ocpilot.pricing.trace import Look

#: Decimals that exact amounts are cut at.
DECIMALS = 9
EXACT = RoundingPolicy(decimals=DECIMALS)

_HOUR = Decimal(3600)
_LAST = Decimal(1).scaleb(-DECIMALS)


class Tax(msgspec.Struct, frozen=True, kw_only=True):
    """The amount of one tax; `percentage` None is not known, or several."""

    name: str
    percentage: str | None
    amount: str


class Money(msgspec.Struct, frozen=True, kw_only=True):
    """An amount; `before_taxes` or `after_taxes` None is not known, never the other one by silence."""

    before_taxes: str | None
    taxes: tuple[Tax, ...]
    after_taxes: str | None


class Why(msgspec.Struct, frozen=True, kw_only=True):
    """A reason in words of code with its values, and in a person's words (empty: nothing to say)."""

    code: str
    values: dict[str, str]
    text: str


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """What one Price Component came to: quantities in `unit` (kWh, h or 1), `element` and `component` from 0."""

    part: Part
    tariff_id: str
    element: int | None
    component: int | None
    measured: str
    billed: str
    unit: str
    unit_price: str
    tax_included: bool
    vat: str | None
    before_taxes: str | None
    tax: str | None
    after_taxes: str | None
    why: tuple[Why, ...]


class Billed(msgspec.Struct, frozen=True, kw_only=True):
    """Quantities after step_size: kWh and hours."""

    energy: str
    time: str
    parking_time: str


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """The costs of a CDR; a part is None when nothing of it was priced."""

    total_cost: Money | None
    total_fixed_cost: Money | None
    total_energy_cost: Money | None
    total_time_cost: Money | None
    total_parking_cost: Money | None
    total_reservation_cost: Money | None


class PriceDocument(msgspec.Struct, frozen=True, kw_only=True):
    """The whole answer. `total_cost` None: no price can be given, for the `reasons`."""

    currency: str | None = None
    total_cost: Money | None = None
    total_fixed_cost: Money | None = None
    total_energy_cost: Money | None = None
    total_time_cost: Money | None = None
    total_parking_cost: Money | None = None
    total_reservation_cost: Money | None = None
    total_energy: str | None = None
    total_time: str | None = None
    total_parking_time: str | None = None
    billed: Billed | None = None
    lines: tuple[Line, ...] = ()
    warnings: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    rounded: Totals | None = None
    trace: tuple[Look, ...] = ()


def document(  # noqa: PLR0917 - what a document is made of
    exact: PricedCharge,
    rounded: PricedCharge,
    warnings: Sequence[str],
    reasons: Sequence[str],
    translate: Translate,
    locale: str,
) -> PriceDocument:
    """`exact` is priced with `EXACT`, `rounded` as on a bill. A Credit CDR is both with its total negative."""
    return PriceDocument(
        **msgspec.structs.asdict(_totals(exact)),
        currency=exact.currency,
        total_energy=number(exact.kwh),
        total_time=_hours(exact.duration),
        total_parking_time=_hours(exact.parked),
        billed=Billed(
            energy=number(_billed(exact.lines, Part.ENERGY)),
            time=number(_billed(exact.lines, Part.TIME) / _HOUR),
            parking_time=number(_billed(exact.lines, Part.PARKING) / _HOUR),
        ),
        lines=tuple(_line(line, exact.currency, translate, locale) for line in exact.lines),
        warnings=tuple(warnings),
        reasons=tuple(reasons),
        rounded=_totals(rounded) if rounded.total else None,
        trace=exact.looks,
    )


def _totals(priced: PricedCharge) -> Totals:
    return Totals(
        total_cost=_sum(priced.total, priced.currency),
        total_fixed_cost=_sum(priced.fixed, priced.currency),
        total_energy_cost=_sum(priced.energy, priced.currency),
        total_time_cost=_sum(priced.time, priced.currency),
        total_parking_cost=_sum(priced.parking, priced.currency),
        total_reservation_cost=_sum(priced.reservation, priced.currency),
    )


def _sum(total: Sum | None, currency: str) -> Money | None:
    if total is None or total.amount == Amount():
        return None
    taxes = tuple(
        Tax(
            name=tax.name,
            percentage=None if tax.percentage is None else number(tax.percentage),
            amount=_money(tax.amount, currency) or "",
        )
        for tax in total.taxes
    )
    return Money(
        before_taxes=_money(total.amount.excl, currency), taxes=taxes, after_taxes=_money(total.amount.incl, currency)
    )


def _line(line: PriceLine, currency: str, translate: Translate, locale: str) -> Line:
    amount: Amount = line.amount
    is_time = line.unit is Unit.SECOND
    return Line(
        part=line.part,
        tariff_id=line.tariff_id,
        element=line.element,
        component=line.component,
        measured=number(line.measured / _HOUR if is_time else line.measured),
        billed=number(line.billed / _HOUR if is_time else line.billed),
        unit="h" if is_time else line.unit.value,
        unit_price=number(line.unit_price),
        tax_included=line.tax_included,
        vat=None if line.vat is None else number(line.vat),
        before_taxes=_money(amount.excl, currency),
        tax=_money(amount.vat, currency),
        after_taxes=_money(amount.incl, currency),
        why=tuple(
            Why(
                code=reason.code,
                values=reason.values,
                text=words.condition(reason, translate, locale)
                or words.note(reason, line, currency, translate, locale),
            )
            for reason in line.why
        ),
    )


def _billed(lines: Iterable[PriceLine], part: Part) -> Decimal:
    return sum((line.billed for line in lines if line.part is part), Decimal(0))


def _hours(span: timedelta) -> str:
    return number(Decimal(round(span.total_seconds())) / _HOUR)


def _money(amount: Decimal | None, currency: str) -> str | None:
    return None if amount is None else number(amount, HALF_UP.decimals_for(currency))


def number(value: Decimal, least: int = 0) -> str:
    """Without zeros that say nothing, with `least` decimals at any rate, at most 9."""
    text = f"{value.quantize(_LAST, ROUND_HALF_UP):f}" if _is_long(value) else f"{value:f}"
    whole, _, decimals = text.partition(".")
    decimals = decimals.rstrip("0").ljust(least, "0")
    return f"{whole}.{decimals}" if decimals else "0" if whole == "-0" else whole


def _is_long(value: Decimal) -> bool:
    exponent = value.as_tuple().exponent
    return isinstance(exponent, int) and exponent < -DECIMALS
