"""A report on paper: a title, facts, and tables of texts, the same for a page, a terminal, a CSV file and a PDF."""

import csv
import io

import msgspec

from ocpilot.base.spreadsheet import harmless_row


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """Rows as wide as the header. The first `texts` columns stand to the left, numbers to the right. `empty` is said
    where there is no row."""

    heading: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    texts: int = 1
    empty: str = "–"


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """Texts only, in one language. `facts` are names with what stands behind them."""

    language: str
    title: str
    subject: str
    made: str
    seller: str
    seller_lines: tuple[str, ...]
    facts: tuple[tuple[str, str], ...]
    tables: tuple[Table, ...]
    page: str


def report_csv(report: Report) -> str:
    """Each table under its heading, an empty line between two."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerows(harmless_row(row) for row in [(report.title, report.subject), *report.facts])
    for table in report.tables:
        writer.writerows(harmless_row(row) for row in [(), (table.heading,), table.header, *table.rows])
    return text.getvalue()
