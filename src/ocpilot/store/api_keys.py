"""Keys of back offices, and what was answered to their POSTs with an Idempotency-Key."""

from datetime import datetime

import asyncpg
import msgspec

from ocpilot.app.kept.api_ports import ApiKey, KeptAnswer
from ocpilot.base.errors import Conflict
from ocpilot.base.ids import fold
from ocpilot.store.pool import Database
from ocpilot.store.queries import load
from ocpilot.store.rows import record_of

_SQL = load("api_keys")


class PostgresApiKeys:
    """`app.kept.api_ports.ApiKeys`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, key: ApiKey) -> ApiKey:
        """See the port."""
        values = {**msgspec.structs.asdict(key), "key_name": fold(key.name), "scopes": [str(one) for one in key.scopes]}
        try:
            row = await self._database.row(_SQL["add"], values)
        except asyncpg.UniqueViolationError as error:
            raise Conflict(f"an API key is called {key.name!r} already") from error
        return msgspec.structs.replace(key, id=row["id"] if row else 0)

    async def by_hash(self, key_hash: bytes) -> ApiKey | None:
        """See the port."""
        row = await self._database.row(_SQL["by_hash"], {"key_hash": key_hash})
        return record_of(ApiKey, row) if row else None

    async def used(self, key_id: int, at: datetime) -> None:
        """See the port."""
        await self._database.row(_SQL["used"], {"id": key_id, "at": at})

    async def revoke(self, name: str, at: datetime) -> ApiKey | None:
        """See the port."""
        row = await self._database.row(_SQL["revoke"], {"key_name": fold(name), "at": at})
        return record_of(ApiKey, row) if row else None

    async def all(self) -> tuple[ApiKey, ...]:
        """See the port."""
        return tuple(record_of(ApiKey, row) for row in await self._database.rows(_SQL["all"]))


class PostgresApiAnswers:
    """`app.kept.api_ports.ApiAnswers`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def claim(
        self, key_id: int, name: str, request: bytes, now: datetime, *, forgotten: datetime, lost: datetime
    ) -> KeptAnswer | None:
        """See the port."""
        place: dict[str, object] = {"key_id": key_id, "name": name}
        await self._database.row(_SQL["forget"], {"forgotten": forgotten, "lost": lost})
        if await self._database.row(_SQL["claim"], {**place, "request": request, "now": now}):
            return None
        row = await self._database.row(_SQL["kept"], place)
        # Released in between: whoever asks again is the first.
        return record_of(KeptAnswer, row) if row else KeptAnswer(request=request, claimed_at=now)

    async def keep(self, key_id: int, name: str, answer: bytes) -> None:
        """See the port."""
        await self._database.row(_SQL["keep"], {"key_id": key_id, "name": name, "answer": answer})

    async def release(self, key_id: int, name: str) -> None:
        """See the port."""
        await self._database.row(_SQL["release"], {"key_id": key_id, "name": name})
