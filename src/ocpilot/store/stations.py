"""Charging stations of ours."""

from collections.abc import Mapping
from datetime import datetime

import asyncpg
import msgspec

from ocpilot.app.kept.charge_records import Station, StationConnector, StationQuery
from ocpilot.app.kept.station_events import BootInfo
from ocpilot.base.ids import fold
from ocpilot.store.nodes import PostgresNodes
from ocpilot.store.pool import Database
from ocpilot.store.queries import Statement, load
from ocpilot.store.rows import json_of, party_of, record_of

_SQL = load("stations")


class PostgresStations:
    """`app.ports.Stations`."""

    def __init__(self, database: Database, nodes: PostgresNodes) -> None:
        self._database = database
        self._nodes = nodes

    async def save(self, station: Station) -> None:
        """See the port."""
        values: dict[str, object] = {
            **msgspec.structs.asdict(station),
            "party": station.party.key,
            "key_location": fold(station.location_id),
            "key_evses": [fold(connector.evse_uid) for connector in station.connectors],
            "connectors": json_of(station.connectors),
        }
        await self._database.row(_SQL["save"], values)

    async def get(self, station_id: str) -> Station | None:
        """See the port."""
        return await self._one(_SQL["get"], {"id": station_id})

    async def at_evse(self, location_id: str, evse_uid: str) -> Station | None:
        """See the port."""
        return await self._one(_SQL["at_evse"], {"key_location": fold(location_id), "key_evse": fold(evse_uid)})

    async def all(self) -> tuple[Station, ...]:
        """See the port."""
        return tuple(station_of(row) for row in await self._database.rows(_SQL["all"]))

    async def connected(self, station_id: str, protocol: str, at: datetime) -> None:
        """See the port."""
        node = self._nodes.number
        values = {"id": station_id, "protocol": protocol, "node": node, "at": at}
        row = await self._database.row(_SQL["connected"], values)
        if row is not None and row["before"] not in (None, node):
            await self._nodes.tell_moved(row["before"], station_id)

    async def disconnected(self, station_id: str, node: int | None = None) -> bool:
        """See the port."""
        values = {"id": station_id, "node": self._nodes.number if node is None else node}
        row = await self._database.row(_SQL["disconnected"], values)
        return row is not None

    async def booted(self, station_id: str, info: BootInfo, at: datetime) -> Station | None:
        """See the port."""
        values = {"id": station_id, "at": at, **msgspec.structs.asdict(info)}
        return await self._one(_SQL["booted"], values)

    async def seen(self, heard: Mapping[str, datetime]) -> None:
        """See the port."""
        await self._database.row(_SQL["seen"], {"ids": list(heard), "times": list(heard.values())})

    async def secured(self, station_id: str, profile: int) -> None:
        """See the port."""
        await self._database.row(_SQL["secured"], {"id": station_id, "profile": profile})

    async def abandoned(self) -> tuple[Station, ...]:
        """See the port."""
        return tuple(station_of(row) for row in await self._database.rows(_SQL["abandoned"]))

    async def page(self, query: StationQuery) -> tuple[Station, ...]:
        """See the port."""
        values = {
            **msgspec.structs.asdict(query),
            "party": query.party.key if query.party else None,
            "key_location": fold(query.location_id) if query.location_id else None,
        }
        return tuple(station_of(row) for row in await self._database.rows(_SQL["page"], values))

    async def _one(self, statement: Statement, values: dict[str, object]) -> Station | None:
        row = await self._database.row(statement, values)
        return station_of(row) if row else None


def station_of(row: asyncpg.Record) -> Station:
    """A row of a station."""
    connectors = msgspec.json.decode(row["connectors"], type=tuple[StationConnector, ...])
    return record_of(Station, row, party=party_of(row["party"]), connectors=connectors)
