"""The bill of a combination of components: what is fixed before quantities are known, decided once and kept."""

from collections.abc import Sequence
from decimal import ROUND_CEILING, Decimal
from math import lcm

import msgspec

from ocpilot.pricing.charges import Charges
from ocpilot.pricing.exact import Factors, Numerator, includes_taxes
from ocpilot.pricing.lookup import Active
from ocpilot.pricing.settling import Layout
from ocpilot.pricing.trace import Amount, Part, PriceLine, Unit

#: What a step_size of 1 is, in the unit of the quantity.
_ONE_STEP = {Unit.KWH: Decimal("0.001"), Unit.SECOND: Decimal(1)}
_ZERO = Decimal(0)
#: Bills that a Tariff remembers at most; one of the field has a dozen.
_MOST = 1000


class Step(msgspec.Struct, frozen=True, eq=False):
    """step_size of the component at `place`: what is measured at the places of its dimension is billed in whole
    `block`s, and what that adds is put on it, at its price."""

    place: int
    size: int
    block: Decimal
    together: tuple[int, ...]


class Stepped(msgspec.Struct, frozen=True):
    """What a step changed: of its whole dimension, measured and billed."""

    step: Step
    measured: Decimal
    billed: Decimal


class Exacts(msgspec.Struct, frozen=True):
    """The exact amount of each line, net and gross, as numerators over `denominator`; None: a tax we do not know."""

    net: list[Numerator | None]
    gross: list[Numerator | None]
    denominator: int


class Bill:
    """Lines of these components, in the order of first use: which of them steps round up, what their quantities are
    multiplied with, and how the lines are added."""

    def __init__(self, charges: Charges) -> None:
        self.components = tuple(charges.quantities)
        self.steps = tuple(
            _step(self.components, last)
            for last in (charges.energy, charges.timed, charges.reserved)
            if last is not None and last.price.step_size > 0
        )
        factors = [one.factors for one in self.components]
        self._denominator = lcm(*(one.denominator for one in factors))
        #: What the quantity of each is multiplied with, over the denominator of all.
        self._factors = [_scaled(one, self._denominator // one.denominator) for one in factors]
        self._layouts: dict[int, Layout] = {}
        #: The lines as they will be, less quantities, amounts and reasons.
        self.lines = list(map(_line, self.components))

    def layout(self, limits: int = 0) -> Layout:
        """How the lines are added, so many of price limits behind the others: their VAT rate is that of all other
        lines, if these have the same."""
        known = self._layouts.get(limits)
        if known is None:
            parts = [one.part for one in self.components]
            rates = [one.rate for one in self.components]
            common = rates[0] if rates and rates.count(rates[0]) == len(rates) else None
            known = Layout([*parts, *[Part.LIMIT] * limits], [*rates, *[common] * limits])
            self._layouts[limits] = known
        return known

    def stepped(self, measured: Sequence[Decimal]) -> tuple[Sequence[Decimal], Sequence[Stepped]]:
        """The quantities as they are billed, and the steps that changed one (mod_cdrs, "CDR Object", step_size)."""
        changed = []
        billed = list(measured)
        for step in self.steps:
            total = sum([measured[place] for place in step.together], _ZERO)
            if total > 0:
                whole = (total / step.block).to_integral_value(ROUND_CEILING) * step.block
                if whole != total:
                    billed[step.place] = measured[step.place] + whole - total
                    changed.append(Stepped(step, total, whole))
        return billed, changed

    def exact(self, billed: Sequence[Decimal]) -> Exacts:
        """Quantity times price, with and without tax."""
        ratios = list(map(Decimal.as_integer_ratio, billed))
        common = lcm(*[below for _, below in ratios])
        net: list[Numerator | None] = []
        gross: list[Numerator | None] = []
        for (above, below), (excl, incl) in zip(ratios, self._factors, strict=True):
            quantity = above * (common // below)
            net.append(None if excl is None else excl * quantity)
            gross.append(None if incl is None else incl * quantity)
        return Exacts(net, gross, self._denominator * common)


def _scaled(factors: Factors, times: int) -> tuple[int | None, int | None]:
    excl, incl = factors.excl, factors.incl
    return None if excl is None else excl * times, None if incl is None else incl * times


def _line(active: Active) -> PriceLine:
    return PriceLine(
        part=active.part,
        tariff_id=active.tariff.id,
        element=active.element,
        component=active.component,
        measured=_ZERO,
        billed=_ZERO,
        unit=active.unit,
        unit_price=active.price.price,
        tax_included=includes_taxes(active.tariff),
        vat=active.rate,
        amount=Amount(),
        why=(),
    )


def _step(components: Sequence[Active], last: Active) -> Step:
    """Energy is rounded at its last component. Time and parking are rounded together: whichever of the two was active
    last, the other is not. A reservation is over before either begins and has its own step."""
    return Step(
        place=components.index(last),
        size=last.price.step_size,
        block=last.price.step_size * _ONE_STEP[last.unit],
        together=tuple(
            place for place, one in enumerate(components) if one.part is last.part and one.unit is not Unit.ONCE
        ),
    )


def bill_of(charges: Charges, kept: dict[tuple[Active | None, ...], Bill]) -> Bill:
    """The bill of what was charged, made once for the same components in the same order with the same steps."""
    key = (*charges.quantities, charges.energy, charges.timed, charges.reserved)
    known = kept.get(key)
    if known is None:
        known = Bill(charges)
        if len(kept) < _MOST:
            kept[key] = known
    return known
