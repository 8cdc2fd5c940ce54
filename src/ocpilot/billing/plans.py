"""A price plan: what a customer of ours pays instead of, or on top of, what the operator asks."""

from decimal import Decimal

import msgspec

from ocpilot.base.ids import PartyId
from ocpilot.wire.v230 import CDR, Tariff

_NONE = Decimal(0)


class Margin(msgspec.Struct, frozen=True, kw_only=True):
    """What is added to a charge, without VAT: per cent of its price, an amount per kWh, an amount per charge. Below
    zero it is a discount."""

    percent: Decimal = _NONE
    per_kwh: Decimal = _NONE
    per_charge: Decimal = _NONE

    @property
    def has_amounts(self) -> bool:
        """Whether it is in a currency."""
        return bool(self.per_kwh or self.per_charge)

    def __bool__(self) -> bool:
        return self.has_amounts or bool(self.percent)


class PartyMargin(msgspec.Struct, frozen=True, kw_only=True):
    """Another margin for what is charged at one operator."""

    party: PartyId
    margin: Margin


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """One of them. What a charge costs before the margin is one of three: what `tariff` (ours) makes of it, the price
    of each hour in the price series `series`, else what the operator asks.

    `currency` is that of every amount in it. `monthly_fee` is without VAT. `included_kwh` and `included_minutes` are of
    each calendar month.
    """

    name: str
    currency: str = ""
    margin: Margin = Margin()
    exceptions: tuple[PartyMargin, ...] = ()
    tariff: Tariff | None = None
    series: str = ""
    monthly_fee: Decimal = _NONE
    included_kwh: Decimal = _NONE
    included_minutes: int = 0

    def margin_at(self, party: PartyId) -> Margin:
        """The one for what is charged at this operator."""
        return next((one.margin for one in self.exceptions if one.party == party), self.margin)


def currency_of(cdr: CDR, plan: Plan | None) -> str:
    """In which currency a charge is sold: the plan's where the price is its own, else the operator's."""
    return plan.currency if plan is not None and (plan.tariff or plan.series) else cdr.currency
