"""Checks of CDRs, and receipts numbered without gaps."""

import asyncio
from collections.abc import Callable, Collection

import asyncpg
import msgspec

from ocpilot.app.kept.records import CdrCheck, ObjectKey, Receipt, StoredObject
from ocpilot.store.pool import Database, Session
from ocpilot.store.queries import Statement, load
from ocpilot.store.rows import key_values, object_of, party_of, record_of
from ocpilot.wire.protocol import ModuleID

_SQL = load("documents")


class PostgresDocuments:
    """`app.ports.Documents`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def save_check(self, check: CdrCheck) -> None:
        """See the port."""
        await self._database.row(_SQL["save_check"], {**msgspec.structs.asdict(check), **key_values(check.key)})

    async def check(self, key: ObjectKey) -> CdrCheck | None:
        """See the port."""
        row = await self._database.row(_SQL["check"], key_values(key))
        return record_of(CdrCheck, row, key=_cdr_key(row)) if row else None

    async def issue(self, key: ObjectKey, series: str, make: Callable[[str], Receipt]) -> Receipt:
        """See the port; `make` runs in a thread and holds back other receipts of the series until it returns."""
        existing = await self.receipt_of(key)
        if existing is not None:
            return existing
        async with self._database.transaction() as session:
            last = await session.row(_SQL["lock_series"], {"series": series})
            existing = await _one(session, _SQL["receipt_of"], key_values(key))
            if existing is not None:
                return existing
            number = last["issued"] + 1 if last else 1
            receipt = await asyncio.to_thread(make, f"{series}-{number:06d}")
            await session.row(_SQL["issue"], _receipt_values(receipt, series))
        return receipt

    async def receipt(self, number: str) -> Receipt | None:
        """See the port."""
        return await _one(self._database, _SQL["receipt"], {"number": number})

    async def receipts(self, numbers: Collection[str]) -> tuple[Receipt, ...]:
        """See the port."""
        rows = await self._database.rows(_SQL["receipts"], {"numbers": list(numbers)})
        return tuple(record_of(Receipt, row, key=_cdr_key(row)) for row in rows)

    async def receipt_of(self, key: ObjectKey) -> Receipt | None:
        """See the port."""
        return await _one(self._database, _SQL["receipt_of"], key_values(key))

    async def cdrs_without_receipt(self, limit: int) -> tuple[ObjectKey, ...]:
        """See the port; longest first."""
        return tuple(_cdr_key(row) for row in await self._database.rows(_SQL["cdrs_without_receipt"], {"limit": limit}))

    async def receipt_settled(self, key: ObjectKey) -> None:
        """See the port."""
        await self._database.row(_SQL["receipt_settled"], key_values(key))

    async def unchecked_cdrs(self, limit: int) -> tuple[StoredObject, ...]:
        """See the port; oldest first. A CDR that came again with another body is unchecked again."""
        rows = await self._database.rows(_SQL["unchecked_cdrs"], {"limit": limit})
        return tuple(object_of(row, ModuleID.CDRS) for row in rows)


def _receipt_values(receipt: Receipt, series: str) -> dict[str, object]:
    return {**msgspec.structs.asdict(receipt), **key_values(receipt.key), "series": series}


async def _one(session: Session, statement: Statement, values: dict[str, object]) -> Receipt | None:
    row = await session.row(statement, values)
    return record_of(Receipt, row, key=_cdr_key(row)) if row else None


def _cdr_key(row: asyncpg.Record) -> ObjectKey:
    return ObjectKey(module=ModuleID.CDRS, party=party_of(row["party"]), id=row["id"])
