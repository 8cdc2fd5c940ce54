"""Which Tariff is relevant for each Charging Period, and what is odd about that (mod_cdrs, "ChargingPeriod")."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from ocpilot.base.ids import fold
from ocpilot.base.problem import Problem, Severity
from ocpilot.pricing.changes import price_changes
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
    findings = [_finding("$.tariffs", tariff.currency, currency) for tariff in tariffs if tariff not in fitting]
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
            findings.append(_finding(_path(usage), f"tariff {usage.tariff_id}", "one of the tariffs given"))
    if not named and len(fitting) > 1:
        findings.append(_finding("$.charging_periods", f"no tariff_id and {len(fitting)} tariffs", "a tariff_id"))
    unknown = any(usage.tariff_id and fold(usage.tariff_id) not in by_id for usage in usages)
    return Relevant(periods=tuple(periods), is_known=bool(periods) and not unknown, findings=tuple(findings))


def crossings(periods: Sequence[Priced], tariffs: Sequence[Tariff], end: datetime, zone: ZoneInfo) -> Iterator[Problem]:
    """The periods within which the price changes: each is priced as at its start, so the cost may be off."""
    charged = [period.usage for period in periods if not period.usage.is_reservation]
    if not charged:
        return
    changes = price_changes(tariffs, charged[0].start, end, zone)
    for usage, until in zip(charged, [*(usage.start for usage in charged[1:]), end], strict=True):
        for moment in changes.moments:
            if usage.start < moment < until:
                found = f"a price that changes at {moment.isoformat()} within the period"
                yield _finding(_path(usage), found, "a new period then")
        for border in changes.kwh:
            if usage.kwh_before < border < usage.kwh_before + usage.kwh:
                yield _finding(_path(usage), f"a price that changes at {border} kWh within it", "a new period then")


def _path(usage: Usage) -> str:
    return f"$.charging_periods[{usage.place}]"


def _finding(path: str, found: str, expected: str) -> Problem:
    return Problem(path=path, found=found, expected=expected, severity=Severity.FINDING)
