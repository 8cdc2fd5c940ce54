"""`ocpilot db status|upgrade|dump|restore`: the schema of the database, and all of it in one file and back."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    Subparsers = argparse._SubParsersAction[argparse.ArgumentParser]


class DatabaseCommands(Protocol):
    """What the command needs of the database; `store.upkeep.Upkeep` is one."""

    async def status(self) -> Sequence[tuple[str, str | None]]:
        """Every schema file and when it was applied, None while it waits."""

    async def upgrade(self) -> Sequence[str]:
        """Apply what waits; the names of the files applied now."""

    async def dump(self, file: Path) -> None:
        """All of the database into a file that is not there yet; whole or not at all."""

    async def restore(self, file: Path) -> None:
        """All of a dump into a database that is empty; whole or not at all."""


def add_parser(subparsers: "Subparsers") -> None:
    """All of them with `--config FILE`."""
    parser = subparsers.add_parser("db", help="the database: its schema, a backup, and back")
    actions = parser.add_subparsers(dest="action", required=True)
    for name, about in (
        ("status", "list the schema files and when they were applied; exit code 1 when one waits"),
        ("upgrade", "apply the schema files that wait (`ocpilot serve` does it at its start too)"),
    ):
        example = f"example: ocpilot db {name} --config platform.toml"
        action = actions.add_parser(name, help=about, description=about, epilog=example)
        action.add_argument("--config", type=Path, metavar="FILE", help="settings (TOML)")
    for name, about in (
        ("dump", "write the whole database into a file, while the platform runs"),
        ("restore", "read a dump into an empty database"),
    ):
        action = actions.add_parser(name, help=about, description=about, epilog=f"example: ocpilot db {name} all.dump")
        action.add_argument("file", type=Path, metavar="FILE", help="in PostgreSQL's custom format")
        action.add_argument("--config", type=Path, metavar="FILE", help="settings (TOML)")


async def run(args: argparse.Namespace, database: DatabaseCommands) -> int:
    """Do `args.action`; the exit code."""
    match args.action:
        case "dump":
            await database.dump(args.file)
            print(f"{args.file}: {args.file.stat().st_size} bytes")
            return 0
        case "restore":
            await database.restore(args.file)
            print(f"{args.file} is restored")
            return 0
        case "status":
            return await _status(database)
        case _:
            return await _upgrade(database)


async def _status(database: DatabaseCommands) -> int:
    found = await database.status()
    for name, applied_at in found:
        print(f"{name:<40} {'waits' if applied_at is None else 'applied ' + applied_at}")
    return int(any(applied_at is None for _, applied_at in found))


async def _upgrade(database: DatabaseCommands) -> int:
    applied = await database.upgrade()
    for name in applied:
        print(f"applied {name}")
    if not applied:
        print("nothing to do")
    return 0
