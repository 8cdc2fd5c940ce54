"""The price of a charge by the standard's method: look up, sum, step, tax, limit, round (mod_tariffs, mod_cdrs)."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from itertools import repeat
from zoneinfo import ZoneInfo

from msgspec.structs import replace

from ocpilot.base.money import HALF_UP, RoundingPolicy
from ocpilot.base.problem import Problem
from ocpilot.pricing.bill import Bill, Stepped, bill_of
from ocpilot.pricing.charges import Charges
from ocpilot.pricing.compiled import CompiledTariff
from ocpilot.pricing.crossings import crossings
from ocpilot.pricing.faults import moment_faults, span, span_faults
from ocpilot.pricing.limits import Limit, reached
from ocpilot.pricing.looks import looks
from ocpilot.pricing.relevant import relevant
from ocpilot.pricing.rounding import Units
from ocpilot.pricing.settling import Settled
from ocpilot.pricing.trace import Amount, Part, PricedCharge, PriceLine, Reason, ReasonCode, Sum, Unit
from ocpilot.pricing.usage import seconds_of
from ocpilot.pricing.walk import walked
from ocpilot.pricing.why import of_limit, of_step
from ocpilot.wire.v230 import ChargingPeriod, Tariff


def price(
    periods: Sequence[ChargingPeriod],
    tariffs: Sequence[Tariff | CompiledTariff],
    *,
    start: datetime,
    end: datetime | None,
    zone: ZoneInfo,
    currency: str,
    rounding: RoundingPolicy = HALF_UP,
    expired: bool = False,
    explained: bool = True,
) -> PricedCharge:
    """What these periods cost and why; the same for a finished charge and (`end` None) for one that still runs.

    `zone` is the Location's, for restrictions in local time. `expired`: a reservation that nobody came for. `total` of
    the result is None when no Tariff is relevant, one that is named was not given, or something is beyond all sense;
    the findings say which. Not `explained`, the numbers are the same and come sooner: `why` of the lines, `looks`, and
    findings inside periods are left out.
    """
    ordered = in_order(periods)
    until = end or _end_of(ordered, start)
    faults = moment_faults([start, until, *[one.start_date_time for one in (*ordered[:1], *ordered[-1:])]])
    if faults:
        ordered = ()
    known = relevant(ordered, tariffs, currency)
    used = walked(ordered, until, zone, known.by_name, expired=expired, wanted=explained)
    stretches, applied = used.stretches, known.tariffs
    faults += span_faults((used.charging, used.parked, used.reserved))
    is_known = known.is_known and not faults and (bool(applied) or not ordered)
    lines, total, parts = (
        _priced(used.charges, applied, currency, rounding, explained=explained) if is_known else ((), None, {})
    )
    findings: Iterable[Problem] = crossings(stretches, zone) if explained else ()
    return PricedCharge(
        currency=currency,
        lines=lines,
        total=total,
        fixed=parts.get(Part.FIXED),
        energy=parts.get(Part.ENERGY),
        time=parts.get(Part.TIME),
        parking=parts.get(Part.PARKING),
        reservation=parts.get(Part.RESERVATION),
        kwh=used.kwh,
        duration=until - start,
        charging=span(used.charging),
        parked=span(used.parked),
        reserved=span(used.reserved),
        expired=expired,
        looks=looks(stretches) if explained else (),
        findings=(*known.findings, *faults, *findings),
    )


def in_order(periods: Sequence[ChargingPeriod]) -> Sequence[ChargingPeriod]:
    """By time; most come so."""
    starts = [period.start_date_time for period in periods]
    rising = all(map(datetime.__le__, starts, starts[1:]))
    return periods if rising else sorted(periods, key=lambda period: period.start_date_time)


def _end_of(periods: Sequence[ChargingPeriod], start: datetime) -> datetime:
    """Where the last period of a running charge has come to: its longest time, if it has one."""
    if not periods:
        return start
    last = periods[-1]
    spans = [seconds_of(one.volume) for one in last.dimensions if one.type.value.endswith("TIME")]
    longest = span(max(spans, default=0))
    return last.start_date_time if moment_faults([last.start_date_time]) else last.start_date_time + longest


def _priced(
    charges: Charges,
    tariffs: Sequence[CompiledTariff],
    currency: str,
    rounding: RoundingPolicy,
    *,
    explained: bool,
) -> tuple[tuple[PriceLine, ...], Sum, dict[Part, Sum]]:
    """Lines with exact amounts first, then the limits on their sum, then all of them rounded together."""
    bill = bill_of(charges, tariffs[0].bills if tariffs else {})
    measured = list(map(Decimal, charges.quantities.values()))
    billed, steps = bill.stepped(measured)
    exact = bill.exact(billed)
    limits = reached(tariffs, exact)
    layout = bill.layout(len(limits))
    settled = layout.settled(
        exact.net + [limit.change.excl for limit in limits],
        exact.gross + [limit.change.incl for limit in limits],
        Units(exact.denominator, currency, rounding),
        gross_first=all(one.includes_taxes for one in tariffs),
    )
    reasons = _reasons(bill, steps, settled) if explained else repeat(())
    of_it = zip(bill.lines, measured, billed, settled.amounts, reasons, strict=False)
    lines = [replace(one, measured=used, billed=paid, amount=cost, why=why) for one, used, paid, cost, why in of_it]
    if limits:
        lines += map(_limit_line, limits, layout.rates[len(lines) :], settled.amounts[len(lines) :])
    return tuple(lines), settled.total, settled.parts


def _reasons(bill: Bill, steps: Sequence[Stepped], settled: Settled) -> list[tuple[Reason, ...]]:
    """Of each component's line: why this component, why this quantity, and whether the tax is known."""
    reasons = [one.when for one in bill.components]
    for one in steps:
        reasons[one.step.place] += (of_step(one.step.size, one.measured, one.billed),)
    unknown = (Reason(code=ReasonCode.TAX_UNKNOWN),)
    return [
        of_it if amount.vat is not None else of_it + unknown
        for of_it, amount in zip(reasons, settled.amounts, strict=False)
    ]


def _limit_line(limit: Limit, rate: Decimal | None, amount: Amount) -> PriceLine:
    """What a limit adds or takes off."""
    return PriceLine(
        part=Part.LIMIT,
        tariff_id=limit.tariff.id,
        measured=Decimal(1),
        billed=Decimal(1),
        unit=Unit.ONCE,
        unit_price=limit.limit.before_taxes,
        tax_included=False,
        vat=rate,
        amount=amount,
        why=(of_limit(limit.code, limit.limit),),
    )
