"""A Report as PDF."""

from datetime import datetime

from ocpilot.billing.paper import typeset
from ocpilot.billing.report import Report


def report_pdf(report: Report, made_at: datetime) -> bytes:
    """The same bytes for the same report: A4, in its language, tagged."""
    return typeset("report.typ", report, made_at)
