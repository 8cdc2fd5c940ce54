"""Notices of stations, and their configuration keys and variables."""

from collections.abc import Sequence

from msgspec.structs import asdict

from ocpilot.app.kept.station_notice_records import StationNotice, StationVariable
from ocpilot.store.pool import Database
from ocpilot.store.queries import load
from ocpilot.store.rows import record_of

_SQL = load("station_notices")


class PostgresStationNotices:
    """`app.kept.station_notice_records.StationNotices`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, station_id: str, notice: StationNotice) -> None:
        """See the port."""
        await self._database.rows(_SQL["add"], {"station_id": station_id, **asdict(notice)})

    async def of(self, station_id: str) -> tuple[StationNotice, ...]:
        """See the port."""
        rows = await self._database.rows(_SQL["of"], {"station_id": station_id})
        return tuple(record_of(StationNotice, row) for row in rows)

    async def learn(self, station_id: str, variables: Sequence[StationVariable]) -> None:
        """See the port."""
        columns: dict[str, object] = {
            f"{name}s": [getattr(one, name) for one in variables] for name in StationVariable.__struct_fields__
        }
        await self._database.rows(_SQL["learn"], {"station_id": station_id, **columns})

    async def variables(self, station_id: str) -> tuple[StationVariable, ...]:
        """See the port."""
        rows = await self._database.rows(_SQL["variables"], {"station_id": station_id})
        return tuple(record_of(StationVariable, row) for row in rows)
