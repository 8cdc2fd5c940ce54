"""Does a Tariff Element's restriction match a moment of the charge? (mod_tariffs, "TariffRestrictions")."""

from datetime import date, time
from decimal import Decimal

from ocpilot.pricing.usage import Usage
from ocpilot.wire.v230 import DayOfWeek, ReservationRestrictionType, TariffRestrictions

_DAYS = tuple(DayOfWeek)


def matches(restrictions: TariffRestrictions | None, usage: Usage, *, expired: bool = False) -> bool:
    """All of them must hold (a logical AND). `expired`: the reservation ended without a charge."""
    if restrictions is None:
        return not usage.is_reservation
    return (
        _reservation(restrictions.reservation, usage, expired=expired)
        and _time_of_day(restrictions, usage)
        and _dates(restrictions, usage)
        and (not restrictions.day_of_week or _DAYS[usage.local.weekday()] in restrictions.day_of_week)
        and _within(restrictions.min_kwh, usage.kwh_before, usage.kwh_before, restrictions.max_kwh)
        and _within(restrictions.min_power, usage.lowest_power, usage.highest_power, restrictions.max_power)
        and _within(restrictions.min_current, usage.lowest_current, usage.highest_current, restrictions.max_current)
        and _within(restrictions.min_duration, usage.seconds_before, usage.seconds_before, restrictions.max_duration)
    )


def _reservation(kind: ReservationRestrictionType | None, usage: Usage, *, expired: bool) -> bool:
    """Reservation elements price reservations only, and others never do."""
    if not usage.is_reservation:
        return kind is None
    return kind == ReservationRestrictionType.RESERVATION or (
        expired and kind == ReservationRestrictionType.RESERVATION_EXPIRES
    )


def clock(text: str) -> time:
    """A time of day; `24:00`, which some send for the end of the day, is 00:00."""
    return time.min if text == "24:00" else time.fromisoformat(text)


def _time_of_day(restrictions: TariffRestrictions, usage: Usage) -> bool:
    """An end before the start wraps around midnight; 00:00 as the end is the end of the day."""
    now = usage.local.time()
    start = clock(restrictions.start_time) if restrictions.start_time else time.min
    end = clock(restrictions.end_time) if restrictions.end_time else time.min
    return start <= now < end if start < end else now >= start or now < end


def _dates(restrictions: TariffRestrictions, usage: Usage) -> bool:
    today = usage.local.date()
    if restrictions.start_date is not None and today < date.fromisoformat(restrictions.start_date):
        return False
    return restrictions.end_date is None or today < date.fromisoformat(restrictions.end_date)


def _within(
    least: Decimal | int | None, low: Decimal | int | None, high: Decimal | int | None, below: Decimal | int | None
) -> bool:
    """Inclusive at the bottom, exclusive at the top. What was not measured matches no border."""
    if least is not None and (low is None or low < least):
        return False
    return below is None or (high is not None and high < below)
