"""What a customer pays for a charge: by his price plan, or as the operator asks, with the tax of our own sale.

A charge is one line. Its details say where the money went; their amounts add up to the net and the gross of the line to
the cent. The gross, what a driver was shown, is rounded once per charge.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from zoneinfo import ZoneInfo

import msgspec

from ocpilot.base import formats
from ocpilot.base.errors import NotBillable
from ocpilot.base.ids import PartyId
from ocpilot.base.money import HALF_UP
from ocpilot.base.texts import mark, translator
from ocpilot.billing.invoice import InvoiceLine
from ocpilot.billing.plans import Margin, Plan, currency_of
from ocpilot.billing.receipt import ReceiptLine, facts_of, lines_of
from ocpilot.billing.spot import Prices, spot_lines
from ocpilot.billing.taxes import Tax, TaxCategory
from ocpilot.pricing import Amount, PricedCharge, Unit, price
from ocpilot.pricing.usage import volumes_of
from ocpilot.wire.v230 import CDR, Tariff, TaxIncluded

_ZERO = Decimal(0)
_ADDED = frozenset({TaxCategory.STANDARD, TaxCategory.ZERO})
_replace = msgspec.structs.replace


class Sold(msgspec.Struct, frozen=True, kw_only=True):
    """What a charge came to before our tax: `gross_first` when its prices are what people are shown, tax included."""

    lines: tuple[ReceiptLine, ...]
    gross_first: bool = False


def sale_lines(
    cdr: CDR,
    priced: PricedCharge,
    *,
    plan: Plan | None,
    prices: Prices | None,
    zone: ZoneInfo,
    language: str,
    tax: Tax,
    signature: str = "",
    driver: str = "",
    cost_centre: str = "",
) -> tuple[InvoiceLine, ...]:
    """The line of a charge, in the currency of `currency_of(cdr, plan)`. `priced` is our own price of what the operator
    asks (`Verdict.ours`), `prices` the plan's price series, `zone` the Location's.

    NotBillable when something is missing: a price of the series, the rate of a tax that prices include, or a plan in
    another currency.
    """
    currency = currency_of(cdr, plan)
    sold = _sold(cdr, priced, plan, prices, zone, language)
    details = with_tax(sold, tax, currency)
    net = sum((line.amount.excl or _ZERO for line in details), _ZERO)
    gross = sum((line.amount.incl or _ZERO for line in details), _ZERO)
    facts = facts_of(cdr, priced, zone)
    line = InvoiceLine(
        text=translator(language)(mark("Charging at {place}")).format(place=facts.place),
        quantity=Decimal(-1 if net < 0 else 1),
        unit_price=abs(net),
        net=HALF_UP.round(net, currency),
        gross=HALF_UP.round(gross, currency),
        tax=tax,
        start=cdr.start_date_time,
        end=cdr.end_date_time,
        driver=driver,
        cost_centre=cost_centre,
        cdr=f"{PartyId.of(cdr.country_code, cdr.party_id).key}/{cdr.id}",
        charge=facts,
        details=details,
        signature=signature,
    )
    return (line,)


def with_tax(sold: Sold, tax: Tax, currency: str) -> tuple[ReceiptLine, ...]:
    """The lines with our tax instead of the operator's, rounded so that they add up to what the charge comes to."""
    exact = [_net_and_gross(line, tax, gross_first=sold.gross_first) for line in sold.lines]
    nets = _in_cents([net for net, _ in exact], currency)
    grosses = _in_cents([gross for _, gross in exact], currency)
    return tuple(
        _replace(
            line,
            unit_price=_net_price(line, net_exact),
            vat=tax.rate,
            amount=Amount(excl=net, vat=gross - net, incl=gross),
        )
        for line, (net_exact, _), net, gross in zip(sold.lines, exact, nets, grosses, strict=True)
    )


def _sold(  # noqa: PLR0917 - what a sale is made of
    cdr: CDR, priced: PricedCharge, plan: Plan | None, prices: Prices | None, zone: ZoneInfo, language: str
) -> Sold:
    if plan is None:
        return Sold(lines=lines_of(cdr, priced, language))
    if plan.tariff is not None:
        base = _by_tariff(cdr, plan, plan.tariff, zone, language)
    elif plan.series:
        base = Sold(lines=_by_hour(cdr, plan, prices, zone, language))
    else:
        base = Sold(lines=lines_of(cdr, priced, language))
    margin = plan.margin_at(PartyId.of(cdr.country_code, cdr.party_id))
    if margin.has_amounts and plan.currency != currency_of(cdr, plan):
        raise NotBillable(
            f"plan {plan.name}: found amounts in {plan.currency or 'no currency'}, expected {cdr.currency}, "
            f"the currency of CDR {cdr.id}"
        )
    return _replace(base, lines=(*base.lines, *_margin_lines(cdr, base.lines, margin, language)))


