"""Components that never price anything, or that change nothing (mod_tariffs, "Tariff object")."""

from collections.abc import Iterator, Sequence

from ocpilot.pricing.lint.boxes import TooManyBoxes, both, is_empty, within, without
from ocpilot.pricing.lint.findings import (
    Finding,
    Rule,
    Severity,
    Subject,
    component_path,
    element_path,
    restrictions_path,
)
from ocpilot.pricing.lint.reach import Use
from ocpilot.pricing.lint.situations import Kind
from ocpilot.wire.v230 import PriceComponent, TariffDimensionType, TariffRestrictions

IMPOSSIBLE = Rule(
    code="restriction.impossible",
    severity=Severity.ERROR,
    section="mod_tariffs, TariffRestrictions",
    meaning="No moment of any charge fulfils all of these restrictions, so nobody ever pays these prices.",
    mend="Correct the values (a minimum is below its maximum, a start before its end), or remove the element.",
)
UNREACHABLE = Rule(
    code="element.unreachable",
    severity=Severity.ERROR,
    section="mod_tariffs, Tariff object",
    meaning="Elements before it match whenever it does, and the first that matches counts: nobody ever pays these.",
    mend="Move it before the elements that hide it, restrict those, or remove it.",
)
COMPONENT_UNREACHABLE = Rule(
    code="component.unreachable",
    severity=Severity.ERROR,
    section="mod_tariffs, Tariff object",
    meaning="Elements before its own price this dimension whenever it could: nobody ever pays this price.",
    mend="Move its element before those that hide it, restrict those, or remove the component.",
)
DUPLICATE = Rule(
    code="component.duplicate",
    severity=Severity.ERROR,
    section="mod_tariffs, Tariff object",
    meaning="Only one per dimension is active at a time: systems take the first, or the last, or add them up.",
    mend="Keep one per dimension in an element; put another price into an element with its own restrictions.",
)
REDUNDANT = Rule(
    code="element.redundant",
    severity=Severity.HINT,
    section="mod_tariffs, Tariff object",
    meaning="Without it every charge costs the same, as later elements have the same prices wherever it counts.",
    mend="Remove it, unless its price is going to change.",
)
COMPONENT_REDUNDANT = Rule(
    code="component.redundant",
    severity=Severity.HINT,
    section="mod_tariffs, Tariff object",
    meaning="Without it every charge costs the same, as later elements have the same price wherever it counts.",
    mend="Remove the component, unless its price is going to change.",
)
SEVERAL_FLAT = Rule(
    code="flat.several",
    severity=Severity.HINT,
    section="mod_tariffs, Tariff object",
    meaning="Where both match only the first fee is due: fees do not add up.",
    mend="Make the restrictions exclude each other, or put the sum of both fees into an element before them.",
)
TOO_MANY = Rule(
    code="tariff.too_complex",
    severity=Severity.HINT,
    section="mod_tariffs, Tariff object",
    meaning="It tells so many situations apart that missing prices and prices nobody pays were not looked for.",
    mend="Use fewer elements, with restrictions that share their borders.",
)
RULES = (
    TOO_MANY,
    IMPOSSIBLE,
    UNREACHABLE,
    COMPONENT_UNREACHABLE,
    DUPLICATE,
    REDUNDANT,
    COMPONENT_REDUNDANT,
    SEVERAL_FLAT,
)

_FIELDS = (
    ("start_time", "end_time", "day_of_week", "start_date", "end_date"),
    ("min_kwh", "max_kwh"),
    ("min_duration", "max_duration"),
    ("min_power", "max_power"),
    ("min_current", "max_current"),
)


def findings(subject: Subject) -> Iterator[Finding]:
    """All of this file."""
    yield from _duplicates(subject)
    if not subject.reach.is_known:
        yield TOO_MANY.at("$.elements", f"{len(subject.tariff.elements)} elements")
    for place, element in enumerate(subject.tariff.elements):
        if element.restrictions is not None and element.restrictions.booking is not None:
            continue
        kinds = {use.kind for use in subject.reach.uses if use.active.element == place}
        if kinds and not any(subject.reach.matches_somewhere(place, kind) for kind in kinds):
            yield IMPOSSIBLE.at(restrictions_path(place), _impossible(subject, place, kinds))
            continue
        yield from _of_element(subject, place)
    yield from _several_flat(subject)


