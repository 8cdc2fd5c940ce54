"""Charges of people without an account."""

from datetime import datetime

from msgspec.structs import asdict

from ocpilot.app.kept.ad_hoc_records import AdHocCharge
from ocpilot.base.ids import fold
from ocpilot.store.pool import Database
from ocpilot.store.queries import load
from ocpilot.store.rows import record_of

_SQL = load("ad_hoc")


class PostgresAdHocCharges:
    """`app.kept.ad_hoc_records.AdHocCharges`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, charge: AdHocCharge) -> None:
        """See the port."""
        await self._database.row(_SQL["add"], {**asdict(charge), "token_uid": fold(charge.token_uid)})

    async def get(self, key_hash: bytes, now: datetime) -> AdHocCharge | None:
        """See the port."""
        row = await self._database.row(_SQL["get"], {"key_hash": key_hash, "now": now})
        return record_of(AdHocCharge, row) if row else None

    async def by_token(self, token_uid: str) -> AdHocCharge | None:
        """See the port."""
        row = await self._database.row(_SQL["by_token"], {"token_uid": fold(token_uid)})
        return record_of(AdHocCharge, row) if row else None

    async def forget(self, now: datetime) -> None:
        """See the port."""
        await self._database.rows(_SQL["forget"], {"now": now})
