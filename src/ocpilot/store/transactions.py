"""OCPP transactions and their samples: on disk before the station gets its answer."""

import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime
from decimal import Decimal

import asyncpg
import msgspec

from ocpilot.app.kept.charge_records import SampleRow, Transaction, TransactionState
from ocpilot.base.errors import Conflict
from ocpilot.base.ids import fold
from ocpilot.store.pool import Database, Session
from ocpilot.store.queries import Statement, load
from ocpilot.store.rows import party_of, record_of
from ocpilot.store.together import Together

_SQL = load("transactions")


class PostgresTransactions:
    """`app.ports.Transactions`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._together = Together(self._add_all)

    async def start(self, transaction: Transaction) -> tuple[Transaction, bool]:
        """See the port."""
        values = _values(transaction)
        row = await self._database.row(_SQL["start"], values)
        if row is not None:
            return msgspec.structs.replace(transaction, id=row["id"]), True
        earlier = await self._one(_SQL["by_dedupe"], values)
        if earlier is None:
            raise Conflict(f"transaction {transaction.dedupe!r}: was removed while it was started again")
        return earlier, False

    async def get(self, transaction_id: int) -> Transaction | None:
        """See the port."""
        return await self._one(_SQL["get"], {"id": transaction_id})

    async def keyed(self, station_id: str, station_key: str, evse_id: int = 0) -> Transaction | None:
        """See the port."""
        values: dict[str, object] = {"station_id": station_id, "station_key": station_key, "evse_id": evse_id}
        return await self._one(_SQL["keyed"], values)

    async def modify(self, transaction_id: int, change: Callable[[Transaction], Transaction]) -> Transaction | None:
        """See the port."""
        async with self._database.transaction() as session:
            row = await session.row(_SQL["get_locked"], {"id": transaction_id})
            if row is None:
                return None
            changed = change(_transaction(row))
            await session.row(_SQL["save"], _values(changed))
        return changed

    async def by_session(self, session_id: str) -> Transaction | None:
        """See the port."""
        return await self._one(_SQL["by_session"], {"key_session": fold(session_id)})

    async def open_on(self, station_id: str, evse_id: int) -> Transaction | None:
        """See the port."""
        return await self._one(_SQL["open_on"], {"station_id": station_id, "evse_id": evse_id})

    async def open_of(self, station_id: str) -> tuple[Transaction, ...]:
        """See the port."""
        rows = await self._database.rows(_SQL["open_of"], {"station_id": station_id})
        return tuple(_transaction(row) for row in rows)

    async def of_station(
        self, station_id: str, since: datetime, until: datetime, limit: int
    ) -> tuple[Transaction, ...]:
        """See the port."""
        values = {"station_id": station_id, "since": since, "until": until, "limit": limit}
        return tuple(_transaction(row) for row in await self._database.rows(_SQL["of_station"], values))

    async def running(self, cdr_token: str) -> tuple[Transaction, ...]:
        """See the port."""
        rows = await self._database.rows(_SQL["running"], {"cdr_token": cdr_token})
        return tuple(_transaction(row) for row in rows)

    async def in_state(self, state: TransactionState) -> tuple[Transaction, ...]:
        """See the port."""
        rows = await self._database.rows(_SQL["in_state"], {"state": str(state)})
        return tuple(_transaction(row) for row in rows)

    async def add_samples(self, samples: Sequence[SampleRow]) -> None:
        """See the port; what arrives together, of whichever stations, is committed together."""
        if samples:
            await self._together.put(samples[0].transaction_id, samples)

    async def _add_all(self, many: Sequence[Sequence[SampleRow]]) -> list[Exception | None]:
        await _add_samples(self._database, [sample for samples in many for sample in samples])
        return [None] * len(many)

    async def samples(self, transaction_id: int) -> tuple[SampleRow, ...]:
        """See the port."""
        rows = await self._database.rows(_SQL["samples"], {"id": transaction_id})
        return tuple(record_of(SampleRow, row) for row in rows)

    async def stop(
        self,
        transaction_id: int,
        *,
        at: datetime,
        arrived: datetime | None,
        meter_stop_wh: Decimal | None,
        reason: str | None,
        samples: Sequence[SampleRow],
    ) -> Transaction | None:
        """See the port; samples of a repeated stop are kept too, each once."""
        values: dict[str, object] = {
            "id": transaction_id,
            "at": at,
            "arrived": arrived,
            "meter_stop_wh": meter_stop_wh,
            "reason": reason,
        }
        async with self._database.transaction() as session:
            await session.row(_SQL["stop"], values)
            row = await session.row(_SQL["get"], values)
            if row is None:
                return None
            await _add_samples(session, samples)
        return _transaction(row)

    async def to_bill(self, now: datetime) -> tuple[Transaction, ...]:
        """See the port."""
        return tuple(_transaction(row) for row in await self._database.rows(_SQL["to_bill"], {"now": now}))

    async def last_on(self, station_id: str, evse_id: int, before: datetime) -> Transaction | None:
        """See the port."""
        return await self._one(_SQL["last_on"], {"station_id": station_id, "evse_id": evse_id, "before": before})

    async def wait(self, transaction_id: int, until: datetime) -> None:
        """See the port."""
        await self._database.row(_SQL["wait"], {"id": transaction_id, "until": until})

    async def judge_again(self, transaction_id: int, now: datetime) -> None:
        """See the port."""
        await self._database.row(_SQL["judge_again"], {"id": transaction_id, "now": now})

    async def set_freed(self, transaction_id: int, at: datetime | None) -> None:
        """See the port."""
        await self._database.row(_SQL["set_freed"], {"id": transaction_id, "at": at})

    async def silent(self, before: datetime) -> tuple[Transaction, ...]:
        """See the port."""
        rows = await self._database.rows(_SQL["silent"], {"before": before})
        return tuple(_transaction(row) for row in rows)

    async def stops_without_start(self, station_id: str) -> tuple[Transaction, ...]:
        """See the port."""
        rows = await self._database.rows(_SQL["stops_without_start"], {"station_id": station_id})
        return tuple(_transaction(row) for row in rows)

    async def add_preferences(self, transaction_id: int, accepted: str) -> None:
        """See the port."""
        await self._database.row(_SQL["add_preferences"], {"id": transaction_id, "accepted": accepted})

    async def set_state(self, transaction_id: int, state: TransactionState, because: str | None = None) -> None:
        """See the port."""
        await self._database.row(_SQL["set_state"], {"id": transaction_id, "state": str(state), "because": because})

    async def _one(self, statement: Statement, values: dict[str, object]) -> Transaction | None:
        row = await self._database.row(statement, values)
        return _transaction(row) if row else None


async def _add_samples(session: Session, samples: Sequence[SampleRow]) -> None:
    if not samples:
        return
    values: dict[str, object] = {
        "ids": [sample.transaction_id for sample in samples],
        "times": [sample.at for sample in samples],
        "digests": [hashlib.sha256(sample.body.encode()).digest()[:16] for sample in samples],
        "bodies": [sample.body for sample in samples],
        "arrivals": [sample.arrived for sample in samples],
    }
    await session.row(_SQL["add_samples"], values)


def _values(transaction: Transaction) -> dict[str, object]:
    return {
        **msgspec.structs.asdict(transaction),
        "party": transaction.party.key,
        "key_session": fold(transaction.session_id),
    }


def _transaction(row: asyncpg.Record) -> Transaction:
    return record_of(Transaction, row, party=party_of(row["party"]))
