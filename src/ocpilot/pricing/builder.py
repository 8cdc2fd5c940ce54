"""Tariffs written in code as one says them: `tariff("T1", "EUR", energy(0.45).after("22:00", 0.30), party="SE/LAD")`.

>>> night = tariff("T1", "EUR", energy(0.45).after("22:00", 0.30), party="SE/LAD", vat=25)
>>> [(one.price_components[0].price, one.restrictions) for one in night.elements][-1]
(Decimal('0.45'), None)

Exceptions come before what they except, whatever the order in which they were said. Where two prices would hold at the
same time, and neither is for a part of the other, the tariff is refused: it must say what holds for both.

>>> tariff("T2", "EUR", energy(0.45).after("22:00", 0.30).weekend(0.40), party="SE/LAD")
Traceback (most recent call last):
ocpilot.base.errors.UserError: energy: both 0.3 and 0.4 can hold at once; say a price for where both conditions hold
>>> both = energy(0.45).after("22:00", 0.30).weekend(0.40).weekend().after("22:00", 0.25)
>>> [str(one.price_components[0].price) for one in tariff("T2", "EUR", both, party="SE/LAD").elements]
['0.25', '0.3', '0.4', '0.45']
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from itertools import combinations

import msgspec

from ocpilot.base.errors import UserError
from ocpilot.base.ids import PartyId
from ocpilot.pricing.conditions import Conditional, Figure, Rule, number
from ocpilot.pricing.regions import Region, region
from ocpilot.wire.codec import body_of, read
from ocpilot.wire.protocol import CANONICAL
from ocpilot.wire.v230 import (
    PriceComponent,
    PriceLimit,
    ReservationRestrictionType,
    Tariff,
    TariffDimensionType,
    TariffElement,
    TariffRestrictions,
    TariffType,
    TaxIncluded,
)

_NEVER_CHANGED = datetime(1970, 1, 1, tzinfo=UTC)
_DIMENSION = TariffDimensionType


class Priced(Conditional, frozen=True, kw_only=True):
    """What one dimension costs: made by `energy`, `time`, `parking`, `start_fee` and `reservation`."""

    dimension: TariffDimensionType
    #: What a price said is multiplied with: 60 for those per minute.
    times: int = 1
    vat: Decimal | None = None
    step: int = 1
    reservation: ReservationRestrictionType | None = None

    def component(self, price: Decimal, vat: Decimal | None) -> PriceComponent:
        """The Price Component of one of its rules; `vat` is that of the whole tariff."""
        rate = vat if self.vat is None else self.vat
        return PriceComponent(type=self.dimension, price=price * self.times, vat=rate, step_size=self.step)

    def when(self, rule: Rule) -> TariffRestrictions | None:
        """When a rule holds; reservations have rules of their own."""
        if self.reservation is None:
            return rule.when
        return msgspec.structs.replace(rule.when or TariffRestrictions(), reservation=self.reservation)


def energy(per_kwh: Figure | None = None, *, vat: Figure | None = None, step: int = 1) -> Priced:
    """A price per kWh; without one only under conditions. `step` in Wh.

    >>> energy(0.45).between("22:00", "06:00", 0.30).rules[1].when.end_time
    '06:00'
    """
    return _priced("energy", _DIMENSION.ENERGY, per_kwh, vat=vat, step=step)


def time(
    *, per_hour: Figure | None = None, per_minute: Figure | None = None, vat: Figure | None = None, step: int = 1
) -> Priced:
    """A price for the time of charging, per hour or per minute, as are then all its exceptions. `step` in seconds.

    >>> time(per_minute=0.10).from_minutes(45, 0.30).component(Decimal("0.30"), None).price
    Decimal('18.00')
    """
    return _timed("time", _DIMENSION.TIME, per_hour=per_hour, per_minute=per_minute, vat=vat, step=step)


def parking(
    *, per_hour: Figure | None = None, per_minute: Figure | None = None, vat: Figure | None = None, step: int = 1
) -> Priced:
    """A price for the time after charging, as `time`.

    >>> parking(per_minute=0.20).between("22:00", "06:00", 0).rules[1].price
    Decimal('0')
    """
    return _timed("parking", _DIMENSION.PARKING_TIME, per_hour=per_hour, per_minute=per_minute, vat=vat, step=step)


def start_fee(fee: Figure | None = None, *, vat: Figure | None = None) -> Priced:
    """A price per charge.

    >>> str(start_fee(0.50).weekend(0).rules[0].price)
    '0.5'
    """
    return _priced("start_fee", _DIMENSION.FLAT, fee, vat=vat)


def reservation(
    *,
    per_hour: Figure | None = None,
    per_minute: Figure | None = None,
    fee: Figure | None = None,
    expired: bool = False,
    vat: Figure | None = None,
    step: int = 1,
) -> Priced:
    """A price for the time an EVSE is reserved, or a fee for each reservation; `expired`: when nobody comes.

    >>> reservation(fee=5, expired=True).reservation.value
    'RESERVATION_EXPIRES'
    """
    kind = ReservationRestrictionType.RESERVATION_EXPIRES if expired else ReservationRestrictionType.RESERVATION
    if fee is not None and (per_hour is not None or per_minute is not None):
        raise UserError("reservation: say the fee and the price of the time in two of them")
    if fee is not None:
        priced = _priced("reservation", _DIMENSION.FLAT, fee, vat=vat)
    else:
        priced = _timed("reservation", _DIMENSION.TIME, per_hour=per_hour, per_minute=per_minute, vat=vat, step=step)
    return msgspec.structs.replace(priced, reservation=kind)


def tariff(
    ident: str,
    currency: str,
    *prices: Priced,
    party: PartyId | str,
    vat: Figure | None = None,
    tax_included: bool | None = False,
    min_price: Figure | PriceLimit | None = None,
    max_price: Figure | PriceLimit | None = None,
    kind: TariffType | None = None,
    valid_from: datetime | None = None,
    valid_until: datetime | None = None,
    last_updated: datetime = _NEVER_CHANGED,
) -> Tariff:
    """The Tariff that these prices make. UserError says which of them contradict each other, InvalidObject what the
    standard does not take, such as an id that is too long.

    `vat` (per cent) is that of all prices without one of their own. `tax_included`: do prices and limits hold the VAT?
    None is that no taxes apply. Limits are numbers, or a PriceLimit that says both sides.

    >>> t = tariff("T3", "EUR", start_fee(0.50), energy(0.45), party="SE/LAD", vat=25, tax_included=True, max_price=30)
    >>> len(t.elements), len(t.elements[0].price_components), str(t.max_price.before_taxes)
    (1, 2, '24')
    """
    rate = None if vat is None else number(vat)
    _check(prices, rate, tax_included)
    taxes = {True: TaxIncluded.YES, False: TaxIncluded.NO, None: TaxIncluded.NOT_APPLICABLE}[tax_included]
    owner = party if isinstance(party, PartyId) else _party(party)
    if valid_from and valid_until and valid_from >= valid_until:
        raise UserError(f"tariff {ident}: valid until {valid_until}, expected after {valid_from}")
    limits = [_limit(one, rate, taxes) for one in (min_price, max_price)]
    if limits[0] and limits[1] and limits[0].before_taxes > limits[1].before_taxes:
        raise UserError(f"tariff {ident}: min_price {min_price} is above max_price {max_price}")
    built = Tariff(
        country_code=owner.country_code,
        party_id=owner.party_id,
        id=ident,
        currency=currency,
        type=kind,
        min_price=limits[0],
        max_price=limits[1],
        elements=tuple(_elements(prices, rate)),
        tax_included=taxes,
        start_date_time=valid_from,
        end_date_time=valid_until,
        last_updated=last_updated,
    )
    return read(Tariff, CANONICAL, body_of(built)).value


def _priced(
    name: str,
    dimension: TariffDimensionType,
    price: Figure | None,
    *,
    vat: Figure | None,
    step: int = 1,
    times: int = 1,
) -> Priced:
    if step < 1:
        raise UserError(f"{name}: found a step of {step}, expected 1 or more")
    rules = () if price is None else (Rule(number(price), None),)
    rate = None if vat is None else number(vat)
    return Priced(name=name, rules=rules, dimension=dimension, times=times, vat=rate, step=step)


def _timed(
    name: str,
    dimension: TariffDimensionType,
    *,
    per_hour: Figure | None,
    per_minute: Figure | None,
    vat: Figure | None,
    step: int,
) -> Priced:
    if (per_hour is None) is (per_minute is None):
        raise UserError(f"{name}: expected a price either per_hour or per_minute")
    if per_minute is not None:
        return _priced(name, dimension, per_minute, vat=vat, step=step, times=60)
    return _priced(name, dimension, per_hour, vat=vat, step=step)


def _party(text: str) -> PartyId:
    try:
        return PartyId.parse(text)
    except ValueError as error:
        raise UserError(str(error)) from None


def _limit(limit: Figure | PriceLimit | None, vat: Decimal | None, taxes: TaxIncluded) -> PriceLimit | None:
    """Before taxes as the standard wants it; of one that holds them the VAT is taken out, to 4 decimals."""
    if limit is None or isinstance(limit, PriceLimit):
        return limit
    if taxes is not TaxIncluded.YES:
        return PriceLimit(before_taxes=number(limit))
    if vat is None:
        raise UserError("min_price, max_price: with tax_included and no vat of the tariff, expected a PriceLimit")
    after = number(limit)
    before = round(after * 100 / (100 + vat), 4).normalize()
    return PriceLimit(before_taxes=before, after_taxes=after)


def _check(prices: Sequence[Priced], vat: Decimal | None, tax_included: bool | None) -> None:
    """What is wrong with the prices, each alone and beside the others."""
    if not prices:
        raise UserError("tariff: expected at least one price, such as energy(0.45)")
    for one in prices:
        if one.said:
            raise UserError(f"{one.name}: {', '.join(one.said)} has no price")
        if not one.rules:
            raise UserError(f"{one.name}: expected a price, or one under conditions")
        if tax_included is None and (vat is not None or one.vat is not None):
            raise UserError(f"{one.name}: has VAT, and no taxes apply (tax_included=None)")
    for one, other in combinations(prices, 2):
        if (one.dimension, one.reservation) == (other.dimension, other.reservation):
            raise UserError(f"{one.name}: is said twice; say exceptions behind the first one")
    for one in prices:
        _refuse_clashes(one)


def _refuse_clashes(priced: Priced) -> None:
    """No two rules may hold at once, unless one is for a part of the other, or a third is for what they share."""
    rules = [(rule, region(rule.when)) for rule in priced.rules]
    for (one, here), (other, there) in combinations(rules, 2):
        shared = here.both(there)
        if shared is None or (here != there and (here.holds(there) or there.holds(here))):
            continue
        settled = any(
            third.holds(shared) and here.holds(third) and there.holds(third) and third not in (here, there)
            for _, third in rules
        )
        if not settled:
            prices = f"both {one.price} and {other.price} can hold at once"
            raise UserError(f"{priced.name}: {prices}; say a price for where both conditions hold")


def _elements(prices: Sequence[Priced], vat: Decimal | None) -> Iterator[TariffElement]:
    """One for each set of restrictions. One that holds for a part of another comes before it."""
    ordered: list[tuple[Region, TariffRestrictions | None, list[PriceComponent]]] = []
    for priced in prices:
        for rule in priced.rules:
            when = priced.when(rule)
            where, component = region(when), priced.component(rule.price, vat)
            same = next((components for known, _, components in ordered if known == where), None)
            if same is not None:
                same.append(component)
                continue
            wider = (place for place, (known, _, _) in enumerate(ordered) if known.holds(where))
            ordered.insert(next(wider, len(ordered)), (where, when, [component]))
    for _, when, components in ordered:
        yield TariffElement(price_components=tuple(components), restrictions=when)
