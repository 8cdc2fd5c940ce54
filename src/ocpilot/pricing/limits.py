"""min_price and max_price of a Tariff: what is added to or taken off the sum (mod_tariffs, "Tariff object", notes)."""

from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction

import msgspec

from ocpilot.pricing.bill import Exacts
from ocpilot.pricing.compiled import CompiledTariff
from ocpilot.pricing.exact import Exact, Numerator, added, has_taxes
from ocpilot.pricing.trace import ReasonCode
from ocpilot.wire.v230 import PriceLimit, Tariff


class Limit(msgspec.Struct, frozen=True, kw_only=True):
    """One limit that was reached, and what it changes."""

    tariff: Tariff
    code: ReasonCode
    limit: PriceLimit
    change: Exact


def reached(tariffs: Iterable[CompiledTariff], amounts: Exacts) -> list[Limit]:
    """The limits that change the total, in order: the least ones first, so that no charge exceeds a max_price.

    Where no taxes apply (`tax_included` N/A) both sides are bound by `before_taxes`.
    """
    known = [one.tariff for one in tariffs if one.has_limits]
    if not known:
        return []
    total = Exact(added(amounts.net), added(amounts.gross))
    bounds = [(tariff, ReasonCode.MIN_PRICE, tariff.min_price) for tariff in known]
    bounds += [(tariff, ReasonCode.MAX_PRICE, tariff.max_price) for tariff in known]
    found = []
    for tariff, code, limit in bounds:
        if limit is None:
            continue
        bound = limit
        if not has_taxes(tariff) and total.excl == total.incl:
            bound = PriceLimit(before_taxes=limit.before_taxes, after_taxes=limit.before_taxes)
        changed = _bound(total, bound, amounts.denominator, is_least=code is ReasonCode.MIN_PRICE)
        if changed != total:
            change = Exact(_less(changed.excl, total.excl), _less(changed.incl, total.incl))
            found.append(Limit(tariff=tariff, code=code, limit=limit, change=change))
            total = changed
    return found


def _bound(total: Exact, limit: PriceLimit, denominator: int, *, is_least: bool) -> Exact:
    """Both sides are bound, each by its own number. Without `after_taxes` the gross follows the net."""
    choose = max if is_least else min
    net = None if total.excl is None else choose(total.excl, _over(limit.before_taxes, denominator))
    if total.incl is None:
        return Exact(net, None)
    if limit.after_taxes is not None:
        return Exact(net, choose(total.incl, _over(limit.after_taxes, denominator)))
    if net is None or net == total.excl:
        return Exact(net, total.incl)
    return Exact(net, Fraction(total.incl) * net / total.excl if total.excl else None)


def _over(amount: Decimal, denominator: int) -> Numerator:
    exact = Fraction(amount) * denominator
    return exact.numerator if exact.denominator == 1 else exact


def _less(after: Numerator | None, before: Numerator | None) -> Numerator | None:
    return None if after is None or before is None else after - before
