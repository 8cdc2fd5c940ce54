"""What `ocpilot reconcile` prints."""

import csv
import io
from collections.abc import Iterator, Sequence

import msgspec

from ocpilot.app.books.reconciliation import Reconciled
from ocpilot.app.kept.reconciliation_records import PartnerInvoice, RecordCheck
from ocpilot.base import time
from ocpilot.base.spreadsheet import harmless_row
from ocpilot.billing.four_way import Finding
from ocpilot.cli.tables import aligned

#: CDRs of a record that are named.
_NAMED = 10
_HEADER = ("step", "fault", "about", "partner", "found", "expected", "amount", "currency", "where")


_JSON = msgspec.json.Encoder(decimal_format="number")


def json_text(found: object) -> str:
    """Any record as JSON; moments as OCPI writes them."""
    return msgspec.json.format(_JSON.encode(found), indent=2).decode()


def print_check(checked: Reconciled, as_json: bool) -> None:
    """Summary first, then every finding."""
    if as_json:
        rows = [{name: getattr(one, name) for name in _HEADER} | _said(one) for one in checked.findings]
        print(json_text({"summary": checked.summary, "findings": rows}))
        return
    summary = checked.summary
    since, until = (time.write(one) for one in (summary.since, summary.until))
    print(f"{summary.charges} charges and {summary.invoices} invoices from {since} to {until}")
    for one in summary.totals:
        print(
            f"  {one.currency}: {one.cdrs} CDRs come to {one.total}; billed {one.billed}, invoiced {one.invoiced} "
            f"(excl. VAT); open {one.open} (incl. VAT)"
        )
    if not checked.open:
        print("every charge has its Session, CDR, invoice and payment, each once")
    if not checked.findings:
        return
    print(", ".join(f"{count} {step} {fault}" for step, fault, count in summary.faults))
    print()
    print(
        *aligned([("step", "fault", "about", "found", "expected"), *map(_row, checked.findings)], left=True), sep="\n"
    )


def _said(one: Finding) -> dict[str, str]:
    return {"found": str(one.found), "expected": str(one.expected)}


def _row(one: Finding) -> tuple[str, ...]:
    return one.step, one.fault, one.about, str(one.found), str(one.expected)


def findings_csv(findings: Sequence[Finding]) -> str:
    """A row per finding."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(_HEADER)
    writer.writerows(harmless_row(str(getattr(one, name)) for name in _HEADER) for one in findings)
    return text.getvalue()


def print_records(checks: Sequence[RecordCheck], as_json: bool) -> None:
    """Each record, and the CDRs of it that we do not agree with."""
    if as_json:
        print(json_text(checks))
        return
    if not checks:
        print("no partner has sent a record of an invoice yet")
    for one in checks:
        print(*_record(one), sep="\n")


def _record(check: RecordCheck) -> Iterator[str]:
    sums = "; ".join(f"agreed {one.agreed} of {one.known} {one.currency}" for one in check.sums) or "nothing known"
    yield f"invoice {check.invoice_id} of {check.key.party}: {len(check.cdrs)} CDRs, {sums} (excl. VAT)"
    for one in check.wrong[:_NAMED]:
        yield f"  {one.id}: {one.verdict.replace('_', ' ')}{f' ({one.why})' if one.why else ''}"
    if len(check.wrong) > _NAMED:
        yield f"  and {len(check.wrong) - _NAMED} more (--json has them all)"
    if check.unnamed:
        yield f"  {len(check.unnamed)} CDRs of these months are on no record: {check.unnamed[0].id} ..."


def print_received(invoices: Sequence[PartnerInvoice], as_json: bool) -> None:
    """What was registered."""
    if as_json:
        print(json_text(invoices))
        return
    for one in invoices:
        print(f"invoice {one.number} is in the books: {one.net} + VAT {one.tax} {one.currency}, {one.day}")
