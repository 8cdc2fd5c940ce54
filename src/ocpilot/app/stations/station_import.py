"""Many stations at once, from a table of their connectors: all of it is right, or nothing is taken."""

from collections.abc import Iterator, Mapping, Sequence

import msgspec

from ocpilot.app import passwords
from ocpilot.app.kept.charge_records import StationConnector
from ocpilot.app.kept.records import ObjectKey
from ocpilot.app.ocpi.bodies import value_of
from ocpilot.app.platform import Platform
from ocpilot.app.stations import stations
from ocpilot.base.errors import InvalidObject
from ocpilot.base.ids import fold
from ocpilot.base.problem import Problem
from ocpilot.wire.v230 import Location

#: Our Locations by the name a table calls them; None where we have none.
Places = Mapping[str, tuple[ObjectKey, Location] | None]


class ConnectorRow(msgspec.Struct, frozen=True, kw_only=True):
    """A connector of a station: the EVSE and Connector (OCPI) that it is, its numbers in OCPP, and where it stands in
    the table. A `password` stands in one row of its station, or in none: then it gets one."""

    line: int
    station: str
    location: str
    evse_uid: str
    evse_number: int
    connector_number: int
    connector: str
    password: str | None = None


class StationTaken(msgspec.Struct, frozen=True, kw_only=True):
    """A station that may connect now. `password` is the one made for it, None when it has its own."""

    station: str
    location: str
    connectors: int
    password: str | None


async def take(platform: Platform, rows: Sequence[ConnectorRow], *, dry_run: bool) -> list[StationTaken]:
    """Add the stations; of those that are there already place and connectors are changed, and the password if one is
    named. InvalidObject with all that is wrong: then nothing was taken."""
    by_station: dict[str, list[ConnectorRow]] = {}
    for row in rows:
        by_station.setdefault(row.station, []).append(row)
    places = {name: await _place(platform, name) for name in dict.fromkeys(row.location for row in rows)}
    found = [*_clashes(rows), *_unknown(rows, places), *await _of_others(platform, by_station, places)]
    if found:
        raise InvalidObject(sorted(found, key=lambda one: int(one.path.split()[1])), "the table")
    return [await _take(platform, name, group, places, dry_run=dry_run) for name, group in by_station.items()]


async def _place(platform: Platform, name: str) -> tuple[ObjectKey, Location] | None:
    found = [one for one in await platform.store.locations.find(name) if one.peer_id is None]
    return (found[0].key, value_of(Location, found[0])) if found else None


def _clashes(rows: Sequence[ConnectorRow]) -> Iterator[Problem]:
    """What no two rows may share."""
    seen: dict[tuple[object, ...], int] = {}
    placed: dict[str, str] = {}
    for row in rows:
        ocpi = (fold(row.location), fold(row.evse_uid), fold(row.connector))
        ocpp = (row.station, row.evse_number, row.connector_number)
        for key, column, found in (
            (ocpi, "connector", row.connector),
            (ocpp, "connector_number", row.connector_number),
        ):
            if key in seen:
                yield _problem(row, column, f"{found} of line {seen[key]} once more", "each connector once")
            seen.setdefault(key, row.line)
        if fold(placed.setdefault(row.station, row.location)) != fold(row.location):
            yield _problem(row, "location", row.location, f"{placed[row.station]}, where the station stands")


def _unknown(rows: Sequence[ConnectorRow], places: Places) -> Iterator[Problem]:
    for row in rows:
        place = places[row.location]
        if place is None:
            yield _problem(row, "location", row.location, "a Location of ours; take it over first: ocpilot load FILE")
            continue
        evse = next((one for one in place[1].evses if fold(one.uid) == fold(row.evse_uid)), None)
        if evse is None:
            yield _problem(row, "evse_uid", row.evse_uid, f"an EVSE of {row.location}")
        elif fold(row.connector) not in {fold(one.id) for one in evse.connectors}:
            known = ", ".join(one.id for one in evse.connectors)
            yield _problem(row, "connector", row.connector, f"a Connector of {row.evse_uid}: {known}")


async def _of_others(
    platform: Platform, by_station: Mapping[str, Sequence[ConnectorRow]], places: Places
) -> list[Problem]:
    """EVSEs that belong to a station which the table does not change."""
    found = []
    for name, rows in by_station.items():
        for row in rows:
            place = places[row.location]
            other = await platform.store.stations.at_evse(place[0].id, row.evse_uid) if place else None
            if other is not None and other.id != name and other.id not in by_station:
                found.append(_problem(row, "evse_uid", row.evse_uid, f"one that is not of station {other.id}"))
    return found


async def _take(
    platform: Platform, name: str, rows: Sequence[ConnectorRow], places: Places, *, dry_run: bool
) -> StationTaken:
    named = next((row.password for row in rows if row.password), None)
    known = await platform.store.stations.get(name)
    made = None if named or (known is not None and known.password_hash) else passwords.made_key()
    place = places[rows[0].location]
    if place is not None and not dry_run:
        await stations.add(
            platform,
            name,
            party=place[0].party,
            location_id=place[0].id,
            connectors=tuple(_connector(row) for row in rows),
            password=named or made,
            made=made is not None,
        )
    return StationTaken(station=name, location=rows[0].location, connectors=len(rows), password=made)


def _connector(row: ConnectorRow) -> StationConnector:
    return StationConnector(
        evse_id=row.evse_number,
        connector_id=row.connector_number,
        evse_uid=row.evse_uid,
        ocpi_connector_id=row.connector,
    )


def _problem(row: ConnectorRow, column: str, found: object, expected: str) -> Problem:
    return Problem(path=f"line {row.line} {column}", found=str(found), expected=expected)
