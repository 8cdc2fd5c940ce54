"""The operator console: every charge from Session to payment, partners' records and statements."""

from starlette.responses import Response

from ocpilot.app import book_days, months
from ocpilot.app.books import reconciliation, statements
from ocpilot.app.kept.peer_records import Peer
from ocpilot.app.months import Month
from ocpilot.base.errors import UserError
from ocpilot.base.ids import shown_party
from ocpilot.billing.report import report_csv
from ocpilot.billing.report_pdf import report_pdf
from ocpilot.web.reader import Reader

#: Findings, and records of partners, that a page shows.
_SHOWN = 200
_RECORDS = 20


async def page(reader: Reader) -> Response:
    """The four-way check of a month, with all partners or one."""
    asked, problem = _month(reader)
    partner = reader.request.query_params.get("partner", "").strip()
    found = await reconciliation.check(reader.platform, asked, partner or None)
    context = {
        "month": asked,
        "partner": partner,
        "partners": _partners(await reader.platform.store.peers.all()),
        "found": found,
        "findings": found.open[:_SHOWN],
        "settled": found.settled[:_SHOWN],
        "left_out": max(0, len(found.open) - _SHOWN),
        "records": await reader.platform.store.record_checks.newest(_RECORDS),
        "problem": problem,
    }
    return reader.page("console/reconciliation.html", context, status=400 if problem else 200)


async def statement(reader: Reader) -> Response:
    """A partner's month."""
    asked, problem = _month(reader)
    party = str(reader.request.path_params["partner"])
    found = await statements.statement(reader.platform, shown_party(party), asked)
    paper = statements.statement_paper(reader.platform, found, reader.tongue.language)
    context = {"month": asked, "party": party, "paper": paper, "problem": problem}
    return reader.page("console/statement.html", context, status=400 if problem else 200)


async def statement_file(reader: Reader) -> Response:
    """The same as PDF or CSV."""
    asked, _ = _month(reader)
    party, form = (str(reader.request.path_params[name]) for name in ("partner", "form"))
    found = await statements.statement(reader.platform, shown_party(party), asked)
    paper = statements.statement_paper(reader.platform, found, reader.tongue.language)
    headers = {"Content-Disposition": f'attachment; filename="statement-{party}-{asked}.{form}"'}
    if form == "pdf":
        return Response(report_pdf(paper, found.made_at), headers=headers, media_type="application/pdf")
    return Response(report_csv(paper), headers=headers, media_type="text/csv; charset=utf-8")


def _month(reader: Reader) -> tuple[Month, str | None]:
    """The month that is asked for, else the last one that is over; and what is wrong with what was asked."""
    usual = months.month_of(book_days.today(reader.platform)).before
    text = reader.request.query_params.get("month", "").strip()
    try:
        return (months.parse(text) if text else usual), None
    except UserError as error:
        return usual, str(error)


def _partners(peers: tuple[Peer, ...]) -> list[tuple[str, str]]:
    """Each party of a peer (`SERES`), with what to call it."""
    return [(party, f"{peer.name} ({shown_party(party)})") for peer in peers for party in sorted(peer.parties)]
