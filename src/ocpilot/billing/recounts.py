"""What a CDR would say if a right charge had been added up, taxed or signed in a wrong way: the numbers themselves."""

from collections.abc import Iterable, Iterator, Mapping
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal
from fractions import Fraction

from ocpilot.base.money import HALF_UP
from ocpilot.billing.causes import Cause
from ocpilot.billing.numbers import COSTS, PARTS, Numbers
from ocpilot.pricing import Part, PricedCharge, PriceLine, Unit
from ocpilot.pricing.trace import Look

_ZERO = Decimal(0)
_HUNDRED = Decimal(100)
_PART_OF = {
    Part.FIXED: "total_fixed_cost",
    Part.ENERGY: "total_energy_cost",
    Part.TIME: "total_time_cost",
    Part.PARKING: "total_parking_cost",
    Part.RESERVATION: "total_reservation_cost",
}
#: What each factor makes of a volume that was written in another unit.
_UNITS = (
    (Cause.MINUTES_AS_HOURS, ("total_time", "total_parking_time"), 60),
    (Cause.WH_AS_KWH, ("total_energy",), 1000),
)

Recount = tuple[Cause, Numbers]


def recounts(ours: PricedCharge, right: Numbers, *, is_credit: bool) -> Iterator[Recount]:
    """The numbers under each mistake; `right` are those of a right CDR."""
    yield from _of_volumes(right)
    if ours.total is None:
        return
    yield Cause.NOT_BILLED, {name: _ZERO if "_cost" in name else value for name, value in right.items()}
    yield from _of_taxes(ours, right, -1 if is_credit else 1)
    yield from _of_parts(right, -1 if is_credit else 1)
    if is_credit:
        yield from _of_signs(right)
    if ours.total.amount.excl is not None:
        yield from _of_rounding(ours, right)


def _of_volumes(right: Numbers) -> Iterator[Recount]:
    for cause, names, factor in _UNITS:
        for name in names:
            for times in (Decimal(factor), 1 / Decimal(factor)):
                yield cause, {**right, name: right[name] * times}
        yield cause, {**right, **{name: right[name] * factor for name in names}}
    yield Cause.PARKING_LEFT_OUT, {**right, "total_parking_time": _ZERO}
    rest = right["total_time"] - right["total_parking_time"]
    yield Cause.PARKING_LEFT_OUT, {**right, "total_time": rest}


# ---- taxes ---------------------------------------------------------------------------------------------------------


def _of_taxes(ours: PricedCharge, right: Numbers, sign: int) -> Iterator[Recount]:
    sums = dict(
        zip(COSTS, (ours.total, ours.fixed, ours.energy, ours.time, ours.parking, ours.reservation), strict=True)
    )
    gross = {
        name: (sign if name == "total_cost" else 1) * total.amount.incl
        for name, total in sums.items()
        if total is not None and total.amount.incl is not None
    }
    none = {name: _ZERO for name in right if ".taxes" in name}
    doubled = {name: 2 * value for name, value in right.items() if ".taxes" in name}
    again = {name: value * (1 + _rate(name) / _HUNDRED) for name, value in right.items() if ".taxes[" in name}
    again |= {f"{name}.taxes": _sum_of_rates(name, again) for name in COSTS if f"{name}.taxes" in right}
    for cause, changes in (
        (Cause.TAX_MISSING, none),
        (Cause.TAX_IN_NET, gross),
        (Cause.TAX_IN_NET, gross | none),
        (Cause.TAX_TWICE, gross | again),
        (Cause.TAX_TWICE, doubled),
    ):
        yield cause, {**right, **changes}
        yield cause, {**right, **{name: value for name, value in changes.items() if name.startswith("total_cost")}}


def _rate(name: str) -> Decimal:
    """Of `total_cost.taxes[25]`."""
    return Decimal(name.partition("[")[2].removesuffix("]"))


def _sum_of_rates(cost: str, numbers: Numbers) -> Decimal:
    return sum((value for name, value in numbers.items() if name.startswith(f"{cost}.taxes[")), _ZERO)


# ---- parts ---------------------------------------------------------------------------------------------------------


def _of_parts(right: Numbers, sign: int) -> Iterator[Recount]:
    """A part left out of the total, or counted twice, with its taxes."""
    for part in PARTS:
        own = {name: value for name, value in right.items() if name.startswith(part)}
        for cause, times in _causes_of(part) if own else ():
            totals = {f"total_cost{name.removeprefix(part)}": sign * times * value for name, value in own.items()}
            changed = {name: right[name] + more for name, more in totals.items() if name in right}
            yield cause, {**right, **changed}
            yield cause, {**right, **changed, **{name: value * (1 + times) for name, value in own.items()}}


