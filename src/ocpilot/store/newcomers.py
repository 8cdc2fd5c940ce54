"""Stations that nobody added, codes to join with, passwords that are being changed."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import asyncpg
import msgspec

from ocpilot.app.kept.charge_records import Station, StationConnector
from ocpilot.app.kept.newcomer_records import Invitation, NextPassword, WaitingStation
from ocpilot.app.kept.station_events import BootInfo
from ocpilot.base.ids import fold
from ocpilot.store.pool import Database
from ocpilot.store.queries import load
from ocpilot.store.rows import json_of, record_of
from ocpilot.store.stations import station_of

_SQL = load("newcomers")


class PostgresNewcomers:
    """`app.kept.newcomer_records.Newcomers`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def waiting(self) -> Sequence[WaitingStation]:
        """See the port."""
        return [record_of(WaitingStation, row) for row in await self._database.rows(_SQL["waiting"])]

    async def get(self, station_id: str) -> WaitingStation | None:
        """See the port."""
        row = await self._database.row(_SQL["get"], {"id": station_id})
        return record_of(WaitingStation, row) if row else None

    async def add(self, station: WaitingStation, most: int) -> bool:
        """See the port."""
        return await self._found("add", {**msgspec.structs.asdict(station), "most": most})

    async def booted(self, station_id: str, info: BootInfo, at: datetime) -> bool:
        """See the port."""
        return await self._found("booted", {"id": station_id, "at": at, **msgspec.structs.asdict(info)})

    async def knocked(self, station_id: str, at: datetime) -> None:
        """See the port."""
        await self._database.row(_SQL["knocked"], {"id": station_id, "at": at})

    async def forget(self, before: datetime) -> None:
        """See the port."""
        for statement in ("forget_newcomers", "forget_codes"):
            await self._database.rows(_SQL[statement], {"before": before})

    async def refuse(self, station_id: str) -> bool:
        """See the port."""
        return await self._found("refuse", {"id": station_id})

    async def approve(self, station: Station) -> Station | None:
        """See the port."""
        place = _place(station.party.key, station.location_id, station.connectors)
        row = await self._database.row(_SQL["approve"], {"id": station.id, **place})
        return station_of(row) if row else None

    async def invite(self, invitations: Sequence[Invitation]) -> None:
        """See the port."""
        async with self._database.transaction() as session:
            for one in invitations:
                values = {"party": one.party.key, "connectors": json_of(one.connectors)}
                await session.row(_SQL["invite"], {**msgspec.structs.asdict(one), **values})

    async def is_valid(self, code_hash: bytes, now: datetime) -> bool:
        """See the port."""
        return await self._found("valid", {"code_hash": code_hash, "now": now})

    async def redeem(self, code_hash: bytes, station_id: str, password_hash: str, now: datetime) -> Station | None:
        """See the port."""
        async with self._database.transaction() as session:
            code = {"code_hash": code_hash, "station_id": station_id, "now": now}
            row = await session.row(_SQL["redeem"], code)
            if row is None:
                return None
            place = _place(row["party"], row["location_id"], _connectors(row))
            await session.row(_SQL["forget_waiting"], {"id": station_id})
            await session.row(_SQL["due_password"], {"station_id": station_id})
            joined = {"id": station_id, "password_hash": password_hash, **place}
            made = await session.row(_SQL["joined"], joined)
            return station_of(made) if made else None

    async def next_password(self, station_id: str) -> NextPassword | None:
        """See the port."""
        row = await self._database.row(_SQL["next_password"], {"station_id": station_id})
        return NextPassword(next_hash=row["next_hash"]) if row else None

    async def sent_password(self, station_id: str, next_hash: str) -> None:
        """See the port."""
        await self._database.row(_SQL["sent_password"], {"station_id": station_id, "next_hash": next_hash})

    async def settle_password(self, station_id: str, *, taken: bool) -> None:
        """See the port."""
        await self._database.row(_SQL["settle_password"], {"station_id": station_id, "taken": taken})

    async def _found(self, statement: str, values: Mapping[str, object]) -> bool:
        return await self._database.row(_SQL[statement], values) is not None


def _connectors(row: asyncpg.Record) -> tuple[StationConnector, ...]:
    return msgspec.json.decode(row["connectors"], type=tuple[StationConnector, ...])


def _place(party: str, location_id: str, connectors: tuple[StationConnector, ...]) -> dict[str, object]:
    """Where a station stands, in the columns of its row."""
    return {
        "party": party,
        "location_id": location_id,
        "key_location": fold(location_id),
        "key_evses": [fold(connector.evse_uid) for connector in connectors],
        "connectors": json_of(connectors),
    }
