"""A received CDR priced again: does it agree, and if not, where and why probably."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from decimal import Decimal
from enum import StrEnum
from zoneinfo import ZoneInfo

import msgspec

from ocpilot.base.time import hours
from ocpilot.base.zones import UTC
from ocpilot.billing.causes import Case, Cause, likely_cause
from ocpilot.pricing import PricedCharge, price
from ocpilot.wire.v230 import CDR, Price, Session, Tariff

#: kWh and hours are written with 4 decimals (types, "number"); sums of many rounded periods drift a little.
_VOLUME_TOLERANCE = Decimal("0.001")
_COSTS = (
    "total_cost",
    "total_fixed_cost",
    "total_energy_cost",
    "total_time_cost",
    "total_parking_cost",
    "total_reservation_cost",
)


class TariffSource(StrEnum):
    """Whose Tariffs the check used: those we keep, those the CDR carries, or none."""

    OURS = "ours"
    CDR = "cdr"
    NONE = "none"


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One number that is not ours. `name` is the field, `.taxes` behind it for the taxes; None is not given, or not
    known. `size` is theirs minus ours."""

    name: str
    theirs: Decimal | None
    ours: Decimal | None
    size: Decimal
    cause: Cause | None = None


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """`agrees` when no number differs by more than the tolerance and the cost could be computed at all."""

    agrees: bool
    ours: PricedCharge
    differences: tuple[Difference, ...]
    source: TariffSource


def check_cdr(
    cdr: CDR, tariffs: Sequence[Tariff] | None, zone: ZoneInfo | None, tolerance: Decimal = Decimal("0.01")
) -> Verdict:
    """Recompute every total and volume. `tariffs` are ours, None or empty to use those in the CDR.

    `zone` is the Location's (None: UTC); `tolerance` is in the currency of the CDR. The amounts of a Credit CDR are
    expected to be negative (mod_cdrs, "Credit CDRs").
    """
    used, source = _tariffs(cdr, tariffs)
    ours = _priced(cdr, used, zone or UTC)
    differences = (*_costs(cdr, ours, tolerance), *_volumes(cdr, ours))
    return Verdict(
        agrees=not differences and ours.total is not None,
        ours=ours,
        differences=tuple(_explained(one, cdr, ours) for one in differences),
        source=source,
    )


def check_session(
    session: Session, tariffs: Sequence[Tariff], zone: ZoneInfo | None, tolerance: Decimal = Decimal("0.01")
) -> Verdict:
    """The same for a Session, finished or not: its energy, and its cost if it states one."""
    ours = price(
        session.charging_periods,
        tariffs,
        start=session.start_date_time,
        end=session.end_date_time,
        zone=zone or UTC,
        currency=session.currency,
    )
    differences = list(_differs("kwh", session.kwh, ours.kwh, _VOLUME_TOLERANCE))
    if session.total_cost is not None and ours.total_cost is not None:
        differences += _price_differs("total_cost", session.total_cost, ours.total_cost, 1, tolerance)
    return Verdict(
        agrees=not differences and ours.total is not None,
        ours=ours,
        differences=tuple(differences),
        source=TariffSource.OURS if tariffs else TariffSource.NONE,
    )


def _explained(difference: Difference, cdr: CDR, ours: PricedCharge) -> Difference:
    case = Case(name=difference.name, size=difference.size, cdr=cdr, ours=ours)
    return msgspec.structs.replace(difference, cause=likely_cause(case))


def _tariffs(cdr: CDR, ours: Sequence[Tariff] | None) -> tuple[Sequence[Tariff], TariffSource]:
    if ours:
        return ours, TariffSource.OURS
    return (cdr.tariffs, TariffSource.CDR) if cdr.tariffs else ((), TariffSource.NONE)


def _priced(cdr: CDR, tariffs: Sequence[Tariff], zone: ZoneInfo) -> PricedCharge:
    """Nothing in a CDR says that a reservation expired; one that holds nothing but a reservation is one."""
    kinds = {dimension.type for period in cdr.charging_periods for dimension in period.dimensions}
    return price(
        cdr.charging_periods,
        tariffs,
        start=cdr.start_date_time,
        end=cdr.end_date_time,
        zone=zone,
        currency=cdr.currency,
        expired=kinds == {"RESERVATION_TIME"},
    )


def _costs(cdr: CDR, ours: PricedCharge, tolerance: Decimal) -> Iterator[Difference]:
    """Net and taxes of each cost. A part that the CDR leaves out is not compared: it is optional."""
    if ours.total is None:
        return
    for name in _COSTS:
        theirs: Price | None = getattr(cdr, name)
        mine: Price | None = getattr(ours, name)
        if theirs is not None:
            sign = -1 if cdr.credit and name == "total_cost" else 1
            yield from _price_differs(name, theirs, mine or Price(before_taxes=Decimal(0)), sign, tolerance)


def _price_differs(name: str, theirs: Price, ours: Price, sign: int, tolerance: Decimal) -> Iterator[Difference]:
    """Taxes are compared when both state some: an older version need not."""
    yield from _differs(name, theirs.before_taxes, sign * ours.before_taxes, tolerance)
    if theirs.taxes and ours.taxes:
        yield from _differs(f"{name}.taxes", _tax(theirs), sign * _tax(ours), tolerance)


def _tax(price: Price) -> Decimal:
    return sum((tax.amount for tax in price.taxes), Decimal(0))


def _volumes(cdr: CDR, ours: PricedCharge) -> Iterator[Difference]:
    yield from _differs("total_energy", cdr.total_energy, ours.kwh, _VOLUME_TOLERANCE)
    yield from _differs("total_time", cdr.total_time, hours(ours.duration), _VOLUME_TOLERANCE)
    if cdr.total_parking_time is not None or ours.parked > timedelta():
        yield from _differs("total_parking_time", cdr.total_parking_time, hours(ours.parked), _VOLUME_TOLERANCE)


def _differs(name: str, theirs: Decimal | None, ours: Decimal, tolerance: Decimal) -> Iterator[Difference]:
    size = (theirs or Decimal(0)) - ours
    if abs(size) > tolerance:
        yield Difference(name=name, theirs=theirs, ours=ours, size=size)
