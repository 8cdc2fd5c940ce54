"""The operator console: stations, what each is, was and says, and what can be done with it at a distance."""

import json
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import quote, urlencode

from starlette.responses import Response

from ocpilot.app.guests import evse_pages
from ocpilot.app.kept.charge_records import Station, StationQuery, Transaction
from ocpilot.app.kept.frames import FrameDirection, FrameQuery
from ocpilot.app.kept.records import ObjectKey, Record
from ocpilot.app.kept.station_notice_records import StationNotice
from ocpilot.app.ocpi.bodies import value_of
from ocpilot.app.partners import message_views
from ocpilot.app.platform import Platform
from ocpilot.app.stations import qr_codes, station_actions, station_calls, station_reports, station_views
from ocpilot.app.stations.station_security import SECURITY
from ocpilot.app.stations.station_views import StationNow
from ocpilot.base.errors import InvalidObject, NotFound, StationError, StationRefused, StationTimeout, UserError
from ocpilot.base.texts import mark
from ocpilot.web.moments import moment_in
from ocpilot.web.reader import Reader
from ocpilot.web.sign_in import text
from ocpilot.wire import codec
from ocpilot.wire.protocol import ModuleID
from ocpilot.wire.v230 import Location, Session, Status

_PAGE = 50
#: Months of uptime and earnings on a station's page.
_MONTHS = 3
#: Changes of status of an EVSE on a station's page.
_CHANGES = 8
#: Security events on a station's page.
_EVENTS = 10
#: Characters of a message in the list.
_BRIEF = 110
_LIST_FIELDS = ("text", "status", "connection", "location")
_LOG_FIELDS = ("action", "direction", "failed", "since", "until")
_ANSWERED = mark("{action}: the station answered {word}.")
_DONE = mark("{action}: the station answered.")
_REFUSED = mark("{action}: the station refused: {word}.")
_SILENT = mark("{action}: the station did not answer in time. It may still do it.")
_AWAY = mark("The station is away: it can be asked for nothing.")
_CONNECTION: Mapping[str, bool] = {"connected": True, "away": False}
#: Notices that tell how far something is.
_PROGRESS = ("FirmwareStatusNotification", "DiagnosticsStatusNotification", "LogStatusNotification")


class Running(Record, frozen=True):
    """A transaction that runs, with its Session when that has been written."""

    transaction: Transaction
    session: Session | None


class Said(Record, frozen=True):
    """What came of an action, with the values of the text."""

    tone: str
    text: str
    values: Mapping[str, str]
    answer: str = ""


class SecurityEvent(Record, frozen=True):
    """Something that those who look after security want to know."""

    at: datetime
    what: str


class Progress(Record, frozen=True):
    """How far something is: `status` in the station's word."""

    action: str
    status: str
    notice: StationNotice


async def listed(reader: Reader) -> Response:
    """Stations of ours, those that the form asks for."""
    query = reader.request.query_params
    form = {name: query.get(name, "").strip() for name in _LIST_FIELDS}
    if query.get("away") == "1":
        form["connection"] = "away"
    asked = {name: value for name, value in form.items() if value}
    page = await station_views.page(
        reader.platform,
        StationQuery(
            text=_stored(form["text"]),
            status=form["status"] if form["status"] in set(Status) else None,
            connected=_CONNECTION.get(form["connection"]),
            location_id=_stored(form["location"]),
            after=_stored(query.get("after", "")) or "",
            limit=_PAGE,
        ),
    )
    context = {
        "form": form,
        "asked": bool(asked),
        "stations": page.stations,
        "locations": await _locations(reader.platform, page.stations),
        "waiting": len(await reader.platform.store.newcomers.waiting()),
        "first": urlencode(asked) if query.get("after") else None,
        "onward": urlencode({**asked, "after": page.stations[-1].station.id}) if page.more else None,
    }
    return reader.page("console/stations.html", context, part="console/stations_part.html")


async def shown(reader: Reader) -> Response:
    """One station: what it is, says and runs, and what it was good for."""
    return await _page(reader, await _named(reader))


async def act(reader: Reader) -> Response:
    """Ask the station for something, and show the page with what it answered."""
    station = await _named(reader)
    name = reader.request.path_params["word"]
    if name not in station_actions.ACTIONS:
        raise NotFound(f"no action {name!r}")
    form = await reader.request.form()
    chosen = {field: text(form, field) for field in form if field != "csrf"}
    said = await _done(reader.platform, station, name, chosen)
    if name in {"set", "read"}:
        return await _configuration(reader, station, said)
    return await _page(reader, station, said)


