"""step_size: the block in which a quantity is billed (mod_tariffs, "PriceComponent")."""

from collections.abc import Iterator

from ocpilot.pricing.lint.findings import Finding, Rule, Severity, Subject, component_path
from ocpilot.wire.v230 import PriceComponent, TariffDimensionType

_SECTION = "mod_tariffs, PriceComponent"

NEGATIVE = Rule(
    code="step.negative",
    severity=Severity.ERROR,
    section=_SECTION,
    meaning="There is no block below zero: some systems bill what was measured, others nothing or a credit.",
    mend="Write 1 for what was measured.",
)
ZERO = Rule(
    code="step.zero",
    severity=Severity.WARNING,
    section=_SECTION,
    meaning="There is no block of nothing: some systems bill what was measured, others fail.",
    mend="Write 1 for what was measured.",
)
LARGE = Rule(
    code="step.large",
    severity=Severity.WARNING,
    section=_SECTION,
    meaning="Even the shortest charge is billed as a whole block.",
    mend="Keep it small: 1 Wh, or 60 seconds. Energy is counted in Wh, time in seconds.",
)
RULES = (NEGATIVE, ZERO, LARGE)

#: An hour, or 5 kWh: more than the standard's largest example.
_MOST = {
    TariffDimensionType.ENERGY: 5000,
    TariffDimensionType.TIME: 3600,
    TariffDimensionType.PARKING_TIME: 3600,
}


def findings(subject: Subject) -> Iterator[Finding]:
    """All of this file; FLAT has no blocks."""
    for place, element in enumerate(subject.tariff.elements):
        for number, component in enumerate(element.price_components):
            if component.type in _MOST:
                yield from _of(component, f"{component_path(place, number)}.step_size")


def _of(component: PriceComponent, path: str) -> Iterator[Finding]:
    step = component.step_size
    if step < 0:
        yield NEGATIVE.at(path, str(step))
    elif step == 0:
        yield ZERO.at(path, "0")
    elif step > _MOST[component.type]:
        unit = "Wh" if component.type is TariffDimensionType.ENERGY else "seconds"
        yield LARGE.at(path, f"{step} {unit}")
