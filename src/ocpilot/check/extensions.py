"""Hub client info, invoice reconciliation, payments and bookings: what they do in their own way."""

from collections.abc import Callable, Sequence

from ocpilot.check import rules
from ocpilot.check.desk import Desk
from ocpilot.check.judging import check_broken_json, judge_refused, judge_same, judge_unknown
from ocpilot.check.objects import judge_object
from ocpilot.check.patches import check_patches
from ocpilot.check.places import check_same
from ocpilot.check.pushes import BOOKING_LOCATION, check_pushes
from ocpilot.check.samples import Samples, fresh_id, later
from ocpilot.wire.codec import Body
from ocpilot.wire.fields import Wire
from ocpilot.wire.v230 import (
    Booking,
    Calendar,
    FinancialAdviceConfirmation,
    InvoiceReconciliationRecord,
    Terminal,
)

#: Below the payments module.
TERMINALS = "terminals"
CONFIRMATIONS = "financial-advice-confirmations"
#: Below the bookings module.
BOOKING_LOCATIONS = "booking_locations"

Make = Callable[[Samples, str], Body]


async def check_posted(desk: Desk, cls: type[Wire], make: Make, samples: Samples, *segments: str) -> None:
    """An object that is POSTed: taken and found again where the answer says; without a required field refused."""
    body = make(samples, fresh_id())
    answer = await desk.ask("POST", *segments, body=body)
    url = answer.header("Location")
    if desk.expect(rules.POSTED, answer.ok, answer.said, answer) and url and desk.is_here(url):
        found = await desk.ask("GET", url=url)
        judge_same(desk, rules.POSTED, _without_time(body), found)
        judge_object(desk, cls, found.data, found)
    judge_refused(desk, rules.INVALID, await desk.ask("POST", *segments, body={"reference": "CHECK"}))
    await check_broken_json(desk, "POST", *segments)


def _without_time(body: Body) -> Body:
    return {name: value for name, value in body.items() if name != "last_updated"}


async def check_invoice_post(desk: Desk, samples: Samples) -> None:
    """POST of a record, which PUT can send too."""
    await check_posted(desk, InvoiceReconciliationRecord, Samples.invoice_record, samples)


async def check_hub_client(desk: Desk) -> None:
    """Only a hub tells who is connected to it, so we ask for what nobody told."""
    judge_unknown(desk, await desk.ask("GET", "XX", "ZZZ"))
    desk.skip("only a hub may tell who is connected to it", rules.PUT_NEW)


# ---- payments ------------------------------------------------------------------------------------------------------


async def check_payments_sender(desk: Desk, terminals: Sequence[Body], confirmations: Sequence[Body]) -> None:
    """Single GETs; activating and deactivating a real terminal is not harmless, so one that nobody has is named."""
    for kind, name, listed in ((TERMINALS, "terminal_id", terminals), (CONFIRMATIONS, "id", confirmations)):
        judge_unknown(desk, await desk.ask("GET", kind, fresh_id()))
        for body in listed[:3]:
            await check_same(desk, body, kind, str(body.get(name)))
    patch = {"location_ids": ["CHECK"], "last_updated": "2026-01-01T00:00:00Z"}
    unknown = await desk.ask("PATCH", TERMINALS, fresh_id(), body=patch)
    desk.expect(rules.PATCH_UNKNOWN, not unknown.ok, f"{unknown.said} for a terminal that does not exist", unknown)
    unknown = await desk.ask("POST", TERMINALS, fresh_id(), "deactivate")
    desk.expect(rules.UNKNOWN, not unknown.ok, f"{unknown.said} for a terminal that does not exist", unknown)


async def check_payments_receiver(desk: Desk, samples: Samples) -> None:
    """A terminal and a confirmation of ours."""
    await check_posted(desk, Terminal, Samples.terminal, samples, TERMINALS)
    await check_posted(desk, FinancialAdviceConfirmation, Samples.confirmation, samples, CONFIRMATIONS)
    for kind in (TERMINALS, CONFIRMATIONS):
        judge_unknown(desk, await desk.ask("GET", kind, fresh_id()))


# ---- bookings ------------------------------------------------------------------------------------------------------


async def check_bookings_sender(desk: Desk, samples: Samples, places: Sequence[Body]) -> None:
    """Single GETs of BookingLocations and calendars, and a request for a place that nobody has."""
    judge_unknown(desk, await desk.ask("GET", BOOKING_LOCATIONS, fresh_id()))
    for place in places[:3]:
        await check_same(desk, place, BOOKING_LOCATIONS, str(place.get("id")))
        calendars = place.get("calendars")
        for calendar in calendars[:1] if isinstance(calendars, list) else []:
            await check_same(desk, calendar, BOOKING_LOCATIONS, str(place.get("id")), str(calendar.get("id")))
    answer = await desk.ask("POST", body=samples.booking_request(samples.party))
    if answer.ok:
        judge_object(desk, Booking, answer.data, answer)
    desk.expect(rules.POSTED, answer.http < 500 and answer.code is not None, answer.said, answer)
    judge_refused(desk, rules.INVALID, await desk.ask("POST", body={"request_id": "CHECK"}))


async def check_bookings_receiver(desk: Desk, samples: Samples) -> None:
    """A BookingLocation of ours with a calendar, and a booking that was rejected."""
    trial = await check_pushes(desk, BOOKING_LOCATION, samples)
    if trial is not None:
        await check_patches(trial)
        calendar = samples.calendar("CAL-1")
        path = (*trial.segments(), "CAL-1")
        put = await desk.ask("PUT", *path, body=calendar)
        if desk.expect(rules.PUT_NEW, put.ok, put.said, put):
            found = await desk.ask("GET", *path)
            trial.same(rules.ROUND_TRIP, calendar, found)
            judge_object(desk, Calendar, found.data, found)
            patch = {"timeslot_increment": 30, "last_updated": later(calendar["last_updated"])}
            patched = await desk.ask("PATCH", *path, body=patch)
            desk.expect(rules.PATCH, patched.ok, patched.said, patched)
            trial.same(rules.PATCH, patch, await desk.ask("GET", *path))
    await _check_booking(desk, samples)


async def _check_booking(desk: Desk, samples: Samples) -> None:
    body = samples.booking(fresh_id())
    path = (samples.party.country_code, samples.party.party_id, str(body["id"]))
    judge_unknown(desk, await desk.ask("GET", *path))
    put = await desk.ask("PUT", *path, body=body)
    if desk.expect(rules.PUT_NEW, put.ok, put.said, put):
        answer = await desk.ask("GET", *path)
        judge_same(desk, rules.ROUND_TRIP, body, answer)
        judge_object(desk, Booking, answer.data, answer)