async def qr_code(reader: Reader) -> Response:
    """The QR code of one EVSE, to print; NotFound for one without an EVSE id."""
    now, wanted = (
        await station_views.one(reader.platform, reader.request.path_params["station"]),
        reader.request.path_params,
    )
    drawn_as = next((one for one in qr_codes.Format if one.value == wanted["format"]), None)
    evse = next((one.evse for one in now.evses if str(one.connector.evse_id) == wanted["number"]), None)
    url = evse_pages.url_of(reader.platform, evse) if evse else None
    if drawn_as is None or url is None:
        raise NotFound(f"no QR code {reader.request.url.path}")
    media_type = "image/svg+xml" if drawn_as is qr_codes.Format.SVG else "image/png"
    return Response(qr_codes.drawn(url, drawn_as), media_type=media_type)


async def messages(reader: Reader) -> Response:
    """What the station and we said to each other, newest first."""
    station = await _named(reader)
    form = {name: reader.request.query_params.get(name, "").strip() for name in _LOG_FIELDS}
    problem, found = None, None
    try:
        found = await station_views.frames(reader.platform, _frames(reader, station, form))
    except UserError as error:
        problem = str(error)
    asked = {name: value for name, value in form.items() if value}
    onward = None
    if found is not None and found.more:
        last = found.frames[-1]
        onward = urlencode({**asked, "before": f"{last.at.isoformat()},{last.id}"})
    context = {
        "station": station,
        "form": form,
        "asked": bool(asked),
        "problem": problem,
        "found": found,
        "onward": onward,
        "live": "before" not in reader.request.query_params,
        "query": urlencode(asked),
        "actions": reader.platform.call_schemas.actions(station.protocol or ""),
        "brief": _brief,
        "laid_out": lambda frame: message_views.readable(frame.encode(errors="replace")),
    }
    status = 400 if problem else 200
    return reader.page(
        "console/station_messages.html", context, part="console/station_messages_part.html", status=status
    )


async def configuration(reader: Reader) -> Response:
    """Configuration keys or variables of the station, seen and changed."""
    return await _configuration(reader, await _named(reader))


# ---- pages ---------------------------------------------------------------------------------------------------------


async def _page(reader: Reader, station: Station, said: Said | None = None) -> Response:
    platform = reader.platform
    now, notices = await station_views.one(platform, station.id), await platform.store.station_notices.of(station.id)
    context: dict[str, object] = {
        "now_at": now,
        "station": now.station,
        "location": await _location(platform, station),
        "running": [await _with_session(platform, one) for one in await station_views.running(platform, station)],
        "progress": _progress(notices),
        "security": _security(notices),
        "said": said,
        "base": base_path(station),
    }
    if not reader.wants_part:
        keys = [(one, station_views.evse_key(station, one.connector)) for one in now.evses]
        months = station_reports.months_before(platform, _MONTHS)
        reports = [await station_reports.report(platform, station, month) for month in months]
        context["reports"] = [one for one in reports if one.uptime.share is not None or one.earned]
        context["histories"] = [(one, await platform.store.status_history.latest(key, _CHANGES)) for one, key in keys]
        context["codes"] = [
            (one, evse_pages.url_of(platform, one.evse)) for one in now.evses if one.evse and one.evse.evse_id
        ]
        context["triggers"] = station_actions.triggers(station.protocol)
    return reader.page("console/station.html", context, part="console/station_part.html")


async def _configuration(reader: Reader, station: Station, said: Said | None = None) -> Response:
    wanted = reader.request.query_params.get("text", "").strip().lower()
    known = await reader.platform.store.station_notices.variables(station.id)
    variables = [one for one in known if wanted in f"{one.component} {one.variable}".lower()]
    context = {
        "station": station,
        "variables": variables,
        "known": bool(known),
        "wanted": wanted,
        "said": said,
        "base": base_path(station),
    }
    return reader.page("console/station_configuration.html", context)


def base_path(station: Station) -> str:
    """The page of a station."""
    return f"/console/stations/{quote(station.id, safe='')}"


# ---- doing ---------------------------------------------------------------------------------------------------------


