"""`ocpilot hook`: URLs of back offices that are told what happens."""

import argparse
from collections.abc import Sequence
from typing import Protocol

import msgspec

from ocpilot.app.kept.hook_ports import Hook, HookAnswer, HookEvent
from ocpilot.app.office.hooks import NewHook
from ocpilot.app.shown import hook as hook_shown
from ocpilot.app.shown import hook_event
from ocpilot.cli.options import add_action

_ADD = "ocpilot hook add erp https://erp.example.com/ocpilot --event session.updated --event 'peer.*'"


class HookCommands(Protocol):
    """What the platform does for this command. Each raises NotFound for a name nobody has."""

    async def add(self, name: str, url: str, events: Sequence[str], party: str | None) -> NewHook:
        """A new hook and its secret."""

    async def remove(self, name: str) -> None:
        """Tell it no more."""

    async def resume(self, name: str) -> None:
        """Go on telling it."""

    async def test(self, name: str) -> HookAnswer:
        """Send it an event that says nothing, now."""

    async def replay(self, name: str, event_id: str | None) -> int:
        """Send dead events again, one or all; how many."""

    async def all(self) -> Sequence[Hook]:
        """Every hook, by name."""

    async def events(self, name: str | None) -> Sequence[tuple[HookEvent, str]]:
        """What is on its way or dead with the hook's name, newest first."""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> argparse.ArgumentParser:
    """`ocpilot hook add|list|remove|resume|test|deliveries|replay`."""
    parser = subparsers.add_parser("hook", help="web hooks: URLs that are told what happens")
    actions = parser.add_subparsers(dest="action", required=True)
    add = add_action(actions, "add", "add a web hook; its secret is shown once", _ADD)
    add.add_argument("name", metavar="NAME", help="what we call it")
    add.add_argument("url", metavar="URL", help="where events are POSTed")
    add.add_argument("--event", action="append", default=[], help="session.updated, peer.* ...; may be repeated")
    add.add_argument("--party", metavar="P", help="the only party of ours it is told of, such as SE/LAD")
    add_action(actions, "list", "list all web hooks", "ocpilot hook list --json")
    for name, about in (
        ("remove", "remove a web hook with what was on its way"),
        ("resume", "go on telling one that was switched off"),
        ("test", "send an event that says nothing, and say what was answered"),
    ):
        add_action(actions, name, about, f"ocpilot hook {name} erp").add_argument(
            "name", metavar="NAME", help="of the hook"
        )
    deliveries = add_action(actions, "deliveries", "what is on its way or dead", "ocpilot hook deliveries erp")
    deliveries.add_argument("name", nargs="?", metavar="NAME", help="of one hook")
    replay = add_action(actions, "replay", "send dead events again", "ocpilot hook replay erp")
    replay.add_argument("name", metavar="NAME", help="of the hook")
    replay.add_argument("event", nargs="?", metavar="ID", help="only this event")
    return parser


async def run(args: argparse.Namespace, hooks: HookCommands) -> int:
    """Do `args.action`; 1 when a test was not taken."""
    match args.action:
        case "add":
            _print_new(await hooks.add(args.name, args.url, args.event, args.party), args.json)
        case "remove":
            await hooks.remove(args.name)
            _say({"removed": args.name}, f"{args.name} is told no more", args.json)
        case "resume":
            await hooks.resume(args.name)
            _say({"resumed": args.name}, f"{args.name} is told again", args.json)
        case "test":
            answer = await hooks.test(args.name)
            _say({"http_status": answer.http_status}, f"{args.name} answered HTTP {answer.http_status}", args.json)
            return 0 if answer.taken else 1
        case "replay":
            count = await hooks.replay(args.name, args.event)
            _say({"count": count}, f"{count} sent again", args.json)
        case "list":
            _print_list(await hooks.all(), args.json)
        case _:
            _print_events(await hooks.events(args.name), args.json)
    return 0


def _say(said: dict[str, object], words: str, as_json: bool) -> None:
    print(msgspec.json.encode(said).decode() if as_json else words)


def _print_new(made: NewHook, as_json: bool) -> None:
    if as_json:
        print(msgspec.json.encode({"hook": hook_shown(made.hook), "secret": made.secret}).decode())
        return
    print(f"{made.hook.name} is told from now on. Its events are signed with this secret, which is not shown again:")
    print(f"  {made.secret}")


def _print_list(hooks: Sequence[Hook], as_json: bool) -> None:
    rows = [hook_shown(one) for one in hooks]
    if as_json:
        print(msgspec.json.encode(rows).decode())
        return
    if not rows:
        print("no web hooks yet: `ocpilot hook add NAME URL` makes one")
    for row in rows:
        state = "active" if row.active else f"off: {row.ended_because}"
        taken = f"took one at {row.delivered_at}" if row.delivered_at else "took none yet"
        print(f"{row.name:<20} {state:<10} {taken:<36} {row.url} {', '.join(row.events)}".rstrip())


def _print_events(events: Sequence[tuple[HookEvent, str]], as_json: bool) -> None:
    rows = [hook_event(one, name) for one, name in events]
    if as_json:
        print(msgspec.json.encode(rows).decode())
        return
    if not rows:
        print("nothing is on its way, and nothing is dead")
    for row in rows:
        print(f"{row.state:<8} {row.hook:<16} {row.event:<20} {row.subject:<40} tries {row.attempts} {row.id}")
        if row.last_error:
            print(f"         {row.last_error}")
