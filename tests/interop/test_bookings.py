"""An operator sells times at its BookingLocations to providers, each once (mod_bookings)."""

import asyncio
import dataclasses
import json
import os
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from ocpilot.app.orders import booking_calls, bookings
from ocpilot.app.partners import pull
from ocpilot.app.partners.push_worker import PushWorker
from ocpilot.base import time
from ocpilot.base.errors import Conflict
from ocpilot.base.ids import PartyId
from ocpilot.wire.protocol import ModuleID
from ocpilot.wire.v230 import BookingLocation, BookingRequest, CanceledReason, ReservationStatus

SENDER, RECEIVER = "2.3.0/sender/Booking", "2.3.0/receiver/Booking"
LADE = PartyId("SE", "LAD")
TODAY = time.now().replace(hour=0, minute=0, second=0, microsecond=0)
UPDATED = "2026-11-01T10:00:00Z"


def at(hour, day=3):
    return time.write(TODAY + timedelta(days=day, hours=hour))


def place(ident="BL1", **fields):
    calendar = {"id": "CA1", "begin_from": at(0), "end_before": at(24), "last_updated": UPDATED}
    calendar["available_timeslots"] = [{"start_date_time": at(8), "end_date_time": at(18), "max_power": 22000}]
    terms = {
        "supported_access_methods": ["OPEN"],
        "change_until_minutes": 60,
        "cancel_until_minutes": 60,
        "noshow_timeout": 25,
    }
    whole = {"country_code": "SE", "party_id": "LAD", "id": ident, "location_id": "L1", "booking_terms": terms}
    return whole | {"calendars": [calendar], "last_updated": UPDATED} | fields


def asked(ident="R1", start=10, end=12, **fields):
    token = {"country_code": "SE", "party_id": "RES", "uid": "04A1B2C3", "type": "RFID", "contract_id": "C1"}
    return {
        "country_code": "SE",
        "party_id": "RES",
        "request_id": ident,
        "location_id": "L1",
        "booking_location_id": "BL1",
        "tokens": [token],
        "period": {"start_date_time": at(start), "end_date_time": at(end)},
        "authorization_reference": "A1",
    } | fields


async def sells(newest, **fields):
    await bookings.put_location(newest.lade.platform, msgspec.convert(place(**fields), BookingLocation))


async def ask(newest, method="POST", path="", body=None):
    return await newest.lade.ask(method, SENDER + path, newest.resas_token, body)


async def tell(newest, method, path, body=None):
    return await newest.resa.ask(method, f"{RECEIVER}/SE/LAD/{path}", newest.lades_token, body)


async def pushed(newest):
    worker = PushWorker(newest.lade.platform, newest.resa_at_lade.id, lambda: 0.5)
    await worker.round(newest.resa_at_lade)


async def free(newest):
    [one] = (await ask(newest, "GET", "/booking_locations")).data
    return [
        (slot["start_date_time"], slot["end_date_time"])
        for calendar in one.get("calendars", ())
        for slot in calendar["available_timeslots"]
    ]


# ---- asking --------------------------------------------------------------------------------------------------------


async def test_a_time_is_booked_and_no_longer_offered(newest):
    await sells(newest)
    reply = await ask(newest, body=asked())
    assert (reply.http, reply.status) == (200, 1000)
    assert (reply.data["reservation_status"], reply.data["period"]["max_power"]) == ("RESERVED", 22000)
    assert await free(newest) == [(at(8), at(10)), (at(12), at(18))]
    listed = await ask(newest, "GET")
    assert [one["id"] for one in listed.data] == [reply.data["id"]]


async def test_of_many_who_ask_at_once_one_gets_the_time(newest):
    await sells(newest)
    replies = await asyncio.gather(*(ask(newest, body=asked(f"R{number}")) for number in range(8)))
    assert sorted(reply.data["reservation_status"] for reply in replies) == ["REJECTED"] * 7 + ["RESERVED"]


async def test_the_same_request_sent_at_once_and_again_is_one_booking(newest):
    await sells(newest)
    replies = await asyncio.gather(*(ask(newest, body=asked()) for _ in range(4)))
    assert len({reply.data["id"] for reply in replies}) == 1
    assert [len(reply.data["booking_requests"]) for reply in replies] == [1] * 4
    assert {reply.data["reservation_status"] for reply in replies} == {"RESERVED"}


