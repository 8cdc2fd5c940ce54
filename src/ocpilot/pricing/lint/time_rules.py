"""Times and dates that are none: nothing else can be said of such a Tariff (mod_tariffs, "TariffRestrictions")."""

from collections.abc import Iterator

from ocpilot.pricing.faults import tariff_faults
from ocpilot.pricing.lint.findings import Finding, Rule, Severity
from ocpilot.wire.v230 import Tariff

UNREADABLE = Rule(
    code="restriction.unreadable",
    severity=Severity.ERROR,
    section="mod_tariffs, TariffRestrictions",
    meaning="No clock or calendar shows it: no charge can be priced by this Tariff. Nothing else was looked for.",
    mend="Write times as 13:30 and dates as 2015-12-24.",
)
RULES = (UNREADABLE,)


def findings(tariff: Tariff) -> Iterator[Finding]:
    """All of this file."""
    for fault in tariff_faults(tariff):
        yield UNREADABLE.at(fault.path, f"{fault.found}, expected {fault.expected}")
