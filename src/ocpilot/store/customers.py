"""Customers, and whose Tokens are whose."""

from collections.abc import Sequence
from datetime import datetime

import asyncpg
import msgspec

from ocpilot.app.kept.customer_records import Customer, CustomerKind, CustomerToken
from ocpilot.base.errors import Conflict
from ocpilot.base.ids import PartyId, fold
from ocpilot.store.pool import Database
from ocpilot.store.queries import Statement, load
from ocpilot.store.rows import json_of, record_of

_SQL = load("customers")


class PostgresCustomers:
    """`app.kept.customer_records.Customers`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, customer: Customer) -> Customer:
        """See the port; Conflict when the partner is one already."""
        try:
            row = await self._database.row(_SQL["add"], _values(customer))
        except asyncpg.UniqueViolationError as error:
            raise Conflict(f"{customer.party} is a customer of kind {customer.kind} already") from error
        if row is None:
            raise RuntimeError("an INSERT that returns gave nothing")
        return _customer(row)

    async def save(self, customer: Customer) -> None:
        """See the port."""
        await self._database.row(_SQL["save"], {**_values(customer), "id": customer.id})

    async def get(self, customer_id: int) -> Customer | None:
        """See the port."""
        return await self._one(_SQL["get"], {"id": customer_id})

    async def some(self, ids: Sequence[int]) -> tuple[Customer, ...]:
        """See the port."""
        return tuple(_customer(row) for row in await self._database.rows(_SQL["some"], {"ids": ids}))

    async def numbered(self, number: str) -> Customer | None:
        """See the port."""
        return await self._one(_SQL["numbered"], {"number": number})

    async def of_party(self, party: PartyId, kind: CustomerKind) -> Customer | None:
        """See the port."""
        return await self._one(_SQL["of_party"], {"party": party.key, "kind": kind})

    async def of_kind(self, kind: CustomerKind) -> tuple[Customer, ...]:
        """See the port."""
        return tuple(_customer(row) for row in await self._database.rows(_SQL["of_kind"], {"kind": kind}))

    async def all(self, limit: int = 1000, after: int = 0) -> tuple[Customer, ...]:
        """See the port."""
        rows = await self._database.rows(_SQL["all"], {"limit": limit, "after": after})
        return tuple(_customer(row) for row in rows)

    async def give(self, token: CustomerToken) -> None:
        """See the port."""
        values = {**msgspec.structs.asdict(token), "key_uid": fold(token.uid)}
        async with self._database.transaction() as session:
            await session.row(_SQL["hold"], values)
            await session.row(_SQL["give"], values)

    async def end(self, uid: str, until: datetime) -> bool:
        """See the port."""
        return await self._database.row(_SQL["end"], {"key_uid": fold(uid), "until": until}) is not None

    async def end_all(self, customer_id: int, until: datetime) -> tuple[str, ...]:
        """See the port."""
        rows = await self._database.rows(_SQL["end_all"], {"customer_id": customer_id, "until": until})
        return tuple(sorted(row["uid"] for row in rows))

    async def tokens(self, customer_id: int) -> tuple[CustomerToken, ...]:
        """See the port."""
        rows = await self._database.rows(_SQL["tokens"], {"customer_id": customer_id})
        return tuple(record_of(CustomerToken, row) for row in rows)

    async def of_tokens(self, uids: Sequence[str]) -> tuple[CustomerToken, ...]:
        """See the port."""
        rows = await self._database.rows(_SQL["of_tokens"], {"keys": [fold(uid) for uid in uids]})
        return tuple(record_of(CustomerToken, row) for row in rows)

    async def _one(self, statement: Statement, values: dict[str, object]) -> Customer | None:
        row = await self._database.row(statement, values)
        return _customer(row) if row else None


def _values(customer: Customer) -> dict[str, object]:
    party = None if customer.party is None else customer.party.key
    return {"kind": customer.kind, "party": party, "body": json_of(customer)}


def _customer(row: asyncpg.Record) -> Customer:
    kept = msgspec.json.decode(row["body"], type=Customer)
    return msgspec.structs.replace(kept, id=row["id"], number=row["number"])