def _causes_of(part: str) -> tuple[tuple[Cause, int], ...]:
    if part == "total_fixed_cost":
        return ((Cause.FLAT_MISSING, -1), (Cause.FLAT_TWICE, 1))
    if part == "total_reservation_cost":
        return ((Cause.RESERVATION_NOT_PRICED, -1), (Cause.RESERVATION_TWICE, 1))
    return ((Cause.PARKING_LEFT_OUT if part == "total_parking_cost" else Cause.PART_LEFT_OUT, -1),)


def _of_signs(right: Numbers) -> Iterator[Recount]:
    positive = {name: -value for name, value in right.items() if name.startswith("total_cost")}
    negative = {name: -value for name, value in right.items() if name.startswith(PARTS)}
    yield Cause.CREDIT_SIGN, {**right, **positive}
    yield Cause.CREDIT_SIGN, {**right, **negative}


# ---- rounding ------------------------------------------------------------------------------------------------------


def _of_rounding(ours: PricedCharge, right: Numbers) -> Iterator[Recount]:
    """Every line, or every period, rounded or cut by itself and then added up; and every total cut."""
    places = HALF_UP.decimals_for(ours.currency)
    lines = [(line.part, _exact(line)) for line in ours.lines]
    periods = [amount for look in ours.looks if (amount := _of_look(look, ours.lines)) is not None]
    once = [(line.part, _exact(line)) for line in ours.lines if line.unit is Unit.ONCE]
    once += [(line.part, _net(line, Fraction(line.billed - line.measured))) for line in ours.lines]
    for cause, amounts, mode in (
        (Cause.ROUNDED_PER_LINE, lines, ROUND_HALF_UP),
        (Cause.ROUNDED_PER_PERIOD, [*periods, *once], ROUND_HALF_UP),
        (Cause.TRUNCATED, lines, ROUND_DOWN),
        (Cause.TRUNCATED, [*periods, *once], ROUND_DOWN),
    ):
        yield cause, {**right, **_added([(part, _rounded(value, places, mode)) for part, value in amounts])}
    cut = {name: _rounded(sum(values, Fraction(0)), places, ROUND_DOWN) for name, values in _by_name(lines).items()}
    yield Cause.TRUNCATED, {**right, **cut}
    whole = {name: _rounded(Fraction(value), 0, ROUND_DOWN) for name, value in right.items() if name in COSTS}
    if any(whole.values()):
        yield Cause.TRUNCATED, {**right, **whole}
    nearest = {name: _rounded(Fraction(value), 0, ROUND_HALF_UP) for name, value in right.items() if name in COSTS}
    yield Cause.ROUNDING, {**right, **nearest}


def _exact(line: PriceLine) -> Fraction:
    """The amount of a line before rounding and before tax; that of a limit as it was settled."""
    if line.part is Part.LIMIT:
        return Fraction(line.amount.excl or _ZERO)
    return _net(line, Fraction(line.billed))


def _net(line: PriceLine, quantity: Fraction) -> Fraction:
    amount = Fraction(line.unit_price) * quantity / (3600 if line.unit is Unit.SECOND else 1)
    return amount / (1 + Fraction(line.vat) / 100) if line.tax_included and line.vat and line.vat > -100 else amount


def _of_look(look: Look, lines: Iterable[PriceLine]) -> tuple[Part, Fraction] | None:
    """What one period costs by itself, without steps."""
    key = (look.part, look.tariff_id, look.element, look.component)
    for line in lines:
        if (line.part, line.tariff_id, line.element, line.component) == key:
            return look.part, _net(line, Fraction(look.quantity))
    return None


def _rounded(value: Fraction, places: int, mode: str) -> Decimal:
    """A fraction to so many decimals, half up or towards zero."""
    scaled = abs(value) * 10**places
    units = int(scaled + Fraction(1, 2)) if mode == ROUND_HALF_UP else int(scaled)
    return Decimal(units if value >= 0 else -units).scaleb(-places)


def _by_name(amounts: Iterable[tuple[Part, Fraction]]) -> Mapping[str, list[Fraction]]:
    found: dict[str, list[Fraction]] = {"total_cost": []}
    for part, value in amounts:
        found["total_cost"].append(value)
        if part in _PART_OF:
            found.setdefault(_PART_OF[part], []).append(value)
    return found


def _added(amounts: Iterable[tuple[Part, Decimal]]) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {"total_cost": _ZERO}
    for part, value in amounts:
        found["total_cost"] += value
        if part in _PART_OF:
            found[_PART_OF[part]] = found.get(_PART_OF[part], _ZERO) + value
    return found
