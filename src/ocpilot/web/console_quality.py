"""The operator console: the data quality of a peer, as a page and as a table to send to it."""

import re

from starlette.responses import Response

from ocpilot.app.invoicing import bill_views
from ocpilot.app.kept.quality_records import QualityReport
from ocpilot.app.partners import quality
from ocpilot.web.console_peers import peer_id
from ocpilot.web.reader import Reader

_NO_NAME = re.compile(r"[^A-Za-z0-9._-]+")


async def page(reader: Reader) -> Response:
    """All that is wrong, by kind."""
    return reader.page("console/quality.html", {"report": await _report(reader)})


async def table(reader: Reader) -> Response:
    """The same as CSV."""
    report = await _report(reader)
    name = _NO_NAME.sub("-", report.peer).strip("-") or "peer"
    headers = {"Content-Disposition": f'attachment; filename="quality-{name}.csv"'}
    return Response(quality.as_csv(report), headers=headers, media_type="text/csv; charset=utf-8")


async def _report(reader: Reader) -> QualityReport:
    return await quality.report(reader.platform, await bill_views.known_peer(reader.platform, peer_id(reader)))