def _by_tariff(cdr: CDR, plan: Plan, tariff: Tariff, zone: ZoneInfo, language: str) -> Sold:
    """The charge at our own Tariff, by the same engine as any other price."""
    if cdr.total_energy and not any(volumes_of(period).kwh for period in cdr.charging_periods):
        raise NotBillable(f"CDR {cdr.id}: found no energy in its Charging Periods, expected {cdr.total_energy} kWh")
    priced = price(
        [_replace(period, tariff_id=tariff.id) for period in cdr.charging_periods],
        [tariff],
        start=cdr.start_date_time,
        end=cdr.end_date_time,
        zone=zone,
        currency=tariff.currency,
    )
    if priced.total is None:
        found = "; ".join(str(problem) for problem in priced.findings)
        raise NotBillable(f"plan {plan.name}: its tariff {tariff.id} gives no price for CDR {cdr.id}: {found}")
    return Sold(lines=lines_of(cdr, priced, language), gross_first=tariff.tax_included is TaxIncluded.YES)


def _by_hour(cdr: CDR, plan: Plan, prices: Prices | None, zone: ZoneInfo, language: str) -> tuple[ReceiptLine, ...]:
    if prices is None:
        raise NotBillable(f"plan {plan.name}: there is no price series {plan.series}")
    if prices.currency != plan.currency:
        raise NotBillable(f"price series {prices.series}: found {prices.currency}, expected {plan.currency}")
    return spot_lines(cdr, prices, zone, language)


def _margin_lines(cdr: CDR, base: Sequence[ReceiptLine], margin: Margin, language: str) -> Iterator[ReceiptLine]:
    translate = translator(language)
    fee, discount = translate(mark("Service fee")), translate(mark("Discount"))
    if margin.percent:
        net = max(sum((_known_net(line) for line in base), _ZERO), _ZERO)
        note = translate(mark("{percent} of the price")).format(percent=formats.percent(abs(margin.percent), language))
        yield ReceiptLine(
            label=fee if margin.percent > 0 else discount,
            notes=(note,),
            amount=Amount(excl=net * margin.percent / 100),
        )
    for each, quantity, unit in ((margin.per_kwh, cdr.total_energy, Unit.KWH), (margin.per_charge, 1, Unit.ONCE)):
        if each:
            yield ReceiptLine(
                label=fee if each > 0 else discount,
                quantity=Decimal(quantity),
                unit=unit,
                unit_price=each,
                amount=Amount(excl=each * quantity),
            )


def _known_net(line: ReceiptLine) -> Decimal:
    if line.amount.excl is None:
        raise NotBillable(f"{line.label}: found a price that includes a tax nobody states, expected its rate")
    return line.amount.excl


def _net_and_gross(line: ReceiptLine, tax: Tax, *, gross_first: bool) -> tuple[Decimal, Decimal]:
    """Exact. A gross made with the rate of our tax is kept; a price whose tax is not told includes ours."""
    factor = 1 + tax.rate / 100
    net, shown = line.amount.excl, line.amount.incl
    if shown is not None and tax.category in _ADDED and (gross_first or net is None):
        return shown / factor, shown
    net = _known_net(line)
    return net, shown if shown is not None and line.vat == tax.rate else net * factor


def _net_price(line: ReceiptLine, net: Decimal) -> Decimal | None:
    """The price of a unit that fits the net, where another tax was taken out of it than the operator's."""
    if line.unit_price is None or not line.amount.excl or line.amount.excl == net:
        return line.unit_price
    fitting = round(line.unit_price * net / line.amount.excl, 4)
    return line.unit_price if abs(fitting - line.unit_price) <= abs(line.unit_price) / 1000 else fitting


def _in_cents(exact: Sequence[Decimal], currency: str) -> list[Decimal]:
    """Each rounded so that all before it and itself are rounded as one: what is left is never more than a cent."""
    shares, until_here, given = [], _ZERO, _ZERO
    for amount in exact:
        until_here += amount
        rounded = HALF_UP.round(until_here, currency)
        shares.append(rounded - given)
        given = rounded
    return shares
