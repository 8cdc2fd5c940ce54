"""Does a Tariff Element's restriction match a moment of the charge? (mod_tariffs, "TariffRestrictions")."""

from collections.abc import Iterator
from datetime import date, time
from decimal import Decimal

from ocpilot.pricing.faults import clock
from ocpilot.pricing.trace import Reason, ReasonCode
from ocpilot.pricing.usage import Usage
from ocpilot.wire.v230 import DayOfWeek, ReservationRestrictionType, TariffRestrictions

_DAYS = tuple(DayOfWeek)


def matches(restrictions: TariffRestrictions | None, usage: Usage) -> bool:
    """All of them hold (a logical AND)."""
    return mismatch(restrictions, usage) is None


def mismatch(restrictions: TariffRestrictions | None, usage: Usage) -> Reason | None:
    """The first restriction that does not hold; None when all do."""
    if restrictions is None:
        return Reason(code=ReasonCode.NOT_FOR_RESERVATIONS) if usage.is_reservation else None
    return next(_mismatches(restrictions, usage), None)


def _mismatches(limit: TariffRestrictions, usage: Usage) -> Iterator[Reason]:
    """Each restriction that does not hold."""
    if limit.booking is not None:
        yield Reason(code=ReasonCode.BOOKING)
    if not _is_for(limit.reservation, usage):
        code = ReasonCode.NOT_FOR_RESERVATIONS if limit.reservation is None else _RESERVATIONS[limit.reservation]
        yield Reason(code=code)
    if (limit.start_time or limit.end_time) and not _is_between(limit.start_time, limit.end_time, usage.local.time()):
        yield _reason(ReasonCode.TIME_OF_DAY, start=limit.start_time, end=limit.end_time)
    if not _is_dated(limit, usage.local.date()):
        yield _reason(ReasonCode.DATES, start=limit.start_date, end=limit.end_date)
    if limit.day_of_week and _DAYS[usage.local.weekday()] not in limit.day_of_week:
        yield Reason(code=ReasonCode.DAYS, values={"days": ",".join(limit.day_of_week)})
    levels = usage.levels
    yield from _range(ReasonCode.ENERGY_RANGE, limit.min_kwh, usage.kwh, usage.kwh, limit.max_kwh)
    yield from _range(ReasonCode.POWER_RANGE, limit.min_power, *levels.power, limit.max_power)
    yield from _range(ReasonCode.CURRENT_RANGE, limit.min_current, *levels.current, limit.max_current)
    yield from _range(ReasonCode.DURATION_RANGE, limit.min_duration, usage.seconds, usage.seconds, limit.max_duration)


_RESERVATIONS = {
    ReservationRestrictionType.RESERVATION: ReasonCode.RESERVATION,
    ReservationRestrictionType.RESERVATION_EXPIRES: ReasonCode.RESERVATION_EXPIRED,
}


def _is_for(kind: ReservationRestrictionType | None, usage: Usage) -> bool:
    """Reservation elements price reservations only, and others never do."""
    if not usage.is_reservation:
        return kind is None
    return kind == ReservationRestrictionType.RESERVATION or (
        usage.expired and kind == ReservationRestrictionType.RESERVATION_EXPIRES
    )


def _is_between(start: str | None, end: str | None, now: time) -> bool:
    """An end before the start wraps around midnight; 00:00 as the end is the end of the day."""
    first = clock(start) if start else time.min
    last = clock(end) if end else time.min
    return first <= now < last if first < last else now >= first or now < last


def _is_dated(limit: TariffRestrictions, today: date) -> bool:
    """From the start date on, before the end date."""
    if limit.start_date and today < date.fromisoformat(limit.start_date):
        return False
    return not limit.end_date or today < date.fromisoformat(limit.end_date)


def _range(
    code: ReasonCode,
    least: Decimal | int | None,
    low: Decimal | int | None,
    high: Decimal | int | None,
    below: Decimal | int | None,
) -> Iterator[Reason]:
    """Inclusive at the bottom, exclusive at the top. What was not measured matches no border."""
    if least is not None and (low is None or low < least):
        yield _reason(code, min=least, max=below, missing=None if low is not None else "yes")
    elif below is not None and (high is None or high >= below):
        yield _reason(code, min=least, max=below, missing=None if high is not None else "yes")


def _reason(code: ReasonCode, **values: object) -> Reason:
    """A reason with those of its values that there are."""
    return Reason(code=code, values={name: str(value) for name, value in values.items() if value is not None})
