"""Stations of ours: what they are and were, what they say, and any OCPP call to them."""

from datetime import datetime
from typing import Annotated

import msgspec

from ocpilot.api import calls
from ocpilot.api.calls import ApiCall, Reply
from ocpilot.api.shapes import MessageMade, MessageOrder
from ocpilot.app.kept.charge_records import Station, StationQuery
from ocpilot.app.kept.frames import FrameDirection, FrameQuery
from ocpilot.app.ocpi.pages import moment_in
from ocpilot.app.office import listing
from ocpilot.app.stations import display_messages, station_calls, station_reports, station_shown, station_views
from ocpilot.app.stations.display_messages import Message
from ocpilot.base.errors import MissingParameter
from ocpilot.wire import codec


async def list_stations(call: ApiCall) -> Reply:
    """Stations of ours by id, with their EVSEs: what each is, since when and why."""
    cursor = call.query.get("cursor")
    found = await station_views.page(
        call.platform,
        StationQuery(
            party=call.key.only,
            location_id=call.query.get("location_id") or None,
            text=call.query.get("text") or None,
            connected=call.yes("connected"),
            status=call.query.get("status") or None,
            after=listing.read(cursor, str) if cursor else "",
            limit=call.limit(),
        ),
    )
    following = listing.written(found.stations[-1].station.id) if found.more else None
    items = [msgspec.json.encode(station_shown.station_shown(one)) for one in found.stations]
    return calls.listed(items, call, following)


async def get_station(call: ApiCall) -> Reply:
    """A station."""
    found = await station_views.one(call.platform, call.path["id"], call.key.only)
    return calls.shown(station_shown.station_shown(found))


async def list_frames(call: ApiCall) -> Reply:
    """The OCPP messages of a station and what became of its connection, newest first."""
    station = await _station(call)
    cursor = call.query.get("cursor")
    found = await station_views.frames(
        call.platform,
        FrameQuery(
            station_id=station.id,
            direction=_direction(call),
            action=call.query.get("action") or None,
            failed=call.yes("failed") or False,
            since=moment_in(call.query, "since"),
            until=moment_in(call.query, "until"),
            before=listing.read(cursor, tuple[Annotated[datetime, msgspec.Meta(tz=True)], int]) if cursor else None,
            limit=call.limit(),
        ),
    )
    following = listing.written((found.frames[-1].at, found.frames[-1].id)) if found.more else None
    return calls.listed([msgspec.json.encode(station_shown.frame_shown(one)) for one in found.frames], call, following)


async def get_report(call: ApiCall) -> Reply:
    """How much of a month a station could be used and what it earned; `month` is such as 2026-11."""
    station = await _station(call)
    month = station_reports.month_of(call.platform, call.path["month"])
    return calls.shown(station_shown.report_shown(await station_reports.report(call.platform, station, month)))


async def list_variables(call: ApiCall) -> Reply:
    """Configuration keys (1.6) and variables (2.x) of a station, as far as it has told them."""
    found = await call.platform.store.station_notices.variables((await _station(call)).id)
    return calls.listed([msgspec.json.encode(station_shown.variable_shown(one)) for one in found], call)


async def list_notices(call: ApiCall) -> Reply:
    """What a station said about itself, such as the progress of firmware, newest first."""
    found = await call.platform.store.station_notices.of((await _station(call)).id)
    return calls.listed([msgspec.json.encode(station_shown.notice_shown(one)) for one in found], call)


async def call_station(call: ApiCall) -> Reply:
    """Send a station any call of its OCPP version: the body is the payload, the answer is the station's.

    The payload is checked first. A station that answers with an error is a problem (502) with its words, one that
    is not connected 503, one that does not answer 504.
    """
    station = await _station(call)
    payload = call.object() if call.body.strip() else {}
    answer = await station_calls.call(call.platform, station, call.path["action"], payload)
    return Reply(body=codec.dumps(answer))


async def show_message(call: ApiCall) -> Reply:
    """Show a text on the screen of a station (OCPP 2.0.1, 2.1)."""
    order, station = call.read(MessageOrder), await _station(call)
    message = Message(text=order.text, language=order.language, priority=order.priority, until=order.until)
    number, status = await display_messages.show(call.platform, station, message)
    return calls.shown(MessageMade(number=number, status=status))


async def _station(call: ApiCall) -> Station:
    return await station_views.named(call.platform, call.path["id"], call.key.only)


def _direction(call: ApiCall) -> FrameDirection | None:
    text = call.query.get("direction")
    if not text:
        return None
    if text not in set(FrameDirection):
        raise MissingParameter(f"direction: found {text[:20]!r}, expected one of {', '.join(FrameDirection)}")
    return FrameDirection(text)
