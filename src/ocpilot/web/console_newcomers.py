"""The operator console: stations that nobody added wait for a decision, and codes with which others join."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from enum import StrEnum
from typing import TypeVar
from urllib.parse import quote

from starlette.datastructures import FormData
from starlette.responses import Response

from ocpilot.app.kept.newcomer_records import WaitingStation
from ocpilot.app.stations import newcomer_evses, newcomers
from ocpilot.app.stations.newcomer_evses import EvseKind, ProposedEvse
from ocpilot.app.stations.stations import our_location
from ocpilot.base.errors import NotFound, OcpilotError, UserError
from ocpilot.base.ids import PartyId, fold
from ocpilot.web.reader import Reader
from ocpilot.web.sign_in import text
from ocpilot.wire.v230 import ConnectorFormat, ConnectorType, PowerType

W = TypeVar("W", bound=StrEnum)

#: Where a station most often stands: what the form begins with.
_USUAL: Mapping[str, str] = {
    "location": "",
    "standard": ConnectorType.IEC_62196_T2,
    "format": ConnectorFormat.SOCKET,
    "power_type": PowerType.AC_3_PHASE,
    "max_voltage": "230",
    "max_amperage": "32",
    "tariffs": "",
}
#: EVSEs a form can name at most.
_MOST = 20
_USUAL_CODES: Mapping[str, str] = {"location": "", "evses": "", "count": "1", "days": "14"}


async def listed(reader: Reader) -> Response:
    """Those that wait, the longest first."""
    waiting = await reader.platform.store.newcomers.waiting()
    return reader.page("console/newcomers.html", {"waiting": waiting}, part="console/newcomers_part.html")


async def shown(reader: Reader) -> Response:
    """One of them, with the form to let it in, filled with what it reports."""
    station = await _waiting(reader)
    count = await newcomer_evses.reported(reader.platform, station)
    return _page(reader, station, _USUAL, _proposed(reader, station, count or 1), known=count is not None)


async def approve(reader: Reader) -> Response:
    """Let it in: EVSEs its Location does not have are put there."""
    station, form = await _waiting(reader), await reader.request.form()
    evses = _evses(form)
    try:
        location = await our_location(reader.platform, text(form, "location").strip())
        await newcomer_evses.put_new(reader.platform, location, evses, _kind(form))
        await newcomers.approve(reader.platform, station.id, location.id, [one.uid for one in evses])
    except OcpilotError as error:
        given = {name: text(form, name) for name in _USUAL}
        shown_evses = evses or _proposed(reader, station, 1)
        return _page(reader, station, given, shown_evses, known=True, problem=str(error))
    return reader.go(f"/console/stations/{quote(station.id, safe='')}")


async def refuse(reader: Reader) -> Response:
    """Send it away."""
    station = await _waiting(reader)
    await newcomers.refuse(reader.platform, station.id)
    return reader.go("/console/newcomers")


async def codes(reader: Reader) -> Response:
    """The form for codes."""
    return _codes(reader, _USUAL_CODES)


async def make_codes(reader: Reader) -> Response:
    """New codes: shown on this answer and never again."""
    form = await reader.request.form()
    given = {name: text(form, name).strip() for name in _USUAL_CODES}
    try:
        evses = given["evses"].replace(",", " ").split()
        count, days = _number(given, "count", 1, 1000), _number(given, "days", 1, 365)
        made = await newcomers.invite(reader.platform, given["location"], evses, count, timedelta(days=days))
    except OcpilotError as error:
        return _codes(reader, given, str(error))
    share = len(evses) // count
    shares = [evses[number * share : (number + 1) * share] for number in range(count)]
    url = f"{reader.platform.settings.server.base_url.replace('http', 'ws', 1)}/ocpp"
    context = {"codes": list(zip(made, shares, strict=True)), "days": days, "url": url}
    return reader.page("console/station_codes_made.html", context)


# ---- pages ---------------------------------------------------------------------------------------------------------


def _page(
    reader: Reader,
    station: WaitingStation,
    given: Mapping[str, str],
    evses: Sequence[ProposedEvse],
    *,
    known: bool,
    problem: str | None = None,
) -> Response:
    context = {
        "waiting": station,
        "given": given,
        "evses": evses,
        "known": known,
        "problem": problem,
        "base": f"/console/newcomers/{quote(station.id, safe='')}",
        "standards": list(ConnectorType),
        "formats": list(ConnectorFormat),
        "power_types": list(PowerType),
    }
    return reader.page("console/newcomer.html", context, status=400 if problem else 200)


def _codes(reader: Reader, given: Mapping[str, str], problem: str | None = None) -> Response:
    context = {"given": given, "problem": problem}
    return reader.page("console/station_codes.html", context, status=400 if problem else 200)


# ---- reading -------------------------------------------------------------------------------------------------------


async def _waiting(reader: Reader) -> WaitingStation:
    station_id = reader.request.path_params["station"]
    found = await reader.platform.store.newcomers.get(station_id)
    if found is None or found.decision is not None:
        raise NotFound(f"no station {station_id} waits")
    return found


def _proposed(reader: Reader, station: WaitingStation, count: int) -> tuple[ProposedEvse, ...]:
    operators = reader.platform.settings.parties_as("CPO") or reader.platform.settings.parties
    party = operators[0].id if operators else PartyId.of("XX", "XXX")
    return newcomer_evses.proposed(station.id, party, min(count, _MOST))


def _evses(form: FormData) -> tuple[ProposedEvse, ...]:
    """Lines of the form that name an EVSE, in their order."""
    lines = [(text(form, f"uid-{number}").strip(), text(form, f"evse-id-{number}").strip()) for number in range(_MOST)]
    named = [(uid, evse_id) for uid, evse_id in lines if uid]
    if len({fold(uid) for uid, _ in named}) < len(named):
        return ()
    return tuple(
        ProposedEvse(number=number, uid=uid, evse_id=evse_id) for number, (uid, evse_id) in enumerate(named, start=1)
    )


def _kind(form: FormData) -> EvseKind:
    given = {name: text(form, name).strip() for name in _USUAL}
    return EvseKind(
        standard=_word(ConnectorType, given["standard"]),
        format=_word(ConnectorFormat, given["format"]),
        power_type=_word(PowerType, given["power_type"]),
        max_voltage=_number(given, "max_voltage", 1, 2000),
        max_amperage=_number(given, "max_amperage", 1, 3000),
        tariff_ids=tuple(given["tariffs"].replace(",", " ").split()),
    )


def _word(kind: type[W], found: str) -> W:
    if found not in set(kind):
        raise UserError(f"{kind.__name__}: found {found!r}, expected one of the list")
    return kind(found)


def _number(given: Mapping[str, str], name: str, least: int, most: int) -> int:
    found = given[name]
    if not (found.isascii() and found.isdecimal() and len(found) < 6 and least <= int(found) <= most):
        raise UserError(f"{name}: found {found!r}, expected a number from {least} to {most}")
    return int(found)
