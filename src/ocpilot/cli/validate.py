"""`ocpilot validate`: checks OCPI objects in files against the standard. Needs no database and no network."""

import argparse
import contextlib
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path

from ocpilot.base.errors import UserError
from ocpilot.cli.reading import lines_of
from ocpilot.cli.validate_reports import Json, Lines, Summary, Table
from ocpilot.wire.kinds import ALL_KINDS, KINDS, PARTS, Kind, kind_named
from ocpilot.wire.protocol import SUPPORTED, Version
from ocpilot.wire.validation import check_lines

_EPILOG = """\
A file holds one object, a list, a whole OCPI answer, or one of these per line (JSON Lines, checked as they come, so
they may be of any length; of a list only the text is held); it may be packed by gzip. Kind and version are guessed
unless given; a PATCH body is checked as a whole object.

examples:
  ocpilot validate location.json
  ocpilot validate --version 2.2.1 --object cdr cdrs.jsonl
  ocpilot validate --summary open-data.json.gz
  ocpilot validate --csv for-the-operator.csv open-data.json.gz
  curl -s -H "Authorization: Token ..." https://example.com/ocpi/2.2.1/tariffs | ocpilot validate --json -

exit status: 0 all right, 1 something is wrong, 2 wrong usage. Problems marked (accepted) are read all the same, as
their meaning is sure; with --strict they count as errors too.
"""


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> argparse.ArgumentParser:
    """`ocpilot validate`."""
    parser = subparsers.add_parser(
        "validate",
        help="check OCPI objects against the standard",
        description="Checks OCPI objects against the tables of the standard and prints everything that is wrong.",
        epilog=f"{_EPILOG}\n{kinds_listed()}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("files", nargs="+", metavar="FILE", help="a JSON or JSON Lines file; - is standard input")
    parser.add_argument("--version", choices=[str(version) for version in SUPPORTED], help="the OCPI version")
    parser.add_argument(
        "--object", choices=[kind.name for kind in ALL_KINDS], metavar="KIND", help="one of those below"
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="write one JSON object with all problems")
    form.add_argument("--summary", action="store_true", help="write each kind of problem once, with its number")
    form.add_argument(
        "--csv", metavar="FILE", help="write a table for whoever sent the data, a row per problem; - prints"
    )
    parser.add_argument("--strict", action="store_true", help="count what is accepted leniently as an error")
    return parser


def kinds_listed() -> str:
    """The kinds of objects there are, for the help of a command."""
    whole, parts = (
        textwrap.wrap(", ".join(kind.name for kind in kinds), width=90, break_on_hyphens=False)
        for kinds in (KINDS, PARTS)
    )
    return "\n  ".join(["kinds of objects:", *whole]) + "\n" + "\n  ".join(["parts of them, never guessed:", *parts])


def run(args: argparse.Namespace) -> int:
    """Prints every problem as it is found; 1 when there is an error, 2 when a file cannot be read."""
    kind = kind_named(args.object) if args.object else None
    version = Version(args.version) if args.version else None
    with _report(args) as report:
        unreadable = [name for name in args.files if not _reads(name, kind, version, report)]
        report.end()
    return 2 if unreadable else 1 if report.counts["errors"] else 0


def _reads(name: str, kind: Kind | None, version: Version | None, report: Lines) -> bool:
    """Adds every object of a file; whether it could be read."""
    try:
        for checked in check_lines(lines_of(name), kind, version):
            report.add(name, checked)
    except UserError as error:
        report.progress.hide()
        print(f"ocpilot validate: {error}", file=sys.stderr)
        return False
    return True


@contextlib.contextmanager
def _report(args: argparse.Namespace) -> Iterator[Lines]:
    if args.csv is None:
        kind = Json if args.json else Summary if args.summary else Lines
        yield kind(strict=args.strict)
        return
    if args.csv == "-":
        yield Table(strict=args.strict, file=sys.stdout)
        return
    try:
        with Path(args.csv).open("w", encoding="utf-8", newline="") as file:
            yield Table(strict=args.strict, file=file)
    except OSError as error:
        raise UserError(f"--csv {args.csv}: {error.strerror}") from None
