"""Entries of the ledger as CSV: a row per line, for bookkeeping programs that read no SIE and for spreadsheets."""

import csv
import io
from collections.abc import Sequence
from decimal import Decimal

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
    "rate",
    "in_currency_of_books",
)


def entries_csv(series: str, vouchers: Sequence[Voucher], home: str) -> bytes:
    """UTF-8, commas, a point in amounts; the same bytes for the same entries. The last two columns say what entries in
    another currency than the books' (`home`) are worth in it, a debit above zero, where a rate is known."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(HEADER)
    for voucher in vouchers:
        for posting, worth in zip(voucher.postings, _worth(voucher, home), strict=True):
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
                    "" if worth is None else f"{voucher.rate:f}",
                    "" if worth is None else f"{worth:f}",
                )
            )
    return text.getvalue().encode()


def _worth(voucher: Voucher, home: str) -> Sequence[Decimal | None]:
    return voucher.worth(home) or [None] * len(voucher.postings)
