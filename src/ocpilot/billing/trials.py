"""What the charge would cost if its operator had made a certain mistake: each is tried with the engine itself."""

from collections.abc import Iterator, Sequence
from decimal import ROUND_CEILING, ROUND_DOWN, ROUND_HALF_UP, Decimal
from functools import partial
from zoneinfo import ZoneInfo

import msgspec

from ocpilot.base.ids import fold
from ocpilot.base.money import HALF_UP, RoundingPolicy
from ocpilot.base.zones import UTC
from ocpilot.billing.altered import (
    TIMES,
    Periods,
    as_long_as,
    each_once,
    energy_of,
    energy_rounded,
    fine_hours,
    retyped,
    scaled,
    total_rounded,
    with_components,
    with_more_energy,
    with_volume,
)
from ocpilot.billing.causes import Cause
from ocpilot.billing.structure import spans
from ocpilot.pricing import Part, PricedCharge, Unit, price
from ocpilot.wire.v230 import (
    CDR,
    CdrDimensionType,
    PriceComponent,
    Tariff,
    TariffDimensionType,
    TaxIncluded,
)

_replace = msgspec.structs.replace
_ENERGY, _TIME = CdrDimensionType.ENERGY, CdrDimensionType.TIME
_PARKING, _RESERVATION = CdrDimensionType.PARKING_TIME, CdrDimensionType.RESERVATION_TIME
_HOUR, _KILO, _MINUTES = Decimal(3600), Decimal(1000), Decimal(60)
#: Elements that are tried one by one at most.
_MOST_ELEMENTS = 30


class Basis(msgspec.Struct, frozen=True, kw_only=True):
    """A CDR as we price it: by `tariffs`, in the Location's `zone`. `others` are further copies or other Tariffs that
    its operator may have used."""

    cdr: CDR
    tariffs: tuple[Tariff, ...]
    others: tuple[Tariff, ...]
    zone: ZoneInfo
    expired: bool
    rounding: RoundingPolicy = HALF_UP

    def priced(
        self,
        *,
        periods: Periods | None = None,
        tariffs: Sequence[Tariff] | None = None,
        zone: ZoneInfo | None = None,
        expired: bool | None = None,
        currency: str | None = None,
        explained: bool = False,
    ) -> PricedCharge:
        """The price, with what is given here instead."""
        return price(
            self.cdr.charging_periods if periods is None else periods,
            self.tariffs if tariffs is None else tariffs,
            start=self.cdr.start_date_time,
            end=self.cdr.end_date_time,
            zone=zone or self.zone,
            currency=currency or self.cdr.currency,
            expired=self.expired if expired is None else expired,
            explained=explained,
            rounding=self.rounding,
        )


Trial = tuple[Cause, PricedCharge]


def trials(basis: Basis, ours: PricedCharge) -> Iterator[Trial]:
    """The charge with one mistake each; those that would change nothing may be among them."""
    for each in (_of_steps, _of_states, _of_taxes, _of_times, _of_tariffs, _of_elements, _of_fees, _of_quantities):
        yield from each(basis, ours)


# ---- steps ---------------------------------------------------------------------------------------------------------


def _of_steps(basis: Basis, ours: PricedCharge) -> Iterator[Trial]:
    plain = with_components(basis.tariffs, lambda one: _replace(one, step_size=0))
    yield Cause.STEP_NOT_APPLIED, basis.priced(tariffs=plain)
    stepped = _stepped_per_period(basis, ours)
    if stepped is not None:
        yield Cause.STEP_PER_PERIOD, basis.priced(periods=stepped, tariffs=plain)


