"""What is odd about a Tariff: rule by rule, with what it means for a driver and how to mend it. Pure.

Every code stands in `RULES`; docs/guides/tariffs.md lists them.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from decimal import Decimal

from ocpilot.pricing.lint import (
    afir_rules,
    default_rules,
    field_rules,
    limit_rules,
    lookup_rules,
    price_rules,
    restriction_rules,
    step_rules,
    tax_rules,
    text_rules,
    time_rules,
    validity_rules,
)
from ocpilot.pricing.lint.findings import Finding, Rule, Severity, Subject
from ocpilot.pricing.lint.reach import Reach
from ocpilot.wire.packages import class_in
from ocpilot.wire.protocol import Version
from ocpilot.wire.v230 import PriceComponent, Tariff, TariffType

__all__ = ["RULES", "Finding", "Rule", "Severity", "lint", "lint_fields"]

_CHECKS: tuple[Callable[[Subject], Iterator[Finding]], ...] = (
    validity_rules.findings,
    price_rules.findings,
    lookup_rules.findings,
    default_rules.findings,
    restriction_rules.findings,
    step_rules.findings,
    tax_rules.findings,
    limit_rules.findings,
    text_rules.findings,
    afir_rules.findings,
)
#: Everything that is looked for.
RULES: tuple[Rule, ...] = (
    *lookup_rules.RULES,
    *default_rules.RULES,
    *time_rules.RULES,
    *restriction_rules.RULES,
    *price_rules.RULES,
    *step_rules.RULES,
    *tax_rules.RULES,
    *limit_rules.RULES,
    *text_rules.RULES,
    *validity_rules.RULES,
    *field_rules.RULES,
    *afir_rules.RULES,
)
_ORDER = tuple(Severity)


def lint(
    tariff: Tariff,
    *,
    body: Mapping[str, object] | None = None,
    version: Version | None = None,
    power_kw: Decimal | None = None,
    ad_hoc: bool | None = None,
    now: datetime | None = None,
) -> tuple[Finding, ...]:
    """Everything odd about a Tariff, errors first.

    `body` is the Tariff as it came in `version`: fields that the standard does not name are found in it. `power_kw` is
    the power of the Connectors it is for and `ad_hoc` whether it is for payment without a contract (None: as its type
    says), for the rules of the European Union. Without `now` nothing is past.
    """
    unreadable = tuple(time_rules.findings(tariff))
    if unreadable:
        return unreadable
    subject = Subject(
        tariff=tariff,
        reach=Reach(tariff),
        has_rates=version is None or "vat" in class_in(PriceComponent, version).__struct_fields__,
        power_kw=power_kw,
        ad_hoc=tariff.type is TariffType.AD_HOC_PAYMENT if ad_hoc is None else ad_hoc,
        now=now,
    )
    found = [finding for check in _CHECKS for finding in check(subject)]
    found += lint_fields(body, version) if body is not None else ()
    return tuple(sorted(found, key=lambda finding: _ORDER.index(finding.severity)))


def lint_fields(body: Mapping[str, object], version: Version | None = None) -> tuple[Finding, ...]:
    """What can be said of a body that is no Tariff: fields that look misspelled, or are nobody's."""
    return tuple(field_rules.findings(body, version))