def _duplicates(subject: Subject) -> Iterator[Finding]:
    for place, element in enumerate(subject.tariff.elements):
        kinds = [component.type for component in element.price_components]
        for number, kind in enumerate(kinds):
            if kind in kinds[:number]:
                yield DUPLICATE.at(component_path(place, number), f"another {kind} component in the same element")


def _of_element(subject: Subject, place: int) -> Iterator[Finding]:
    """Unreachable or redundant: the whole element if all of its components are."""
    uses = _by_component(subject, place)
    dead = {number: of for number, of in uses.items() if not any(use.used for use in of)}
    if uses and len(dead) == len(uses):
        yield UNREACHABLE.at(element_path(place), _hidden_by(subject, [use for of in dead.values() for use in of]))
        return
    for number, of in dead.items():
        yield COMPONENT_UNREACHABLE.at(component_path(place, number), _hidden_by(subject, of))
    idle = [number for number, of in uses.items() if number not in dead and all(_is_idle(subject, use) for use in of)]
    if idle and len(idle) == len(uses):
        yield REDUNDANT.at(element_path(place), "the same prices in later elements")
        return
    for number in idle:
        yield COMPONENT_REDUNDANT.at(component_path(place, number), "the same price in later elements")


def _by_component(subject: Subject, place: int) -> dict[int, list[Use]]:
    """The uses of an element's components; a second component of the same dimension is a finding of its own."""
    kinds = [component.type for component in subject.tariff.elements[place].price_components]
    found: dict[int, list[Use]] = {}
    for use in subject.reach.uses:
        active = use.active
        if active.element == place and active.price.type not in kinds[: active.component]:
            found.setdefault(active.component, []).append(use)
    return found


def _hidden_by(subject: Subject, uses: Sequence[Use]) -> str:
    hiding = {
        earlier.active.element
        for use in uses
        for earlier in subject.reach.of(use.active.price.type, use.kind)
        if earlier.active.element != use.active.element
        and any(True for _ in within([earlier.matching], use.matching))
        and _comes_before(subject, earlier, use)
    }
    dimensions = sorted({use.active.price.type.value for use in uses})
    return f"{' and '.join(dimensions)} priced before it by {' and '.join(element_path(one) for one in sorted(hiding))}"


def _comes_before(subject: Subject, one: Use, other: Use) -> bool:
    order = subject.reach.of(other.active.price.type, other.kind)
    return order.index(one) < order.index(other)


def _is_idle(subject: Subject, use: Use) -> bool:
    """Whether those after it would price the same wherever it is used."""
    order = subject.reach.of(use.active.price.type, use.kind)
    left = list(use.used)
    try:
        for later in order[order.index(use) + 1 :]:
            if later.active.element == use.active.element:
                continue
            if within(left, later.matching) and not _same(use.active.price, later.active.price):
                return False
            left = without(left, later.matching)
    except TooManyBoxes:
        return False
    return not left


def _same(one: PriceComponent, other: PriceComponent) -> bool:
    return (one.price, one.vat, one.step_size) == (other.price, other.vat, other.step_size)


def _several_flat(subject: Subject) -> Iterator[Finding]:
    """A FLAT that overlaps a restricted one before it and is no default for it."""
    for kind in Kind:
        fees = subject.reach.of(TariffDimensionType.FLAT, kind)
        for place, later in enumerate(fees):
            hiding = [
                one
                for one in fees[:place]
                if not is_empty(both(one.matching, later.matching)) and not _is_default(later)
            ]
            if hiding and later.used and kind is not Kind.EXPIRED:
                where = component_path(hiding[0].active.element, hiding[0].active.component)
                yield SEVERAL_FLAT.at(
                    component_path(later.active.element, later.active.component), f"at times {where} matches too"
                )


def _is_default(use: Use) -> bool:
    limit = use.active.tariff_element.restrictions
    if limit is None:
        return True
    return limit == TariffRestrictions(reservation=limit.reservation)


def _impossible(subject: Subject, place: int, kinds: set[Kind]) -> str:
    """The fields that cannot hold together."""
    limit = subject.tariff.elements[place].restrictions
    boxes = [subject.reach.matching(place, kind) for kind in kinds]
    fields = [name for axis, names in enumerate(_FIELDS) if not any(box[axis] for box in boxes) for name in names]
    values = ((name, getattr(limit, name)) for name in fields)
    return ", ".join(f"{name} {_shown(value)}" for name, value in values if value not in (None, ()))


def _shown(value: object) -> str:
    return ", ".join(value) if isinstance(value, tuple) else str(value)
