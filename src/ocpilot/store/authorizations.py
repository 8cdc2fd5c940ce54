"""Answers about Tokens, given and received."""

from datetime import datetime

import msgspec

from ocpilot.app.kept.charge_records import Authorization
from ocpilot.base.ids import fold
from ocpilot.store.pool import Database
from ocpilot.store.queries import load
from ocpilot.store.rows import party_of, record_of

_SQL = load("authorizations")


class PostgresAuthorizations:
    """`app.ports.Authorizations`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, authorization: Authorization) -> None:
        """See the port."""
        values: dict[str, object] = {
            **msgspec.structs.asdict(authorization),
            "token_party": authorization.token_party.key,
            "key_token": fold(authorization.token_uid),
        }
        await self._database.row(_SQL["add"], values)

    async def latest(self, token_uid: str, since: datetime) -> Authorization | None:
        """See the port."""
        return await self._one("latest", {"key_token": fold(token_uid), "since": since})

    async def of_command(
        self, token_uid: str, since: datetime, *, evse_uid: str | None, number: int | None
    ) -> Authorization | None:
        """See the port."""
        key_evse = None if evse_uid is None else fold(evse_uid)
        values = {"key_token": fold(token_uid), "since": since, "key_evse": key_evse, "number": number}
        return await self._one("of_command", values)

    async def _one(self, query: str, values: dict[str, object]) -> Authorization | None:
        row = await self._database.row(_SQL[query], values)
        return record_of(Authorization, row, token_party=party_of(row["token_party"])) if row else None
