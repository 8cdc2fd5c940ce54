"""Which Tariffs stations were told of."""

from datetime import datetime

import asyncpg
import msgspec

from ocpilot.app.kept.station_tariff_records import TariffAtEvse, TariffsAtStation
from ocpilot.store.pool import Database
from ocpilot.store.queries import load
from ocpilot.store.rows import json_of, record_of

_SQL = load("station_tariffs")


class PostgresTariffsAtStations:
    """`app.kept.station_tariff_records.TariffsAtStations`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def due(self, protocol: str, now: datetime) -> tuple[TariffsAtStation, ...]:
        """See the port."""
        rows = await self._database.rows(_SQL["due"], {"protocol": protocol, "now": now})
        return tuple(_told(row) for row in rows)

    async def of(self, station_id: str) -> TariffsAtStation | None:
        """See the port."""
        row = await self._database.row(_SQL["of"], {"station_id": station_id})
        return _told(row) if row else None

    async def keep(self, told: TariffsAtStation) -> None:
        """See the port."""
        await self._database.row(_SQL["keep"], msgspec.structs.asdict(told) | {"evses": json_of(told.evses)})

    async def forget(self, station_id: str) -> None:
        """See the port."""
        await self._database.row(_SQL["forget"], {"station_id": station_id})


def _told(row: asyncpg.Record) -> TariffsAtStation:
    evses = msgspec.json.decode(row["evses"], type=tuple[TariffAtEvse, ...])
    return record_of(TariffsAtStation, row, evses=evses)
