"""Which Tariff is relevant for each Charging Period, and what is odd about that (mod_cdrs, "ChargingPeriod")."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import msgspec

from ocpilot.base.ids import fold
from ocpilot.base.problem import Problem, Severity
from ocpilot.pricing.choice import usual
from ocpilot.pricing.compiled import CompiledTariff, compiled
from ocpilot.wire.v230 import ChargingPeriod, Tariff


class Relevant(msgspec.Struct, frozen=True, kw_only=True):
    """The Tariff for each `tariff_id` that periods name, as they write it, in the order in which they do, and for None
    where some name none.

    `is_known` is False when a period names a Tariff that we do not have or cannot read, or no Tariff is relevant
    at all.
    """

    by_name: Mapping[str | None, CompiledTariff | None]
    is_known: bool
    findings: tuple[Problem, ...] = ()

    @property
    def tariffs(self) -> Sequence[CompiledTariff]:
        """Each once."""
        return tuple(dict.fromkeys([one for one in self.by_name.values() if one is not None]))


def relevant(periods: Sequence[ChargingPeriod], tariffs: Sequence[Tariff | CompiledTariff], currency: str) -> Relevant:
    """By `tariff_id`. When no period names one (2.1.1 has no such field), the usual one at the start is taken for all,
    else the first."""
    known = [one if isinstance(one, CompiledTariff) else compiled(one) for one in tariffs]
    wanted = currency.upper()
    fitting = [one for one in known if one.currency == wanted]
    findings = [finding("$.tariffs", one.tariff.currency, currency) for one in known if one.currency != wanted]
    findings += [_of_tariff(place, fault) for place, one in enumerate(known) for fault in one.faults]
    named = dict.fromkeys([period.tariff_id for period in periods])
    if named.keys() <= {None, ""}:
        if len(fitting) > 1:
            findings.append(finding("$.charging_periods", f"no tariff_id and {len(fitting)} tariffs", "a tariff_id"))
        one = _usual(fitting, periods[0].start_date_time) if periods else next(iter(fitting), None)
        if one is not None and one.faults:
            one = None
        return Relevant(by_name=dict.fromkeys(named, one), is_known=one is not None, findings=tuple(findings))
    by_id = {fold(one.tariff.id): one for one in reversed(fitting) if not one.faults}
    by_name = {name: by_id.get(fold(name)) if name else None for name in named}
    unknown = {name for name, one in by_name.items() if name and one is None}
    if unknown:
        findings += [
            finding(period_path(place), f"tariff {period.tariff_id}", "one of the tariffs given")
            for place, period in enumerate(periods)
            if period.tariff_id in unknown
        ]
    return Relevant(by_name=by_name, is_known=not unknown, findings=tuple(findings))


def _usual(fitting: Sequence[CompiledTariff], at: datetime) -> CompiledTariff | None:
    chosen = usual((one.tariff for one in fitting), at) if len(fitting) > 1 else None
    return next((one for one in fitting if one.tariff is chosen), next(iter(fitting), None))


def _of_tariff(place: int, fault: Problem) -> Problem:
    return msgspec.structs.replace(fault, path=f"$.tariffs[{place}]{fault.path.removeprefix('$')}")


def period_path(place: int) -> str:
    """Where a period stands in a CDR or Session."""
    return f"$.charging_periods[{place}]"


def finding(path: str, found: str, expected: str) -> Problem:
    """Something odd that does not hinder pricing."""
    return Problem(path=path, found=found, expected=expected, severity=Severity.FINDING)
