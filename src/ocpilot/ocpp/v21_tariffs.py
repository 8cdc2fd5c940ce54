"""A Tariff of OCPI as a tariff of OCPP 2.1 ("TariffType"), where both come to the same cost for every charge.

Both look each dimension up on its own and take the first price whose conditions hold (mod_tariffs, "Tariff object";
OCPP 2.1, part 2, I). OCPP has prices before tax, per kWh and minute, one set of taxes per dimension, no `step_size`,
and fees only from the begin on; its numbers have six decimals.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import cast

import msgspec

from ocpilot.app.kept.station_events import Payload, StationCost
from ocpilot.base.errors import OcpilotError
from ocpilot.ocpp.values import required_text
from ocpilot.wire.v230 import (
    DayOfWeek,
    DisplayText,
    PriceComponent,
    PriceLimit,
    ReservationRestrictionType,
    Tariff,
    TariffDimensionType,
    TariffRestrictions,
    TaxIncluded,
)

#: Where the prices of a dimension stand, and the name of one: in a charge, and in a reservation.
_PLACES = {
    TariffDimensionType.ENERGY: ("energy", "priceKwh"),
    TariffDimensionType.TIME: ("chargingTime", "priceMinute"),
    TariffDimensionType.PARKING_TIME: ("idleTime", "priceMinute"),
    TariffDimensionType.FLAT: ("fixedFee", "priceFixed"),
}
_RESERVED = {
    TariffDimensionType.TIME: ("reservationTime", "priceMinute"),
    TariffDimensionType.FLAT: ("reservationFixed", "priceFixed"),
}
#: Conditions of a moment that a number of the charge decides: our field, theirs, and theirs in ours.
_LEVELS = (
    ("min_kwh", "minEnergy", 1000),
    ("max_kwh", "maxEnergy", 1000),
    ("min_current", "minCurrent", 1),
    ("max_current", "maxCurrent", 1),
    ("min_power", "minPower", 1000),
    ("max_power", "maxPower", 1000),
    ("min_duration", "minTime", 1),
    ("max_duration", "maxTime", 1),
)
_MINUTES = 60
_DECIMALS = 6
_MIDNIGHT = "00:00"
_MAX_TEXTS = 10


class Inexpressible(OcpilotError):
    """The Tariff cannot be told exactly; every reason is named."""

    def __init__(self, tariff_id: str, reasons: Sequence[str]) -> None:
        self.reasons = tuple(reasons)
        super().__init__(f"Tariff {tariff_id} has no exact form in OCPP 2.1: {'; '.join(reasons)}")


class _Price(msgspec.Struct, frozen=True):
    """One component under the restrictions of its element."""

    component: PriceComponent
    limit: TariffRestrictions


def tariff_of(tariff: Tariff, name: str, texts: Sequence[DisplayText] = ()) -> Payload:
    """The `tariff` of a SetDefaultTariff with the tariffId `name` and `texts` for drivers. When it holds is the
    caller's to know. Raises Inexpressible."""
    reasons: list[str] = []
    told: Payload = {"tariffId": name, "currency": tariff.currency}
    if texts:
        told["description"] = [
            {"format": "UTF8", "language": one.language, "content": one.text} for one in texts[:_MAX_TEXTS]
        ]
    for dimension, place in _PLACES.items():
        told |= _dimension(tariff, dimension, place, reasons, reserved=False)
    for dimension, place in _RESERVED.items():
        told |= _dimension(tariff, dimension, place, reasons, reserved=True)
    for bound, limit in (("minCost", tariff.min_price), ("maxCost", tariff.max_price)):
        if limit is not None:
            told[bound] = _limit(limit)
    reasons += _beyond(tariff)
    if reasons:
        raise Inexpressible(tariff.id, list(dict.fromkeys(reasons)))
    return told


def cost_of(details: Payload) -> StationCost | None:
    """What a station counted ("CostDetailsType"); None when it says that it could not."""
    if details.get("failureToCalculate") is True:
        return None
    about = cast(Payload, details["totalCost"])
    total = cast(dict[str, Decimal | int], about["total"])
    before, after = total.get("exclTax"), total.get("inclTax")
    return StationCost(
        currency=required_text(about, "currency"),
        before_taxes=None if before is None else Decimal(before),
        after_taxes=None if after is None else Decimal(after),
    )


def _beyond(tariff: Tariff) -> Iterator[str]:
    """What OCPP has no words for, wherever it stands."""
    for element in tariff.elements:
        limit = element.restrictions
        if limit is not None and limit.booking is not None:
            yield "prices of bookings"
        if limit is not None and limit.reservation == ReservationRestrictionType.RESERVATION_EXPIRES:
            yield "a price of reservations that run out"


