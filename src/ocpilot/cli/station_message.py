"""`ocpilot station message`: texts on the screen of a station."""

import argparse
import json
import sys
from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from ocpilot.app.kept.station_events import Payload
from ocpilot.app.stations.display_messages import Message, Priority
from ocpilot.base import time
from ocpilot.base.errors import UserError
from ocpilot.cli.log import moment
from ocpilot.cli.station_lines import payload_text

_EXAMPLES = """\
examples:
  ocpilot station message CP-7 "Closed on 24 December" --until 2026-12-25
  ocpilot station message CP-7 "Ur funktion" --language sv --priority always
  ocpilot station message CP-7 --list
  ocpilot station message CP-7 --clear 17641234
"""


class MessageCommands(Protocol):
    """What the platform does for this command; each raises as `ocpilot station call` does."""

    async def show(self, station_id: str, message: Message) -> tuple[int, str]:
        """Its number, and the station's word."""

    async def clear(self, station_id: str, number: int) -> str:
        """The station's word."""

    async def shown(self, station_id: str) -> Sequence[Payload]:
        """What the station has to show, as OCPP writes it."""


def add_parser(actions: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """The command."""
    parser = actions.add_parser(
        "message",
        help="show a text on a station's screen",
        description="Shows a text on the screen of a station of OCPP 2.0.1 or 2.1, lists and takes away what is shown.",
        epilog=_EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("id", metavar="ID", help="its OCPP identity")
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("text", metavar="TEXT", nargs="?", help="the text")
    what.add_argument("--list", action="store_true", help="what the station has to show")
    what.add_argument("--clear", metavar="NUMBER", type=int, help="take one away")
    parser.add_argument("--until", metavar="T", help="for 2h (30m, 7d), or until a date or time (UTC)")
    parser.add_argument("--language", metavar="L", default="en", help="of the text (en)")
    parser.add_argument("--priority", choices=[str(one) for one in Priority], default="normal", help="(normal)")
    parser.add_argument("--config", metavar="FILE", help="settings file (TOML)")
    parser.add_argument("--json", action="store_true", help="print JSON")


async def run(args: argparse.Namespace, stations: MessageCommands) -> int:
    """Do what is asked; 1 when the station does not."""
    if args.list:
        return _print_shown(await stations.shown(args.id), as_json=args.json)
    if args.clear is not None:
        return _print_word(args.clear, await stations.clear(args.id, args.clear), as_json=args.json)
    number, word = await stations.show(args.id, _message(args))
    return _print_word(number, word, as_json=args.json)


def _message(args: argparse.Namespace) -> Message:
    if not args.text.strip():
        raise UserError("the text: found nothing, expected what drivers are to read")
    until = _until(args.until, time.now()) if args.until else None
    return Message(text=args.text, language=args.language, priority=Priority(args.priority), until=until)


def _until(text: str, now: datetime) -> datetime:
    """As `moment`, but `2h` is from now on."""
    found = moment(text, now)
    until = now + (now - found) if text[:-1].isdecimal() else found
    if until <= now:
        raise UserError(f"--until: found {text}, which is over, expected a time to come")
    return until


def _print_shown(messages: Sequence[Payload], *, as_json: bool) -> int:
    for one in messages:
        print(payload_text(one, as_json=as_json))
    if not messages and not as_json:
        print("it shows nothing", file=sys.stderr)
    return 0


def _print_word(number: int, word: str, *, as_json: bool) -> int:
    print(json.dumps({"number": number, "status": word}) if as_json else f"message {number}: {word}")
    return 0 if word == "Accepted" else 1