def _stepped_per_period(basis: Basis, ours: PricedCharge) -> Periods | None:
    """The periods with what each component priced in them rounded up to its step; None when that is nowhere more."""
    ordered = sorted(basis.cdr.charging_periods, key=lambda period: period.start_date_time)
    by_id = {fold(tariff.id): tariff for tariff in reversed(basis.tariffs)}
    kinds = {Part.ENERGY: _ENERGY, Part.TIME: _TIME, Part.PARKING: _PARKING, Part.RESERVATION: _RESERVATION}
    changed = False
    for look in ours.looks:
        tariff = by_id.get(fold(look.tariff_id))
        if look.element is None or look.component is None or tariff is None:
            continue
        step = tariff.elements[look.element].price_components[look.component].step_size
        block = Decimal(step) / (_KILO if look.unit is Unit.KWH else 1)
        if step <= 0 or look.quantity <= 0 or look.quantity % block == 0:
            continue
        billed = (look.quantity / block).to_integral_value(ROUND_CEILING) * block
        volume = billed if look.unit is Unit.KWH else fine_hours(billed)
        ordered[look.period] = with_volume(ordered[look.period], kinds[look.part], volume)
        changed = True
    return tuple(ordered) if changed else None


# ---- what a period is ----------------------------------------------------------------------------------------------


def _of_states(basis: Basis, _: PricedCharge) -> Iterator[Trial]:
    periods = basis.cdr.charging_periods
    swaps = (
        (Cause.PARKING_AS_CHARGING, _PARKING, _TIME),
        (Cause.CHARGING_AS_PARKING, _TIME, _PARKING),
        (Cause.PARKING_LEFT_OUT, _PARKING, None),
        (Cause.RESERVATION_NOT_PRICED, _RESERVATION, None),
    )
    for cause, source, target in swaps:
        if any(dimension.type is source for period in periods for dimension in period.dimensions):
            yield cause, basis.priced(periods=retyped(periods, source, target))
    once = tuple(_replace(period, dimensions=each_once(period.dimensions)) for period in periods)
    if once != periods:
        yield Cause.DUPLICATE_DIMENSION, basis.priced(periods=once)
    yield from _of_spans(basis, periods)
    yield Cause.RESERVATION_EXPIRED, basis.priced(expired=not basis.expired)


def _of_spans(basis: Basis, periods: Periods) -> Iterator[Trial]:
    """Each period's time is as long as the period itself, where it is stated longer (overlaps) or shorter (gaps)."""
    lengths = spans(periods, basis.cdr.end_date_time)
    for cause, is_longer in ((Cause.PERIODS_OVERLAP, True), (Cause.GAPS, False)):
        changed = tuple(
            as_long_as(period, length, is_longer=is_longer) for period, length in zip(periods, lengths, strict=True)
        )
        if changed != periods:
            yield cause, basis.priced(periods=changed)


# ---- taxes ---------------------------------------------------------------------------------------------------------


def _of_taxes(basis: Basis, _: PricedCharge) -> Iterator[Trial]:
    changed = [_replace(one, tax_included=TaxIncluded.YES) for one in basis.tariffs if _comes_on_top(one)]
    if changed:
        kept = [one for one in basis.tariffs if not _comes_on_top(one)]
        yield Cause.TAX_TAKEN_OUT, basis.priced(tariffs=[*changed, *kept])


def _comes_on_top(tariff: Tariff) -> bool:
    return tariff.tax_included is TaxIncluded.NO


# ---- the clock -----------------------------------------------------------------------------------------------------


def _of_times(basis: Basis, _: PricedCharge) -> Iterator[Trial]:
    if not any(looks_at_clock(tariff) for tariff in basis.tariffs):
        return
    if basis.zone.key != UTC.key:
        yield Cause.LOCAL_TIME_AS_UTC, basis.priced(zone=UTC)
    for ahead in (1, -1, 2, -2, 3, -3, *range(4, 13), *range(-4, -12, -1)):
        # "Etc/GMT-1" is one hour ahead of UTC.
        yield Cause.OTHER_TIME_ZONE, basis.priced(zone=ZoneInfo(f"Etc/GMT{-ahead:+d}"))


def looks_at_clock(tariff: Tariff) -> bool:
    """Does the price depend on the time of day, the day or the date?"""
    limits = [element.restrictions for element in tariff.elements if element.restrictions is not None]
    return any(one.start_time or one.end_time or one.start_date or one.end_date or one.day_of_week for one in limits)


