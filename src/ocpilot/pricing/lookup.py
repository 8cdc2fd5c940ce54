"""Which Price Component is active: the first element with that dimension whose restrictions match (mod_tariffs)."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal

import msgspec

from ocpilot.pricing.exact import Factors, Scale, has_taxes
from ocpilot.pricing.restrictions import mismatch
from ocpilot.pricing.trace import Part, Passed, Reason, Unit
from ocpilot.pricing.usage import Usage
from ocpilot.pricing.why import of_restrictions
from ocpilot.wire.v230 import (
    PriceComponent,
    ReservationRestrictionType,
    Tariff,
    TariffDimensionType,
    TariffElement,
)

_USUAL = {
    TariffDimensionType.FLAT: (Part.FIXED, Unit.ONCE),
    TariffDimensionType.ENERGY: (Part.ENERGY, Unit.KWH),
    TariffDimensionType.TIME: (Part.TIME, Unit.SECOND),
    TariffDimensionType.PARKING_TIME: (Part.PARKING, Unit.SECOND),
}


class Active(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """A Price Component, where in its Tariff it stands, and all that is the same for every charge it prices; each is
    made once, so identity tells two apart.

    `part` is the one it counts to: what prices a reservation prices nothing else. `rate` is its VAT, where taxes apply;
    `when` the reasons for which it is active.
    """

    tariff: Tariff
    element: int
    component: int
    price: PriceComponent
    factors: Factors
    part: Part
    unit: Unit
    rate: Decimal | None
    when: tuple[Reason, ...]

    @property
    def tariff_element(self) -> TariffElement:
        """The element it stands in."""
        return self.tariff.elements[self.element]


#: What a Look says of a component: Tariff, element and component (None: nothing prices the dimension), and which ones
#: were passed over before it.
Looked = tuple[str, int | None, int | None, tuple[Passed, ...]]


class Found(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """Which component prices each dimension in a situation (None: it costs nothing then), and how that was found."""

    flat: Active | None
    energy: Active | None
    time: Active | None
    parking: Active | None
    looked: Mapping[TariffDimensionType, Looked]


def components(tariff: Tariff, scale: Scale) -> tuple[Active, ...]:
    """All components of a Tariff in the order in which they are looked at."""
    return tuple(
        _component(tariff, scale, place, number)
        for place, element in enumerate(tariff.elements)
        for number in range(len(element.price_components))
    )


def _component(tariff: Tariff, scale: Scale, place: int, number: int) -> Active:
    element = tariff.elements[place]
    price = element.price_components[number]
    part, unit = _USUAL[price.type]
    is_for_reservations = element.restrictions is not None and element.restrictions.reservation is not None
    return Active(
        tariff=tariff,
        element=place,
        component=number,
        price=price,
        factors=scale.factors(tariff, price),
        part=Part.RESERVATION if is_for_reservations else part,
        unit=unit,
        rate=price.vat if has_taxes(tariff) else None,
        when=of_restrictions(element.restrictions),
    )


def found(among: Sequence[Active], usage: Usage) -> Found:
    """The active component of each dimension at the start of a period."""
    active = {dimension: _active(among, dimension, usage) for dimension in TariffDimensionType}
    return Found(
        flat=active[TariffDimensionType.FLAT],
        energy=active[TariffDimensionType.ENERGY],
        time=active[TariffDimensionType.TIME],
        parking=active[TariffDimensionType.PARKING_TIME],
        looked={
            dimension: (
                among[0].tariff.id,
                None if one is None else one.element,
                None if one is None else one.component,
                tuple(_passed(among, dimension, one, usage)),
            )
            for dimension, one in active.items()
        },
    )


def _active(among: Sequence[Active], dimension: TariffDimensionType, usage: Usage) -> Active | None:
    fitting = [one for one in _of(among, dimension) if mismatch(one.tariff_element.restrictions, usage) is None]
    if usage.expired:
        # What an expired reservation costs replaces what a used one would (mod_tariffs, "ReservationRestrictionType").
        fitting.sort(key=lambda one: not _is_for_expired(one))
    return next(iter(fitting), None)


def _passed(
    among: Sequence[Active], dimension: TariffDimensionType, active: Active | None, usage: Usage
) -> Iterator[Passed]:
    for one in _of(among, dimension):
        if one is active:
            return
        reason = mismatch(one.tariff_element.restrictions, usage)
        if reason is not None:
            yield Passed(element=one.element, component=one.component, because=reason)


def _of(among: Sequence[Active], dimension: TariffDimensionType) -> Iterator[Active]:
    return (one for one in among if one.price.type is dimension)


def _is_for_expired(one: Active) -> bool:
    restrictions = one.tariff_element.restrictions
    return restrictions is not None and restrictions.reservation == ReservationRestrictionType.RESERVATION_EXPIRES
