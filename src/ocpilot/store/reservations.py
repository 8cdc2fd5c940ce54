"""Connectors of ours that are kept free for a Token."""

from collections.abc import Callable
from datetime import datetime

import asyncpg
import msgspec

from ocpilot.app.kept.charge_records import Reservation
from ocpilot.base.ids import fold
from ocpilot.store.pool import Database
from ocpilot.store.queries import Statement, load
from ocpilot.store.rows import party_of, record_of

_SQL = load("reservations")


class _Token(msgspec.Struct):
    uid: str


class PostgresReservations:
    """`app.ports.Reservations`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, reservation: Reservation) -> Reservation:
        """See the port."""
        row = await self._database.row(_SQL["add"], _values(reservation))
        return msgspec.structs.replace(reservation, id=row["id"] if row else 0)

    async def modify(self, number: int, change: Callable[[Reservation], Reservation]) -> Reservation | None:
        """See the port."""
        async with self._database.transaction() as session:
            row = await session.row(_SQL["get_locked"], {"id": number})
            if row is None:
                return None
            changed = change(_reservation(row))
            await session.row(_SQL["save"], _values(changed))
        return changed

    async def get(self, number: int) -> Reservation | None:
        """See the port."""
        return await self._one(_SQL["get"], {"id": number})

    async def named(self, peer_id: int, reservation_id: str) -> tuple[Reservation, ...]:
        """See the port."""
        values: dict[str, object] = {"peer_id": peer_id, "key_reservation": fold(reservation_id)}
        return tuple(_reservation(row) for row in await self._database.rows(_SQL["named"], values))

    async def on(self, station_id: str, evse_id: int) -> Reservation | None:
        """See the port."""
        return await self._one(_SQL["on_connector"], {"station_id": station_id, "evse_id": evse_id})

    async def of_token(self, location_id: str, token_uid: str) -> Reservation | None:
        """See the port."""
        values: dict[str, object] = {"key_location": fold(location_id), "token_uid": fold(token_uid)}
        return await self._one(_SQL["of_token"], values)

    async def of_session(self, session_id: str) -> Reservation | None:
        """See the port."""
        return await self._one(_SQL["of_session"], {"key_session": fold(session_id)})

    async def due(self, now: datetime) -> tuple[Reservation, ...]:
        """See the port."""
        return tuple(_reservation(row) for row in await self._database.rows(_SQL["due"], {"now": now}))

    async def expired(self, since: datetime) -> tuple[Reservation, ...]:
        """See the port."""
        return tuple(_reservation(row) for row in await self._database.rows(_SQL["expired"], {"since": since}))

    async def _one(self, statement: Statement, values: dict[str, object]) -> Reservation | None:
        row = await self._database.row(statement, values)
        return _reservation(row) if row else None


def _values(reservation: Reservation) -> dict[str, object]:
    return {
        **msgspec.structs.asdict(reservation),
        "owner": reservation.owner.key,
        "party": reservation.party.key,
        "key_reservation": fold(reservation.reservation_id),
        "key_location": fold(reservation.location_id),
        "key_session": fold(reservation.session_id),
        "token_uid": fold(msgspec.json.decode(reservation.token, type=_Token).uid),
    }


def _reservation(row: asyncpg.Record) -> Reservation:
    return record_of(Reservation, row, party=party_of(row["party"]), owner=party_of(row["owner"]))