async def test_a_rejected_request_is_an_answer_that_says_why(newest):
    await sells(newest)
    reply = await ask(newest, body=asked(start=5, end=6))
    assert (reply.status, reply.data["reservation_status"]) == (1000, "REJECTED")
    assert "no calendar has this time" in reply.message
    again = await ask(newest, body=asked())
    assert (again.status, "stays so; use another request_id" in again.message) == (2000, True)


@pytest.mark.parametrize(
    ("fields", "status"),
    [
        ({"booking_location_id": "BL9"}, 2003),
        ({"location_id": "L9"}, 2003),
        ({"party_id": "OTH"}, 2001),
        ({"tokens": [asked()["tokens"][0] | {"party_id": "OTH"}]}, 2004),
        ({"period": None}, 2001),
    ],
)
async def test_what_we_cannot_understand_or_is_not_his_is_refused(newest, fields, status):
    await sells(newest)
    assert (await ask(newest, body=asked(**fields))).status == status
    assert (await ask(newest, "GET")).data == []


async def test_a_booking_is_changed_and_canceled_by_the_same_request_id(newest):
    await sells(newest)
    first = (await ask(newest, body=asked())).data
    changed = (await ask(newest, body=asked(start=14, end=15))).data
    assert (changed["id"], changed["period"]["start_date_time"]) == (first["id"], at(14))
    assert await free(newest) == [(at(8), at(14)), (at(15), at(18))]
    gone = {"cancellation_reason": "TRAFFIC", "who_canceled": "EMSP"}
    canceled = (await ask(newest, body=asked(start=14, end=15, canceled=gone))).data
    assert (canceled["reservation_status"], canceled["canceled"]) == ("CANCELED", gone)
    assert await free(newest) == [(at(8), at(18))]
    assert (await ask(newest, body=asked("R2"))).data["reservation_status"] == "RESERVED"


async def test_another_provider_sees_no_booking_but_what_is_left(newest):
    await sells(newest)
    await bookings.take(newest.lade.platform, msgspec.convert(asked(party_id="OTH"), BookingRequest))
    assert (await ask(newest, "GET")).data == []
    assert await free(newest) == [(at(8), at(10)), (at(12), at(18))]
    assert (await ask(newest, body=asked())).data["reservation_status"] == "REJECTED"


# ---- reading at the operator ---------------------------------------------------------------------------------------


async def test_booking_locations_and_calendars_are_read_one_by_one(newest):
    await sells(newest)
    assert (await ask(newest, "GET", "/booking_locations/bl1")).data["id"] == "BL1"
    assert (await ask(newest, "GET", "/booking_locations/BL1/CA1")).data["id"] == "CA1"
    for unknown in ("/BL2", "/BL1/CA2"):
        assert (await ask(newest, "GET", f"/booking_locations{unknown}")).http == 404


async def test_booking_locations_come_in_pages_and_by_free_time(newest):
    for number in range(3):
        await sells(newest, ident=f"BL{number}", location_id=f"L{number}")
    first = await ask(newest, "GET", "/booking_locations?limit=2")
    assert (len(first.data), first.headers["X-Total-Count"]) == (2, "3")
    assert "/booking_locations?" in first.headers["Link"]
    for start_, end, found in ((18, 20, 0), (17, 20, 3), (0, 8, 0), (0, 9, 3)):
        query = f"/booking_locations?timeslot_from={at(start_)}&timeslot_to={at(end)}"
        assert len((await ask(newest, "GET", query)).data) == found
    assert (await ask(newest, "GET", "/booking_locations?timeslot_from=noon")).status == 2001


async def test_methods_and_versions_are_those_of_the_standard(newest):
    assert (await ask(newest, "PUT", "", {})).headers["Allow"] == "GET, POST"
    assert (await tell(newest, "DELETE", "B1")).headers["Allow"] == "GET, PATCH, PUT"
    assert (await newest.lade.ask("GET", "2.2.1/sender/Booking", newest.resas_token)).http == 404
    listed = (await newest.lade.ask("GET", "2.2.1", newest.resas_token)).data["endpoints"]
    assert "Booking" not in {one["identifier"] for one in listed}


# ---- the operator moves --------------------------------------------------------------------------------------------


