"""The reasons behind a line, as codes and values."""

from collections.abc import Iterator

from ocpilot.pricing.limits import Limit
from ocpilot.pricing.steps import Stepped
from ocpilot.pricing.trace import Reason, ReasonCode
from ocpilot.wire.v230 import ReservationRestrictionType, TariffRestrictions

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


def of_charge(stepped: Stepped, *, is_tax_known: bool) -> tuple[Reason, ...]:
    """Why this component, why this quantity, and whether the tax is known."""
    reasons = list(of_restrictions(stepped.charge.active.tariff_element.restrictions))
    if stepped.step is not None:
        values = {
            "step": str(stepped.step),
            "measured": str(stepped.total_measured),
            "billed": str(stepped.total_billed),
        }
        reasons.append(Reason(code=ReasonCode.STEP, values=values))
    if not is_tax_known:
        reasons.append(Reason(code=ReasonCode.TAX_UNKNOWN))
    return tuple(reasons)


def of_limit(limit: Limit) -> tuple[Reason, ...]:
    """Which limit was reached."""
    values = {"before_taxes": str(limit.limit.before_taxes)}
    if limit.limit.after_taxes is not None:
        values["after_taxes"] = str(limit.limit.after_taxes)
    return (Reason(code=limit.code, values=values),)
