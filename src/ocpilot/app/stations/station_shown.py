"""Stations, their frames and their months as programs see them: JSON for the API and the command line."""

from datetime import datetime

from ocpilot.app.kept.frames import FrameLine
from ocpilot.app.kept.station_notice_records import StationNotice, StationVariable
from ocpilot.app.shown import Moment, Shown
from ocpilot.app.stations.station_reports import StationReport
from ocpilot.app.stations.station_views import EvseNow, StationNow
from ocpilot.base import time
from ocpilot.metering.uptime import Uptime


class EvseShown(Shown, frozen=True, kw_only=True):
    """One EVSE: `number` is what its station calls it. `reason` of its status: `station`, `session`, `fault`,
    `reserved`, `unavailable`, `connectivity`, `planned` or `written`; `error` and `info` are the station's words.
    `tariff` is what a station of OCPP 2.1 was told of its Tariff; not in lists."""

    number: int
    evse_uid: str
    connector_id: str
    status: str | None
    reason: str | None
    error: str | None
    info: str | None
    since: Moment | None
    tariff: str | None


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
        tariff=str(now.tariff) if now.tariff else None,
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
