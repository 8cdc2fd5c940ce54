"""Which mistake explains a difference: the trial whose numbers are theirs, or else what is plainly odd."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from decimal import Decimal, localcontext

import msgspec

from ocpilot.billing.causes import Cause
from ocpilot.billing.numbers import PARTS, Difference, Numbers, compared, numbers_of
from ocpilot.billing.recounts import Recount, recounts
from ocpilot.billing.structure import Oddity
from ocpilot.billing.tolerance import Tolerance, unit
from ocpilot.billing.trials import Basis, trials
from ocpilot.pricing import Part, PricedCharge
from ocpilot.pricing.crossings import EXPECTED

_replace = msgspec.structs.replace
#: Numbers of a CDR may have 40 digits, and are multiplied here.
_PRECISION = 200
#: Causes that so much may hide behind that they are named last among those that explain as many numbers.
_VAGUE = (
    Cause.OTHER_ELEMENT,
    Cause.OTHER_TIME_ZONE,
    Cause.ENERGY_ROUNDED,
    Cause.TRUNCATED,
    Cause.ROUNDED_PER_LINE,
    Cause.ROUNDED_PER_PERIOD,
    Cause.ROUNDING,
)

#: A mistake that comes to the same numbers as another in some charges is not named beside it.
_CASE_OF = {Cause.TAX_TWICE: Cause.TAX_IN_NET, Cause.OTHER_TIME_ZONE: Cause.LOCAL_TIME_AS_UTC}


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """A CDR that differs."""

    basis: Basis
    ours: PricedCharge
    theirs: Numbers
    right: Numbers
    oddities: tuple[Oddity, ...]


class _Found(msgspec.Struct, frozen=True):
    """A mistake, the differences it explains by their names, and how many right numbers it would have made wrong."""

    cause: Cause
    explains: frozenset[str]
    spoils: int
    place: int

    @property
    def rank(self) -> tuple[int, bool, int]:
        """Best first: what explains most and spoils least; then as the mistakes are listed."""
        return (self.spoils - len(self.explains), self.cause in _VAGUE, self.place)


def explained(differences: Sequence[Difference], case: Case) -> tuple[Difference, ...]:
    """The differences with their causes."""
    if not differences:
        return ()
    with localcontext(prec=_PRECISION):
        found = sorted(_fitting(differences, case), key=lambda one: one.rank)
        alone = {one.name: _explained(one, found, case) for one in differences}
        return tuple(one if one.cause else _following(one, alone, case) for one in alone.values())


def _explained(difference: Difference, found: Iterable[_Found], case: Case) -> Difference:
    fitting = list(dict.fromkeys(one.cause for one in found if difference.name in one.explains))
    causes = fitting or [cause for cause in [_plain(difference, case)] if cause is not None]
    others = [cause for cause in causes[1:] if _CASE_OF.get(cause) not in causes]
    return _replace(difference, cause=causes[0] if causes else None, others=tuple(others[:2]))


def _following(difference: Difference, all_of_them: Mapping[str, Difference], case: Case) -> Difference:
    """Taxes follow from the cost that they are of, and a total from its parts when they differ by as much."""
    cost, _, is_tax = difference.name.partition(".")
    parts = [all_of_them[part] for part in PARTS if part in all_of_them]
    off = abs(difference.size) - abs(sum((part.size for part in parts), Decimal(0)))
    if is_tax and cost in all_of_them:
        source = all_of_them[cost]
        source = source if source.cause else _following(source, all_of_them, case)
    elif cost == "total_cost" and parts and abs(off) <= unit(case.basis.cdr.currency) * 3 / 2:
        source = max(parts, key=lambda part: abs(part.size))
    else:
        return difference
    return _replace(difference, cause=source.cause, others=source.others)


def _fitting(differences: Sequence[Difference], case: Case) -> Iterable[_Found]:
    tried: Iterable[Recount] = (*_tried(case), *recounts(case.ours, case.right, is_credit=_is_credit(case)))
    currency = case.basis.cdr.currency
    nets_differ = any("_cost" in one.name and ".taxes" not in one.name for one in differences)
    for place, (cause, numbers) in enumerate(tried):
        explains = frozenset(one.name for one in differences if _explains(one, numbers, currency))
        if explains:
            left = compared(case.theirs, numbers, currency, _narrow(currency))
            spoils = len({one.name for one in left} - {one.name for one in differences})
            if (spoils or nets_differ) and all(".taxes" in name for name in explains):
                continue
            yield _Found(cause, explains, spoils, place)


def _tried(case: Case) -> Iterable[Recount]:
    if case.ours.total is None:
        return ()
    credit = _is_credit(case)
    return [(cause, numbers_of(priced, is_credit=credit)) for cause, priced in trials(case.basis, case.ours)]


def _is_credit(case: Case) -> bool:
    return bool(case.basis.cdr.credit)


def _narrow(currency: str) -> Tolerance:
    """A unit more than the smallest, as both sides are rounded."""
    return Tolerance(amount=unit(currency) * 3 / 2)


def _explains(difference: Difference, numbers: Numbers, currency: str) -> bool:
    """Are the numbers theirs here, and much nearer than ours?"""
    if difference.name not in numbers:
        return False
    left = abs((difference.theirs or Decimal(0)) - numbers[difference.name])
    is_cost = "_cost" in difference.name
    margin = unit(currency) * 3 / 2 if is_cost else Decimal("0.002")
    return left <= margin and left * 2 < abs(difference.size)


# ---- without a trial -----------------------------------------------------------------------------------------------


def _plain(difference: Difference, case: Case) -> Cause | None:
    """What is plainly odd about this number or about the CDR."""
    if "_cost" not in difference.name:
        return _of_volume(difference, case)
    if ".taxes" in difference.name:
        return Cause.ROUNDING if _rounding(difference, case) else _of_taxes(case)
    return next((cause for cause, holds in _EXPLANATIONS if holds(difference, case)), None) or _odd(case)


def _of_volume(difference: Difference, case: Case) -> Cause:
    causes = {oddity.cause for oddity in case.oddities}
    if difference.name == "total_energy":
        return Cause.DUPLICATE_DIMENSION if Cause.DUPLICATE_DIMENSION in causes else Cause.ENERGY_DOES_NOT_ADD_UP
    for cause in (Cause.END_BEFORE_START, Cause.PERIODS_OVERLAP, Cause.DUPLICATE_DIMENSION, Cause.GAPS):
        if cause in causes:
            return cause
    return Cause.PERIODS_DO_NOT_ADD_UP


def _of_taxes(case: Case) -> Cause | None:
    """Their taxes are not those of the rates in the Tariff, if only the taxes differ."""
    return Cause.TAX_RATE if "total_cost" in case.right and not _nets_differ(case) else None


def _nets_differ(case: Case) -> bool:
    net = case.theirs["total_cost"] - case.right["total_cost"]
    return abs(net) > unit(case.basis.cdr.currency)


def _odd(case: Case) -> Cause | None:
    """What is odd about the periods may well be behind it."""
    if any(one.expected == EXPECTED for one in case.ours.findings):
        return Cause.PRICE_CHANGES_INSIDE_PERIOD
    return next((oddity.cause for oddity in case.oddities), None)


def _price_changes_inside(_: Difference, case: Case) -> bool:
    return any(finding.expected == EXPECTED for finding in case.ours.findings)


def _rounding(difference: Difference, case: Case) -> bool:
    """At most a unit for every line and period, and a twentieth of the amount."""
    count = len(case.ours.lines) + len(case.basis.cdr.charging_periods)
    bound = min(unit(case.basis.cdr.currency) * count, abs(difference.ours or Decimal(0)) / 20)
    return abs(difference.size) <= bound


def _parts_do_not_add_up(difference: Difference, case: Case) -> bool:
    """Their own total is not the sum of their own parts, and the parts are right."""
    given = [case.theirs[part] for part in PARTS if part in case.theirs]
    limited = any(line.part is Part.LIMIT for line in case.ours.lines)
    if difference.name != "total_cost" or not given or limited:
        return False
    sign = -1 if _is_credit(case) else 1
    return abs(sign * case.theirs["total_cost"] - sum(given, Decimal(0))) > unit(case.basis.cdr.currency) * 3 / 2


def _price_not_in_tariff(difference: Difference, case: Case) -> bool:
    """One price per unit explains their cost of a part, and it is no price of the Tariff."""
    parts = [part for part in PARTS if case.right.get(part)] if difference.name == "total_cost" else [difference.name]
    names = {
        "total_energy_cost": Part.ENERGY,
        "total_time_cost": Part.TIME,
        "total_parking_cost": Part.PARKING,
        "total_fixed_cost": Part.FIXED,
        "total_reservation_cost": Part.RESERVATION,
    }
    if len(parts) != 1 or parts[0] not in names:
        return False
    return any(line.part is names[parts[0]] and line.billed for line in case.ours.lines)


_EXPLANATIONS: tuple[tuple[Cause, Callable[[Difference, Case], bool]], ...] = (
    (Cause.PRICE_CHANGES_INSIDE_PERIOD, _price_changes_inside),
    (Cause.ROUNDING, _rounding),
    (Cause.PARTS_DO_NOT_ADD_UP, _parts_do_not_add_up),
    (Cause.PRICE_NOT_IN_TARIFF, _price_not_in_tariff),
)
