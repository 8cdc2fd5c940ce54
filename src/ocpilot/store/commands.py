"""Commands, one row from request to result to Session."""

from collections.abc import Callable, Sequence
from datetime import datetime

import msgspec

from ocpilot.app.kept.charge_records import Command
from ocpilot.base.ids import fold
from ocpilot.store.pool import Database
from ocpilot.store.queries import load
from ocpilot.store.rows import record_of

_SQL = load("commands")


class PostgresCommands:
    """`app.ports.Commands`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, command: Command) -> Command:
        """See the port."""
        row = await self._database.row(_SQL["add"], _values(command))
        return msgspec.structs.replace(command, number=row["number"]) if row else command

    async def numbered(self, number: int) -> Command | None:
        """See the port."""
        row = await self._database.row(_SQL["numbered"], {"number": number})
        return record_of(Command, row) if row else None

    async def modify(self, command_id: str, change: Callable[[Command], Command]) -> Command | None:
        """See the port."""
        async with self._database.transaction() as session:
            row = await session.row(_SQL["get_locked"], {"id": command_id})
            if row is None:
                return None
            changed = change(record_of(Command, row))
            await session.row(_SQL["save"], _values(changed))
        return changed

    async def get(self, command_id: str) -> Command | None:
        """See the port."""
        row = await self._database.row(_SQL["get"], {"id": command_id})
        return record_of(Command, row) if row else None

    async def unsent_results(self) -> tuple[Command, ...]:
        """See the port; oldest first."""
        return tuple(record_of(Command, row) for row in await self._database.rows(_SQL["unsent_results"]))

    async def expired(self, now: datetime) -> tuple[Command, ...]:
        """See the port; a command whose response was a refusal waits for no result and never expires."""
        rows = await self._database.rows(_SQL["expired"], {"now": now})
        return tuple(record_of(Command, row) for row in rows)

    async def awaiting_session(
        self,
        *,
        direction: str,
        token_uid: str,
        location_id: str,
        since: datetime,
        reference: str | None = None,
        evse_uid: str | None = None,
        peer_id: int | None = None,
    ) -> Command | None:
        """See the port; a command that timed out is not refused, its charge may start late."""
        values: dict[str, object] = {
            "direction": str(direction),
            "key_token": fold(token_uid),
            "key_location": fold(location_id),
            "since": since,
            "key_reference": None if reference is None else fold(reference),
            "key_evse": None if evse_uid is None else fold(evse_uid),
            "peer_id": peer_id,
        }
        row = await self._database.row(_SQL["awaiting_session"], values)
        return record_of(Command, row) if row else None

    async def of_token(self, token_uid: str, word: str) -> tuple[Command, ...]:
        """See the port."""
        rows = await self._database.rows(_SQL["of_token"], {"key_token": fold(token_uid), "word": word})
        return tuple(record_of(Command, row) for row in rows)

    async def of_session(self, session_id: str, words: Sequence[str], since: datetime) -> tuple[Command, ...]:
        """See the port."""
        values = {"key_session": fold(session_id), "words": list(words), "since": since}
        return tuple(record_of(Command, row) for row in await self._database.rows(_SQL["of_session"], values))

    async def is_response_url(self, peer_id: int, url: str) -> bool:
        """See the port."""
        row = await self._database.row(_SQL["is_response_url"], {"peer_id": peer_id, "url": url})
        return row is not None and bool(row["found"])

    async def recent(self, limit: int, account_id: int | None = None) -> tuple[Command, ...]:
        """See the port."""
        values = {"limit": limit, "any_account": account_id is None, "account_id": account_id or 0}
        return tuple(record_of(Command, row) for row in await self._database.rows(_SQL["recent"], values))

    async def page(self, limit: int, before: tuple[datetime, str] | None) -> tuple[Command, ...]:
        """See the port."""
        at, command_id = before or (None, "")
        rows = await self._database.rows(_SQL["page"], {"limit": limit, "at": at, "id": command_id})
        return tuple(record_of(Command, row) for row in rows)


def _values(command: Command) -> dict[str, object]:
    return {
        **msgspec.structs.asdict(command),
        "key_token": None if command.token_uid is None else fold(command.token_uid),
        "key_location": None if command.location_id is None else fold(command.location_id),
    }
