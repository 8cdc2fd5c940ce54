"""The price of a charge once more, slowly and in fractions, straight from the text of mod_tariffs and mod_cdrs.

Written to disagree with `ocpilot.pricing` wherever that is wrong, so it shares nothing with it but the wire classes.
Where the text leaves a choice, it is the one docs/guides/pricing.md writes down.
"""

from collections import defaultdict
from datetime import date, datetime
from fractions import Fraction
from math import ceil, floor
from typing import NamedTuple

from charges_generated import Charge
from ocpilot.wire.v230 import ChargingPeriod, PriceLimit, Tariff, TariffRestrictions

#: A component: the place of its Tariff, of its element, its own, and whether it is used for a reservation.
Key = tuple[int, int, int, bool]
Side = Fraction | None


class Moment(NamedTuple):
    """What restrictions are held against: the start of a period."""

    local: datetime
    kwh: Fraction
    lasted: int
    period: ChargingPeriod
    until: datetime
    reserved: bool
    expired: bool


class Cost(NamedTuple):
    """Exact: billed quantities and amounts per component, and the total with its limits."""

    billed: dict[Key, Fraction]
    net: dict[Key, Side]
    gross: dict[Key, Side]
    total: tuple[Side, Side]
    includes_taxes: bool


def reference(charge: Charge) -> Cost | None:
    """None when a period names a Tariff that was not given."""
    used = defaultdict(Fraction)
    last: dict[Key, tuple[int, int]] = {}
    flats: dict[bool, Key] = {}
    relevant: dict[int, None] = {}
    for place, (moment, tariff) in enumerate(_moments(charge)):
        if tariff is None:
            return None
        relevant[tariff] = None
        for order, (dimension, quantity) in enumerate(_quantities(moment)):
            key = _active(charge.tariffs[tariff], tariff, dimension, moment)
            if key is not None and quantity:
                used[key] += quantity
                last[key] = (place, order)
        flat = _active(charge.tariffs[tariff], tariff, "FLAT", moment)
        if flat is not None:
            flats.setdefault(moment.reserved, flat)
    billed = _stepped(charge.tariffs, used, last) | dict.fromkeys(flats.values(), Fraction(1))
    return _cost(charge.tariffs, billed, relevant)


# ---- mod_cdrs, "ChargingPeriod" ------------------------------------------------------------------------------------


def _moments(charge: Charge) -> list[tuple[Moment, int | None]]:
    """Each period lasts until the next begins, the last until the end of the session."""
    ordered = sorted(charge.periods, key=lambda period: period.start_date_time)
    ends = [period.start_date_time for period in ordered[1:]] + [charge.end]
    kwh, charge_began, found = Fraction(0), None, []
    for period, until in zip(ordered, ends, strict=True):
        kinds = {dimension.type for dimension in period.dimensions if dimension.volume}
        reserved = "RESERVATION_TIME" in kinds and not kinds & {"ENERGY", "TIME", "PARKING_TIME"}
        if not reserved and charge_began is None:
            charge_began = period.start_date_time
        lasted = 0 if charge_began is None else int((period.start_date_time - charge_began).total_seconds())
        local = period.start_date_time.astimezone(charge.zone)
        moment = Moment(local, kwh, lasted, period, until, reserved, charge.expired)
        found.append((moment, _relevant(charge, period)))
        kwh += _volume(period, "ENERGY") or 0
    return found


def _relevant(charge: Charge, period: ChargingPeriod) -> int | None:
    if not any(one.tariff_id for one in charge.periods):
        return 0
    names = [tariff.id.lower() for tariff in charge.tariffs]
    return names.index(period.tariff_id.lower()) if (period.tariff_id or "").lower() in names else None


def _volume(period: ChargingPeriod, kind: str) -> Fraction | None:
    found = [Fraction(one.volume) for one in period.dimensions if one.type == kind]
    return sum(found, Fraction(0)) if found else None


def _seconds(period: ChargingPeriod, kind: str) -> Fraction:
    """Hours are written with 4 decimals: the nearest second is what was measured."""
    return Fraction(floor((_volume(period, kind) or 0) * 3600 + Fraction(1, 2)))


def _quantities(moment: Moment) -> list[tuple[str, Fraction]]:
    """What a period holds to be priced; of charging and parking in one period, parking is the later."""
    if moment.reserved:
        return [("TIME", _seconds(moment.period, "RESERVATION_TIME"))]
    return [
        ("ENERGY", _volume(moment.period, "ENERGY") or Fraction(0)),
        ("TIME", _seconds(moment.period, "TIME")),
        ("PARKING_TIME", _seconds(moment.period, "PARKING_TIME")),
    ]


# ---- mod_tariffs, "Tariff object" and "TariffRestrictions" ---------------------------------------------------------


def _active(tariff: Tariff, number: int, dimension: str, moment: Moment) -> Key | None:
    """The first element with a component of that dimension that matches."""
    kinds = ["RESERVATION"] if moment.reserved else [None]
    if moment.reserved and moment.expired:
        kinds.insert(0, "RESERVATION_EXPIRES")
    for kind in kinds:
        for place, element in enumerate(tariff.elements):
            limit = element.restrictions or TariffRestrictions()
            if limit.reservation != kind or not _matches(limit, moment):
                continue
            for nth, component in enumerate(element.price_components):
                if component.type == dimension:
                    return (number, place, nth, moment.reserved)
    return None