async def test_the_operator_cancels_once_and_the_time_is_free_again(newest):
    await sells(newest)
    booked = (await ask(newest, body=asked())).data
    key = bookings.key_of(LADE, booked["id"])
    moved = await bookings.cancel(newest.lade.platform, key, CanceledReason.BROKEN_CHARGER)
    assert moved.canceled.who_canceled == "CPO"
    assert await free(newest) == [(at(8), at(18))]
    with pytest.raises(Conflict, match="is CANCELED and cannot become FULFILLED"):
        await bookings.move(newest.lade.platform, key, ReservationStatus.FULFILLED)


@pytest.mark.parametrize(("charges", "state"), [(True, "FULFILLED"), (False, "NO_SHOW")])
async def test_a_booking_is_fulfilled_by_a_session_or_nobody_came(newest, bodies, charges, state):
    await sells(newest)
    booked = (await ask(newest, body=asked())).data
    if charges:
        await newest.lade.keep(ModuleID.SESSIONS, bodies.session(start_date_time=at(10)), audience="SERES")
    platform = newest.lade.platform
    [live] = await platform.store.bookings.begun(time.parse(at(10)), 10)
    assert await platform.store.bookings.begun(time.parse(at(9)), 10) == ()
    later = at_the_time(platform, time.parse(at(11)))
    await bookings.settle(later, live)
    [kept] = [one for one in (await ask(newest, "GET")).data if one["id"] == booked["id"]]
    assert kept["reservation_status"] == state


def at_the_time(platform, moment):
    """The same platform at another time."""
    return dataclasses.replace(platform, clock=lambda: moment)


# ---- pushes --------------------------------------------------------------------------------------------------------


async def test_booking_locations_and_bookings_arrive_at_the_provider(newest):
    await sells(newest)
    booked = (await ask(newest, body=asked())).data
    await pushed(newest)
    assert (await tell(newest, "GET", booked["id"])).data == booked
    arrived = (await tell(newest, "GET", "booking_locations/BL1")).data
    assert len(arrived["calendars"][0]["available_timeslots"]) == 2
    assert (await tell(newest, "GET", "booking_locations/BL1/CA1")).data == arrived["calendars"][0]
    found = await newest.resa.platform.store.objects.find(ModuleID.BOOKINGS, "BL1")
    assert [one.key.sub for one in found] == ["booking_locations"]


async def test_our_provider_asks_through_our_client(newest):
    await sells(newest)
    wanted = msgspec.convert(asked(), BookingRequest)
    booked = await booking_calls.request(newest.resa.platform, newest.lade_at_resa, wanted)
    assert booked.reservation_status is ReservationStatus.RESERVED
    assert (await tell(newest, "GET", booked.id)).data["request_id"] == "R1"


async def test_an_answer_that_comes_after_the_end_changes_nothing(newest):
    await sells(newest)
    platform, operator = newest.resa.platform, newest.lade_at_resa
    booked = await booking_calls.request(platform, operator, msgspec.convert(asked(), BookingRequest))
    assert (
        await tell(newest, "PATCH", booked.id, {"reservation_status": "CANCELED", "last_updated": UPDATED})
    ).http == 200
    late = await booking_calls.request(platform, operator, msgspec.convert(asked(start=14, end=15), BookingRequest))
    assert late.reservation_status is ReservationStatus.RESERVED
    assert (await tell(newest, "GET", booked.id)).data["reservation_status"] == "CANCELED"


# ---- the provider's side -------------------------------------------------------------------------------------------


@pytest.fixture
def example():
    """An example of the standard, with times of day that exist and parties of ours."""
    folder = os.environ.get("OCPI_EXAMPLES")
    if not folder:
        pytest.skip("OCPI_EXAMPLES is not set: the examples of the standard are not part of the project")

    def read(name):
        text = (Path(folder) / "2.3.0-bookings" / f"{name}.json").read_text()
        return json.loads(text.replace("59:99Z", "59:59Z").replace('_time ":', '_time":'))

    return read


@pytest.fixture
def booking(example):
    """The standard's booking, as SE/LAD would send it to SE/RES."""
    body = example("booking_example") | {"country_code": "SE", "party_id": "LAD"}
    for token in body["booking_tokens"]:
        token |= {"country_code": "SE", "party_id": "RES"}
    for one in body["booking_requests"]:
        one["booking_request"] |= {"country_code": "SE", "party_id": "RES", "booking_location_id": "BL1"}
    return body


