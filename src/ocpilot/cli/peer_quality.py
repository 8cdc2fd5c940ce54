"""`ocpilot peer quality` and what `ocpilot peer compare` prints."""

import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from ocpilot.app.kept.comparison_records import Comparison
from ocpilot.app.kept.quality_records import Finding, QualityReport
from ocpilot.app.partners.quality import as_csv
from ocpilot.base import time
from ocpilot.base.errors import UserError


def print_quality(report: QualityReport, as_json: bool, csv_file: str | None) -> None:
    """The report as lines, JSON or CSV."""
    if as_json:
        print(msgspec.json.encode(report).decode())
    elif csv_file is not None:
        _write(csv_file, as_csv(report))
    elif not report.findings:
        print("nothing is wrong with what it sends")
    else:
        for one in report.findings:
            _print_finding(one)


def _write(name: str, text: str) -> None:
    if name == "-":
        sys.stdout.write(text)
        return
    try:
        Path(name).write_text(text, encoding="utf-8", newline="")
    except OSError as error:
        raise UserError(f"--csv {name}: {error.strerror}") from None


def _print_finding(one: Finding) -> None:
    last = f"; last {time.write(one.last_at)}" if one.last_at else ""
    where = f"{one.module} {one.place}".rstrip()
    print(f"{one.count:>8}  {one.lack}: {where}: found {one.found}, expected {one.expected}{last}")
    for example in one.examples:
        print(f"{'':10}{example}")


def print_comparisons(compared: Sequence[Comparison], as_json: bool) -> None:
    """A line per module and way to differ."""
    if as_json:
        print(msgspec.json.encode(compared).decode())
        return
    if not compared:
        print("it offers nothing that can be compared")
    for one in compared:
        mended = f", {one.mended} mended" if one.mended else ""
        print(f"{one.module:<10} {one.listed} listed, {one.same} the same, {one.differing} not{mended}")
        for found in one.found:
            print(f"{found.count:>8}  {found.gap}: {', '.join(found.examples)}")
        if one.error:
            print(f"  stopped: {one.error}")