async def _done(platform: Platform, station: Station, name: str, chosen: Mapping[str, str]) -> Said:
    try:
        call = station_actions.call_of(station.protocol or "", name, chosen, platform.clock())
    except UserError as error:
        return Said("bad", str(error), {})
    try:
        answer = await station_calls.call(platform, station, call.action, call.payload)
    except InvalidObject as error:
        return Said("bad", str(error), {})
    except StationError as error:
        return _failed(call.action, error)
    word = station_actions.outcome(answer)
    values = {"action": call.action, "word": word}
    tone = "good" if word in {"Accepted", "Scheduled", "Unlocked", "RebootRequired", "AcceptedCanceled", ""} else "warn"
    return Said(tone, _ANSWERED if word else _DONE, values, message_views.readable(codec.dumps(answer)))


def _failed(action: str, error: StationError) -> Said:
    match error:
        case StationRefused():
            return Said("bad", _REFUSED, {"action": action, "word": f"{error.code} {error.description}".rstrip()})
        case StationTimeout():
            return Said("bad", _SILENT, {"action": action})
        case _:
            return Said("bad", _AWAY, {})


def _progress(notices: tuple[StationNotice, ...]) -> list[Progress]:
    """The newest of each."""
    newest = {one.action: one for one in reversed(notices) if one.action in _PROGRESS}
    return [Progress(action, _status(one), one) for action, one in newest.items()]


def _security(notices: tuple[StationNotice, ...]) -> list[SecurityEvent]:
    """The newest: what we noticed, and what the station itself reports (`SecurityEventNotification`)."""
    found = [one for one in notices if one.action in {SECURITY, "SecurityEventNotification"}]
    return [SecurityEvent(one.at, _event(one)) for one in found[:_EVENTS]]


def _event(notice: StationNotice) -> str:
    try:
        told = json.loads(notice.payload)
        return str(
            told["event"] if notice.action == SECURITY else f"{told['type']} {told.get('techInfo', '')}".rstrip()
        )
    except (ValueError, KeyError, TypeError, AttributeError):
        return notice.payload[:200]


def _status(notice: StationNotice) -> str:
    try:
        status = json.loads(notice.payload).get("status")
    except (ValueError, AttributeError):
        return notice.payload[:100]
    return str(status)


# ---- reading -------------------------------------------------------------------------------------------------------


async def _named(reader: Reader) -> Station:
    return await station_views.named(reader.platform, reader.request.path_params["station"])


async def _location(platform: Platform, station: Station) -> Location | None:
    key = ObjectKey(module=ModuleID.LOCATIONS, party=station.party, id=station.location_id)
    stored = await platform.store.locations.get(key)
    return value_of(Location, stored) if stored else None


async def _locations(platform: Platform, found: tuple[StationNow, ...]) -> dict[str, str]:
    """What the places of these stations are called."""
    names: dict[str, str] = {}
    for now in found:
        if now.station.location_id not in names:
            location = await _location(platform, now.station)
            name = (location.name or location.address) if location else now.station.location_id
            names[now.station.location_id] = name
    return names


async def _with_session(platform: Platform, transaction: Transaction) -> Running:
    key = ObjectKey(module=ModuleID.SESSIONS, party=transaction.party, id=transaction.session_id)
    stored = await platform.store.objects.get(key)
    return Running(transaction, value_of(Session, stored) if stored else None)


def _frames(reader: Reader, station: Station, form: Mapping[str, str]) -> FrameQuery:
    zone = reader.platform.settings.web.time_zone
    return FrameQuery(
        station_id=station.id,
        action=_stored(form["action"]),
        direction=FrameDirection(form["direction"]) if form["direction"] in set(FrameDirection) else None,
        failed=bool(form["failed"]),
        since=moment_in(form["since"], zone),
        until=moment_in(form["until"], zone),
        before=_place(reader.request.query_params.get("before", "")),
        limit=_PAGE,
    )


def _place(given: str) -> tuple[datetime, int] | None:
    moment, _, number = given.partition(",")
    try:
        at = datetime.fromisoformat(moment)
        return (at, int(number)) if at.tzinfo is not None else None
    except ValueError:
        return None


def _brief(frame: str) -> str:
    """The beginning of its payload: what stands before is in the line already."""
    payload = frame[max(frame.find("{"), 0) :].rstrip("]")
    return payload if len(payload) <= _BRIEF else f"{payload[:_BRIEF]}…"


def _stored(given: str) -> str | None:
    """What PostgreSQL takes as text; a NUL is in no id."""
    return given.replace("\0", "").encode(errors="replace").decode() or None
