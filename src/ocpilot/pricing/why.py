"""The reasons behind a line, as codes and values."""

from collections.abc import Iterator
from decimal import Decimal

from ocpilot.pricing.trace import Reason, ReasonCode
from ocpilot.wire.v230 import PriceLimit, ReservationRestrictionType, TariffRestrictions

_RANGES = (
    (ReasonCode.TIME_OF_DAY, ("start", "start_time"), ("end", "end_time")),
    (ReasonCode.DATES, ("start", "start_date"), ("end", "end_date")),
    (ReasonCode.ENERGY_RANGE, ("min", "min_kwh"), ("max", "max_kwh")),
    (ReasonCode.POWER_RANGE, ("min", "min_power"), ("max", "max_power")),
    (ReasonCode.CURRENT_RANGE, ("min", "min_current"), ("max", "max_current")),
    (ReasonCode.DURATION_RANGE, ("min", "min_duration"), ("max", "max_duration")),
)
_RESERVATIONS = {
    ReservationRestrictionType.RESERVATION: ReasonCode.RESERVATION,
    ReservationRestrictionType.RESERVATION_EXPIRES: ReasonCode.RESERVATION_EXPIRED,
}


def of_restrictions(restrictions: TariffRestrictions | None) -> tuple[Reason, ...]:
    """Each restriction as a reason; UNRESTRICTED when there is none."""
    found = tuple(_restricted(restrictions)) if restrictions else ()
    return found or (Reason(code=ReasonCode.UNRESTRICTED),)


def _restricted(restrictions: TariffRestrictions) -> Iterator[Reason]:
    for code, *ends in _RANGES:
        values = {name: str(getattr(restrictions, field)) for name, field in ends if getattr(restrictions, field)}
        if values:
            yield Reason(code=code, values=values)
    if restrictions.day_of_week:
        yield Reason(code=ReasonCode.DAYS, values={"days": ",".join(restrictions.day_of_week)})
    if restrictions.reservation:
        yield Reason(code=_RESERVATIONS[restrictions.reservation])


def of_step(step: int, measured: Decimal, billed: Decimal) -> Reason:
    """That step_size made `billed` of what was measured of a whole dimension."""
    return Reason(code=ReasonCode.STEP, values={"step": str(step), "measured": str(measured), "billed": str(billed)})


def of_limit(code: ReasonCode, limit: PriceLimit) -> Reason:
    """Which limit was reached."""
    values = {"before_taxes": str(limit.before_taxes)}
    if limit.after_taxes is not None:
        values["after_taxes"] = str(limit.after_taxes)
    return Reason(code=code, values=values)
