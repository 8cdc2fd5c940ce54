"""The whole database in one file and back, by PostgreSQL's own programs (pg_dump, pg_restore; those of the package)."""

import asyncio
import os
from pathlib import Path
from urllib.parse import unquote, urlsplit

from ocpilot.base.errors import SettingsError, UserError
from ocpilot.store.pool import connect
from ocpilot.store.server import binaries

#: A dump restores for whoever restores it, whatever the owner was called.
_NOBODYS = ("--no-owner", "--no-privileges")
_LAST_WORDS = 500


async def dump(url: str, file: Path) -> None:
    """See `cli.db.DatabaseCommands`. One snapshot: what is written meanwhile is not in it."""
    _require_none(file)
    new = file.with_name(f"{file.name}.part")
    try:
        await _run("pg_dump", url, "--format=custom", *_NOBODYS, "--file", str(new))
        new.replace(file)
    finally:
        new.unlink(missing_ok=True)


async def restore(url: str, file: Path) -> None:
    """See `cli.db.DatabaseCommands`."""
    _require_dump(file)
    connection = await connect(url)
    try:
        tables = await connection.fetchval("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'")
    finally:
        await connection.close()
    if tables:
        raise UserError(f"the database has {tables} tables, expected an empty one; nothing was restored")
    await _run("pg_restore", url, "--single-transaction", "--exit-on-error", *_NOBODYS, str(file))


def _require_none(file: Path) -> None:
    if file.exists():
        raise UserError(f"{file}: found a file, expected none")


def _require_dump(file: Path) -> None:
    if not file.is_file():
        raise UserError(f"{file}: found no file, expected a dump")


async def _run(program: str, url: str, *words: str) -> None:
    parts = urlsplit(url)
    # A password among the words could be read by everybody on the machine.
    place = parts._replace(netloc=parts.netloc.replace(f":{parts.password}@", "@")).geturl()
    process = await asyncio.create_subprocess_exec(
        str(binaries() / program),
        "--dbname",
        place,
        *words,
        env=os.environ | ({"PGPASSWORD": unquote(parts.password)} if parts.password else {}),
        stdin=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await process.communicate()
    if process.returncode:
        raise SettingsError(f"{program}: {said.decode(errors='replace').strip()[-_LAST_WORDS:]}")
