"""The receipt of one charge: a sealed record whose lines add up to the cent."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import msgspec

from ocpilot.base.money import HALF_UP
from ocpilot.base.texts import Translate, mark, translator
from ocpilot.base.zones import two_letters
from ocpilot.billing.paper_languages import Language
from ocpilot.pricing import Amount, Part, PricedCharge, PriceLine, Unit
from ocpilot.pricing.words import condition, label, note, part_label
from ocpilot.wire.v230 import CDR, CdrLocation, Price


class Seller(msgspec.Struct, frozen=True, kw_only=True):
    """Who sells the charge to the driver; `address` in lines."""

    name: str
    address: tuple[str, ...] = ()
    org_number: str | None = None
    vat_id: str | None = None


class ChargeFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What was charged where and when. Times in UTC, to be shown in `zone` (IANA). `country` (ISO 3166-1 alpha-2) is
    empty on what was sealed before it was kept."""

    cdr_id: str
    place: str
    address: str
    evse_id: str
    start: datetime
    end: datetime
    zone: str
    kwh: Decimal
    duration: timedelta
    charging: timedelta
    parked: timedelta
    country: str = ""


class ReceiptLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line. `quantity` in `unit` (seconds for time), `unit_price` without VAT per kWh, per hour or once; both
    None where only an amount is known. `label` and `notes` are in the language of the receipt."""

    label: str
    notes: tuple[str, ...] = ()
    quantity: Decimal | None = None
    unit: Unit = Unit.ONCE
    unit_price: Decimal | None = None
    vat: Decimal | None = None
    amount: Amount


class VatRow(msgspec.Struct, frozen=True, kw_only=True):
    """All lines of one VAT rate in per cent (None: no rate, or several) together."""

    rate: Decimal | None
    amount: Amount


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """All that is on the paper. `signature` is the verdict on signed meter values, in words, when there are any.
    `replaces`: the receipt of the same charge that this one stands in for."""

    number: str
    issued_at: datetime
    language: Language
    seller: Seller
    driver: str
    charge: ChargeFacts
    currency: str
    lines: tuple[ReceiptLine, ...]
    vat: tuple[VatRow, ...]
    total: Amount
    signature: str | None = None
    replaces: str | None = None


class PaidByCard(msgspec.Struct, frozen=True, kw_only=True):
    """How a receipt was paid, which is known after it is sealed: what was taken (None: that is not known), what of it
    was given back, and what belongs on a receipt, as the provider of the payment tells it."""

    amount: Decimal | None
    currency: str
    given_back: Decimal = Decimal(0)
    lines: tuple[str, ...] = ()


def receipt_of(
    cdr: CDR,
    priced: PricedCharge,
    *,
    number: str,
    issued_at: datetime,
    seller: Seller,
    driver: str,
    zone: ZoneInfo,
    language: Language = "en",
    signature: str | None = None,
    replaces: str | None = None,
) -> Receipt:
    """The receipt for a CDR as priced; when the price could not be computed, with the amounts of the CDR itself."""
    lines = lines_of(cdr, priced, language)
    return Receipt(
        number=number,
        issued_at=issued_at,
        language=language,
        seller=seller,
        driver=driver,
        charge=facts_of(cdr, priced, zone),
        currency=cdr.currency,
        lines=lines,
        vat=tuple(_vat_rows(lines)),
        total=_added([line.amount for line in lines]),
        signature=signature,
        replaces=replaces,
    )


def lines_of(cdr: CDR, priced: PricedCharge, language: str) -> tuple[ReceiptLine, ...]:
    """Where the money went: the price lines, or when the price could not be computed the costs the CDR states."""
    translate = translator(language)
    if priced.total is None:
        return tuple(_stated_lines(cdr, translate))
    return tuple(_line(line, priced.currency, translate, language) for line in priced.lines)


def facts_of(cdr: CDR, priced: PricedCharge, zone: ZoneInfo) -> ChargeFacts:
    """What was charged where and when."""
    return ChargeFacts(
        cdr_id=cdr.id,
        place=cdr.cdr_location.name or cdr.cdr_location.address,
        address=_address(cdr.cdr_location),
        evse_id=cdr.cdr_location.evse_id,
        start=cdr.start_date_time,
        end=cdr.end_date_time,
        zone=zone.key,
        kwh=cdr.total_energy,
        duration=cdr.end_date_time - cdr.start_date_time,
        charging=priced.charging,
        parked=priced.parked,
        country=two_letters(cdr.cdr_location.country),
    )


def _address(place: CdrLocation) -> str:
    town = f"{place.postal_code} {place.city}" if place.postal_code else place.city
    return f"{place.address}, {town}"


def _line(line: PriceLine, currency: str, translate: Translate, language: str) -> ReceiptLine:
    conditions = [condition(reason, translate, language) for reason in line.why]
    remarks = [note(reason, line, currency, translate, language) for reason in line.why]
    is_limit = line.part is Part.LIMIT
    return ReceiptLine(
        label=label(line, translate),
        notes=tuple(text for text in (*conditions, *remarks) if text),
        quantity=None if is_limit else line.billed,
        unit=line.unit,
        unit_price=None if is_limit else _net_price(line),
        vat=line.vat,
        amount=line.amount,
    )


def _net_price(line: PriceLine) -> Decimal | None:
    """Without VAT, to the 4 decimals OCPI has; None when a price with VAT does not say how much of it is VAT."""
    if not line.tax_included:
        return line.unit_price
    return None if line.vat is None else round(line.unit_price / (1 + line.vat / 100), 4)


def _stated_lines(cdr: CDR, translate: Translate) -> Iterator[ReceiptLine]:
    """The costs the CDR states, one line per part, or one for all when the parts do not add up to the total."""
    stated = (
        (Part.FIXED, cdr.total_fixed_cost),
        (Part.ENERGY, cdr.total_energy_cost),
        (Part.TIME, cdr.total_time_cost),
        (Part.PARKING, cdr.total_parking_cost),
        (Part.RESERVATION, cdr.total_reservation_cost),
    )
    lines = [_stated(part_label(part, translate), price, cdr) for part, price in stated if price is not None]
    total = _stated(translate(mark("Charging")), cdr.total_cost, cdr)
    yield from lines if lines and _added([line.amount for line in lines]) == total.amount else [total]


def _stated(label: str, price: Price, cdr: CDR) -> ReceiptLine:
    """A Price without taxes does not tell them (types, "Price")."""
    excl = HALF_UP.round(price.before_taxes, cdr.currency)
    vat = HALF_UP.round(sum((tax.amount for tax in price.taxes), Decimal(0)), cdr.currency) if price.taxes else None
    rates = {tax.percentage for tax in price.taxes}
    amount = Amount(excl=excl, vat=vat, incl=None if vat is None else excl + vat)
    return ReceiptLine(label=label, vat=rates.pop() if len(rates) == 1 else None, amount=amount)


def _vat_rows(lines: Sequence[ReceiptLine]) -> Iterator[VatRow]:
    for rate in dict.fromkeys(line.vat for line in lines):
        yield VatRow(rate=rate, amount=_added([line.amount for line in lines if line.vat == rate]))


def _added(amounts: Sequence[Amount]) -> Amount:
    """Side by side; a side that one does not know is not known of the sum."""
    return Amount(
        excl=_sum([amount.excl for amount in amounts]),
        vat=_sum([amount.vat for amount in amounts]),
        incl=_sum([amount.incl for amount in amounts]),
    )


def _sum(values: Sequence[Decimal | None]) -> Decimal | None:
    known = [value for value in values if value is not None]
    return sum(known, Decimal(0)) if len(known) == len(values) else None
