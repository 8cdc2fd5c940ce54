"""The numbers of a CDR and of a priced charge under the same names, and where they differ."""

from collections.abc import Iterator, Mapping
from decimal import Decimal

import msgspec

from ocpilot.base.time import hours
from ocpilot.billing.causes import Cause
from ocpilot.billing.tolerance import Tolerance
from ocpilot.pricing import PricedCharge, Sum
from ocpilot.wire.v230 import CDR, CdrDimensionType, Price, TaxAmount

PARTS = ("total_fixed_cost", "total_energy_cost", "total_time_cost", "total_parking_cost", "total_reservation_cost")
COSTS = ("total_cost", *PARTS)
VOLUMES = ("total_energy", "total_time", "total_parking_time")

#: `total_cost` is before taxes, `total_cost.taxes` the sum of its taxes, `total_cost.taxes[25]` that of one rate, and
#: `total_cost.after_taxes` stands for both where what is before taxes is not known.
Numbers = Mapping[str, Decimal]


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One number that is not ours. `name` is the field, `.taxes` behind it for the taxes; None is not given, or not
    known. `size` is theirs minus ours. `cause` is the likeliest, `others` explain the size as well."""

    name: str
    theirs: Decimal | None
    ours: Decimal | None
    size: Decimal
    cause: Cause | None = None
    others: tuple[Cause, ...] = ()


def numbers_of(priced: PricedCharge, *, is_credit: bool = False) -> dict[str, Decimal]:
    """What a right CDR of this charge says; costs only when the price is known.

    The total cost of a Credit CDR is negative, and only that (mod_cdrs, "Credit CDRs").
    """
    found = {"total_energy": priced.kwh, "total_time": hours(priced.duration)}
    found["total_parking_time"] = hours(priced.parked)
    sums = (priced.total, priced.fixed, priced.energy, priced.time, priced.parking, priced.reservation)
    for name, total in zip(COSTS, sums, strict=True):
        if total is not None:
            sign = -1 if is_credit and name == "total_cost" else 1
            found.update(_of_sum(name, total, sign))
    return found


def _of_sum(name: str, total: Sum, sign: int) -> Iterator[tuple[str, Decimal]]:
    amount = total.amount
    if amount.excl is not None:
        yield name, sign * amount.excl
    if amount.incl is not None:
        yield f"{name}.after_taxes", sign * amount.incl
    if amount.vat is not None:
        yield from _of_taxes(name, total.taxes, sign)


def numbers_in(cdr: CDR) -> dict[str, Decimal]:
    """What a CDR says. Without taxes what is after them is not said: in older versions they may be left out."""
    found = {"total_time": cdr.total_time}
    if has_energy(cdr) or not cdr.total_energy:
        found["total_energy"] = cdr.total_energy
    if cdr.total_parking_time is not None:
        found["total_parking_time"] = cdr.total_parking_time
    for name in COSTS:
        cost: Price | None = getattr(cdr, name)
        if cost is None:
            continue
        found.update(_of_price(name, cost))
    return found


def after_taxes(cost: Price) -> Decimal:
    """With all taxes that are stated; without any it is what is before taxes."""
    return cost.before_taxes + sum((tax.amount for tax in cost.taxes), Decimal(0))


def has_energy(cdr: CDR) -> bool:
    """Does any period hold energy? Where energy has no price, as in the standard's own example, it may be told in total
    only (mod_cdrs, "Example of a CDR"): that cannot be compared."""
    return any(one.type is CdrDimensionType.ENERGY for period in cdr.charging_periods for one in period.dimensions)


def _of_price(name: str, cost: Price) -> dict[str, Decimal]:
    """The numbers of one cost."""
    found = {name: cost.before_taxes}
    found[f"{name}.after_taxes"] = after_taxes(cost)
    if cost.taxes:
        found.update(_of_taxes(name, cost.taxes, 1))
    return found


def _of_taxes(name: str, taxes: tuple[TaxAmount, ...], sign: int) -> Iterator[tuple[str, Decimal]]:
    """Their sum; and each rate, when there are several and all are known."""
    if taxes:
        yield f"{name}.taxes", sign * sum((tax.amount for tax in taxes), Decimal(0))
    rates: dict[str, Decimal] = {}
    for tax in taxes:
        if tax.percentage is None:
            return
        rate = f"{name}.taxes[{tax.percentage.normalize():f}]"
        rates[rate] = rates.get(rate, Decimal(0)) + sign * tax.amount
    yield from rates.items()


def compared(theirs: Numbers, ours: Numbers, currency: str, tolerance: Tolerance) -> list[Difference]:
    """Every number of theirs that is not ours. Parts of the cost that they leave out are not compared: they are
    optional; and taxes only when both name some."""
    found: list[Difference] = []
    for name in COSTS:
        found += _costs(name, theirs, ours, currency, tolerance)
    for name in VOLUMES:
        if name in ours and (name in theirs or (name == "total_parking_time" and ours[name] > 0)):
            found += _differs(name, theirs.get(name), ours[name], tolerance.of_volume(name))
    return found


def _costs(name: str, theirs: Numbers, ours: Numbers, currency: str, tolerance: Tolerance) -> Iterator[Difference]:
    if name not in theirs or not ({"total_cost", "total_cost.after_taxes"} & ours.keys()):
        return
    for key in _keys(name, theirs, ours):
        mine = ours.get(key, Decimal(0))
        yield from _differs(key, theirs.get(key, Decimal(0)), mine, tolerance.of_amount(currency, mine))


def _keys(name: str, theirs: Numbers, ours: Numbers) -> Iterator[str]:
    """What of one cost can be compared."""
    gross, taxes = f"{name}.after_taxes", f"{name}.taxes"
    if name not in ours and gross in ours:
        yield gross
        return
    yield name
    if taxes in theirs and taxes in ours:
        yield taxes
        rates = [{key for key in side if key.startswith(f"{taxes}[")} for side in (theirs, ours)]
        if all(rates) and len(rates[0] | rates[1]) > 1:
            yield from sorted(rates[0] | rates[1])


def _differs(name: str, theirs: Decimal | None, ours: Decimal, tolerance: Decimal) -> Iterator[Difference]:
    """A difference, if it is larger than the tolerance."""
    size = (theirs or Decimal(0)) - ours
    if abs(size) > tolerance:
        yield Difference(name=name, theirs=theirs, ours=ours, size=size)
