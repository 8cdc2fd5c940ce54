"""Which component prices which situations, and which situations no component of a dimension prices."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from functools import cached_property

import msgspec

from ocpilot.pricing.compiled import CompiledTariff, compiled
from ocpilot.pricing.lint.boxes import Box, TooManyBoxes, and_below, both, is_empty, within, without
from ocpilot.pricing.lint.situations import Kind, Situations, is_for
from ocpilot.pricing.lookup import Active
from ocpilot.wire.v230 import ReservationRestrictionType, Tariff, TariffDimensionType

_ENERGY, _DURATION = 1, 2
#: What an element that prices reservations can price (mod_tariffs, "TariffRestrictions", reservation).
OF_RESERVATIONS = (TariffDimensionType.FLAT, TariffDimensionType.TIME)


class Use(msgspec.Struct, frozen=True, kw_only=True):
    """A component for one kind of thing: `matching` is where its restrictions hold, `used` where it is the first."""

    active: Active
    kind: Kind
    matching: Box
    used: Sequence[Box]


class Reach:
    """Computed once per Tariff. Raises nothing: of a Tariff with too many situations `uses` is empty."""

    def __init__(self, tariff: Tariff) -> None:
        self._compiled: CompiledTariff = compiled(tariff)
        self.situations = Situations(tariff)
        self._boxes = [self.situations.box(element.restrictions) for element in tariff.elements]

    @property
    def uses(self) -> tuple[Use, ...]:
        """Every component, once for each kind that it prices."""
        return self._found or ()

    @property
    def is_known(self) -> bool:
        """Whether there were not too many situations."""
        return self._found is not None

    def of(self, dimension: TariffDimensionType, kind: Kind) -> list[Use]:
        """In the order of the lookup."""
        return [use for use in self.uses if use.kind is kind and use.active.price.type is dimension]

    def matches_somewhere(self, element: int, kind: Kind) -> bool:
        """Whether there is any situation in which the restrictions of an element hold."""
        return not is_empty(self.matching(element, kind))

    def matching(self, element: int, kind: Kind) -> Box:
        """Where the restrictions of an element hold."""
        return both(self._boxes[element], self.situations.base(kind))

    def unpriced(
        self, dimensions: Iterable[TariffDimensionType], limits: Box, first: date | None, last: date | None
    ) -> list[Box]:
        """Situations of a charge on these days, within `limits`, in which none of the dimensions has a price.

        A fee that begins after some energy or time is meant to be one: what lies before it does not count.
        """
        if self._found is None:
            return []
        days = self.situations.between(first, last)
        left = within([both(self.situations.base(Kind.CHARGE), limits)], days)
        for dimension in dimensions:
            for use in self.of(dimension, Kind.CHARGE):
                left = without(left, _with_before(use.matching, dimension))
        return left

    @cached_property
    def _found(self) -> tuple[Use, ...] | None:
        try:
            return tuple(
                use for kind in Kind for dimension in TariffDimensionType for use in self._uses(kind, dimension)
            )
        except TooManyBoxes:
            return None

    def _uses(self, kind: Kind, dimension: TariffDimensionType) -> Iterator[Use]:
        if kind is not Kind.CHARGE and dimension not in OF_RESERVATIONS:
            return
        earlier: list[Box] = []
        for active in self._in_order(kind, dimension):
            matching = self.matching(active.element, kind)
            used: list[Box] = [] if is_empty(matching) else [matching]
            for box in earlier:
                used = without(used, box)
            earlier.append(matching)
            yield Use(active=active, kind=kind, matching=matching, used=used)

    def _in_order(self, kind: Kind, dimension: TariffDimensionType) -> list[Active]:
        """As the lookup looks at them: what an expired reservation costs comes first."""
        found = [
            active
            for active in self._compiled.components
            if active.price.type is dimension and is_for(active.tariff_element.restrictions, kind)
        ]
        if kind is Kind.EXPIRED:
            found.sort(key=lambda active: not _is_for_expired(active))
        return found


def _with_before(box: Box, dimension: TariffDimensionType) -> Box:
    if dimension is TariffDimensionType.ENERGY:
        return box
    return tuple(and_below(bands) if axis in (_ENERGY, _DURATION) else bands for axis, bands in enumerate(box))


def _is_for_expired(active: Active) -> bool:
    limit = active.tariff_element.restrictions
    return limit is not None and limit.reservation is ReservationRestrictionType.RESERVATION_EXPIRES
