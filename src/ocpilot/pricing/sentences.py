"""A priced charge and a Tariff in sentences a driver can read, in any language."""

from collections.abc import Iterable, Iterator
from decimal import Decimal
from zoneinfo import ZoneInfo

import msgspec

from ocpilot.base import formats
from ocpilot.base.texts import Translate, mark
from ocpilot.pricing import why, words
from ocpilot.pricing.exact import has_taxes, includes_taxes
from ocpilot.pricing.trace import Amount, PricedCharge, PriceLine, Reason, Unit
from ocpilot.wire.v230 import PriceComponent, Tariff, TariffDimensionType

#: Decimals of a price per minute, by which drivers are told prices of time (Regulation (EU) 2023/1804, article 5(4));
#: where it has more, the price per hour says exactly what it is.
_MINUTE_PLACES = 4
_PLAIN_STEPS = {Unit.KWH: 1, Unit.SECOND: 1, Unit.ONCE: 0}
_UNITS = {TariffDimensionType.ENERGY: Unit.KWH, TariffDimensionType.FLAT: Unit.ONCE}
_COMPONENTS = {
    TariffDimensionType.ENERGY: "{price}",
    TariffDimensionType.FLAT: mark("Start fee: {price}"),
    TariffDimensionType.TIME: mark("Charging time: {price}"),
    TariffDimensionType.PARKING_TIME: mark("Parking after charging: {price}"),
}
_RESERVATION = mark("Reservation: {price}")


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One price line as a table shows it: all texts but `amount` and `vat`. `conditions` say when the price holds,
    `remarks` are sentences about how it was billed."""

    label: str
    quantity: str
    unit_price: str
    vat: Decimal | None
    amount: Amount
    conditions: tuple[str, ...]
    remarks: tuple[str, ...]

    @property
    def notes(self) -> tuple[str, ...]:
        """All that is to be said about the line."""
        return self.conditions + self.remarks


def rows(priced: PricedCharge, translate: Translate, locale: str) -> list[Row]:
    """The lines of a priced charge, in words."""
    return [_row(line, priced.currency, translate, locale) for line in priced.lines]


def sentences(priced: PricedCharge, translate: Translate, locale: str = "en") -> list[str]:
    """One sentence per line, with the unit price as it is paid, and one for the total."""
    found = [
        _sentence(line, row, priced.currency, translate, locale)
        for line, row in zip(priced.lines, rows(priced, translate, locale), strict=True)
    ]
    return [*found, _total(priced, translate, locale)]


def describe_tariff(tariff: Tariff, translate: Translate, zone: ZoneInfo, locale: str = "en") -> list[str]:
    """The price in plain words, as a driver pays it: with VAT where it is known."""
    lines = [
        _component(tariff, component, why.of_restrictions(element.restrictions), translate, locale)
        for element in tariff.elements
        for component in element.price_components
    ]
    return [*lines, *_limits(tariff, translate, locale), *_validity(tariff, translate, zone, locale)]


def price_text(tariff: Tariff, component: PriceComponent, translate: Translate, locale: str) -> str:
    """What a component costs per unit, as a driver pays it: `€0.50 per kWh incl. VAT`, `free`."""
    unit = _UNITS.get(component.type, Unit.SECOND)
    return _driver_price(tariff, component, unit, translate, locale) if component.price else translate(mark("free"))


def _row(line: PriceLine, currency: str, translate: Translate, locale: str) -> Row:
    is_limit = line.element is None
    conditions = (words.condition(reason, translate, locale) for reason in line.why)
    remarks = (words.note(reason, line, currency, translate, locale) for reason in line.why)
    return Row(
        label=words.label(line, translate),
        quantity="" if line.unit is Unit.ONCE else words.quantity(line.billed, line.unit, locale),
        unit_price="" if is_limit else _unit_price(line.unit_price, currency, line.unit, translate, locale),
        vat=line.vat,
        amount=line.amount,
        conditions=tuple(text for text in conditions if text),
        remarks=tuple(text for text in remarks if text),
    )


def _sentence(line: PriceLine, row: Row, currency: str, translate: Translate, locale: str) -> str:
    """`Energy: 12.345 kWh × 4.50 SEK per kWh = 55.55 SEK incl. VAT, between 22:00 and 06:00.`"""
    price = _unit_price(_paid(line), currency, line.unit, translate, locale)
    quantity = f"{row.quantity} × {price} = " if row.quantity else ""
    cost = formats.money(row.amount.shown, currency, locale)
    said = f"{row.label}: {quantity}{cost} {_tax_words(row.amount, translate)}".rstrip()
    return " ".join([", ".join([said, *row.conditions]) + ".", *row.remarks])


def _paid(line: PriceLine) -> Decimal:
    """The unit price with its VAT, so that it times the quantity is the amount shown."""
    if line.tax_included or line.vat is None or line.amount.incl is None:
        return line.unit_price
    return line.unit_price * (1 + line.vat / 100)


def _total(priced: PricedCharge, translate: Translate, locale: str) -> str:
    if priced.total is None:
        return translate(mark("The price is not known: the tariff is missing."))
    amount = priced.total.amount
    cost = formats.money(amount.shown, priced.currency, locale)
    return f"{translate(mark('Total'))}: {cost} {_tax_words(amount, translate)}".rstrip() + "."


def _tax_words(amount: Amount, translate: Translate) -> str:
    if not amount.shown or amount.vat == 0:
        return ""
    return translate(mark("incl. VAT") if amount.incl is not None else mark("excl. VAT"))


def _unit_price(price: Decimal, currency: str, unit: Unit, translate: Translate, locale: str) -> str:
    return f"{formats.money(price, currency, locale)} {words.per(unit, translate)}".rstrip()


def _component(
    tariff: Tariff, component: PriceComponent, reasons: Iterable[Reason], translate: Translate, locale: str
) -> str:
    unit = _UNITS.get(component.type, Unit.SECOND)
    conditions = [text for text in (words.condition(reason, translate, locale) for reason in reasons) if text]
    is_reservation = any(reason.code.startswith("RESERVATION") for reason in reasons)
    text = translate(_RESERVATION if is_reservation else _COMPONENTS[component.type])
    price = price_text(tariff, component, translate, locale)
    step = (
        ""
        if component.step_size <= _PLAIN_STEPS[unit] or unit is Unit.ONCE
        else _step(component, unit, translate, locale)
    )
    return ", ".join([text.format(price=price), *conditions, *([step] if step else [])])


def priced_when(tariff: Tariff, element: int, component: int, translate: Translate, locale: str) -> str:
    """A price and when it holds: `4.50 SEK per kWh incl. VAT, between 22:00 and 06:00`."""
    known = tariff.elements[element]
    reasons = (words.condition(reason, translate, locale) for reason in why.of_restrictions(known.restrictions))
    price = price_text(tariff, known.price_components[component], translate, locale)
    return ", ".join([price, *(text for text in reasons if text)])


def _driver_price(tariff: Tariff, component: PriceComponent, unit: Unit, translate: Translate, locale: str) -> str:
    price, tax = component.price, ""
    if has_taxes(tariff) and includes_taxes(tariff):
        tax = mark("incl. VAT")
    elif has_taxes(tariff) and component.vat is not None:
        price, tax = price * (1 + component.vat / 100), mark("incl. VAT")
    elif has_taxes(tariff):
        tax = mark("excl. VAT")
    per_minute = price / 60
    if unit is Unit.SECOND and per_minute == round(per_minute, _MINUTE_PLACES):
        shown = f"{formats.money(per_minute, tariff.currency, locale)} {translate(mark('per minute'))}"
    else:
        shown = _unit_price(price, tariff.currency, unit, translate, locale)
    return f"{shown} {translate(tax)}" if tax else shown


def _step(component: PriceComponent, unit: Unit, translate: Translate, locale: str) -> str:
    if unit is Unit.SECOND and component.step_size == 60:
        return translate(mark("billed per started minute"))
    text = translate(mark("billed per started {step}"))
    return text.format(step=words.step_text(component.step_size, unit, locale))


def _limits(tariff: Tariff, translate: Translate, locale: str) -> Iterator[str]:
    limits = (
        (tariff.min_price, mark("A charge costs at least {amount}.")),
        (tariff.max_price, mark("A charge costs at most {amount}.")),
    )
    for limit, text in limits:
        if limit is not None:
            amount = limit.after_taxes if limit.after_taxes is not None else limit.before_taxes
            shown = formats.money(amount, tariff.currency, locale)
            tax = mark("incl. VAT") if limit.after_taxes is not None else mark("excl. VAT")
            yield translate(text).format(amount=f"{shown} {translate(tax)}" if has_taxes(tariff) else shown)


def _validity(tariff: Tariff, translate: Translate, zone: ZoneInfo, locale: str) -> Iterator[str]:
    if tariff.start_date_time is not None:
        text = translate(mark("Valid from {moment}."))
        yield text.format(moment=formats.moment(tariff.start_date_time, zone, locale))
    if tariff.end_date_time is not None:
        yield translate(mark("Valid until {moment}.")).format(moment=formats.moment(tariff.end_date_time, zone, locale))
