"""Which Tariff is relevant for each Charging Period, and what is odd about that (mod_cdrs, "ChargingPeriod")."""

from collections.abc import Sequence

import msgspec

from ocpilot.base.ids import fold
from ocpilot.base.problem import Problem, Severity
from ocpilot.pricing.charges import Priced
from ocpilot.pricing.usage import Usage
from ocpilot.wire.v230 import Tariff


class Relevant(msgspec.Struct, frozen=True, kw_only=True):
    """The periods that a Tariff prices. `is_known` is False when a period names a Tariff that we do not have."""

    periods: tuple[Priced, ...]
    is_known: bool
    findings: tuple[Problem, ...]

    @property
    def tariffs(self) -> tuple[Tariff, ...]:
        """Those in use, in order of first use."""
        return tuple({period.tariff.id: period.tariff for period in self.periods}.values())


def relevant(usages: Sequence[Usage], tariffs: Sequence[Tariff], currency: str) -> Relevant:
    """By `tariff_id`. When no period names one, the first Tariff given is taken for all (2.1.1 has no such field)."""
    fitting = [tariff for tariff in tariffs if tariff.currency.upper() == currency.upper()]
    findings = [finding("$.tariffs", tariff.currency, currency) for tariff in tariffs if tariff not in fitting]
    named = any(usage.tariff_id for usage in usages)
    by_id = {fold(tariff.id): tariff for tariff in reversed(fitting)}
    periods = []
    for usage in usages:
        tariff = by_id.get(fold(usage.tariff_id)) if usage.tariff_id else None
        if not named and fitting:
            tariff = fitting[0]
        if tariff is not None:
            periods.append(Priced(usage, tariff))
        elif usage.tariff_id:
            findings.append(finding(period_path(usage), f"tariff {usage.tariff_id}", "one of the tariffs given"))
    if not named and len(fitting) > 1:
        findings.append(finding("$.charging_periods", f"no tariff_id and {len(fitting)} tariffs", "a tariff_id"))
    unknown = any(usage.tariff_id and fold(usage.tariff_id) not in by_id for usage in usages)
    return Relevant(periods=tuple(periods), is_known=bool(periods) and not unknown, findings=tuple(findings))


def period_path(usage: Usage) -> str:
    """Where a period stands in a CDR or Session."""
    return f"$.charging_periods[{usage.place}]"


def finding(path: str, found: str, expected: str) -> Problem:
    """Something odd that does not hinder pricing."""
    return Problem(path=path, found=found, expected=expected, severity=Severity.FINDING)
