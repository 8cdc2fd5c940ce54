"""A report on paper has its tables, and shares the look of every other paper."""

import io
from datetime import UTC, datetime

import pypdf

from ocpilot.billing.report import Report, Table
from ocpilot.billing.report_pdf import report_pdf


def test_a_report_shows_its_facts_and_tables() -> None:
    report = Report(
        language="en",
        title="Statement",
        subject="SE*LAD, November 2026",
        made="1 December 2026",
        seller="Resladdning AB",
        seller_lines=("Storgatan 1",),
        facts=(("Balance", "1,204.50 SEK"),),
        tables=(Table(heading="Open", header=("Invoice", "Amount"), rows=(("F-000001", "12.00"),)),),
        page="Page",
    )
    text = pypdf.PdfReader(io.BytesIO(report_pdf(report, datetime(2026, 12, 1, tzinfo=UTC)))).pages[0].extract_text()
    for word in ("Statement", "SE*LAD, November 2026", "Balance", "1,204.50 SEK", "F-000001", "Page 1 / 1"):
        assert word in text
