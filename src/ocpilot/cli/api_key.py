"""`ocpilot api-key`: keys with which back offices use the JSON API."""

import argparse
from collections.abc import Sequence
from typing import Protocol

import msgspec

from ocpilot.app.kept.api_ports import ApiKey, Scope
from ocpilot.base import time

_ADD = """\
example: ocpilot api-key add erp --scope locations:read --scope locations:write --party SE/LAD --days 365
"""


class ApiKeyCommands(Protocol):
    """What the platform does for this command."""

    async def add(self, name: str, scopes: Sequence[str], party: str | None, days: int | None) -> tuple[ApiKey, str]:
        """A new key and its text."""

    async def revoke(self, name: str) -> ApiKey:
        """End a key; NotFound."""

    async def all(self) -> Sequence[ApiKey]:
        """Every key, by name."""


class ApiKeyRow(msgspec.Struct, kw_only=True):
    """A key as printed; `key` only when it is new."""

    name: str
    scopes: tuple[str, ...]
    party: str | None
    state: str
    created_at: str
    last_used_at: str | None
    expires_at: str | None
    key: str | msgspec.UnsetType = msgspec.UNSET


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> argparse.ArgumentParser:
    """`ocpilot api-key add|list|revoke`."""
    parser = subparsers.add_parser("api-key", help="keys with which back offices use the JSON API")
    actions = parser.add_subparsers(dest="action", required=True)
    add = actions.add_parser("add", help="make a key, which is shown once", epilog=_ADD)
    add.add_argument("name", metavar="NAME", help="what we call it")
    add.add_argument(
        "--scope",
        action="append",
        default=[],
        metavar="SCOPE",
        help=f"what it may do, may be repeated: {', '.join(Scope)}",
    )
    add.add_argument("--party", metavar="P", help="the only party of ours it sees and changes, such as SE/LAD")
    add.add_argument("--days", type=int, metavar="N", help="how long it holds; for ever when absent")
    listing = actions.add_parser("list", help="list all keys", epilog="example: ocpilot api-key list --json")
    revoke = actions.add_parser("revoke", help="end a key for ever", epilog="example: ocpilot api-key revoke erp")
    revoke.add_argument("name", metavar="NAME", help="of the key")
    for action in (add, listing, revoke):
        action.add_argument("--config", metavar="FILE", help="settings file (TOML)")
        action.add_argument("--json", action="store_true", help="print JSON")
    return parser


async def run(args: argparse.Namespace, keys: ApiKeyCommands) -> int:
    """Do `args.action`."""
    match args.action:
        case "add":
            key, text = await keys.add(args.name, args.scope, args.party, args.days)
            _print_new(key, text, args.json)
        case "revoke":
            key = await keys.revoke(args.name)
            print(msgspec.json.encode(_row(key)).decode() if args.json else f"{key.name} opens nothing any more")
        case _:
            _print_list(await keys.all(), args.json)
    return 0


def _print_new(key: ApiKey, text: str, as_json: bool) -> None:
    if as_json:
        print(msgspec.json.encode(msgspec.structs.replace(_row(key), key=text)).decode())
        return
    print(f"The key of {key.name}; it is not shown again:")
    print(f"  {text}")
    print(f"  scopes  {', '.join(key.scopes)}")
    print(f"  party   {key.only or 'all of ours'}")
    print(f"  until   {time.write(key.expires_at) if key.expires_at else 'it is revoked'}")


def _print_list(keys: Sequence[ApiKey], as_json: bool) -> None:
    if as_json:
        print(msgspec.json.encode([_row(key) for key in keys]).decode())
        return
    if not keys:
        print("no API keys yet: `ocpilot api-key add NAME --scope SCOPE` makes one")
    for row in map(_row, keys):
        used = f"used {row.last_used_at}" if row.last_used_at else "never used"
        print(f"{row.name:<20} {row.state:<8} {row.party or 'all':<7} {used:<27} {', '.join(row.scopes)}")


def _row(key: ApiKey) -> ApiKeyRow:
    return ApiKeyRow(
        name=key.name,
        scopes=key.scopes,
        party=str(key.only) if key.only else None,
        state=_state(key),
        created_at=time.write(key.created_at),
        last_used_at=time.write(key.last_used_at) if key.last_used_at else None,
        expires_at=time.write(key.expires_at) if key.expires_at else None,
    )


def _state(key: ApiKey) -> str:
    if key.revoked_at is not None:
        return "revoked"
    return "expired" if key.expires_at is not None and key.expires_at <= time.now() else "holds"
