"""A Report as PDF, typeset by typst; the template only places its texts."""

from datetime import datetime
from importlib import resources

import msgspec
import typst

from ocpilot.billing.report import Report

_TEMPLATE = "report.typ"


def report_pdf(report: Report, made_at: datetime) -> bytes:
    """The same bytes for the same report: A4, in its language, tagged."""
    pdf: bytes = typst.compile(
        (resources.files("ocpilot.billing") / _TEMPLATE).read_bytes(),
        format="pdf",
        sys_inputs={"report": msgspec.json.encode(report).decode()},
        ignore_system_fonts=True,
        timestamp=int(made_at.timestamp()),
    )
    return pdf
