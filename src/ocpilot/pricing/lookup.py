"""Which Price Component is active: the first element with that dimension whose restrictions match (mod_tariffs)."""

from collections.abc import Iterator

import msgspec

from ocpilot.pricing.restrictions import matches
from ocpilot.pricing.usage import Usage
from ocpilot.wire.v230 import (
    PriceComponent,
    ReservationRestrictionType,
    Tariff,
    TariffDimensionType,
    TariffElement,
)


class Active(msgspec.Struct, frozen=True, kw_only=True):
    """A Price Component that is active, and where in the Tariff it stands."""

    tariff: Tariff
    element: int
    component: int

    @property
    def tariff_element(self) -> TariffElement:
        """The element it stands in."""
        return self.tariff.elements[self.element]

    @property
    def price(self) -> PriceComponent:
        """The component itself."""
        return self.tariff_element.price_components[self.component]

    @property
    def key(self) -> tuple[str, int, int]:
        """What tells two components apart."""
        return (self.tariff.id, self.element, self.component)


def active(tariff: Tariff, dimension: TariffDimensionType, usage: Usage, *, expired: bool = False) -> Active | None:
    """The component that prices this dimension at the start of this period, or None: it costs nothing then."""
    found = list(_matching(tariff, dimension, usage, expired=expired))
    if expired:
        # What an expired reservation costs replaces what a used one would (mod_tariffs, "ReservationRestrictionType").
        found.sort(key=lambda one: not _is_for_expired(one))
    return next(iter(found), None)


def _matching(tariff: Tariff, dimension: TariffDimensionType, usage: Usage, *, expired: bool) -> Iterator[Active]:
    for place, element in enumerate(tariff.elements):
        if not matches(element.restrictions, usage, expired=expired):
            continue
        for number, component in enumerate(element.price_components):
            if component.type is dimension:
                yield Active(tariff=tariff, element=place, component=number)


def _is_for_expired(one: Active) -> bool:
    restrictions = one.tariff_element.restrictions
    return restrictions is not None and restrictions.reservation == ReservationRestrictionType.RESERVATION_EXPIRES
