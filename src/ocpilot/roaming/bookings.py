"""What may be booked and what becomes of a booking: rules over values (mod_bookings, "Flow and Lifecycle").

A BookingLocation is sold to one at a time: when it names an EVSE, or a request names none, nobody else gets it then.
Requests that name different EVSEs of a BookingLocation that names none do not meet. Every moment is aware UTC.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

import msgspec

from ocpilot.base.errors import BadRequest
from ocpilot.base.ids import fold
from ocpilot.wire.v230 import (
    AccessMethod,
    Booking,
    BookingLocation,
    BookingRequest,
    BookingRequestStatus,
    BookingTerms,
    Calendar,
    Period,
    ReservationRequestStatus,
    ReservationStatus,
    Role,
    Timeslot,
    TokenType,
)

#: A booking in one of these stays in it.
FINAL = frozenset(
    {
        ReservationStatus.CANCELED,
        ReservationStatus.NO_SHOW,
        ReservationStatus.REJECTED,
        ReservationStatus.FAILED,
        ReservationStatus.FULFILLED,
    }
)
_NEXT = {
    ReservationStatus.PENDING: {ReservationStatus.RESERVED, ReservationStatus.REJECTED, ReservationStatus.FAILED},
    ReservationStatus.RESERVED: {ReservationStatus.FULFILLED, ReservationStatus.CANCELED, ReservationStatus.NO_SHOW},
}
#: What holds where a BookingLocation says nothing.
_NO_TERMS = BookingTerms(
    supported_access_methods=(AccessMethod.OPEN,), change_until_minutes=Decimal(0), cancel_until_minutes=Decimal(0)
)
_NO_EVSE = "#na"


# ---- states --------------------------------------------------------------------------------------------------------


def may_become(now: ReservationStatus, then: ReservationStatus) -> bool:
    """Whether the operator, who owns the booking, may move it so."""
    return then in _NEXT.get(now, set())


def may_follow(known: ReservationStatus, told: ReservationStatus) -> bool:
    """Whether a provider that knew one state may be told the other: it may have missed some between, an end is one."""
    return known == told or known not in FINAL


# ---- a request -----------------------------------------------------------------------------------------------------


def answered(
    place: BookingLocation,
    known: Booking | None,
    others: Iterable[Booking],
    request: BookingRequest,
    *,
    now: datetime,
    booking_id: str,
) -> tuple[Booking, tuple[str, ...]]:
    """The booking after a request, and why it was declined (empty when it was not).

    `place` says when it is open at all, `known` is the booking of this request_id so far, `others` those that hold a
    time at the same Location. The request sent twice changes nothing. BadRequest when `known` is at its end.
    """
    if known is None:
        reasons = why_not_sold(place, request, others, now)
        return _new(place, request, now, booking_id, accepted=not reasons), reasons
    if request == known.booking_requests[-1].booking_request:
        return known, ()
    if known.reservation_status in FINAL:
        raise BadRequest(f"booking {known.id} is {known.reservation_status} and stays so; use another request_id")
    if request.canceled is not None:
        reasons = _why_not_canceled(known, request, now)
    else:
        reasons = _why_not_changed(known, request, now) or why_not_sold(place, request, others, now)
    return _noted(place, known, request, now, accepted=not reasons), reasons


def why_not_sold(
    place: BookingLocation, request: BookingRequest, others: Iterable[Booking], now: datetime
) -> tuple[str, ...]:
    """Every reason why this time cannot be sold as asked; `others` hold times at the same Location."""
    terms = place.booking_terms or _NO_TERMS
    return (
        *_of_the_time(place, terms, request.period, now),
        *_of_the_option(place, request),
        *_of_the_terms(terms, request),
        *(
            f"{_spoken(other.period)} is taken"
            for other in others
            if overlap(other.period, request.period) and _same_thing(place, request, other)
        ),
        *_of_the_tokens(terms, request, others),
    )


def _of_the_time(place: BookingLocation, terms: BookingTerms, period: Period, now: datetime) -> Iterable[str]:
    if period.end_date_time <= period.start_date_time:
        yield "the period ends before it starts"
        return
    if period.start_date_time < now:
        yield "the period has begun"
    minutes = _minutes(period.end_date_time - period.start_date_time)
    if terms.min_booking_duration is not None and minutes < terms.min_booking_duration:
        yield f"{minutes} minutes are fewer than {terms.min_booking_duration}"
    if terms.max_booking_duration is not None and minutes > terms.max_booking_duration:
        yield f"{minutes} minutes are more than {terms.max_booking_duration}"
    if slot_of(place.calendars, period) is None:
        yield "no calendar has this time, or it is not in steps of the timeslot_increment"


def _of_the_option(place: BookingLocation, request: BookingRequest) -> Iterable[str]:
    offered, asked = _evse(place), _evse(request)
    if offered and asked and offered != asked:
        yield f"the EVSE here is {place.booking_option and place.booking_option.evse_uid}"
    slot = slot_of(place.calendars, request.period)
    if slot and slot.max_power is not None and (request.power_required or 0) * 1000 > slot.max_power:
        yield f"{request.power_required} kW are more than {slot.max_power} W"


def _of_the_terms(terms: BookingTerms, request: BookingRequest) -> Iterable[str]:
    for access in request.access_information:
        if access.method not in terms.supported_access_methods:
            yield f"{access.method} is no way in here; these are: {', '.join(terms.supported_access_methods)}"
    if terms.rfid_auth_required and not any(token.type == TokenType.RFID for token in request.tokens):
        yield "a Token of type RFID is required"


def _of_the_tokens(terms: BookingTerms, request: BookingRequest, others: Iterable[Booking]) -> Iterable[str]:
    """One Token in several bookings at a time, where that is not allowed."""
    if terms.overlapping_bookings_allowed is not False:
        return
    asked = {fold(token.uid): token.uid for token in request.tokens}
    for other in others:
        if overlap(other.period, request.period):
            for token in other.booking_tokens:
                if fold(token.uid) in asked:
                    yield f"Token {asked[fold(token.uid)]} has a booking then"


def _why_not_changed(known: Booking, request: BookingRequest, now: datetime) -> tuple[str, ...]:
    first = known.booking_requests[0].booking_request
    here = fold(first.booking_location_id), fold(first.location_id)
    if (fold(request.booking_location_id), fold(request.location_id)) != here:
        return ("another place is another booking",)
    if known.booking_terms.change_not_allowed:
        return ("the terms allow no change",)
    return _too_late(known, known.booking_terms.change_until_minutes, now, "changed")


def _why_not_canceled(known: Booking, request: BookingRequest, now: datetime) -> tuple[str, ...]:
    if request.canceled is not None and request.canceled.who_canceled == Role.CPO:
        return ("a provider cannot cancel for the CPO",)
    return _too_late(known, known.booking_terms.cancel_until_minutes, now, "canceled")


def _too_late(known: Booking, minutes: Decimal, now: datetime, what: str) -> tuple[str, ...]:
    if now <= known.period.start_date_time - _delta(minutes):
        return ()
    return (f"it could be {what} until {minutes} minutes before",)


# ---- the booking it makes ------------------------------------------------------------------------------------------


def _new(place: BookingLocation, request: BookingRequest, now: datetime, booking_id: str, *, accepted: bool) -> Booking:
    return Booking(
        id=booking_id,
        country_code=place.country_code,
        party_id=place.party_id,
        request_id=request.request_id,
        booking_option=request.booking_option or place.booking_option,
        location_id=place.location_id,
        booking_tokens=request.tokens,
        tariff_ids=place.tariff_ids,
        period=_timeslot(place, request.period),
        reservation_status=ReservationStatus.RESERVED if accepted else ReservationStatus.REJECTED,
        access_information=request.access_information,
        authorization_reference=request.authorization_reference,
        booking_terms=place.booking_terms or _NO_TERMS,
        booking_requests=(_status(request, now, accepted=accepted),),
        last_updated=now,
    )


def _noted(
    place: BookingLocation, known: Booking, request: BookingRequest, now: datetime, *, accepted: bool
) -> Booking:
    """The booking with one request more, changed as asked when that was accepted."""
    noted = (*known.booking_requests, _status(request, now, accepted=accepted))
    changed = _accepted(place, known, request) if accepted else known
    return msgspec.structs.replace(changed, booking_requests=noted, last_updated=now)


def _accepted(place: BookingLocation, known: Booking, request: BookingRequest) -> Booking:
    if request.canceled is not None:
        return msgspec.structs.replace(known, reservation_status=ReservationStatus.CANCELED, canceled=request.canceled)
    return msgspec.structs.replace(
        known,
        booking_option=request.booking_option or known.booking_option,
        booking_tokens=request.tokens or known.booking_tokens,
        access_information=request.access_information or known.access_information,
        authorization_reference=request.authorization_reference,
        period=_timeslot(place, request.period),
    )


def _status(request: BookingRequest, now: datetime, *, accepted: bool) -> BookingRequestStatus:
    status = ReservationRequestStatus.ACCEPTED if accepted else ReservationRequestStatus.DECLINED
    return BookingRequestStatus(request_status=status, booking_request=request, request_received=now)


def _timeslot(place: BookingLocation, period: Period) -> Timeslot:
    slot = slot_of(place.calendars, period)
    start, end = period.start_date_time, period.end_date_time
    if slot is None:
        return Timeslot(start_date_time=start, end_date_time=end)
    return msgspec.structs.replace(slot, start_date_time=start, end_date_time=end)


# ---- time ----------------------------------------------------------------------------------------------------------


def overlap(one: Timeslot | Period, other: Timeslot | Period) -> bool:
    """Whether two times meet; the end of one may be the start of the other."""
    return one.start_date_time < other.end_date_time and other.start_date_time < one.end_date_time


def slot_of(calendars: Iterable[Calendar], period: Period) -> Timeslot | None:
    """The time a calendar has open that holds this period, in its steps; timeslots that touch are one."""
    for calendar in calendars:
        for slot in _joined(calendar.available_timeslots):
            inside = slot.start_date_time <= period.start_date_time and period.end_date_time <= slot.end_date_time
            if inside and _in_steps(calendar.timeslot_increment, slot.start_date_time, period):
                return slot
    return None


def left_over(place: BookingLocation, booked: Iterable[Booking]) -> BookingLocation:
    """The BookingLocation without the times in which it, as a whole, is booked; a calendar without time is left out."""
    taken = [one.period for one in booked if _takes_all(place, one)]
    kept = []
    for calendar in place.calendars:
        slots: list[Timeslot] = list(calendar.available_timeslots)
        for period in taken:
            slots = [rest for slot in slots for rest in _without(slot, period)]
        if slots:
            kept.append(msgspec.structs.replace(calendar, available_timeslots=tuple(slots)))
    return msgspec.structs.replace(place, calendars=tuple(kept))


def dated(new: BookingLocation, before: BookingLocation | None, now: datetime) -> BookingLocation:
    """`new` with the dates of what is as it was `before`, and `now` where something changed; `before` when nothing."""
    known = {calendar.id: calendar for calendar in before.calendars} if before else {}
    calendars = tuple(_dated_calendar(calendar, known.get(calendar.id), now) for calendar in new.calendars)
    if before is None:
        return new
    redated = msgspec.structs.replace(new, calendars=calendars, last_updated=before.last_updated)
    return before if redated == before else msgspec.structs.replace(redated, last_updated=now)


def _dated_calendar(new: Calendar, before: Calendar | None, now: datetime) -> Calendar:
    if before is not None and msgspec.structs.replace(new, last_updated=before.last_updated) == before:
        return before
    return msgspec.structs.replace(new, last_updated=now)


def _joined(slots: Sequence[Timeslot]) -> list[Timeslot]:
    """Timeslots that touch as one, with what all of them can do."""
    joined: list[Timeslot] = []
    for slot in sorted(slots, key=lambda one: one.start_date_time):
        if joined and slot.start_date_time <= joined[-1].end_date_time:
            joined[-1] = _both(joined[-1], slot)
        else:
            joined.append(slot)
    return joined


def _both(one: Timeslot, other: Timeslot) -> Timeslot:
    powers = [slot.max_power for slot in (one, other) if slot.max_power is not None]
    least = [slot.min_power for slot in (one, other) if slot.min_power is not None]
    return Timeslot(
        start_date_time=one.start_date_time,
        end_date_time=max(one.end_date_time, other.end_date_time),
        min_power=min(least) if len(least) == 2 else None,
        max_power=min(powers, default=None),
        green_energy_support=one.green_energy_support
        if one.green_energy_support == other.green_energy_support
        else None,
    )


def _without(slot: Timeslot, period: Timeslot) -> list[Timeslot]:
    if not overlap(slot, period):
        return [slot]
    before = msgspec.structs.replace(slot, end_date_time=period.start_date_time)
    after = msgspec.structs.replace(slot, start_date_time=period.end_date_time)
    return [rest for rest in (before, after) if rest.start_date_time < rest.end_date_time]


def _in_steps(minutes: int | None, start: datetime, period: Period) -> bool:
    if not minutes or minutes < 1:
        return True
    step = timedelta(minutes=minutes)
    lengths = (period.start_date_time - start, period.end_date_time - period.start_date_time)
    return all(length % step == timedelta(0) for length in lengths)


# ---- what is sold --------------------------------------------------------------------------------------------------


def _same_thing(place: BookingLocation, request: BookingRequest, other: Booking) -> bool:
    """Whether a booking at the same Location is of what is asked for: one EVSE, or the whole of a BookingLocation."""
    mine, its = _evse(request) or _evse(place), _evse(other)
    if mine and its:
        return mine == its
    return _is_of(place, other)


def _takes_all(place: BookingLocation, booking: Booking) -> bool:
    """Whether nothing of the BookingLocation is left while the booking lasts."""
    offered, booked = _evse(place), _evse(booking)
    if offered and booked:
        return offered == booked
    return _is_of(place, booking) and not booked


def is_taken(evse_uid: str, booking: Booking, others: Iterable[Booking]) -> bool:
    """Whether one of these bookings at the same Location has the EVSE at the time of `booking`."""
    return any(_evse(other) == fold(evse_uid) and overlap(other.period, booking.period) for other in others)


def _is_of(place: BookingLocation, booking: Booking) -> bool:
    return fold(booking.booking_requests[0].booking_request.booking_location_id) == fold(place.id)


def _evse(of: BookingLocation | BookingRequest | Booking) -> str | None:
    """The EVSE's uid; `#NA` is none (mod_bookings, "BookingOption")."""
    uid = of.booking_option.evse_uid if of.booking_option else None
    return fold(uid) if uid and fold(uid) != _NO_EVSE else None


