"""`ocpilot validate`: checks OCPI objects in files against the standard. Needs no database and no network."""

import argparse
import sys
import textwrap

import msgspec

from ocpilot.base.errors import UserError
from ocpilot.base.problem import Problem, Severity
from ocpilot.cli.reading import Progress, lines_of
from ocpilot.wire.kinds import ALL_KINDS, KINDS, PARTS, kind_named
from ocpilot.wire.protocol import SUPPORTED, Version
from ocpilot.wire.validation import Checked, check_lines

_EPILOG = """\
A file holds one object, a list, a whole OCPI answer, or one of these per line (JSON Lines, checked as they come, so
they may be of any length; of a list only the text is held). Kind and version are guessed unless given; a PATCH body is
checked as a whole object.

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
    parser.add_argument("--version", choices=[str(version) for version in SUPPORTED], help="the OCPI version")
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
    """Prints every problem as it is found; 1 when there is an error, 2 when a file cannot be read."""
    kind = kind_named(args.object) if args.object else None
    version = Version(args.version) if args.version else None
    report = _JsonReport(strict=args.strict) if args.json else _Report(strict=args.strict)
    unreadable = False
    for name in args.files:
        try:
            for checked in check_lines(lines_of(name), kind, version):
                report.add(name, checked)
        except UserError as error:
            unreadable = True
            report.progress.hide()
            print(f"ocpilot validate: {error}", file=sys.stderr)
    report.end()
    return 2 if unreadable else 1 if report.counts["errors"] else 0


class _Report:
    """What is found, printed line by line; the sums at the end."""

    def __init__(self, *, strict: bool) -> None:
        self._strict = strict
        self.counts = {"objects": 0, "errors": 0, "findings": 0}
        self.progress = Progress()

    def add(self, name: str, checked: Checked) -> None:
        """One more object of a file."""
        self.counts["objects"] += checked.kind != "envelope"
        for problem in checked.problems:
            is_error = self._strict or problem.severity is Severity.ERROR
            self.counts["errors" if is_error else "findings"] += 1
            self.progress.hide()
            self._write(_found(name, checked, problem))
        self.progress.step(f"{name}: {self._summary()}")

    def end(self) -> None:
        """After the last object."""
        self.progress.hide()
        print(self._summary(), file=sys.stderr)

    def _write(self, found: Found) -> None:
        print(_line(found, strict=self._strict))

    def _summary(self) -> str:
        return ", ".join(f"{count} {name}" for name, count in self.counts.items())


class _JsonReport(_Report):
    """The same as one JSON object, which is written as it grows."""

    _written = 0

    def _write(self, found: Found) -> None:
        print(",\n" if self._written else '{"problems":[\n', msgspec.json.encode(found).decode(), sep="", end="")
        self._written += 1

    def end(self) -> None:
        self.progress.hide()
        head = "\n]," if self._written else '{"problems":[],'
        print(head, msgspec.json.encode(self.counts).decode().removeprefix("{"), sep="")


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