def _dimension(
    tariff: Tariff, dimension: TariffDimensionType, place: tuple[str, str], reasons: list[str], *, reserved: bool
) -> Payload:
    """All prices of one dimension in the order in which they are looked at; nothing when it has none."""
    prices = list(_prices(tariff, dimension, reserved=reserved))
    if not prices:
        return {}
    name, unit = place
    reasons += [f"{name}: {one}" for one in _against(tariff, dimension, prices)]
    rates = {one.component.vat for one in prices}
    found = [
        {unit: _price(tariff, one.component, name, reasons)} | ({"conditions": conditions} if conditions else {})
        for one in prices
        for conditions in _conditions(one.limit)
    ]
    said: Payload = {"prices": found}
    rate = next(iter(rates))
    if tariff.tax_included != TaxIncluded.NOT_APPLICABLE and rate is not None:
        said["taxRates"] = [{"type": "VAT", "tax": rate}]
    return {name: said}


def _prices(tariff: Tariff, dimension: TariffDimensionType, *, reserved: bool) -> Iterator[_Price]:
    """The components of a dimension that may ever be used: none after one without restrictions."""
    wanted = ReservationRestrictionType.RESERVATION if reserved else None
    for element in tariff.elements:
        limit = element.restrictions or TariffRestrictions()
        if limit.reservation != wanted or limit.booking is not None:
            continue
        component = next((one for one in element.price_components if one.type == dimension), None)
        if component is not None:
            yield _Price(component, limit)
            if _conditions(limit) == [{}]:
                return


def _against(tariff: Tariff, dimension: TariffDimensionType, prices: Sequence[_Price]) -> Iterator[str]:
    """What of a dimension would come to another cost, or to none."""
    rates = {one.component.vat for one in prices}
    if tariff.tax_included != TaxIncluded.NOT_APPLICABLE:
        if None in rates:
            yield "the VAT is not known"
        elif len(rates) > 1:
            yield "several rates of VAT"
    if dimension == TariffDimensionType.FLAT:
        if _conditions(prices[-1].limit) != [{}]:
            yield "a fee that may begin in the middle of a charge"
        if any(getattr(one.limit, ours) is not None for one in prices for ours, _, _ in _LEVELS):
            yield "a fee that depends on what is charged"
    elif any(one.component.step_size > 1 for one in prices):
        yield "a step_size of more than 1"


def _price(tariff: Tariff, component: PriceComponent, name: str, reasons: list[str]) -> Decimal:
    """Before tax, per kWh, minute or once."""
    price = Fraction(component.price)
    if component.type in {TariffDimensionType.TIME, TariffDimensionType.PARKING_TIME}:
        price /= _MINUTES
    if tariff.tax_included == TaxIncluded.YES and component.vat is not None:
        price /= 1 + Fraction(component.vat) / 100
    exact = price * 10**_DECIMALS
    if exact.denominator != 1:
        reasons.append(f"{name}: {component.price} has no exact price of {_DECIMALS} decimals before tax and per unit")
    return (Decimal(round(exact)).scaleb(-_DECIMALS)).normalize() + 0


def _limit(limit: PriceLimit) -> Payload:
    said: Payload = {"exclTax": limit.before_taxes}
    return said if limit.after_taxes is None else said | {"inclTax": limit.after_taxes}


def _conditions(limit: TariffRestrictions) -> list[Payload]:
    """The conditions that say the same, one after the other; one empty when there is nothing to say.

    A window over midnight on certain days is two: OCPP does not say which day the hours after midnight are of.
    """
    said: Payload = {}
    if limit.day_of_week and len(set(limit.day_of_week)) < len(DayOfWeek):
        said["dayOfWeek"] = [str(day).capitalize() for day in dict.fromkeys(limit.day_of_week)]
    if limit.start_date is not None:
        said["validFromDate"] = limit.start_date
    if limit.end_date is not None:
        said["validToDate"] = limit.end_date
    on_days = bool(said)
    for ours, theirs, factor in _LEVELS:
        number = cast(Decimal | int | None, getattr(limit, ours))
        if number is not None:
            said[theirs] = number * factor
    return [said | window for window in _windows(limit, on_days=on_days)]


def _windows(limit: TariffRestrictions, *, on_days: bool) -> list[Payload]:
    start, end = (_MIDNIGHT if one in {None, "24:00"} else one for one in (limit.start_time, limit.end_time))
    if start == end:
        return [{}]
    parts = [(start, end)]
    if on_days and _MIDNIGHT != end < start:
        parts = [(start, _MIDNIGHT), (_MIDNIGHT, end)]
    return [{"startTimeOfDay": first, "endTimeOfDay": last} for first, last in parts]
