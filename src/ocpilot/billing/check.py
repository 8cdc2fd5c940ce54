"""A received CDR priced again: does it agree, and if not, where and why probably."""

from collections.abc import Sequence
from enum import StrEnum
from zoneinfo import ZoneInfo

import msgspec

from ocpilot.base.money import HALF_UP, RoundingPolicy
from ocpilot.base.problem import has_errors
from ocpilot.base.zones import UTC
from ocpilot.billing.explaining import Case, explained
from ocpilot.billing.numbers import Difference, compared, numbers_in, numbers_of
from ocpilot.billing.structure import Oddity, oddities
from ocpilot.billing.tolerance import STRICT, Tolerance
from ocpilot.billing.trials import Basis
from ocpilot.billing.unrounded import unrounded
from ocpilot.pricing import PricedCharge
from ocpilot.wire.v230 import CDR, Tariff


class TariffSource(StrEnum):
    """Whose Tariffs the check used: those we keep, those the CDR carries, or none."""

    OURS = "ours"
    CDR = "cdr"
    NONE = "none"


class State(StrEnum):
    """What a check came to."""

    AGREES = "agrees"
    DIFFERS = "differs"
    NOT_PRICED = "cannot be priced"


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """`agrees` when no number differs by more than the tolerance, the cost could be computed at all, and nothing about
    the CDR is an error by itself. `findings` are what is odd about it, beside those of `ours`."""

    agrees: bool
    ours: PricedCharge
    differences: tuple[Difference, ...]
    source: TariffSource
    findings: tuple[Oddity, ...] = ()

    @property
    def state(self) -> State:
        """In one word."""
        if self.ours.total is None:
            return State.NOT_PRICED
        return State.AGREES if self.agrees else State.DIFFERS


def check_cdr(
    cdr: CDR,
    tariffs: Sequence[Tariff] | None,
    zone: ZoneInfo | None,
    tolerance: Tolerance = STRICT,
    *,
    expired: bool | None = None,
    rounding: RoundingPolicy = HALF_UP,
) -> Verdict:
    """Recompute every total and volume. `tariffs` are ours, None or empty to use those in the CDR.

    `zone` is the Location's (None: UTC). `expired` is whether nobody came for the reservation; None, nothing being said
    of it, is that the CDR holds nothing but one. The total of a Credit CDR is expected to be negative, its parts are
    not (mod_cdrs, "Credit CDRs"). `rounding` is how its operator rounds amounts. Where hours or energy were rounded
    when the CDR was written, what they were rounded from counts, if less differs then.
    """
    used, source = _tariffs(cdr, tariffs)
    basis = Basis(
        cdr=cdr,
        tariffs=tuple(used),
        others=cdr.tariffs if source is TariffSource.OURS else (),
        zone=zone or UTC,
        expired=_only_reserved(cdr) if expired is None else expired,
        rounding=rounding,
    )
    odd = oddities(cdr, used)
    case, differences = _read(basis, odd, tolerance)
    is_wrong = has_errors(oddity.problem for oddity in odd)
    return Verdict(
        agrees=not differences and case.ours.total is not None and not is_wrong,
        ours=case.ours,
        differences=explained(differences, case),
        source=source,
        findings=odd,
    )


def _read(basis: Basis, odd: tuple[Oddity, ...], tolerance: Tolerance) -> tuple[Case, Sequence[Difference]]:
    """The CDR as it is written; as it was before its numbers were rounded, if less differs then."""
    case, differences = _compared(basis, odd, tolerance)
    if differences:
        whole = unrounded(basis.cdr)
        again, fewer = _compared(msgspec.structs.replace(basis, cdr=whole), odd, tolerance)
        if len(fewer) < len(differences):
            return again, fewer
    return case, differences


def _compared(basis: Basis, odd: tuple[Oddity, ...], tolerance: Tolerance) -> tuple[Case, Sequence[Difference]]:
    cdr = basis.cdr
    ours = basis.priced(explained=True)
    theirs, right = numbers_in(cdr), numbers_of(ours, is_credit=bool(cdr.credit))
    case = Case(basis=basis, ours=ours, theirs=theirs, right=right, oddities=odd)
    return case, compared(theirs, right, cdr.currency, tolerance)


def _tariffs(cdr: CDR, ours: Sequence[Tariff] | None) -> tuple[Sequence[Tariff], TariffSource]:
    if ours:
        return ours, TariffSource.OURS
    return (cdr.tariffs, TariffSource.CDR) if cdr.tariffs else ((), TariffSource.NONE)


def _only_reserved(cdr: CDR) -> bool:
    """Nothing in a CDR says that a reservation expired; one that holds nothing but a reservation is one."""
    kinds = {dimension.type for period in cdr.charging_periods for dimension in period.dimensions}
    return kinds == {"RESERVATION_TIME"}