# ---- which Tariff, which element -----------------------------------------------------------------------------------


def _of_tariffs(basis: Basis, _: PricedCharge) -> Iterator[Trial]:
    named = {fold(period.tariff_id) for period in basis.cdr.charging_periods if period.tariff_id}
    if len(named) > 1:
        for tariff in basis.tariffs:
            yield Cause.TARIFF_CHANGED, _all_by(basis, tariff)
    known = set(basis.tariffs)
    for other in (one for one in (*basis.tariffs, *basis.others) if one.currency.upper() == basis.cdr.currency.upper()):
        is_copy = fold(other.id) in {fold(one.id) for one in known} and other not in known
        yield Cause.OTHER_COPY if is_copy else Cause.OTHER_TARIFF, _all_by(basis, other)
    copies = {fold(one.id): one for one in reversed(basis.others)}
    if named & copies.keys():
        yield Cause.OTHER_COPY, basis.priced(tariffs=[copies.get(fold(one.id), one) for one in basis.tariffs])


def _all_by(basis: Basis, tariff: Tariff) -> PricedCharge:
    """The whole charge by one Tariff."""
    periods = tuple(_replace(period, tariff_id=None) for period in basis.cdr.charging_periods)
    return basis.priced(periods=periods, tariffs=[tariff])


def _of_elements(basis: Basis, _: PricedCharge) -> Iterator[Trial]:
    """The restrictions of the Tariff left out of account, and each element alone."""
    for tariff in basis.tariffs:
        elements = tariff.elements
        if not any(element.restrictions for element in elements):
            continue
        others = [one for one in basis.tariffs if one is not tariff]
        for element in elements[:_MOST_ELEMENTS]:
            first = (_replace(element, restrictions=None), *(one for one in elements if one is not element))
            yield Cause.OTHER_ELEMENT, basis.priced(tariffs=[_replace(tariff, elements=first), *others])


# ---- fees and limits -----------------------------------------------------------------------------------------------


def _of_fees(basis: Basis, _: PricedCharge) -> Iterator[Trial]:
    count = len(basis.cdr.charging_periods)
    for cause, times in ((Cause.FLAT_MISSING, 0), (Cause.FLAT_TWICE, 2), (Cause.FLAT_TWICE, count)):
        yield cause, basis.priced(tariffs=with_components(basis.tariffs, partial(_flat_times, times=times)))
    if any(tariff.min_price or tariff.max_price for tariff in basis.tariffs):
        yield Cause.LIMIT_IGNORED, basis.priced(tariffs=[_replace(one, min_price=None) for one in basis.tariffs])
        yield Cause.LIMIT_IGNORED, basis.priced(tariffs=[_replace(one, max_price=None) for one in basis.tariffs])


def _flat_times(component: PriceComponent, times: int) -> PriceComponent:
    if component.type is not TariffDimensionType.FLAT:
        return component
    return _replace(component, price=component.price * times)


# ---- quantities ----------------------------------------------------------------------------------------------------


def _of_quantities(basis: Basis, _: PricedCharge) -> Iterator[Trial]:
    periods = basis.cdr.charging_periods
    for factor in (_MINUTES, 1 / _MINUTES):
        yield Cause.MINUTES_AS_HOURS, basis.priced(periods=scaled(periods, TIMES, factor))
    for factor in (_KILO, 1 / _KILO):
        yield Cause.WH_AS_KWH, basis.priced(periods=scaled(periods, (_ENERGY,), factor))
    for decimals in (2, 1, 0):
        for mode in (ROUND_HALF_UP, ROUND_DOWN, ROUND_CEILING):
            yield Cause.ENERGY_ROUNDED, basis.priced(periods=energy_rounded(periods, decimals, mode))
            yield Cause.ENERGY_ROUNDED, basis.priced(periods=total_rounded(periods, decimals, mode))
    missing = basis.cdr.total_energy - energy_of(periods)
    if missing:
        yield Cause.ENERGY_DOES_NOT_ADD_UP, basis.priced(periods=with_more_energy(periods, missing))
