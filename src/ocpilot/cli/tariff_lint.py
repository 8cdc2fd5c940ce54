"""`ocpilot tariff lint`: what is odd about tariffs, what it means for a driver, and how to mend it."""

import argparse
import sys
import textwrap
from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal, InvalidOperation

import msgspec

from ocpilot.base import time
from ocpilot.base.errors import UserError
from ocpilot.cli.tariff_files import FoundTariff, tariffs_in
from ocpilot.pricing.lint import Finding, lint, lint_fields
from ocpilot.wire.protocol import SUPPORTED, Version

_EPILOG = """\
A file holds one tariff, a list, a whole OCPI answer, or one of these per line. The European Union's rules for ad hoc
prices are checked when --power says for which Connectors the tariff is, and --ad-hoc (or its type) that it is for them.

examples:
  ocpilot tariff lint tariffs.json
  ocpilot tariff lint --power 150 --ad-hoc tariff.json
  curl -s -H "Authorization: Token ..." https://example.com/ocpi/2.2.1/tariffs | ocpilot tariff lint --json -

exit status: 0 no errors, 1 errors (with --strict: or warnings), 2 wrong usage. Every code: docs/guides/tariffs.md.
"""


class LintedTariff(msgspec.Struct, frozen=True, kw_only=True):
    """One tariff of a file and all that was found. `wrong` says why an object is no tariff."""

    where: str
    id: str | None
    version: Version | None
    wrong: str | None
    findings: tuple[Finding, ...]


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> argparse.ArgumentParser:
    """`ocpilot tariff lint`."""
    parser = subparsers.add_parser(
        "lint",
        help="what is odd about tariffs, and how to mend it",
        description="Looks for what is odd about tariffs: prices nobody pays, times that are free, wrong units.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("files", nargs="+", metavar="FILE", help="a JSON or JSON Lines file; - is standard input")
    parser.add_argument("--version", choices=[str(version) for version in SUPPORTED], help="the OCPI version")
    parser.add_argument("--power", metavar="KW", type=_kilowatts, help="the power of the Connectors it is for")
    parser.add_argument("--ad-hoc", action="store_true", help="it is for payment without a contract")
    parser.add_argument("--json", action="store_true", help="write one JSON object with all findings")
    parser.add_argument("--strict", action="store_true", help="end with 1 for warnings too")
    return parser


def run(args: argparse.Namespace) -> int:
    """Prints all findings; 1 when there is an error, 2 when a file cannot be read."""
    now, unreadable = time.now(), False
    counts = dict.fromkeys(("tariffs", "errors", "warnings", "hints"), 0)
    kept: list[LintedTariff] = []
    for name in args.files:
        try:
            for found in tariffs_in(name, Version(args.version) if args.version else None, now):
                linted = _linted(found, args, now)
                _count(linted, counts)
                if args.json:
                    kept.append(linted)
                else:
                    _print(_report(linted))
        except UserError as error:
            unreadable = True
            print(f"ocpilot tariff lint: {error}", file=sys.stderr)
    if args.json:
        print(msgspec.json.encode({"tariffs": kept, "counts": counts}).decode())
    else:
        print(", ".join(f"{count} {name}" for name, count in counts.items()), file=sys.stderr)
    return 2 if unreadable else 1 if counts["errors"] or (args.strict and counts["warnings"]) else 0


def _kilowatts(text: str) -> Decimal:
    try:
        power = Decimal(text)
    except InvalidOperation:
        raise argparse.ArgumentTypeError(f"{text!r} is no number of kW") from None
    if not power.is_finite() or power <= 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no power")
    return power


def _linted(found: FoundTariff, args: argparse.Namespace, now: datetime) -> LintedTariff:
    if found.tariff is None:
        return LintedTariff(
            where=found.where,
            id=None,
            version=found.version,
            wrong=found.wrong,
            findings=lint_fields(found.body, found.version) if found.body is not None else (),
        )
    findings = lint(
        found.tariff,
        body=found.body,
        version=found.version,
        power_kw=args.power,
        ad_hoc=True if args.ad_hoc else None,
        now=now,
    )
    return LintedTariff(where=found.where, id=found.tariff.id, version=found.version, wrong=None, findings=findings)


def _count(linted: LintedTariff, counts: dict[str, int]) -> None:
    """One more object; one that is no tariff is an error."""
    counts["tariffs" if linted.wrong is None else "errors"] += 1
    for finding in linted.findings:
        counts[f"{finding.severity}s"] += 1


def _report(linted: LintedTariff) -> Iterator[str]:
    if not linted.findings and linted.wrong is None:
        return
    version = f", OCPI {linted.version}" if linted.version else ""
    yield f"{linted.where}: tariff {linted.id}{version}" if linted.id else f"{linted.where}: no tariff{version}"
    if linted.wrong is not None:
        yield from _wrapped(f"error    {linted.wrong}", "  ")
    for finding in linted.findings:
        yield f"  {finding.severity:<8} {finding.code}  {finding.path}: {finding.found}"
        yield from _wrapped(finding.meaning, " " * 11)
        yield from _wrapped(f"{finding.mend} [{finding.section}]", " " * 11)
    yield ""


def _wrapped(text: str, indent: str) -> list[str]:
    return textwrap.wrap(text, width=100, initial_indent=indent, subsequent_indent=indent, break_on_hyphens=False)


def _print(lines: Iterable[str]) -> None:
    for line in lines:
        print(line)
