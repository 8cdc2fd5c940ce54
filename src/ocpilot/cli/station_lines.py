"""Stations, their frames and their months as `ocpilot station` prints them: for people, or JSON."""

from collections import Counter
from collections.abc import Sequence

import msgspec

from ocpilot.app.kept.frames import FrameDirection, FrameLine, FrameList
from ocpilot.app.kept.station_events import Payload
from ocpilot.app.shown import Shown
from ocpilot.app.stations import station_shown
from ocpilot.app.stations.station_reports import StationReport
from ocpilot.app.stations.station_views import EvseNow, StationNow, StationPage
from ocpilot.base import time
from ocpilot.cli.tables import aligned
from ocpilot.wire import codec

_SIGNS = {FrameDirection.IN: "->", FrameDirection.OUT: "<-", FrameDirection.NOTE: "--", FrameDirection.FAULT: "!!"}


def print_stations(page: StationPage, *, as_json: bool) -> None:
    """A line each, and how to see more."""
    if as_json:
        for now in page.stations:
            _print_json(station_shown.station_shown(now))
        return
    if not page.stations:
        print("no such stations; ocpilot station add lets one in")
        return
    table = [("station", "location", "connection", "EVSEs", "last seen"), *(_row(now) for now in page.stations)]
    for line in aligned(table, left=True):
        print(line)
    if page.more:
        print(f"more: --after {page.stations[-1].station.id}")


def _row(now: StationNow) -> tuple[str, ...]:
    one = now.station
    counted = Counter(str(each.evse.status) if each.evse else "missing" for each in now.evses)
    return (
        one.id,
        one.location_id,
        (one.protocol or "connected") if one.connected else "away",
        ", ".join(f"{many} {word}" for word, many in sorted(counted.items())),
        time.write(one.last_seen) if one.last_seen else "never",
    )


def print_station(now: StationNow, *, as_json: bool) -> None:
    """One station whole."""
    if as_json:
        _print_json(station_shown.station_shown(now))
        return
    one = now.station
    facts = {
        "station": f"{one.id}, of {one.party}, at {one.location_id}",
        "connection": f"connected, {one.protocol}" if one.connected else "away",
        "last seen": time.write(one.last_seen) if one.last_seen else "never",
        "built by": " ".join(filter(None, (one.vendor, one.model))),
        "serial": one.serial,
        "firmware": one.firmware,
    }
    for name, value in facts.items():
        if value:
            print(f"{name:<11} {value}")
    for each in now.evses:
        print(f"{f'EVSE {each.connector.evse_id}':<11} {_evse(each)}")


def _evse(now: EvseNow) -> str:
    words = [now.connector.evse_uid, str(now.evse.status) if now.evse else "missing at its Location"]
    change = now.change
    if change is not None:
        words += [f"since {time.write(change.at)}", ": ".join(filter(None, (str(change.reason), change.code)))]
        words += [change.info] if change.info else []
    words += [f"Tariff {now.tariff}"] if now.tariff else []
    return ", ".join(words)


def payload_text(payload: Payload, *, as_json: bool) -> str:
    """What a station answered, on one line or laid out."""
    text = codec.dumps(payload)
    return (text if as_json else msgspec.json.format(text, indent=2)).decode()


def print_frames(found: FrameList, *, as_json: bool, named: bool) -> None:
    """Frames, what is missing among them, and how to see more."""
    for frame in found.frames:
        print_frame(frame, as_json=as_json, named=named)
    if as_json:
        return
    for gap in found.gaps:
        span = f"between {time.write(gap.began_at)} and {time.write(gap.ended_at)}"
        print(f"missing: {gap.count} messages {span}, the database was away")
    if not found.frames:
        print("no such messages in the log")
    elif found.more:
        print(f"more: --limit {2 * len(found.frames)}, or --until {time.write(found.frames[-1].at)}")


def print_frame(frame: FrameLine, *, as_json: bool, named: bool) -> None:
    """One frame, at once: somebody may follow. `named`: with its station."""
    if as_json:
        _print_json(station_shown.frame_shown(frame))
        return
    station = f"{frame.station_id:<16}  " if named else ""
    cut = f" ({frame.size} characters)" if len(frame.text) < frame.size and not frame.masked else ""
    text = frame.text.replace("\n", " ")
    print(f"{time.write(frame.at):<24}  {station}{_SIGNS[frame.direction]}  {text}{cut}", flush=True)


def print_reports(reports: Sequence[StationReport], *, as_json: bool) -> None:
    """A line per station and, when it is one, per EVSE."""
    if as_json:
        for report in reports:
            _print_json(station_shown.report_shown(report))
        return
    if not reports:
        print("no stations; ocpilot station add lets one in")
        return
    head = ("station", "uptime", "without maintenance", "down", "unknown", "maintenance", "outages", "earned excl. VAT")
    print(f"{reports[0].month.name}")
    for line in aligned([head, *(_report_row(report) for report in reports)]):
        print(line)


def _report_row(report: StationReport) -> tuple[str, ...]:
    uptime = report.uptime
    earned = [f"{one.cost:.2f} {one.currency} ({one.kwh:.1f} kWh, {one.charges} charges)" for one in report.earned]
    return (
        report.station.id,
        _percent(uptime.share),
        _percent(uptime.share_without_maintenance),
        _hours(uptime.down.total_seconds()),
        _hours(uptime.unknown.total_seconds()),
        _hours(uptime.maintenance.total_seconds()),
        str(uptime.outages),
        " + ".join(earned) or "-",
    )


def _percent(share: float | None) -> str:
    return "-" if share is None else f"{share:.2%}"


def _hours(seconds: float) -> str:
    return f"{seconds / 3600:.1f} h"


def _print_json(shown: Shown) -> None:
    print(msgspec.json.encode(shown).decode(), flush=True)
