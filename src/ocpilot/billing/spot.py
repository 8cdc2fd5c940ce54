"""Energy at the price of its hour: what each Charging Period held, split by time over a price series."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import msgspec

from ocpilot.base.errors import NotBillable
from ocpilot.base.texts import mark, translator
from ocpilot.base.time import write
from ocpilot.billing.receipt import ReceiptLine
from ocpilot.pricing import Amount, Unit
from ocpilot.pricing.engine import in_order
from ocpilot.pricing.usage import volumes_of
from ocpilot.wire.v230 import CDR

_ZERO = Decimal(0)


class PricePoint(msgspec.Struct, frozen=True, kw_only=True):
    """The price of a kWh, without VAT, from `at` until `until`."""

    at: datetime
    until: datetime
    price: Decimal


class Prices(msgspec.Struct, frozen=True, kw_only=True):
    """A price series over the time of a charge: its points in order, none over another."""

    series: str
    currency: str
    points: tuple[PricePoint, ...]


class Stretch(msgspec.Struct, frozen=True, kw_only=True):
    """So much energy, evenly over a time."""

    start: datetime
    end: datetime
    kwh: Decimal


def spot_lines(cdr: CDR, prices: Prices, zone: ZoneInfo, language: str) -> tuple[ReceiptLine, ...]:
    """A line for each hour of the clock at the Location in which energy flowed; amounts are exact, not rounded.

    NotBillable when the series lacks a price for any of it.
    """
    hours: dict[datetime, tuple[Decimal, Decimal]] = {}
    for stretch in stretches_of(cdr):
        for at, kwh, price in _priced(stretch, prices):
            hour = _hour_of(at, zone)
            energy, amount = hours.get(hour, (_ZERO, _ZERO))
            hours[hour] = (energy + kwh, amount + kwh * price)
    label = translator(language)(mark("Energy at the spot price"))
    return tuple(
        ReceiptLine(
            label=label,
            notes=(f"{hour.astimezone(zone):%H:%M}–{(hour + timedelta(hours=1)).astimezone(zone):%H:%M}",),
            quantity=round(energy, 4),
            unit=Unit.KWH,
            unit_price=round(amount / energy, 5),
            amount=Amount(excl=amount),
        )
        for hour, (energy, amount) in sorted(hours.items())
    )


def stretches_of(cdr: CDR) -> tuple[Stretch, ...]:
    """When its energy flowed: in its Charging Periods; over all of the charge, where they hold none."""
    periods = in_order(cdr.charging_periods)
    ends = [*(period.start_date_time for period in periods[1:]), cdr.end_date_time]
    found = tuple(
        Stretch(start=period.start_date_time, end=max(end, period.start_date_time), kwh=kwh)
        for period, end in zip(periods, ends, strict=True)
        if (kwh := volumes_of(period).kwh)
    )
    if found or not cdr.total_energy:
        return found
    return (Stretch(start=cdr.start_date_time, end=cdr.end_date_time, kwh=cdr.total_energy),)


def _priced(stretch: Stretch, prices: Prices) -> Iterator[tuple[datetime, Decimal, Decimal]]:
    """From when on, how many kWh at which price; together exactly the energy of the stretch."""
    given, at = _ZERO, stretch.start
    for point in prices.points:
        if point.until <= at:
            continue
        if point.at > at:
            break
        end = min(point.until, stretch.end)
        until_here = _share(stretch, end)
        yield at, until_here - given, point.price
        given, at = until_here, end
        if end >= stretch.end:
            return
    raise NotBillable(
        f"price series {prices.series} has no price for {write(at)}, expected one until {write(stretch.end)}: "
        f"ocpilot price-series import {prices.series} FILE.csv"
    )


def _share(stretch: Stretch, until: datetime) -> Decimal:
    if until >= stretch.end:
        return stretch.kwh
    return stretch.kwh * _seconds(until - stretch.start) / _seconds(stretch.end - stretch.start)


def _seconds(span: timedelta) -> Decimal:
    return Decimal(span // timedelta(milliseconds=1)) / 1000


def _hour_of(at: datetime, zone: ZoneInfo) -> datetime:
    """The start of the hour by the clock there, in UTC: the hour that comes twice in autumn is two."""
    local = at.astimezone(zone)
    return at - timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
