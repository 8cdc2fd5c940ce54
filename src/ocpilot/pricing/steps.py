"""step_size: once per charge for energy, once for time and parking together (mod_cdrs, "CDR Object", step_size)."""

from collections.abc import Iterable, Sequence
from decimal import ROUND_CEILING, Decimal

import msgspec

from ocpilot.pricing.charges import ENERGY, PARKING, RESERVATION, TIME, Charge
from ocpilot.pricing.trace import Unit

#: What a step_size of 1 is, in the unit of the quantity.
_ONE_STEP = {Unit.KWH: Decimal("0.001"), Unit.SECOND: Decimal(1)}
_TOGETHER = (frozenset({ENERGY}), frozenset({TIME, PARKING}), frozenset({RESERVATION}))


class Stepped(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """A charge after step_size; `step` is None when the step changed nothing of it.

    `total_measured` and `total_billed` are the whole dimension's, to which the step was applied.
    """

    charge: Charge
    step: int | None = None
    total_measured: Decimal = Decimal(0)
    total_billed: Decimal = Decimal(0)


def stepped(charges: Sequence[Charge]) -> list[Stepped]:
    """The charges with what step_size adds put on the last component of its kind, at that component's price."""
    added = {id(last): total for last, total in _last_ones(charges)}
    return [
        _billed_up(charge, added[id(charge)]) if id(charge) in added else Stepped(charge=charge) for charge in charges
    ]


def _last_ones(charges: Sequence[Charge]) -> Iterable[tuple[Charge, Decimal]]:
    """The charges whose step counts, each with the total of its dimension.

    Time and parking count together: whichever of the two was active last is rounded, the other is not. A reservation
    is over before either begins and has its own step.
    """
    for parts in _TOGETHER:
        group = [charge for charge in charges if charge.part in parts and charge.unit is not Unit.ONCE]
        if group:
            last = max(group, key=lambda charge: (charge.last, charge.part is PARKING))
            yield last, sum((charge.measured for charge in group if charge.part is last.part), Decimal(0))


def _billed_up(charge: Charge, total: Decimal) -> Stepped:
    step = charge.active.price.step_size
    if step <= 0 or total <= 0:
        return Stepped(charge=charge)
    block = step * _ONE_STEP[charge.unit]
    billed = (total / block).to_integral_value(ROUND_CEILING) * block
    if billed == total:
        return Stepped(charge=charge)
    more = msgspec.structs.replace(charge, billed=charge.measured + billed - total)
    return Stepped(charge=more, step=step, total_measured=total, total_billed=billed)
