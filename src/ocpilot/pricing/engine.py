"""The price of a charge by the standard's method: look up, sum, step, tax, limit, round (mod_tariffs, mod_cdrs)."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from ocpilot.base.money import HALF_UP, RoundingPolicy
from ocpilot.base.problem import Problem
from ocpilot.pricing import why
from ocpilot.pricing.amounts import amounts_of
from ocpilot.pricing.charges import Charge
from ocpilot.pricing.compiled import CompiledTariff
from ocpilot.pricing.crossings import crossings
from ocpilot.pricing.exact import has_taxes, includes_taxes
from ocpilot.pricing.faults import moment_faults, span, span_faults
from ocpilot.pricing.limits import Limit, reached
from ocpilot.pricing.looks import looks
from ocpilot.pricing.relevant import relevant
from ocpilot.pricing.rounding import Units
from ocpilot.pricing.settling import Settled, settled, sums_of
from ocpilot.pricing.steps import Stepped, stepped
from ocpilot.pricing.trace import Part, PricedCharge, PriceLine, Sum, Unit
from ocpilot.pricing.usage import seconds_of
from ocpilot.pricing.walk import walked
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
    faults = moment_faults({start, until, *(one.start_date_time for one in (*ordered[:1], *ordered[-1:]))})
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
    charges: Sequence[Charge],
    tariffs: Sequence[Tariff],
    currency: str,
    rounding: RoundingPolicy,
    *,
    explained: bool,
) -> tuple[tuple[PriceLine, ...], Sum, dict[Part, Sum]]:
    """Lines with exact amounts first, then the limits on their sum, then all of them rounded together."""
    charged = stepped(charges)
    amounts = amounts_of(charged)
    limits = reached(tariffs, amounts)
    rates = [_rate(one) for one in charged]
    common = rates[0] if rates and rates.count(rates[0]) == len(rates) else None
    units = Units(amounts.denominator, currency, rounding)
    rounded = settled(
        [*amounts.exact, *(limit.change for limit in limits)],
        [*(one.charge.part for one in charged), *(Part.LIMIT for _ in limits)],
        [*rates, *(common for _ in limits)],
        units,
        gross_first=all(map(includes_taxes, tariffs)),
    )
    lines = [_charge_line(one, line, explained=explained) for one, line in zip(charged, rounded, strict=False)]
    lines += [_limit_line(one, line) for one, line in zip(limits, rounded[len(charged) :], strict=True)]
    return (tuple(lines), *sums_of(rounded, units))


def _rate(one: Stepped) -> Decimal | None:
    """The VAT rate of a charge, where taxes apply."""
    active = one.charge.active
    return active.price.vat if has_taxes(active.tariff) else None


def _charge_line(one: Stepped, settled_line: Settled, *, explained: bool) -> PriceLine:
    charge = one.charge
    active = charge.active
    return PriceLine(
        part=charge.part,
        tariff_id=active.tariff.id,
        element=active.element,
        component=active.component,
        measured=charge.measured,
        billed=charge.billed,
        unit=charge.unit,
        unit_price=active.price.price,
        tax_included=includes_taxes(active.tariff),
        vat=settled_line.rate,
        amount=settled_line.amount,
        why=why.of_charge(one, is_tax_known=settled_line.vat is not None) if explained else (),
    )


def _limit_line(limit: Limit, settled_line: Settled) -> PriceLine:
    """What a limit adds or takes off; its VAT rate is that of all other lines, if they have the same."""
    return PriceLine(
        part=Part.LIMIT,
        tariff_id=limit.tariff.id,
        measured=Decimal(1),
        billed=Decimal(1),
        unit=Unit.ONCE,
        unit_price=limit.limit.before_taxes,
        tax_included=False,
        vat=settled_line.rate,
        amount=settled_line.amount,
        why=why.of_limit(limit),
    )
