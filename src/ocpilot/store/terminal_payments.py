"""Charges paid at terminals of a provider, and what he says he captured."""

from collections.abc import Sequence
from datetime import datetime

import asyncpg
import msgspec

from ocpilot.app.kept.records import ObjectKey, StoredObject
from ocpilot.app.kept.terminal_payment_records import TerminalPayment
from ocpilot.app.ocpi.classes import CONFIRMATIONS
from ocpilot.base.ids import fold
from ocpilot.store.pool import Database
from ocpilot.store.queries import Statement, load
from ocpilot.store.rows import key_values, object_of, party_of, record_of
from ocpilot.wire.protocol import ModuleID, Version

_SQL = load("terminal_payments")


class PostgresTerminalPayments:
    """`app.kept.terminal_payment_records.TerminalPayments`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, payment: TerminalPayment) -> None:
        """See the port."""
        await self._database.row(_SQL["add"], _values(payment))

    async def take_over(self, payment: TerminalPayment, earlier: Sequence[str]) -> None:
        """See the port."""
        await self._database.row(_SQL["take_over"], {**_values(payment), "earlier": list(earlier)})

    async def save(self, payment: TerminalPayment, before: datetime | None) -> bool:
        """See the port."""
        return await self._database.row(_SQL["save"], {**_values(payment), "before": before}) is not None

    async def with_reference(self, reference: str) -> tuple[TerminalPayment, ...]:
        """See the port."""
        return await self._many(_SQL["with_reference"], {"key_reference": fold(reference)})

    async def of_receipt(self, number: str) -> TerminalPayment | None:
        """See the port."""
        return next(iter(await self._many(_SQL["of_receipt"], {"number": number})), None)

    async def unheard(self, since: datetime, limit: int) -> tuple[tuple[TerminalPayment, StoredObject], ...]:
        """See the port."""
        rows = await self._database.rows(_SQL["unheard"], {"since": since, "limit": limit})
        return tuple((_payment(row), _said(row)) for row in rows)

    async def confirmation(self, payment: TerminalPayment) -> StoredObject | None:
        """See the port."""
        values = {"key_id": fold(payment.advice or ""), "peer_id": payment.peer_id}
        row = await self._database.row(_SQL["confirmation"], values)
        return object_of(row, ModuleID.PAYMENTS) if row else None

    async def terminals_at(self, peer_id: int, location_id: str, evse_uid: str) -> tuple[StoredObject, ...]:
        """See the port."""
        values: dict[str, object] = {"peer_id": peer_id, "key_location": fold(location_id), "key_evse": fold(evse_uid)}
        rows = await self._database.rows(_SQL["terminals_at"], values)
        return tuple(object_of(row, ModuleID.PAYMENTS) for row in rows)

    async def terminals(self) -> tuple[StoredObject, ...]:
        """See the port."""
        return tuple(object_of(row, ModuleID.PAYMENTS) for row in await self._database.rows(_SQL["terminals"]))

    async def newest(self, limit: int) -> tuple[TerminalPayment, ...]:
        """See the port."""
        return await self._many(_SQL["newest"], {"limit": limit})

    async def _many(self, statement: Statement, values: dict[str, object]) -> tuple[TerminalPayment, ...]:
        return tuple(_payment(row) for row in await self._database.rows(statement, values))


def _values(payment: TerminalPayment) -> dict[str, object]:
    return {
        **msgspec.structs.asdict(payment),
        **key_values(payment.key),
        "key_reference": fold(payment.reference),
        "state": str(payment.state),
    }


def _payment(row: asyncpg.Record) -> TerminalPayment:
    key = ObjectKey(module=ModuleID.CDRS, party=party_of(row["party"]), id=row["id"])
    return record_of(TerminalPayment, row, key=key)


def _said(row: asyncpg.Record) -> StoredObject:
    key = ObjectKey(module=ModuleID.PAYMENTS, party=party_of(row["said_party"]), id=row["said_id"], sub=CONFIRMATIONS)
    return StoredObject(
        key=key,
        version=Version(row["said_version"]),
        body=row["said_body"],
        last_updated=row["said_at"],
        peer_id=row["peer_id"],
    )
