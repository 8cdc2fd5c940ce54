"""What people and programs see of stations: each with its EVSEs, what they are, since when and why; and its frames."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from ocpilot.app import stations
from ocpilot.app.bodies import value_of
from ocpilot.app.charge_records import Station, StationConnector, StationQuery, Transaction
from ocpilot.app.frames import FrameLine, FrameList, FrameQuery
from ocpilot.app.platform import Platform
from ocpilot.app.records import ObjectKey, Record
from ocpilot.app.shown import Moment, Shown
from ocpilot.app.station_notice_records import StationNotice, StationVariable
from ocpilot.app.station_reports import StationReport
from ocpilot.app.status_records import StatusChange
from ocpilot.base import time
from ocpilot.base.errors import NotFound
from ocpilot.base.ids import PartyId, fold
from ocpilot.metering.uptime import Uptime
from ocpilot.wire.v230 import EVSE


class EvseNow(Record, frozen=True):
    """One EVSE of a station: `evse` is None when the Location has it no longer, `change` what it is and why."""

    connector: StationConnector
    evse: EVSE | None
    change: StatusChange | None


class StationNow(Record, frozen=True):
    """A station of ours with its EVSEs."""

    station: Station
    evses: tuple[EvseNow, ...]


class StationPage(Record, frozen=True):
    """Stations by id, and whether there are more."""

    stations: tuple[StationNow, ...]
    more: bool


# ---- shapes --------------------------------------------------------------------------------------------------------


class EvseShown(Shown, frozen=True, kw_only=True):
    """One EVSE: `number` is what its station calls it. `reason` of its status: `station`, `session`, `fault`,
    `reserved`, `unavailable`, `connectivity`, `planned` or `written`; `error` and `info` are the station's words."""

    number: int
    evse_uid: str
    connector_id: str
    status: str | None
    reason: str | None
    error: str | None
    info: str | None
    since: Moment | None


class StationShown(Shown, frozen=True, kw_only=True):
    """A station of ours."""

    id: str
    party: str
    location_id: str
    connected: bool
    protocol: str | None
    vendor: str | None
    model: str | None
    serial: str | None
    firmware: str | None
    last_seen: Moment | None
    evses: tuple[EvseShown, ...]


class FrameShown(Shown, frozen=True, kw_only=True):
    """One OCPP frame. `direction`: `in`, `out`; `note` and `fault` are words about the connection. `frame` is its text
    without secrets (`masked` when there were some) and as long as the settings allow; it had `size` characters."""

    id: int
    at: Moment
    station: str
    direction: str
    action: str | None
    message_id: str | None
    failed: bool
    masked: bool
    size: int
    frame: str


class VariableShown(Shown, frozen=True, kw_only=True):
    """A configuration key (1.6, without `component`) or one attribute of a variable (2.x); a secret has no value."""

    component: str
    variable: str
    attribute: str
    value: str | None
    writable: bool
    unit: str | None
    at: Moment


class NoticeShown(Shown, frozen=True, kw_only=True):
    """What a station said: `payload` is JSON text in the words of its OCPP version, without secrets."""

    action: str
    at: Moment
    payload: str


class UptimeShown(Shown, frozen=True, kw_only=True):
    """Shares are 0 to 1, None when nothing was observed; times are seconds (docs/guides/uptime.md)."""

    uptime: float | None
    uptime_without_maintenance: float | None
    observed: float
    down: float
    unknown: float
    maintenance: float
    outages: int


class EvseUptimeShown(Shown, frozen=True, kw_only=True):
    """Of one EVSE, in service since `began`."""

    evse_uid: str
    began: Moment | None
    uptime: UptimeShown


class EarnedShown(Shown, frozen=True, kw_only=True):
    """Charges, kWh and their cost without taxes."""

    currency: str
    charges: int
    kwh: str
    cost: str


class ReportShown(Shown, frozen=True, kw_only=True):
    """One station in one month."""

    station: str
    month: str
    uptime: UptimeShown
    evses: tuple[EvseUptimeShown, ...]
    earned: tuple[EarnedShown, ...]


def station_shown(now: StationNow) -> StationShown:
    """A station as JSON."""
    one = now.station
    return StationShown(
        id=one.id,
        party=str(one.party),
        location_id=one.location_id,
        connected=one.connected,
        protocol=one.protocol,
        vendor=one.vendor,
        model=one.model,
        serial=one.serial,
        firmware=one.firmware,
        last_seen=_moment(one.last_seen),
        evses=tuple(_evse_shown(each) for each in now.evses),
    )


def _evse_shown(now: EvseNow) -> EvseShown:
    change = now.change
    return EvseShown(
        number=now.connector.evse_id,
        evse_uid=now.connector.evse_uid,
        connector_id=now.connector.ocpi_connector_id,
        status=str(now.evse.status) if now.evse else None,
        reason=str(change.reason) if change else None,
        error=change.code if change else None,
        info=change.info if change else None,
        since=time.write(change.at) if change else None,
    )


