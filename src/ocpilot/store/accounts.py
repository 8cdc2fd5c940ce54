"""People who sign in."""

import asyncpg
import msgspec

from ocpilot.app.kept.records import Account
from ocpilot.base.errors import Conflict, NotFound
from ocpilot.base.ids import fold
from ocpilot.store.pool import Database
from ocpilot.store.queries import Statement, load
from ocpilot.store.rows import record_of

_SQL = load("accounts")


class PostgresAccounts:
    """`app.ports.Accounts`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, account: Account) -> Account:
        """See the port."""
        return msgspec.structs.replace(account, id=await self._write(_SQL["add"], account))

    async def save(self, account: Account) -> None:
        """See the port; Conflict when the email is taken, NotFound when it was never added."""
        await self._write(_SQL["save"], account)

    async def get(self, account_id: int) -> Account | None:
        """See the port."""
        return await self._one(_SQL["get"], {"id": account_id})

    async def by_email(self, email: str) -> Account | None:
        """See the port."""
        return await self._one(_SQL["by_email"], {"key_email": fold(email)})

    async def by_token(self, token_uid: str) -> Account | None:
        """See the port."""
        return await self._one(_SQL["by_token"], {"key_token": fold(token_uid)})

    async def _one(self, statement: Statement, values: dict[str, object]) -> Account | None:
        row = await self._database.row(statement, values)
        return record_of(Account, row) if row else None

    async def _write(self, statement: Statement, account: Account) -> int:
        values: dict[str, object] = {
            **msgspec.structs.asdict(account),
            "key_email": fold(account.email),
            "key_tokens": [fold(uid) for uid in account.token_uids],
        }
        try:
            row = await self._database.row(statement, values)
        except asyncpg.UniqueViolationError as error:
            raise Conflict(f"account {account.email}: this email already has one") from error
        if row is None:
            raise NotFound(f"account {account.id}: not stored")
        return int(row["id"])
