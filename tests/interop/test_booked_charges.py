"""A charge at a booked time: the operator joins it with its booking (mod_bookings, "Booking object"; mod_cdrs of the
bookings extension)."""

import dataclasses
from datetime import timedelta

import msgspec
import pytest
from street import station_of

from ocpilot.app.ocpi.bodies import value_of
from ocpilot.app.orders import bookings
from ocpilot.app.work.jobs import Jobs
from ocpilot.base import time
from ocpilot.base.errors import Conflict
from ocpilot.base.ids import PartyId
from ocpilot.simulator.car import SimulatedCar
from ocpilot.wire.protocol import ModuleID
from ocpilot.wire.v230 import CDR, BookingLocation, BookingRequest, CanceledReason, Session

LADE = PartyId("SE", "LAD")
UPDATED = "2026-11-01T10:00:00Z"


def at(minutes):
    return time.write(time.now() + timedelta(minutes=minutes))


def place(**fields):
    """A BookingLocation that is open from now on; who has booked may start an hour early."""
    calendar = {"id": "CA1", "begin_from": at(0), "end_before": at(600), "last_updated": UPDATED}
    calendar["available_timeslots"] = [{"start_date_time": at(-60), "end_date_time": at(600)}]
    terms = {
        "supported_access_methods": ["OPEN"],
        "change_until_minutes": 0,
        "cancel_until_minutes": 0,
        "early_start_allowed": True,
        "early_start_time": 60,
    }
    whole = {"country_code": "SE", "party_id": "LAD", "id": "BL1", "location_id": "L1", "booking_terms": terms}
    return msgspec.convert(whole | {"calendars": [calendar], "last_updated": UPDATED} | fields, BookingLocation)


def asked(ident="R1", start=10, **fields):
    token = {"country_code": "SE", "party_id": "RES", "uid": "04A1B2C3", "type": "RFID", "contract_id": "C1"}
    body = {
        "country_code": "SE",
        "party_id": "RES",
        "request_id": ident,
        "location_id": "L1",
        "booking_location_id": "BL1",
        "tokens": [token],
        "period": {"start_date_time": at(start), "end_date_time": at(start + 60)},
        "authorization_reference": f"BOOKED-{ident}",
    }
    return body | fields


async def test_the_reference_is_in_the_session_and_the_booking_in_the_cdr(newest, bodies):
    lade = newest.lade
    async with station_of(lade, bodies, bodies.evse(), bodies.evse("E2")) as station:
        await bookings.put_location(lade.platform, place())
        booked = (await lade.ask("POST", "2.3.0/sender/Booking", newest.resas_token, asked())).data
        assert booked["reservation_status"] == "RESERVED"
        for uid, cars in (("04A1B2C3", 1), ("OTHER", 2)):
            sent = bodies.token(uid, whitelist="ALWAYS")
            reply = await lade.ask("PUT", f"2.3.0/receiver/tokens/SE/RES/{uid}", newest.resas_token, sent)
            assert reply.http == 201
            await station.plug_in(cars, SimulatedCar(max_kw=22, soc=10, battery_kwh=80))
            await station.present_token(uid, cars)
        await station.play(120)
        for connector in (1, 2):
            await station.unplug(connector)
        await station.play(1)
        hours = iter(range(1, 100))
        jobs = Jobs(dataclasses.replace(lade.platform, clock=lambda: time.now() + timedelta(hours=next(hours))))
        for _ in range(2):
            await jobs.once()
        sessions = [value_of(Session, one) for one in await lade.platform.store.objects.newest(ModuleID.SESSIONS, 5)]
        references = {one.cdr_token.uid: one.authorization_reference for one in sessions}
        assert references == {"04A1B2C3": "BOOKED-R1", "OTHER": None}
        cdrs = [value_of(CDR, one) for one in await lade.platform.store.objects.newest(ModuleID.CDRS, 5)]
        assert {one.cdr_token.uid: one.booking_id for one in cdrs} == {"04A1B2C3": booked["id"], "OTHER": None}


async def test_a_booking_gets_its_evse_later_and_none_that_another_has(newest):
    platform = newest.lade.platform
    await bookings.put_location(platform, place())
    unassigned = {"evse_uid": "#NA"}
    await bookings.put_location(platform, place(id="BL2"))
    keys = []
    for ident, where in (("R1", "BL1"), ("R2", "BL2")):
        wanted = asked(ident, booking_location_id=where, booking_option=unassigned)
        booking, _ = await bookings.take(platform, msgspec.convert(wanted, BookingRequest))
        assert booking.reservation_status == "RESERVED"
        keys.append(bookings.key_of(LADE, booking.id))
    given = await bookings.assign(platform, keys[0], "E1")
    assert given.booking_option.evse_uid == "E1"
    listed = (await newest.lade.ask("GET", "2.3.0/sender/Booking", newest.resas_token)).data
    assert {one["id"]: one["booking_option"]["evse_uid"] for one in listed} == {keys[0].id: "E1", keys[1].id: "#NA"}
    with pytest.raises(Conflict, match="has another booking"):
        await bookings.assign(platform, keys[1], "e1")
    await bookings.cancel(platform, keys[0], CanceledReason.BROKEN_CHARGER)
    with pytest.raises(Conflict, match="is CANCELED"):
        await bookings.assign(platform, keys[0], "E2")
    assert (await bookings.assign(platform, keys[1], "E1")).booking_option.evse_uid == "E1"