def frame_shown(frame: FrameLine) -> FrameShown:
    """A frame as JSON."""
    return FrameShown(
        id=frame.id,
        at=time.write(frame.at),
        station=frame.station_id,
        direction=str(frame.direction),
        action=frame.action,
        message_id=frame.message_id,
        failed=frame.failed,
        masked=frame.masked,
        size=frame.size,
        frame=frame.text,
    )


def variable_shown(one: StationVariable) -> VariableShown:
    """A variable as JSON."""
    return VariableShown(
        component=one.component,
        variable=one.variable,
        attribute=one.attribute,
        value=one.value,
        writable=one.writable,
        unit=one.unit,
        at=time.write(one.at),
    )


def notice_shown(one: StationNotice) -> NoticeShown:
    """A notice as JSON."""
    return NoticeShown(action=one.action, at=time.write(one.at), payload=one.payload)


def report_shown(report: StationReport) -> ReportShown:
    """A month as JSON."""
    return ReportShown(
        station=report.station.id,
        month=report.month.name,
        uptime=_uptime_shown(report.uptime),
        evses=tuple(
            EvseUptimeShown(evse_uid=one.evse_uid, began=_moment(one.began), uptime=_uptime_shown(one.uptime))
            for one in report.evses
        ),
        earned=tuple(
            EarnedShown(currency=one.currency, charges=one.charges, kwh=f"{one.kwh:f}", cost=f"{one.cost:f}")
            for one in report.earned
        ),
    )


def _uptime_shown(uptime: Uptime) -> UptimeShown:
    return UptimeShown(
        uptime=uptime.share,
        uptime_without_maintenance=uptime.share_without_maintenance,
        observed=uptime.observed.total_seconds(),
        down=uptime.down.total_seconds(),
        unknown=uptime.unknown.total_seconds(),
        maintenance=uptime.maintenance.total_seconds(),
        outages=uptime.outages,
    )


def _moment(at: datetime | None) -> str | None:
    return None if at is None else time.write(at)


# ---- reading -------------------------------------------------------------------------------------------------------


async def page(platform: Platform, query: StationQuery) -> StationPage:
    """Stations by id, as the query asks."""
    found = await platform.store.stations.page(msgspec.structs.replace(query, limit=query.limit + 1))
    shown = found[: query.limit]
    return StationPage(await now(platform, shown), len(found) > query.limit)


async def now(platform: Platform, found: Sequence[Station]) -> tuple[StationNow, ...]:
    """These stations with their EVSEs, in two looks whatever their number."""
    keys = [stations.evse_key(station, one.evse_uid) for station in found for one in station.connectors]
    evses = {
        (one.key.party, fold(one.key.id), fold(one.key.sub)): value_of(EVSE, one)
        for one in await platform.store.locations.some_evses(keys)
    }
    newest = await platform.store.status_history.newest(keys)
    changes = dict(zip(((one.party, fold(one.id), fold(one.sub)) for one in keys), newest, strict=True))
    return tuple(
        StationNow(
            station,
            tuple(
                EvseNow(one, evses.get(key), changes.get(key))
                for one in station.connectors
                for key in [(station.party, fold(station.location_id), fold(one.evse_uid))]
            ),
        )
        for station in found
    )


async def named(platform: Platform, station_id: str, only: PartyId | None = None) -> Station:
    """A station by its OCPP identity, of a party if that is all that may be seen; NotFound."""
    station = await platform.store.stations.get(station_id)
    if station is None or only not in {None, station.party}:
        raise NotFound(f"no station {station_id}")
    return station


async def one(platform: Platform, station_id: str, only: PartyId | None = None) -> StationNow:
    """A station with its EVSEs; NotFound."""
    [found] = await now(platform, [await named(platform, station_id, only)])
    return found


async def frames(platform: Platform, query: FrameQuery) -> FrameList:
    """Frames of a query, newest first."""
    found = await platform.store.frames.find(msgspec.structs.replace(query, limit=query.limit + 1))
    shown = found[: query.limit]
    since = shown[-1].at if len(found) > query.limit else query.since
    until = query.until if query.before is None else query.before[0]
    return FrameList(frames=shown, more=len(found) > query.limit, gaps=await platform.store.frames.gaps(since, until))


def evse_key(station: Station, connector: StationConnector) -> ObjectKey:
    """The key of the EVSE of a connector."""
    return stations.evse_key(station, connector.evse_uid)


async def running(platform: Platform, station: Station) -> tuple[Transaction, ...]:
    """Transactions that run at a station."""
    numbers = dict.fromkeys(one.evse_id for one in station.connectors)
    found = [await platform.store.transactions.open_on(station.id, number) for number in numbers]
    return tuple(one for one in found if one is not None)
