"""The numbered schema files: which are applied, and applying the rest in one transaction under a lock."""

import hashlib
import re
from collections.abc import Sequence
from datetime import datetime
from importlib import resources

import asyncpg
import msgspec

from ocpilot.base.errors import SettingsError
from ocpilot.store.pool import Connection
from ocpilot.store.queries import load

_SQL = load("schema")
_FILE = re.compile(r"(\d{4})_[a-z0-9_]+\.sql")


class Migration(msgspec.Struct, frozen=True, kw_only=True):
    """One schema file; `applied_at` is None while it waits. `checksum` is SHA-256 of the text in hex."""

    number: int
    name: str
    text: str
    checksum: str
    applied_at: datetime | None = None


def files() -> tuple[Migration, ...]:
    """All schema files of this program, in order."""
    folder = resources.files("ocpilot.store").joinpath("schema")
    found = [
        (entry.name, entry.read_text(encoding="utf-8")) for entry in folder.iterdir() if _FILE.fullmatch(entry.name)
    ]
    return tuple(
        Migration(number=int(name[:4]), name=name, text=text, checksum=hashlib.sha256(text.encode()).hexdigest())
        for name, text in sorted(found)
    )


async def status(connection: Connection) -> tuple[Migration, ...]:
    """Every schema file with the time it was applied; SettingsError when an applied one was changed."""
    if not await connection.fetchval(_SQL["recorded"].text):
        return files()
    return compare(files(), await connection.fetch(_SQL["applied"].text))


async def upgrade(connection: Connection, migrations: Sequence[Migration] | None = None) -> tuple[str, ...]:
    """Apply what is waiting, all of it or nothing; the names of the files applied now.

    Processes that start together wait for each other; the second finds nothing to do.
    """
    async with connection.transaction():
        await connection.execute(_SQL["lock"].text)
        await connection.execute(_SQL["create_record"].text)
        applied = await connection.fetch(_SQL["applied"].text)
        waiting = [one for one in compare(migrations or files(), applied) if one.applied_at is None]
        for migration in waiting:
            await connection.execute(migration.text)
            await connection.execute(_SQL["record"].text, migration.number, migration.name, migration.checksum)
        await connection.execute(_SQL["mend_cursors"].text)
        await connection.execute(_SQL["mend_changes"].text)
    return tuple(migration.name for migration in waiting)


def compare(migrations: Sequence[Migration], applied: Sequence[asyncpg.Record]) -> tuple[Migration, ...]:
    """The files with their `applied_at`; SettingsError for a changed file or a schema newer than this program."""
    done = {row["number"]: row for row in applied}
    newer = sorted(set(done) - {migration.number for migration in migrations})
    if newer:
        raise SettingsError(
            f"database: found schema {newer[-1]:04d}, expected at most {migrations[-1].name}; upgrade ocpilot"
        )
    for migration in migrations:
        row = done.get(migration.number)
        if row is not None and row["checksum"] != migration.checksum:
            raise SettingsError(f"database: {migration.name} was changed after it was applied; restore the file")
    return tuple(
        msgspec.structs.replace(one, applied_at=done[one.number]["applied_at"]) if one.number in done else one
        for one in migrations
    )
