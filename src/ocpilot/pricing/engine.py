"""The price of a charge by the standard's method: look up, sum, step, tax, limit, round (mod_tariffs, mod_cdrs)."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import msgspec

from ocpilot.base.money import HALF_UP, RoundingPolicy
from ocpilot.pricing import why
from ocpilot.pricing.charges import charges
from ocpilot.pricing.crossings import crossings
from ocpilot.pricing.limits import Limit, reached
from ocpilot.pricing.relevant import Relevant, relevant
from ocpilot.pricing.settling import amounts, summed
from ocpilot.pricing.steps import Stepped, stepped
from ocpilot.pricing.taxes import Exact, added, has_taxes, includes_taxes, taxed
from ocpilot.pricing.trace import Amount, Part, PricedCharge, PriceLine, Unit
from ocpilot.pricing.usage import seconds_of, usages
from ocpilot.wire.v230 import ChargingPeriod, Tariff


def price(
    periods: Sequence[ChargingPeriod],
    tariffs: Sequence[Tariff],
    *,
    start: datetime,
    end: datetime | None,
    zone: ZoneInfo,
    currency: str,
    rounding: RoundingPolicy = HALF_UP,
    expired: bool = False,
) -> PricedCharge:
    """What these periods cost and why; the same for a finished charge and (`end` None) for one that still runs.

    `zone` is the Location's, for restrictions in local time. `expired`: a reservation that nobody came for. `total` of
    the result is None when no Tariff is relevant, or one that is named was not given.
    """
    until = end or _end_of(periods, start)
    used = list(usages(periods, until, zone))
    found = relevant(used, tariffs, currency)
    lines = _lines(found, currency, rounding, expired=expired) if found.is_known else ()
    parts = {part: summed((x for x in lines if x.part is part), currency, rounding) for part in {x.part for x in lines}}
    return PricedCharge(
        currency=currency,
        lines=lines,
        total=summed(lines, currency, rounding) if found.is_known else None,
        fixed=parts.get(Part.FIXED),
        energy=parts.get(Part.ENERGY),
        time=parts.get(Part.TIME),
        parking=parts.get(Part.PARKING),
        reservation=parts.get(Part.RESERVATION),
        kwh=sum((usage.kwh for usage in used), Decimal(0)),
        duration=until - start,
        charging=_seconds(usage.charging for usage in used),
        parked=_seconds(usage.parked for usage in used),
        reserved=_seconds(usage.reserved for usage in used),
        expired=expired,
        findings=(*found.findings, *crossings(found.periods, found.tariffs, until, zone)),
    )


def _end_of(periods: Sequence[ChargingPeriod], start: datetime) -> datetime:
    """Where the last period of a running charge has come to: its longest time, if it has one."""
    if not periods:
        return start
    last = max(periods, key=lambda period: period.start_date_time)
    spans = [seconds_of(one.volume) for one in last.dimensions if one.type.value.endswith("TIME")]
    return last.start_date_time + timedelta(seconds=max(spans, default=0))


def _seconds(values: Iterable[int]) -> timedelta:
    return timedelta(seconds=sum(values))


def _lines(found: Relevant, currency: str, rounding: RoundingPolicy, *, expired: bool) -> tuple[PriceLine, ...]:
    """Lines with exact amounts first, then the limits on their sum, then all of them rounded together."""
    charged = stepped(charges(found.periods, expired=expired))
    exact = [taxed(one.charge) for one in charged]
    limits = reached(found.tariffs, Exact(excl=added(one.excl for one in exact), incl=added(one.incl for one in exact)))
    lines = [_charge_line(one, amount) for one, amount in zip(charged, exact, strict=True)]
    rates = {line.vat for line in lines}
    lines += [_limit_line(limit, rates.copy().pop() if len(rates) == 1 else None) for limit in limits]
    rounded = amounts(
        [*exact, *(limit.change for limit in limits)],
        [line.part for line in lines],
        currency,
        rounding,
        gross_first=all(includes_taxes(tariff) for tariff in found.tariffs),
    )
    return tuple(msgspec.structs.replace(line, amount=amount) for line, amount in zip(lines, rounded, strict=True))


def _charge_line(stepped_charge: Stepped, exact: Exact) -> PriceLine:
    charge = stepped_charge.charge
    tariff = charge.active.tariff
    return PriceLine(
        part=charge.part,
        tariff_id=tariff.id,
        element=charge.active.element,
        component=charge.active.component,
        measured=charge.measured,
        billed=charge.billed,
        unit=charge.unit,
        unit_price=charge.active.price.price,
        tax_included=includes_taxes(tariff),
        vat=charge.active.price.vat if has_taxes(tariff) else None,
        amount=Amount(),
        why=why.of_charge(stepped_charge, exact),
    )


def _limit_line(limit: Limit, rate: Decimal | None) -> PriceLine:
    """What a limit adds or takes off; its VAT rate is that of all other lines, if they have the same."""
    return PriceLine(
        part=Part.LIMIT,
        tariff_id=limit.tariff.id,
        measured=Decimal(1),
        billed=Decimal(1),
        unit=Unit.ONCE,
        unit_price=limit.limit.before_taxes,
        tax_included=False,
        vat=rate,
        amount=Amount(),
        why=why.of_limit(limit),
    )
