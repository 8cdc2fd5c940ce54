"""What `ocpilot validate` makes of what it finds: a line each, JSON, a table for a spreadsheet, or each kind of problem
once."""

import csv
import re
import sys
from typing import TextIO

import msgspec

from ocpilot.base.problem import Problem, Severity, place_of
from ocpilot.base.spreadsheet import harmless_row
from ocpilot.cli.reading import Progress
from ocpilot.wire.protocol import Version
from ocpilot.wire.validation import Checked

#: The object, whatever its place in a list.
_ROOT = re.compile(r"^\$(\.data)?(\[\d+\])?")


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """One problem: as `--json` writes it, and a row of `--csv`. `owner` is the party (`NL/GFX`), `id` the object's."""

    file: str
    line: int | None
    object: str | None
    version: Version | None
    owner: str | None
    id: str | None
    path: str
    found: str
    expected: str
    severity: Severity
    section: str | None

    @property
    def place(self) -> str:
        """The path inside the object, without its place in lists."""
        return place_of(_ROOT.sub("$", self.path))

    @property
    def name(self) -> str:
        """`NL/GFX 743`, as far as the object says it."""
        return " ".join(filter(None, (self.owner, self.id)))

    def said(self, *, strict: bool) -> str:
        """What was found and what was expected, in words."""
        mark = " (accepted)" if self.severity is Severity.FINDING and not strict else ""
        section = f" [{self.section}]" if self.section else ""
        return f"found {self.found}, expected {self.expected}{mark}{section}"


class Lines:
    """A line for each problem as it is found; the sums at the end."""

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
        where = found.file if found.line is None else f"{found.file}:{found.line}"
        named = f" in {found.name}" if found.name else ""
        print(f"{where}: {found.path}: {found.said(strict=self._strict)}{named}")

    def _summary(self) -> str:
        return ", ".join(f"{count} {name}" for name, count in self.counts.items())


class Json(Lines):
    """The same as one JSON object, which is written as it grows."""

    _written = 0

    def _write(self, found: Found) -> None:
        print(",\n" if self._written else '{"problems":[\n', msgspec.json.encode(found).decode(), sep="", end="")
        self._written += 1

    def end(self) -> None:
        """See `Lines`."""
        self.progress.hide()
        head = "\n]," if self._written else '{"problems":[],'
        print(head, msgspec.json.encode(self.counts).decode().removeprefix("{"), sep="")


class Table(Lines):
    """A row for each problem, for whoever sent the data."""

    def __init__(self, *, strict: bool, file: TextIO) -> None:
        super().__init__(strict=strict)
        self._rows = csv.writer(file)
        self._rows.writerow(Found.__struct_fields__)

    def _write(self, found: Found) -> None:
        cells = msgspec.structs.astuple(found)
        self._rows.writerow(harmless_row(["" if cell is None else str(cell) for cell in cells]))


class Summary(Lines):
    """Each kind of problem once, with its number and its first example: errors first, the most frequent first."""

    def __init__(self, *, strict: bool) -> None:
        super().__init__(strict=strict)
        self._kinds: dict[tuple[object, ...], tuple[int, Found]] = {}

    def _write(self, found: Found) -> None:
        kind = (found.object, found.place, found.expected, found.severity)
        count, first = self._kinds.get(kind, (0, found))
        self._kinds[kind] = (count + 1, first)

    def end(self) -> None:
        """See `Lines`."""
        for count, first in sorted(self._kinds.values(), key=_weight):
            line = "" if first.line is None else f":{first.line}"
            print(f"{count:>8}  {first.object or '?'} {first.place}: {first.said(strict=self._strict)}")
            print(f"{'':10}first: {first.file}{line}: {first.path} {first.name}".rstrip())
        super().end()


def _weight(kind: tuple[int, Found]) -> tuple[bool, int]:
    count, first = kind
    return first.severity is Severity.FINDING, -count


def _found(name: str, item: Checked, problem: Problem) -> Found:
    return Found(
        file=name,
        line=item.line,
        object=item.kind,
        version=item.version,
        owner=item.owner,
        id=item.id,
        path=problem.path,
        found=problem.found,
        expected=problem.expected,
        severity=problem.severity,
        section=problem.section,
    )
