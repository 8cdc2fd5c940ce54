"""`ocpilot validate`: checks OCPI objects in files against the standard. Needs no database and no network."""

import argparse
import sys
import textwrap
from pathlib import Path

import msgspec

from ocpilot.base.errors import UserError
from ocpilot.base.problem import Problem, Severity
from ocpilot.wire.kinds import ALL_KINDS, KINDS, PARTS, kind_named
from ocpilot.wire.protocol import READABLE, Version
from ocpilot.wire.validation import Checked, check_text

_EPILOG = """\
A file holds one object, a list, a whole OCPI answer, or one object per line. Kind and version are guessed unless given.

examples:
  ocpilot validate location.json
  ocpilot validate --version 2.2.1 --object cdr cdrs.jsonl
  curl -s -H "Authorization: Token ..." https://example.com/ocpi/2.2.1/tariffs | ocpilot validate --json -

exit status: 0 all right, 1 something is wrong, 2 wrong usage. Problems marked (accepted) are read all the same, as
their meaning is sure; with --strict they count as errors too.
"""


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """One problem as `--json` writes it."""

    file: str
    line: int | None
    object: str | None
    version: Version | None
    path: str
    found: str
    expected: str
    severity: Severity
    section: str | None


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
    parser.add_argument("--version", choices=[str(version) for version in READABLE], help="the OCPI version")
    parser.add_argument(
        "--object", choices=[kind.name for kind in ALL_KINDS], metavar="KIND", help="one of those below"
    )
    parser.add_argument("--json", action="store_true", help="write one JSON object with all problems")
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
    """Prints every problem; 1 when there is an error, 2 when a file cannot be read."""
    kind = kind_named(args.object) if args.object else None
    version = Version(args.version) if args.version else None
    try:
        checked = {name: check_text(read_file(name), kind, version) for name in args.files}
    except UserError as error:
        print(f"ocpilot validate: {error}", file=sys.stderr)
        return 2
    return _report(checked, as_json=args.json, strict=args.strict)


def _report(checked: dict[str, tuple[Checked, ...]], *, as_json: bool, strict: bool) -> int:
    found = [
        _found(name, item, problem) for name, items in checked.items() for item in items for problem in item.problems
    ]
    errors = sum(strict or problem.severity is Severity.ERROR for problem in found)
    summary = {
        "objects": sum(item.kind != "envelope" for items in checked.values() for item in items),
        "errors": errors,
        "findings": len(found) - errors,
    }
    if as_json:
        print(msgspec.json.encode({**summary, "problems": found}).decode())
    else:
        for problem in found:
            print(_line(problem, strict=strict))
        print(", ".join(f"{count} {name}" for name, count in summary.items()), file=sys.stderr)
    return 1 if errors else 0


def read_file(name: str) -> bytes:
    """The bytes of a file; `-` is standard input. UserError when it cannot be read."""
    if name == "-":
        return sys.stdin.buffer.read()
    try:
        return Path(name).read_bytes()
    except OSError as error:
        raise UserError(f"{name}: {error.strerror}") from None


def _found(name: str, item: Checked, problem: Problem) -> Found:
    return Found(
        file=name,
        line=item.line,
        object=item.kind,
        version=item.version,
        path=problem.path,
        found=problem.found,
        expected=problem.expected,
        severity=problem.severity,
        section=problem.section,
    )


def _line(found: Found, *, strict: bool) -> str:
    where = found.file if found.line is None else f"{found.file}:{found.line}"
    mark = " (accepted)" if found.severity is Severity.FINDING and not strict else ""
    section = f" [{found.section}]" if found.section else ""
    return f"{where}: {found.path}: found {found.found}, expected {found.expected}{mark}{section}"
