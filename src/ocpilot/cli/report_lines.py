"""A report on a terminal: its facts, then each table under its heading."""

from collections.abc import Iterator

from ocpilot.billing.report import Report, Table


def report_text(report: Report) -> str:
    """The whole report."""
    return "\n".join(_lines(report)) + "\n"


def _lines(report: Report) -> Iterator[str]:
    yield f"{report.title} {report.subject}"
    width = max((len(name) for name, _ in report.facts), default=0)
    for name, said in report.facts:
        yield f"  {name.ljust(width)}  {said}"
    for table in report.tables:
        yield ""
        yield table.heading
        yield from _rows(table)


def _rows(table: Table) -> Iterator[str]:
    if not table.rows:
        yield f"  {table.empty}"
        return
    rows = (table.header, *table.rows)
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for cells in rows:
        shown = (
            cell.ljust(width) if place < table.texts else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(cells, widths, strict=True))
        )
        yield ("  " + "  ".join(shown)).rstrip()
