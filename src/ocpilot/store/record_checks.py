"""Records of invoices: partners' against our books, and which of ours went out."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import asyncpg
import msgspec

from ocpilot.app.kept.reconciliation_records import InvoicedCdr, NamedCdr, RecordCheck
from ocpilot.app.kept.records import ObjectKey, StoredObject
from ocpilot.base.ids import fold
from ocpilot.store.pool import Database
from ocpilot.store.queries import load
from ocpilot.store.rows import json_of, key_values, object_of, record_of
from ocpilot.wire.protocol import ModuleID

_SQL = load("record_checks")


class PostgresRecordChecks:
    """`app.kept.reconciliation_records.RecordChecks`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def unreconciled(self, limit: int, again_before: datetime) -> tuple[StoredObject, ...]:
        """See the port."""
        rows = await self._database.rows(_SQL["unreconciled"], {"limit": limit})
        rows = rows or await self._database.rows(_SQL["open_again"], {"limit": limit, "again_before": again_before})
        return tuple(object_of(row, ModuleID.INVOICE_RECONCILIATION) for row in rows)

    async def named(self, stored: StoredObject, cdrs: Sequence[str]) -> tuple[NamedCdr, ...]:
        """See the port."""
        values = {
            **key_values(stored.key),
            "peer_id": stored.peer_id,
            "last_updated": stored.last_updated,
            "ids": list(cdrs),
            "keys": [fold(one) for one in cdrs],
        }
        return tuple(record_of(NamedCdr, row) for row in await self._database.rows(_SQL["named"], values))

    async def unnamed(
        self, key: ObjectKey, peer_id: int, *, ours: bool, since: datetime, until: datetime, limit: int
    ) -> tuple[NamedCdr, ...]:
        """See the port."""
        values = {
            "party": key.party.key,
            "peer_id": peer_id,
            "ours": ours,
            "since": since,
            "until": until,
            "limit": limit,
        }
        return tuple(record_of(NamedCdr, row) for row in await self._database.rows(_SQL["unnamed"], values))

    async def save(self, check: RecordCheck, stored: StoredObject, cdrs: Sequence[str]) -> bool:
        """See the port."""
        values: dict[str, object] = {
            **key_values(check.key),
            "peer_id": check.peer_id,
            "key_invoice": fold(check.invoice_id),
            "is_open": check.is_open,
            "at": check.at,
            "body": json_of(check),
            "record": stored.body,
            "keys": [fold(one) for one in cdrs],
        }
        async with self._database.transaction() as session:
            if await session.row(_SQL["reconciled"], values) is None:
                return False
            for name in ("save", "forget_cdrs", "add_cdrs"):
                await session.row(_SQL[name], values)
            return True

    async def get(self, key: ObjectKey) -> RecordCheck | None:
        """See the port."""
        return next(iter(await self._checks("get", key_values(key))), None)

    async def of_invoice(self, party: str, invoice_id: str) -> tuple[RecordCheck, ...]:
        """See the port."""
        return await self._checks("of_invoice", {"party": party, "key_invoice": fold(invoice_id)})

    async def newest(self, limit: int) -> tuple[RecordCheck, ...]:
        """See the port."""
        return await self._checks("newest", {"limit": limit})

    async def untold(self, limit: int) -> tuple[str, ...]:
        """See the port."""
        return tuple(row["number"] for row in await self._database.rows(_SQL["untold"], {"limit": limit}))

    async def on(self, number: str) -> tuple[InvoicedCdr, ...]:
        """See the port."""
        rows = await self._database.rows(_SQL["invoiced"], {"number": number})
        return tuple(record_of(InvoicedCdr, row) for row in rows)

    async def told(self, number: str) -> None:
        """See the port."""
        await self._database.row(_SQL["told"], {"number": number})

    async def _checks(self, name: str, values: Mapping[str, object]) -> tuple[RecordCheck, ...]:
        return tuple(_check(row) for row in await self._database.rows(_SQL[name], values))


def _check(row: asyncpg.Record) -> RecordCheck:
    return msgspec.json.decode(row["body"], type=RecordCheck)
