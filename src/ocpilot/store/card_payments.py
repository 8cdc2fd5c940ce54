"""Card payments with their steps, and the payments of the provider that is built in."""

from collections.abc import Callable
from datetime import datetime

import msgspec

from ocpilot.app.kept.card_ports import PlayedPayment
from ocpilot.app.kept.card_records import CardPayment, CardStep
from ocpilot.base.ids import fold
from ocpilot.store.pool import Database
from ocpilot.store.queries import Statement, load
from ocpilot.store.rows import json_of, record_of

_SQL = load("card_payments")


class PostgresCardPayments:
    """`app.kept.card_records.CardPayments`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, payment: CardPayment, step: CardStep) -> None:
        """See the port."""
        async with self._database.transaction() as session:
            await session.row(_SQL["add"], _values(payment))
            await session.row(_SQL["add_step"], msgspec.structs.asdict(step))

    async def save(self, payment: CardPayment, step: CardStep | None) -> bool:
        """See the port."""
        async with self._database.transaction() as session:
            if await session.row(_SQL["save"], _values(payment)) is None:
                return False
            if step is not None:
                await session.row(_SQL["add_step"], msgspec.structs.asdict(step))
        return True

    async def get(self, payment_id: str) -> CardPayment | None:
        """See the port."""
        return await self._one(_SQL["get"], {"id": payment_id})

    async def of_link(self, key_hash: bytes) -> CardPayment | None:
        """See the port."""
        return await self._one(_SQL["of_link"], {"key_hash": key_hash})

    async def of_token(self, token_uid: str) -> CardPayment | None:
        """See the port."""
        return await self._one(_SQL["of_token"], {"token_uid": fold(token_uid)})

    async def of_receipt(self, number: str) -> CardPayment | None:
        """See the port."""
        return await self._one(_SQL["of_receipt"], {"number": number})

    async def due(self, now: datetime, limit: int) -> tuple[CardPayment, ...]:
        """See the port."""
        return await self._many(_SQL["due"], {"now": now, "limit": limit})

    async def steps(self, payment_id: str) -> tuple[CardStep, ...]:
        """See the port."""
        rows = await self._database.rows(_SQL["steps"], {"payment_id": payment_id})
        return tuple(record_of(CardStep, row) for row in rows)

    async def page(self, limit: int, *, needing: bool = False) -> tuple[CardPayment, ...]:
        """See the port."""
        return await self._many(_SQL["page"], {"limit": limit, "needing": needing})

    async def _one(self, statement: Statement, values: dict[str, object]) -> CardPayment | None:
        row = await self._database.row(statement, values)
        return msgspec.json.decode(row["body"], type=CardPayment) if row else None

    async def _many(self, statement: Statement, values: dict[str, object]) -> tuple[CardPayment, ...]:
        rows = await self._database.rows(statement, values)
        return tuple(msgspec.json.decode(row["body"], type=CardPayment) for row in rows)


class PostgresPlayedPayments:
    """`app.kept.card_records.PlayedPayments`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin(self, payment: PlayedPayment) -> PlayedPayment:
        """See the port."""
        row = await self._database.row(_SQL["begin_played"], _played_values(payment))
        row = row or await self._database.row(_SQL["played_by_key"], {"key": payment.key})
        return msgspec.json.decode(row["body"], type=PlayedPayment) if row else payment

    async def get(self, reference: str) -> PlayedPayment | None:
        """See the port."""
        row = await self._database.row(_SQL["played"], {"reference": reference})
        return msgspec.json.decode(row["body"], type=PlayedPayment) if row else None

    async def modify(self, reference: str, change: Callable[[PlayedPayment], PlayedPayment]) -> PlayedPayment | None:
        """See the port."""
        async with self._database.transaction() as session:
            row = await session.row(_SQL["played_locked"], {"reference": reference})
            if row is None:
                return None
            changed = change(msgspec.json.decode(row["body"], type=PlayedPayment))
            await session.row(_SQL["save_played"], _played_values(changed))
        return changed


def _values(payment: CardPayment) -> dict[str, object]:
    asked = ("id", "version", "receipt", "needs", "next_at", "created_at", "key_hash")
    return {
        **{name: getattr(payment, name) for name in asked},
        "state": str(payment.state),
        "token_uid": fold(payment.token_uid),
        "body": json_of(payment),
    }


def _played_values(payment: PlayedPayment) -> dict[str, object]:
    return {"reference": payment.reference, "key": payment.key, "body": json_of(payment)}
