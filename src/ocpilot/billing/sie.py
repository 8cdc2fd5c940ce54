"""Entries of the ledger as a SIE 4I file, which Swedish bookkeeping programs read (SIE file format, edition 4B).

Type 4I is what a program beside the bookkeeping hands over: vouchers, without opening and closing balances (4E has
these, and only the bookkeeping itself knows them). Bytes are IBM PC 8-bit (code page 437), lines end with CR LF.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal

import msgspec

from ocpilot.billing.chart import NAMES, Posting
from ocpilot.billing.exchange import ExchangeRate, rate_on, worth

_ENCODING = "cp437"
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
#: A field without these needs no quotes.
_PLAIN = re.compile(r'[^\s"{}]+')
_DECIMALS = Decimal("0.01")


class Books(msgspec.Struct, frozen=True, kw_only=True):
    """Whose books, and what is said about the file. `made_on` is the day of the file (`#GEN`); `year` the first and the
    last day of the financial year. `series` of the vouchers in `currency`, those in others are in `series_of`; an empty
    `currency`: closed before each had its own, all are in `series`. `home` and `accounts` make the chart. `rates` are
    what other currencies are worth in `currency`."""

    company: str
    organisation_number: str
    version: str
    made_on: date
    year: tuple[date, date]
    series: str
    home: str
    accounts: dict[str, str]
    currency: str = ""
    series_of: dict[str, str] = {}
    rates: tuple[ExchangeRate, ...] = ()

    def rate_on(self, day: date, currency: str) -> Decimal | None:
        """What a currency was worth in that of the books; None where that is not known, or it is that one."""
        return None if currency == self.currency else rate_on(self.rates, currency, day)

    def series_in(self, currency: str) -> str:
        """That of the vouchers in a currency: each is numbered by itself, so that none has gaps and no number is there
        twice in the bookkeeping they all go into (Swedish law 1999:1078, 5:7)."""
        if self.currency in {"", currency}:
            return self.series
        return self.series_of.get(currency, f"{self.series}{currency}")


class Voucher(msgspec.Struct, frozen=True, kw_only=True):
    """One entry. `number` counts the vouchers of the series in the financial year, from 1. `rate` is what its currency
    was worth in that of the books on its day."""

    number: int
    key: str
    day: date
    text: str
    booked_on: date
    postings: tuple[Posting, ...]
    rate: Decimal | None = None

    def worth(self, home: str) -> tuple[Decimal, ...]:
        """Its postings in the currency of the books; none where no rate is known."""
        return worth([one.amount for one in self.postings], self.rate, home) if self.rate else ()


def sie(books: Books, currency: str, vouchers: Sequence[Voucher], names: Mapping[str, str] = NAMES) -> bytes:
    """The file of vouchers in one currency, which the receiver books in; in that of the books where a rate of each is
    known. The same bytes for the same values.

    ValueError when an amount has more than two decimals, which the format cannot say.
    """
    converted = bool(vouchers) and all(one.rate for one in vouchers)
    lines = [*_head(books, books.currency if converted else currency), *_accounts(vouchers, names)]
    for voucher in vouchers:
        said = f"{voucher.text}, {currency} {voucher.rate}" if converted else voucher.text
        amounts = voucher.worth(books.currency) if converted else [one.amount for one in voucher.postings]
        lines += _voucher(books.series_in(currency), voucher, said, amounts)
    return "".join(f"{line}\r\n" for line in lines).encode(_ENCODING, errors="replace")


def field(text: str) -> str:
    """A text as one field: in quotes where it must be, a quote inside with a backslash, without control characters."""
    clean = _CONTROL.sub(" ", text)
    if _PLAIN.fullmatch(clean):
        return clean
    return '"' + clean.replace("\\", "/").replace('"', '\\"') + '"'


def amount(value: Decimal) -> str:
    """`-1234.50`: a point, no thousands, two decimals. ValueError when it has more."""
    rounded = value.quantize(_DECIMALS)
    if rounded != value:
        raise ValueError(f"found the amount {value}, expected at most two decimals")
    return f"{rounded:f}"


def _head(books: Books, currency: str) -> Iterator[str]:
    yield "#FLAGGA 0"
    yield f"#PROGRAM OCPIlot {field(books.version)}"
    yield "#FORMAT PC8"
    yield f"#GEN {_day(books.made_on)}"
    yield "#SIETYP 4"
    if books.organisation_number:
        yield f"#ORGNR {field(books.organisation_number)}"
    yield f"#FNAMN {field(books.company)}"
    yield f"#RAR 0 {_day(books.year[0])} {_day(books.year[1])}"
    yield "#KPTYP EUBAS97"
    yield f"#VALUTA {currency}"


def _accounts(vouchers: Sequence[Voucher], names: Mapping[str, str]) -> Iterator[str]:
    used = {posting.number: posting.account for voucher in vouchers for posting in voucher.postings}
    for number in sorted(used):
        yield f"#KONTO {field(number)} {field(names.get(number, str(used[number])))}"


def _voucher(series: str, voucher: Voucher, said: str, amounts: Sequence[Decimal]) -> Iterator[str]:
    number = f"{field(series)} {voucher.number}"
    yield f"#VER {number} {_day(voucher.day)} {field(said)} {_day(voucher.booked_on)}"
    yield "{"
    for posting, value in zip(voucher.postings, amounts, strict=True):
        text = field(posting.invoice or "")
        yield f"   #TRANS {field(posting.number)} {{}} {amount(value)} {_day(voucher.day)} {text}"
    yield "}"


def _day(day: date) -> str:
    return f"{day:%Y%m%d}"
