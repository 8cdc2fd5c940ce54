"""Restrictions that say nothing, or that others read in another way (mod_tariffs, "TariffRestrictions")."""

from collections.abc import Iterator
from datetime import date, timedelta

from ocpilot.pricing.faults import clock
from ocpilot.pricing.lint.findings import (
    Finding,
    Rule,
    Severity,
    Subject,
    component_path,
    element_path,
    restrictions_path,
)
from ocpilot.wire.v230 import BookingRestrictionType, TariffDimensionType, TariffElement, TariffRestrictions

_SECTION = "mod_tariffs, TariffRestrictions"

WHOLE_DAY = Rule(
    code="restriction.whole_day",
    severity=Severity.WARNING,
    section=_SECTION,
    meaning="Some systems take equal times for the whole day, others for no time at all: the driver pays either price.",
    mend="Leave both out for the whole day, or correct one of them.",
)
WHOLE_WEEK = Rule(
    code="restriction.whole_week",
    severity=Severity.HINT,
    section=_SECTION,
    meaning="All seven days are every day: the restriction changes nothing.",
    mend="Leave day_of_week out.",
)
LAST_MINUTE = Rule(
    code="restriction.last_minute",
    severity=Severity.WARNING,
    section=_SECTION,
    meaning="The end is not part of the time, so in the last minute of the day another price holds, or none.",
    mend="Write 00:00 for the end of the day.",
)
OVERNIGHT_DAYS = Rule(
    code="restriction.overnight_days",
    severity=Severity.HINT,
    section=_SECTION,
    meaning="The day is that of the moment: the hours after midnight belong to the next day, not to the night before.",
    mend="Split it at midnight into two elements, each with its own days.",
)
NOTHING = Rule(
    code="restriction.nothing",
    severity=Severity.HINT,
    section=_SECTION,
    meaning="Every charge has used and lasted 0 or more: the restriction changes nothing.",
    mend="Leave it out.",
)
PAST = Rule(
    code="restriction.past",
    severity=Severity.HINT,
    section=_SECTION,
    meaning="Its last day is over: nobody pays these prices any more.",
    mend="Remove the element, or correct the year.",
)
SHORT = Rule(
    code="restriction.looks_like_minutes",
    severity=Severity.WARNING,
    section=_SECTION,
    meaning="A duration is in seconds: the price changes within the first minute of the charge.",
    mend="Multiply by 60 if minutes are meant.",
)
LONG = Rule(
    code="restriction.long_duration",
    severity=Severity.WARNING,
    section=_SECTION,
    meaning="A duration is in seconds: no charge lasts a week, so the border is never reached.",
    mend="Correct it; milliseconds are divided by 1000.",
)
FROM_START = Rule(
    code="restriction.duration_from_start",
    severity=Severity.HINT,
    section=_SECTION,
    meaning="A duration counts from the start of the whole charge: not from the end of charging, nor within the hours.",
    mend="Nothing, if that is meant. A time of grace after charging has no words in OCPI: say it in tariff_alt_text.",
)
MUCH_ENERGY = Rule(
    code="restriction.much_energy",
    severity=Severity.WARNING,
    section=_SECTION,
    meaning="Energy is in kWh: no car charges so much, so the border is never reached.",
    mend="Divide by 1000 if Wh are meant.",
)
MUCH_POWER = Rule(
    code="restriction.much_power",
    severity=Severity.WARNING,
    section=_SECTION,
    meaning="Power is in kW: no car charges with so much, so the border is never reached.",
    mend="Divide by 1000 if W are meant.",
)
BOOKING = Rule(
    code="restriction.booking",
    severity=Severity.HINT,
    section="mod_tariffs (bookings extension), BookingRestrictionType",
    meaning="It counts for bookings only; partners without the extension take it for an element that always matches.",
    mend="Nothing, if all who get this Tariff know the bookings extension.",
)
BOOKING_DIMENSION = Rule(
    code="booking.dimension",
    severity=Severity.ERROR,
    section="mod_tariffs (bookings extension), TariffRestrictions",
    meaning="Bookings only have FLAT and TIME: nobody can say what this price is for.",
    mend="Use FLAT or TIME, or take the booking restriction away.",
)
RESERVATION_DIMENSION = Rule(
    code="reservation.dimension",
    severity=Severity.ERROR,
    section=_SECTION,
    meaning="Reservations only have FLAT and TIME: nobody ever pays this price.",
    mend="Use TIME for the time reserved and FLAT for a fee, or take the reservation restriction away.",
)
EXPIRES_ALONE = Rule(
    code="reservation.expires_alone",
    severity=Severity.HINT,
    section="mod_tariffs, ReservationRestrictionType",
    meaning="A reservation that is used costs nothing, only one that expires does.",
    mend="If that is not meant, add an element with the restriction RESERVATION.",
)
RESERVATION_USAGE = Rule(
    code="reservation.usage",
    severity=Severity.WARNING,
    section=_SECTION,
    meaning="While a car is awaited nothing is charged or measured: such a restriction holds always or never.",
    mend="Leave it out; reservations can be restricted by date, day and time.",
)
TIMED_FLAT = Rule(
    code="flat.timed",
    severity=Severity.HINT,
    section="mod_tariffs, Tariff object",
    meaning="Whoever begins earlier pays it when the time comes; not at all where only the start of a charge counts.",
    mend="Add a fee for the other times, 0 if there is none: then the start of the charge decides everywhere.",
)
LATE_FLAT = Rule(
    code="flat.late",
    severity=Severity.WARNING,
    section="mod_tariffs, Tariff object",
    meaning="The fee falls due in the middle of the charge; systems that look for fees at the start never charge it.",
    mend="Leave the restriction out, or put it into the prices of energy or time.",
)
RULES = (
    WHOLE_DAY,
    WHOLE_WEEK,
    LAST_MINUTE,
    OVERNIGHT_DAYS,
    NOTHING,
    PAST,
    SHORT,
    LONG,
    FROM_START,
    MUCH_ENERGY,
    MUCH_POWER,
    BOOKING,
    BOOKING_DIMENSION,
    RESERVATION_DIMENSION,
    EXPIRES_ALONE,
    RESERVATION_USAGE,
    TIMED_FLAT,
    LATE_FLAT,
)