def used_by(booked: Iterable[Booking], token_uid: str, evse_uid: str, at: datetime) -> Booking | None:
    """The booking used by a charge that starts so: with one of its Tokens, at its EVSE if it has one, in its time."""
    return next(
        (
            one
            for one in booked
            if fold(token_uid) in {fold(token.uid) for token in one.booking_tokens}
            and _evse(one) in {None, fold(evse_uid)}
            and earliest_start(one) <= at < no_show_at(one)
        ),
        None,
    )


def no_show_at(booking: Booking) -> datetime:
    """When a booking that nobody came for is released; without a time-out that is its end."""
    timeout = booking.booking_terms.noshow_timeout
    return booking.period.end_date_time if timeout is None else booking.period.start_date_time + _delta(timeout)


def earliest_start(booking: Booking) -> datetime:
    """From when on a Session may be one of this booking."""
    terms = booking.booking_terms
    early = terms.early_start_time if terms.early_start_allowed and terms.early_start_time else Decimal(0)
    return booking.period.start_date_time - _delta(early)


def _delta(minutes: Decimal) -> timedelta:
    return timedelta(minutes=float(minutes))


def _minutes(length: timedelta) -> int:
    return int(length.total_seconds() // 60)


def _spoken(period: Timeslot) -> str:
    return f"{period.start_date_time:%Y-%m-%d %H:%M} to {period.end_date_time:%H:%M} UTC"
