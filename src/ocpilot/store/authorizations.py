"""Answers about Tokens, given and received."""

from datetime import datetime

import msgspec

from ocpilot.app.charge_records import Authorization
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
        row = await self._database.row(_SQL["latest"], {"key_token": fold(token_uid), "since": since})
        return record_of(Authorization, row, token_party=party_of(row["token_party"])) if row else None
