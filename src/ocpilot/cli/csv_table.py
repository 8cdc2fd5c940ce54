"""Tables (CSV) that a command is given: their lines by the names of the columns, whatever spreadsheet wrote them."""

import csv
import io
from collections.abc import Iterator, Sequence

from ocpilot.base.errors import InvalidObject
from ocpilot.base.problem import Problem


def csv_lines(
    data: bytes, needed: Sequence[str], others: Sequence[str] | None = ()
) -> list[tuple[int, dict[str, str]]]:
    """The number and the cells of each line, without spaces around them; empty lines are left out.

    With commas or semicolons. `others` are columns that may be there; None: any. InvalidObject with all that is wrong.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        problem = Problem(path=f"byte {error.start}", found="no UTF-8", expected="text in UTF-8")
        raise InvalidObject([problem], "the table") from error
    head = text.split("\n", 1)[0]
    table = csv.DictReader(io.StringIO(text, newline=""), delimiter=";" if head.count(";") > head.count(",") else ",")
    problems = list(_wrong_columns([name.strip() for name in table.fieldnames or ()], needed, others))
    if problems:
        raise InvalidObject(problems, "the table")
    lines = []
    for line in table:
        if None in line:
            problems.append(_more_cells(table.line_num))
        cells = {name.strip(): (value or "").strip() for name, value in line.items() if isinstance(name, str)}
        if any(cells.values()):
            lines.append((table.line_num, cells))
    if problems:
        raise InvalidObject(problems, "the table")
    return lines


def _more_cells(line: int) -> Problem:
    return Problem(path=f"line {line}", found="more cells than columns", expected="as many as the first line has")


def _wrong_columns(names: Sequence[str], needed: Sequence[str], others: Sequence[str] | None) -> Iterator[Problem]:
    for name in needed:
        if name not in names:
            yield Problem(path="line 1", found="nothing", expected=f"a column {name}")
    known = names if others is None else (*needed, *others)
    for name in names:
        if name not in known:
            yield Problem(path="line 1", found=name or "a column without name", expected=", ".join(known))
