"""What may be booked, changed and canceled (roaming/bookings.py)."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import msgspec
import pytest

from ocpilot.base.errors import BadRequest
from ocpilot.roaming import bookings as rules
from ocpilot.wire.v230 import (
    AccessInformation,
    BookingLocation,
    BookingOption,
    BookingRequest,
    BookingTerms,
    BookingToken,
    Calendar,
    CanceledReason,
    Cancellation,
    Period,
    ReservationStatus,
    Timeslot,
)

DAY = datetime(2026, 11, 23, tzinfo=UTC)
OWNER = {"country_code": "SE", "party_id": "LAD"}


def at(hour, minute=0):
    return DAY + timedelta(hours=hour, minutes=minute)


def slot(start, end, **fields):
    return Timeslot(start_date_time=at(start), end_date_time=at(end), **fields)


def calendar(*slots, **fields):
    whole = {"id": "CA1", "begin_from": at(0), "end_before": at(24), "last_updated": DAY}
    return Calendar(**whole | fields, available_timeslots=slots)


def terms(**fields):
    whole = {
        "supported_access_methods": ("OPEN", "TOKEN"),
        "change_until_minutes": Decimal(60),
        "cancel_until_minutes": Decimal(120),
    }
    return BookingTerms(**whole | fields)


def place(ident="BL1", evse=None, calendars=None, **more_terms):
    return BookingLocation(
        **OWNER,
        id=ident,
        location_id="L1",
        booking_option=BookingOption(evse_uid=evse) if evse else None,
        booking_terms=terms(**more_terms),
        calendars=(calendar(slot(8, 18)),) if calendars is None else calendars,
        last_updated=DAY,
    )


def asked(start=10, end=12, *, evse=None, ident="R1", uids=("04AA",), at_place="BL1", **fields):
    tokens = tuple(
        BookingToken(country_code="SE", party_id="RES", uid=uid, type="RFID", contract_id="C") for uid in uids
    )
    return BookingRequest(
        country_code="SE",
        party_id="RES",
        request_id=ident,
        booking_option=BookingOption(evse_uid=evse) if evse else None,
        location_id="L1",
        booking_location_id=at_place,
        tokens=tokens,
        period=Period(start_date_time=at(start), end_date_time=at(end)),
        authorization_reference="A1",
        **fields,
    )


def answered(request, known=None, others=(), where=None, now=DAY):
    return rules.answered(where or place(), known, others, request, now=now, booking_id=f"B-{request.request_id}")


def booked(request=None, where=None):
    booking, declined = answered(request or asked(), where=where)
    assert not declined
    return booking


# ---- a new booking -------------------------------------------------------------------------------------------------


def test_a_free_time_is_reserved():
    where = place(calendars=(calendar(slot(8, 18, max_power=Decimal(11000))),))
    booking, declined = answered(asked(), where=where)
    assert not declined
    assert booking.reservation_status is ReservationStatus.RESERVED
    assert (booking.period.start_date_time, booking.period.end_date_time) == (at(10), at(12))
    assert booking.period.max_power == 11000
    assert [one.request_status for one in booking.booking_requests] == ["ACCEPTED"]


@pytest.mark.parametrize(
    ("request_", "where", "because"),
    [
        (asked(12, 10), place(), "ends before it starts"),
        (asked(10, 10), place(), "ends before it starts"),
        (asked(-1, 2), place(calendars=(calendar(slot(-2, 18)),)), "has begun"),
        (asked(7, 9), place(), "no calendar has this time"),
        (asked(10, 12), place(calendars=()), "no calendar has this time"),
        (asked(10, 12), place(calendars=(calendar(slot(8, 18), timeslot_increment=45),)), "timeslot_increment"),
        (asked(10, 12), place(min_booking_duration=Decimal(180)), "120 minutes are fewer than 180"),
        (asked(10, 12), place(max_booking_duration=Decimal(60)), "120 minutes are more than 60"),
        (asked(evse="E2"), place(evse="E1"), "the EVSE here is E1"),
        (asked(access_information=(AccessInformation(method="INTERCOM"),)), place(), "INTERCOM is no way in here"),
        (asked(uids=()), place(rfid_auth_required=True), "RFID is required"),
        (asked(power_required=50), place(calendars=(calendar(slot(8, 18, max_power=Decimal(11000))),)), "50 kW"),
    ],
)
def test_what_cannot_be_sold_is_rejected_and_says_why(request_, where, because):
    booking, declined = answered(request_, where=where)
    assert booking.reservation_status is ReservationStatus.REJECTED
    assert [one.request_status for one in booking.booking_requests] == ["DECLINED"]
    assert because in "; ".join(declined)


def test_timeslots_that_touch_are_one_time_with_what_both_can_do():
    where = place(calendars=(calendar(slot(10, 11, max_power=Decimal(22000)), slot(11, 12, max_power=Decimal(11000))),))
    assert booked(where=where).period.max_power == 11000


# ---- never twice ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("hours", "free"), [((9, 10), True), ((12, 13), True), ((9, 11), False), ((11, 13), False), ((10, 12), False)]
)
def test_times_that_meet_are_not_sold_twice(hours, free):
    _, declined = answered(asked(*hours, ident="R2"), others=[booked()])
    assert (not declined) is free
    assert free or "10:00 to 12:00 UTC is taken" in declined[0]


@pytest.mark.parametrize(
    ("mine", "theirs", "free"),
    [
        ((place("BL1"), "E1"), (place("BL1"), "E2"), True),
        ((place("BL1"), "E1"), (place("BL1"), "e1"), False),
        ((place("BL1"), "E1"), (place("BL1"), None), False),
        ((place("BL1"), None), (place("BL1"), "#NA"), False),
        ((place("BL1", evse="E1"), None), (place("BL2", evse="E1"), None), False),
        ((place("BL1", evse="E1"), None), (place("BL2", evse="E2"), None), True),
        ((place("BL1", evse="E1"), None), (place("BL2"), "E1"), False),
        ((place("BL1"), None), (place("BL2"), None), True),
    ],
)
def test_one_evse_and_the_whole_of_a_booking_location_are_sold_to_one(mine, theirs, free):
    taken = booked(asked(evse=theirs[1], at_place=theirs[0].id), where=theirs[0])
    _, declined = answered(asked(ident="R2", evse=mine[1]), others=[taken], where=mine[0])
    assert (not declined) is free


@pytest.mark.parametrize(("allowed", "free"), [(None, True), (True, True), (False, False)])
def test_one_token_has_two_bookings_at_a_time_only_where_that_is_allowed(allowed, free):
    where = place(overlapping_bookings_allowed=allowed)
    taken = booked(asked(evse="E1"), where=where)
    _, declined = answered(asked(ident="R2", evse="E2"), others=[taken], where=where)
    assert (not declined) is free


# ---- changes and cancellations -------------------------------------------------------------------------------------


def test_the_same_request_again_changes_nothing():
    known = booked()
    assert answered(asked(), known, now=at(1)) == (known, ())


def test_an_accepted_change_moves_the_booking_and_is_noted():
    booking, declined = answered(asked(13, 14), booked())
    assert not declined
    assert booking.period.start_date_time == at(13)
    assert booking.reservation_status is ReservationStatus.RESERVED
    assert [one.request_status for one in booking.booking_requests] == ["ACCEPTED", "ACCEPTED"]


@pytest.mark.parametrize(
    ("change", "more_terms", "now", "because"),
    [
        (asked(13, 14), {}, at(9, 1), "changed until 60 minutes"),
        (asked(13, 14), {"change_not_allowed": True}, DAY, "no change"),
        (asked(13, 14, at_place="BL2"), {}, DAY, "another booking"),
        (asked(5, 6), {}, DAY, "no calendar"),
    ],
)
def test_a_declined_change_leaves_the_booking_and_is_noted(change, more_terms, now, because):
    known = booked(where=place(**more_terms))
    booking, declined = answered(change, known, now=now, where=place(**more_terms))
    assert because in "; ".join(declined)
    assert booking.period == known.period
    assert booking.reservation_status is ReservationStatus.RESERVED
    assert [one.request_status for one in booking.booking_requests] == ["ACCEPTED", "DECLINED"]


def canceled(who="EMSP"):
    reason = Cancellation(cancellation_reason=CanceledReason.TRAFFIC, who_canceled=who)
    return msgspec.structs.replace(asked(), canceled=reason)


def test_a_booking_is_canceled_in_time():
    booking, declined = answered(canceled(), booked(), now=at(8))
    assert not declined
    assert booking.reservation_status is ReservationStatus.CANCELED
    assert booking.canceled.cancellation_reason is CanceledReason.TRAFFIC


@pytest.mark.parametrize(
    ("who", "now", "because"), [("EMSP", at(8, 1), "until 120 minutes before"), ("CPO", at(1), "for the CPO")]
)
def test_a_cancellation_too_late_or_in_the_operators_name_is_declined(who, now, because):
    booking, declined = answered(canceled(who), booked(), now=now)
    assert because in declined[0]
    assert booking.reservation_status is ReservationStatus.RESERVED


def test_a_booking_at_its_end_takes_no_request():
    done, _ = answered(canceled(), booked())
    with pytest.raises(BadRequest, match="is CANCELED and stays so"):
        answered(asked(13, 14), done)


# ---- states --------------------------------------------------------------------------------------------------------


def test_the_operator_moves_a_booking_as_the_standard_draws_it():
    allowed = {(one, other) for one in ReservationStatus for other in ReservationStatus if rules.may_become(one, other)}
    assert allowed == {
        ("PENDING", "RESERVED"),
        ("PENDING", "REJECTED"),
        ("PENDING", "FAILED"),
        ("RESERVED", "FULFILLED"),
        ("RESERVED", "CANCELED"),
        ("RESERVED", "NO_SHOW"),
    }


def test_a_provider_may_have_missed_a_state_but_an_end_is_an_end():
    assert rules.may_follow(ReservationStatus.PENDING, ReservationStatus.FULFILLED)
    for end in rules.FINAL:
        assert rules.may_follow(end, end)
        assert not rules.may_follow(end, ReservationStatus.RESERVED)


def test_nobody_came_after_the_time_out_or_at_the_end():
    assert rules.no_show_at(booked(where=place(noshow_timeout=Decimal(25)))) == at(10, 25)
    assert rules.no_show_at(booked()) == at(12)
    early = place(early_start_allowed=True, early_start_time=Decimal(20))
    assert rules.earliest_start(booked(where=early)) == at(9, 40)
    assert rules.earliest_start(booked()) == at(10)


# ---- what is left --------------------------------------------------------------------------------------------------


def hours(where):
    return [
        (one.start_date_time.hour, one.end_date_time.hour)
        for each in where.calendars
        for one in each.available_timeslots
    ]


def test_what_is_booked_is_no_longer_offered():
    assert hours(rules.left_over(place(), [booked()])) == [(8, 10), (12, 18)]
    assert hours(rules.left_over(place(), [booked(asked(8, 18))])) == []
    assert hours(rules.left_over(place(), [booked(asked(evse="E1"))])) == [(8, 18)]
    assert hours(rules.left_over(place("BL2", evse="E1"), [booked(asked(evse="E1"))])) == [(8, 10), (12, 18)]


def test_only_what_changed_is_dated_anew():
    two = place(calendars=(calendar(slot(8, 18)), calendar(slot(20, 22), id="CA2")))
    left = rules.dated(rules.left_over(two, [booked()]), two, at(5))
    assert [one.last_updated for one in left.calendars] == [at(5), DAY]
    assert left.last_updated == at(5)
    assert rules.dated(two, left, at(6)).last_updated == at(6)
    assert rules.dated(msgspec.structs.replace(two, last_updated=at(7)), two, at(8)) == two
