"""Entries of the ledger as CSV: a row per line, for bookkeeping programs that read no SIE and for spreadsheets."""

import csv
import io
from collections.abc import Sequence

from ocpilot.base.spreadsheet import harmless
from ocpilot.billing.sie import Voucher

HEADER = (
    "voucher",
    "day",
    "booked_on",
    "key",
    "text",
    "account",
    "number",
    "debit",
    "credit",
    "currency",
    "tax_country",
    "tax_rate",
    "customer",
    "invoice",
)


def entries_csv(series: str, vouchers: Sequence[Voucher]) -> bytes:
    """UTF-8, commas, a point in amounts; the same bytes for the same entries."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(HEADER)
    for voucher in vouchers:
        for posting in voucher.postings:
            tax = posting.tax
            writer.writerow(
                (
                    f"{series}{voucher.number}",
                    voucher.day.isoformat(),
                    voucher.booked_on.isoformat(),
                    voucher.key,
                    harmless(voucher.text),
                    posting.account,
                    posting.number,
                    f"{posting.amount:f}" if posting.amount > 0 else "",
                    f"{-posting.amount:f}" if posting.amount < 0 else "",
                    posting.currency,
                    tax.country if tax else "",
                    f"{tax.rate.normalize():f}" if tax else "",
                    posting.customer_id or "",
                    posting.invoice or "",
                )
            )
    return text.getvalue().encode()