_MINUTE, _WEEK = 60, 7 * 24 * 3600
_MOST_KWH, _MOST_KW = 1000, 2000
_FEES = (TariffDimensionType.FLAT, TariffDimensionType.TIME)
_USAGE = (
    "min_kwh",
    "max_kwh",
    "min_duration",
    "max_duration",
    "min_power",
    "max_power",
    "min_current",
    "max_current",
)


def findings(subject: Subject) -> Iterator[Finding]:
    """All of this file."""
    for place, element in enumerate(subject.tariff.elements):
        limit = element.restrictions
        if limit is None:
            continue
        path = restrictions_path(place)
        yield from _times(limit, path)
        yield from _sizes(limit, path)
        yield from _dates(subject, limit, path)
        yield from _durations(element, limit, path)
        yield from _special(element, limit, place)
        yield from _fees(subject, element, limit, place)
    yield from _expires_alone(subject)


def _times(limit: TariffRestrictions, path: str) -> Iterator[Finding]:
    if limit.start_time and limit.end_time and clock(limit.start_time) == clock(limit.end_time):
        yield WHOLE_DAY.at(path, f"start_time {limit.start_time} and end_time {limit.end_time}")
    if len(set(limit.day_of_week)) == 7:
        yield WHOLE_WEEK.at(f"{path}.day_of_week", "all seven days")
    if limit.end_time == "23:59":
        yield LAST_MINUTE.at(f"{path}.end_time", "23:59")
    if _is_overnight(limit) and limit.day_of_week and len(set(limit.day_of_week)) < 7:
        found = f"{', '.join(limit.day_of_week)} and {limit.start_time} to {limit.end_time}"
        yield OVERNIGHT_DAYS.at(path, found)


def _is_overnight(limit: TariffRestrictions) -> bool:
    if not limit.start_time or not limit.end_time:
        return False
    first, last = clock(limit.start_time), clock(limit.end_time)
    return first > last and (last.hour, last.minute) != (0, 0)