async def test_the_standards_booking_location_is_kept_and_its_terms_and_calendars_change(newest, example):
    body = example("booking_location_example") | {"country_code": "SE", "party_id": "LAD"}
    body["booking_option"]["evse_position"] = ["LEFT"]
    url = f"booking_locations/{body['id']}"
    assert (await tell(newest, "PUT", url, body)).http == 201
    assert (await tell(newest, "GET", url)).data == body
    terms = example("booking_location_patch_example_terms")
    refused = await tell(newest, "PATCH", url, terms)
    assert "$.booking_terms.supported_access_methods" in {problem["path"] for problem in refused.data}
    terms["booking_terms"] = body["booking_terms"] | terms["booking_terms"]
    assert (await tell(newest, "PATCH", url, terms)).status == 1000
    patch = example("booking_location_patch_example_calendar") | {"last_updated": "2025-01-01T00:00:00Z"}
    assert (await tell(newest, "PATCH", f"{url}/CA112", patch)).status == 1000
    now = (await tell(newest, "GET", url)).data
    assert now["calendars"][0]["available_timeslots"] == patch["available_timeslots"]
    assert now["last_updated"] == now["calendars"][0]["last_updated"] == patch["last_updated"]


async def test_a_calendar_is_put_new_and_changed_and_needs_its_booking_location(newest):
    await tell(newest, "PUT", "booking_locations/BL1", place())
    calendar = place()["calendars"][0] | {"id": "CA2"}
    assert (await tell(newest, "PUT", "booking_locations/BL1/CA2", calendar)).http == 201
    assert (await tell(newest, "PUT", "booking_locations/BL1/ca2", calendar)).http == 200
    assert (await tell(newest, "PUT", "booking_locations/BL1/CA3", calendar)).status == 2001
    patch = {"timeslot_increment": 15, "last_updated": UPDATED}
    assert (await tell(newest, "PATCH", "booking_locations/BL1/CA9", patch)).http == 404
    assert (await tell(newest, "PUT", "booking_locations/BL9/CA2", calendar)).http == 404


async def test_the_standards_booking_is_kept_and_patched(newest, booking, example):
    assert (await tell(newest, "PUT", booking["id"], booking)).http == 201
    assert (await tell(newest, "PUT", booking["id"], booking)).http == 200
    assert (await tell(newest, "GET", booking["id"])).data == booking
    for name in ("booking_patch_example_status_update", "booking_patch_example_evse_uid"):
        assert (await tell(newest, "PATCH", booking["id"], example(name))).status == 1000
    assert (await tell(newest, "PATCH", "B9", example("booking_patch_example_evse_uid"))).http == 404


async def test_a_booking_never_leaves_its_end(newest, booking):
    await tell(newest, "PUT", booking["id"], booking | {"reservation_status": "CANCELED"})
    for method, body in (("PUT", booking), ("PATCH", {"reservation_status": "RESERVED", "last_updated": UPDATED})):
        reply = await tell(newest, method, booking["id"], body)
        assert (reply.http, reply.status) == (200, 2000)
        assert "is CANCELED and stays so" in reply.message
    assert (await tell(newest, "GET", booking["id"])).data["reservation_status"] == "CANCELED"


async def test_the_booking_of_another_operator_is_404(newest, booking):
    url = f"{RECEIVER}/SE/OTH/{booking['id']}"
    assert (await newest.resa.ask("PUT", url, newest.lades_token, booking | {"party_id": "OTH"})).http == 404


async def test_what_the_provider_missed_is_fetched_and_an_end_stays_one(newest):
    await sells(newest)
    booked = (await ask(newest, body=asked())).data
    summary = await pull.pull(newest.resa.platform, newest.lade_at_resa)
    assert {one.kind: one.kept for one in summary.modules if one.module == "Booking"} == {"booking_locations": 1, "": 1}
    assert (await tell(newest, "GET", booked["id"])).data == booked
    assert (await tell(newest, "GET", "booking_locations/BL1")).data["location_id"] == "L1"
    await tell(newest, "PATCH", booked["id"], {"reservation_status": "NO_SHOW", "last_updated": "2026-11-01T09:00:00Z"})
    summary = await pull.pull(newest.resa.platform, newest.lade_at_resa)
    [bad] = summary.problems
    assert "is NO_SHOW and stays so" in bad.reason