def _matches(limit: TariffRestrictions, moment: Moment) -> bool:
    """All of them (a logical AND)."""
    now = moment.local.strftime("%H:%M")
    today = moment.local.date()
    power_min, power_max = _power(moment)
    current_min, current_max = _levels(moment.period, "CURRENT")
    return all(
        (
            _in_window(limit.start_time, limit.end_time, now),
            limit.start_date is None or today >= date.fromisoformat(limit.start_date),
            limit.end_date is None or today < date.fromisoformat(limit.end_date),
            not limit.day_of_week or moment.local.strftime("%A").upper() in limit.day_of_week,
            _at_least(moment.kwh, limit.min_kwh),
            _below(moment.kwh, limit.max_kwh),
            _at_least(power_min, limit.min_power),
            _below(power_max, limit.max_power),
            _at_least(current_min, limit.min_current),
            _below(current_max, limit.max_current),
            _at_least(moment.lasted, limit.min_duration),
            _below(moment.lasted, limit.max_duration),
        )
    )


def _in_window(start: str | None, end: str | None, now: str) -> bool:
    """Texts of the form HH:MM compare like times. 00:00 (and 24:00) as an end is the end of the day."""
    if start is None and end is None:
        return True
    first = "00:00" if start in (None, "24:00") else start
    last = "24:00" if end in (None, "00:00", "24:00") else end
    if first == last:
        return True
    return first <= now < last if first < last else now >= first or now < last


def _at_least(value: Fraction | int | None, border: object) -> bool:
    return border is None or (value is not None and value >= Fraction(border))


def _below(value: Fraction | int | None, border: object) -> bool:
    return border is None or (value is not None and value < Fraction(border))


def _levels(period: ChargingPeriod, kind: str) -> tuple[Side, Side]:
    """One figure stands in for one that is missing, the average first."""
    low, mean, high = (_volume(period, name) for name in (f"MIN_{kind}", kind, f"MAX_{kind}"))

    def first(*values: Side) -> Side:
        return next((value for value in values if value is not None), None)

    return first(low, mean, high), first(high, mean, low)


def _power(moment: Moment) -> tuple[Side, Side]:
    """Without any figure, energy over time is the power."""
    levels = _levels(moment.period, "POWER")
    seconds = int((moment.until - moment.period.start_date_time).total_seconds())
    kwh = _volume(moment.period, "ENERGY")
    if levels == (None, None) and kwh is not None and seconds > 0:
        return (kwh * 3600 / seconds,) * 2
    return levels


# ---- mod_cdrs, "CDR object", step_size -----------------------------------------------------------------------------


def _stepped(
    tariffs: tuple[Tariff, ...], used: dict[Key, Fraction], last: dict[Key, tuple[int, int]]
) -> dict[Key, Fraction]:
    """Once for energy, once for charging and parking together, once for a reservation."""
    billed = dict(used)
    groups = defaultdict(list)
    for key in used:
        kind = _component(tariffs, key).type
        groups["reserved" if key[3] else "energy" if kind == "ENERGY" else "time"].append(key)
    for group in groups.values():
        final = max(group, key=lambda key: last[key])
        component = _component(tariffs, final)
        total = sum(used[key] for key in group if _component(tariffs, key).type == component.type)
        block = Fraction(component.step_size, 1000 if component.type == "ENERGY" else 1)
        if block > 0 and total > 0:
            billed[final] += ceil(total / block) * block - total
    return billed


def _component(tariffs: tuple[Tariff, ...], key: Key):
    tariff, element, nth, _ = key
    return tariffs[tariff].elements[element].price_components[nth]


# ---- money ---------------------------------------------------------------------------------------------------------


def _cost(tariffs: tuple[Tariff, ...], billed: dict[Key, Fraction], relevant: dict[int, None]) -> Cost:
    net, gross = {}, {}
    for key, quantity in billed.items():
        component = _component(tariffs, key)
        per = 3600 if component.type in ("TIME", "PARKING_TIME") else 1
        net[key], gross[key] = _taxed(
            Fraction(component.price) * quantity / per, component.vat, tariffs[key[0]].tax_included, component.price
        )
    total = (_sum(net.values()), _sum(gross.values()))
    used = [tariffs[number] for number in relevant]
    for tariff in used:
        total = _bound(total, tariff.min_price, max, tariff.tax_included)
    for tariff in used:
        total = _bound(total, tariff.max_price, min, tariff.tax_included)
    return Cost(billed, net, gross, total, all(tariff.tax_included == "YES" for tariff in used))


def _taxed(amount: Fraction, vat: object, included: str, price: object) -> tuple[Side, Side]:
    """Net and gross. No rate given means not known, unless nothing is asked for or taxes do not apply."""
    if included == "N/A" or not price:
        return amount, amount
    if vat is None:
        return (None, amount) if included == "YES" else (amount, None)
    rate = 1 + Fraction(vat) / 100
    return (amount / rate, amount) if included == "YES" else (amount, amount * rate)


def _bound(total: tuple[Side, Side], limit: PriceLimit | None, choose: object, included: str) -> tuple[Side, Side]:
    """Before and after taxes, each by its own number; without the latter the tax keeps its share."""
    net, gross = total
    if limit is None:
        return total
    bound = None if net is None else choose(net, Fraction(limit.before_taxes))
    if gross is None:
        return bound, None
    if included == "N/A" and net == gross:
        return bound, bound
    if limit.after_taxes is not None:
        return bound, choose(gross, Fraction(limit.after_taxes))
    if bound is None or bound == net:
        return bound, gross
    return bound, (gross * bound / net if net else None)


def _sum(values: object) -> Side:
    found = list(values)
    return None if None in found else sum(found, Fraction(0))


def half_up(amount: Fraction, decimals: int) -> Fraction:
    """To the nearest unit, a tie away from zero."""
    units = floor(abs(amount) * 10**decimals + Fraction(1, 2))
    return Fraction(units if amount >= 0 else -units, 10**decimals)