def _sizes(limit: TariffRestrictions, path: str) -> Iterator[Finding]:
    for name, seconds in (("min_duration", limit.min_duration), ("max_duration", limit.max_duration)):
        if seconds is not None and 0 < seconds < _MINUTE:
            yield SHORT.at(f"{path}.{name}", f"{seconds} seconds")
        if seconds is not None and seconds >= _WEEK:
            yield LONG.at(f"{path}.{name}", f"{seconds} seconds, {seconds // 86400} days")
    for name, kwh in (("min_kwh", limit.min_kwh), ("max_kwh", limit.max_kwh)):
        if kwh is not None and kwh > _MOST_KWH:
            yield MUCH_ENERGY.at(f"{path}.{name}", f"{kwh} kWh")
    for name, power in (("min_power", limit.min_power), ("max_power", limit.max_power)):
        if power is not None and power > _MOST_KW:
            yield MUCH_POWER.at(f"{path}.{name}", f"{power} kW")
    for name, least in (("min_kwh", limit.min_kwh), ("min_duration", limit.min_duration)):
        if least is not None and least <= 0:
            yield NOTHING.at(f"{path}.{name}", str(least))


def _dates(subject: Subject, limit: TariffRestrictions, path: str) -> Iterator[Finding]:
    if subject.now is None or limit.end_date is None:
        return
    if date.fromisoformat(limit.end_date) <= subject.now.date() - timedelta(days=1):
        yield PAST.at(f"{path}.end_date", f"{limit.end_date}, and today is {subject.now.date()}")


def _durations(element: TariffElement, limit: TariffRestrictions, path: str) -> Iterator[Finding]:
    """Those that many take for something else."""
    has_hours = bool(limit.start_time or limit.end_time)
    has_parking = any(one.type is TariffDimensionType.PARKING_TIME and one.price for one in element.price_components)
    if limit.min_duration and (has_hours or has_parking):
        beside = "PARKING_TIME" if has_parking else "start_time or end_time"
        yield FROM_START.at(f"{path}.min_duration", f"{limit.min_duration} seconds, with {beside}")


def _special(element: TariffElement, limit: TariffRestrictions, place: int) -> Iterator[Finding]:
    """Elements for reservations and bookings."""
    if limit.booking is not None:
        yield BOOKING.at(f"{restrictions_path(place)}.booking", BookingRestrictionType(limit.booking).value)
    rule = BOOKING_DIMENSION if limit.booking else RESERVATION_DIMENSION if limit.reservation else None
    for number, component in enumerate(element.price_components):
        if rule is not None and component.type not in _FEES:
            yield rule.at(component_path(place, number), f"{component.type}")
    if limit.reservation:
        names = [name for name in _USAGE if getattr(limit, name) is not None]
        if names:
            yield RESERVATION_USAGE.at(restrictions_path(place), " and ".join(names))


def _fees(subject: Subject, element: TariffElement, limit: TariffRestrictions, place: int) -> Iterator[Finding]:
    """A FLAT of a charge that is not due from its start."""
    if limit.reservation or limit.booking:
        return
    for number, component in enumerate(element.price_components):
        if component.type is not TariffDimensionType.FLAT or not component.price:
            continue
        path = component_path(place, number)
        late = [name for name in ("min_kwh", "min_duration") if getattr(limit, name)]
        if late:
            yield LATE_FLAT.at(path, " and ".join(f"{name} {getattr(limit, name)}" for name in late))
        elif (limit.start_time or limit.end_time or limit.day_of_week) and not _has_plain_flat(subject, place):
            yield TIMED_FLAT.at(path, "a fee at certain times only")


def _has_plain_flat(subject: Subject, after: int) -> bool:
    """Whether a fee without restrictions stands behind an element."""
    return any(
        component.type is TariffDimensionType.FLAT
        for element in subject.tariff.elements[after + 1 :]
        for component in element.price_components
        if element.restrictions is None or element.restrictions == TariffRestrictions()
    )


def _expires_alone(subject: Subject) -> Iterator[Finding]:
    kinds = [element.restrictions.reservation if element.restrictions else None for element in subject.tariff.elements]
    words = [None if kind is None else str(kind) for kind in kinds]
    if "RESERVATION_EXPIRES" in words and "RESERVATION" not in words:
        yield EXPIRES_ALONE.at(element_path(words.index("RESERVATION_EXPIRES")), "RESERVATION_EXPIRES, no RESERVATION")
