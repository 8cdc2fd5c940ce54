"""What charging costs a customer, as a Tariff: the operator's or his plan's, with the margin and our tax in its prices.

By it he is shown before a charge what `plan_prices` puts on his invoice after it. Two things a Tariff cannot say: per
cent of a price below zero is nothing on the invoice, and an amount per kWh is not under the least price.
"""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

import msgspec

from ocpilot.base.ids import PartyId
from ocpilot.billing.plans import Margin, Plan
from ocpilot.wire.v230 import (
    PriceComponent,
    PriceLimit,
    Tariff,
    TariffDimensionType,
    TariffElement,
    TaxIncluded,
)

_PLACES = 5
_replace = msgspec.structs.replace


def as_paid(asked: Tariff, plan: Plan | None, operator: PartyId, rate: Decimal | None) -> Tariff | None:
    """`asked` is what charges are priced by before the margin: the operator's Tariff, or that of the plan. `rate` is
    our tax in per cent; None: as `asked` says. None is returned where the plan's amounts are in another currency."""
    margin = Margin() if plan is None else plan.margin_at(operator)
    if plan is not None and margin.has_amounts and plan.currency != asked.currency:
        return None
    taxed = asked if rate is None else _taxed(asked, rate, keeps_gross=plan is not None and plan.tariff is not None)
    return _with_margin(taxed, margin, Decimal(1) if rate is None else _factor(rate)) if margin else taxed


def spot_tariff(plan: Plan, price: Decimal, at: datetime) -> Tariff:
    """A kWh at the price of the plan's series that holds now."""
    component = PriceComponent(type=TariffDimensionType.ENERGY, price=price, step_size=1)
    return Tariff(
        country_code="ZZ",
        party_id="ZZZ",
        id="spot",
        currency=plan.currency,
        elements=(TariffElement(price_components=(component,)),),
        tax_included=TaxIncluded.NO,
        last_updated=at,
    )


def _taxed(tariff: Tariff, rate: Decimal, *, keeps_gross: bool) -> Tariff:
    """With our tax in every price instead of what the Tariff says of taxes."""
    included = tariff.tax_included is TaxIncluded.YES

    def gross(component: PriceComponent) -> Decimal:
        if included and (keeps_gross or component.vat is None):
            return component.price
        net = component.price / _factor(component.vat) if included and component.vat else component.price
        return round(net * _factor(rate), _PLACES)

    def limit(one: PriceLimit | None) -> PriceLimit | None:
        after = None if one is None else round(one.before_taxes * _factor(rate), _PLACES)
        return None if one is None else _replace(one, after_taxes=after)

    return _replace(
        tariff,
        elements=tuple(
            _replace(
                element,
                price_components=tuple(_replace(one, price=gross(one), vat=rate) for one in element.price_components),
            )
            for element in tariff.elements
        ),
        min_price=limit(tariff.min_price),
        max_price=limit(tariff.max_price),
        tax_included=TaxIncluded.YES,
    )


def _with_margin(tariff: Tariff, margin: Margin, taxes: Decimal) -> Tariff:
    """`taxes` is the factor by which amounts of the plan, which are without tax, become what is paid."""
    part = 1 + margin.percent / 100
    added = {
        TariffDimensionType.ENERGY: margin.per_kwh * taxes,
        TariffDimensionType.FLAT: margin.per_charge * taxes,
    }

    def more(one: PriceComponent, *, is_charge: bool) -> PriceComponent:
        amount = added.get(one.type, Decimal(0)) if is_charge else Decimal(0)
        return _replace(one, price=round(one.price * part + amount, _PLACES))

    def limit(one: PriceLimit | None) -> PriceLimit | None:
        if one is None:
            return None
        after = None if one.after_taxes is None else one.after_taxes * part + margin.per_charge * taxes
        return _replace(one, before_taxes=one.before_taxes * part + margin.per_charge, after_taxes=after)

    elements = (
        _replace(element, price_components=tuple(more(one, is_charge=_is_charge(element)) for one in components))
        for element, components in ((element, element.price_components) for element in tariff.elements)
    )
    return _replace(
        tariff,
        elements=(*elements, *_lacking(tariff, added)),
        min_price=limit(tariff.min_price),
        max_price=limit(tariff.max_price),
    )


def _lacking(tariff: Tariff, added: dict[TariffDimensionType, Decimal]) -> Iterator[TariffElement]:
    """What is added, for when the Tariff has no price of that kind; it comes last, where any other goes before it."""
    vat = next((one.vat for element in tariff.elements for one in element.price_components), None)
    for kind, amount in added.items():
        always = any(
            one.type is kind
            for element in tariff.elements
            if element.restrictions is None
            for one in element.price_components
        )
        if amount and not always:
            component = PriceComponent(type=kind, price=round(amount, _PLACES), vat=vat, step_size=1)
            yield TariffElement(price_components=(component,))


def _is_charge(element: TariffElement) -> bool:
    """A reservation or booking is none."""
    limit = element.restrictions
    return limit is None or not (limit.reservation or limit.booking)


def _factor(rate: Decimal) -> Decimal:
    return 1 + rate / 100
