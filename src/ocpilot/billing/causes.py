"""What probably lies behind a difference: the few mistakes that two right systems make."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum

import msgspec

from ocpilot.pricing import Part, PricedCharge, Unit
from ocpilot.pricing.crossings import EXPECTED
from ocpilot.wire.v230 import CDR, Price

_CENT = Decimal("0.015")


class Cause(StrEnum):
    """Words of code; `words.py` says them in a language."""

    STEP_NOT_APPLIED = "STEP_NOT_APPLIED"
    TAX_IN_NET = "TAX_IN_NET"
    TAX_MISSING = "TAX_MISSING"
    PARKING_AS_CHARGING = "PARKING_AS_CHARGING"
    PRICE_CHANGES_INSIDE_PERIOD = "PRICE_CHANGES_INSIDE_PERIOD"
    PERIODS_DO_NOT_ADD_UP = "PERIODS_DO_NOT_ADD_UP"
    PARTS_DO_NOT_ADD_UP = "PARTS_DO_NOT_ADD_UP"
    ROUNDING = "ROUNDING"


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """One cost that differs: `size` is theirs minus ours."""

    name: str
    size: Decimal
    cdr: CDR
    ours: PricedCharge


def likely_cause(case: Case) -> Cause | None:
    """The first cause that explains the size, or None."""
    if case.name.endswith(".taxes"):
        return _tax_cause(case)
    if not case.name.endswith("_cost"):
        return Cause.PERIODS_DO_NOT_ADD_UP
    return next((cause for cause, explains in _EXPLANATIONS if explains(case)), None)


def _tax_cause(case: Case) -> Cause | None:
    theirs: Price = getattr(case.cdr, case.name.removesuffix(".taxes"))
    return Cause.TAX_MISSING if not any(tax.amount for tax in theirs.taxes) else None


def _near(size: Decimal, expected: Decimal) -> bool:
    return abs(size - expected) <= _CENT


def _steps_left_out(case: Case) -> bool:
    """They billed what was measured, we billed whole steps."""
    return any(_near(case.size, -extra) for extra in _step_extras(case.ours))


def _step_extras(ours: PricedCharge) -> list[Decimal]:
    extras = [_extra(line.billed - line.measured, line.unit, line.unit_price) for line in ours.lines]
    known = [extra for extra in extras if extra]
    return [*known, sum(known, Decimal(0))] if known else []


def _extra(quantity: Decimal, unit: Unit, price: Decimal) -> Decimal:
    return quantity * price / 3600 if unit is Unit.SECOND else quantity * price


def _tax_in_net(case: Case) -> bool:
    """They wrote the gross where the net belongs."""
    vat = case.ours.total.amount.vat if case.ours.total else None
    return bool(vat) and _near(case.size, vat or Decimal(0))


def _parking_as_charging(case: Case) -> bool:
    """They priced the parked time like charging, or left it out."""
    parked = sum((_net(line.amount.excl) for line in case.ours.lines if line.part is Part.PARKING), Decimal(0))
    if not case.ours.parked or not parked:
        return False
    rates = [line.unit_price for line in case.ours.lines if line.part is Part.TIME]
    hours = Decimal(round(case.ours.parked / timedelta(seconds=1))) / 3600
    return any(_near(case.size, hours * rate - parked) for rate in [*rates, Decimal(0)])


def _net(amount: Decimal | None) -> Decimal:
    return amount or Decimal(0)


def _price_changes_inside(case: Case) -> bool:
    return any(finding.expected == EXPECTED for finding in case.ours.findings)


def _parts_do_not_add_up(case: Case) -> bool:
    """Their own total is not the sum of their own parts."""
    parts = [
        case.cdr.total_fixed_cost,
        case.cdr.total_energy_cost,
        case.cdr.total_time_cost,
        case.cdr.total_parking_cost,
        case.cdr.total_reservation_cost,
    ]
    given = [part.before_taxes for part in parts if part is not None]
    limited = any(line.part is Part.LIMIT for line in case.ours.lines)
    return bool(given) and not limited and not _near(case.cdr.total_cost.before_taxes, sum(given, Decimal(0)))


def _rounding(case: Case) -> bool:
    """At most a cent for every line and period."""
    return abs(case.size) <= Decimal("0.01") * (len(case.ours.lines) + len(case.cdr.charging_periods))


_EXPLANATIONS: tuple[tuple[Cause, Callable[[Case], bool]], ...] = (
    (Cause.STEP_NOT_APPLIED, _steps_left_out),
    (Cause.TAX_IN_NET, _tax_in_net),
    (Cause.PARKING_AS_CHARGING, _parking_as_charging),
    (Cause.PRICE_CHANGES_INSIDE_PERIOD, _price_changes_inside),
    (Cause.ROUNDING, _rounding),
    (Cause.PARTS_DO_NOT_ADD_UP, _parts_do_not_add_up),
)
