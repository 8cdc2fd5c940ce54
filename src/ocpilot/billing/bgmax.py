"""Bankgirot's BgMax: payments to a bankgiro number (Bankgiro Inbetalningar, technical manual, 3 "Record and file
description for the BgMax file").

Lines of 80 characters, positions counted from 1, ISO 8859-1, amounts in the minor unit. A section is opened by record
05, its payments are 20 and deductions 21, each with what belongs to it (22, 23, 25-29), and it is closed by a deposit,
15. A file that does not add up, to its deposits and to its last record, is refused whole.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal

import msgspec

from ocpilot.base.errors import InvalidObject
from ocpilot.base.money import HALF_UP
from ocpilot.base.problem import Problem
from ocpilot.billing.bank_payment import LARGEST_FILE, BankPayment, Named, PaymentFile, numbered

#: What the format is called.
FORMAT = "bgmax"
_WIDTH = 80
_NOT_DIGITS = re.compile(r"[^0-9]")
#: No others: `splitlines` would take letters of ISO 8859-1 for one.
_LINE_ENDS = re.compile("\r\n|\n|\r")
#: What belongs to a payment.
_PARTS = {"22", "23", "25", "26", "27", "28", "29"}
#: Codes of a reference that is none: field empty.
_NO_REFERENCE = {"0", "1"}


class _Line(msgspec.Struct, frozen=True):
    number: int
    text: str

    @property
    def code(self) -> str:
        return self.text[:2]

    def at(self, first: int, last: int) -> str:
        """Positions from 1, both within."""
        return self.text[first - 1 : last].strip()


class _Paid(msgspec.Struct):
    """A record 20 or 21 with those below it; `place` counts in the section."""

    head: _Line
    place: int
    parts: list[_Line] = msgspec.field(default_factory=list)


class _Section(msgspec.Struct):
    opening: _Line
    paid: list[_Paid] = msgspec.field(default_factory=list)


def is_bgmax(data: bytes) -> bool:
    """Whether a file says that it is one."""
    return data.lstrip(b"\xef\xbb\xbf")[:7].upper() == b"01BGMAX"


def read(data: bytes, what: str = "file") -> PaymentFile:
    """All payments of a file. InvalidObject with every problem, each with its line."""
    reader = _Reader()
    payments = reader.payments(_lines(data, what))
    if reader.problems:
        raise InvalidObject(reader.problems, what)
    return PaymentFile(format=FORMAT, payments=numbered(payments))


def _lines(data: bytes, what: str) -> list[_Line]:
    if len(data) > LARGEST_FILE:
        raise InvalidObject([_problem("$", f"{len(data)} bytes", f"at most {LARGEST_FILE}")], what)
    texts = _LINE_ENDS.split(_decoded(data))
    return [_Line(number, text.rstrip().ljust(_WIDTH)) for number, text in enumerate(texts, start=1) if text.strip()]


def _decoded(data: bytes) -> str:
    """As UTF-8 when it is that: somebody saved it anew. ISO 8859-1 with letters beyond ASCII almost never is."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return data.decode("iso-8859-1")


class _Reader:
    """Goes through the lines once and collects what is wrong."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self._counts = {"20": 0, "21": 0, "22": 0, "15": 0}

    def payments(self, lines: Sequence[_Line]) -> list[BankPayment]:
        """Those of all sections."""
        if not self._is_whole(lines):
            return []
        found: list[BankPayment] = []
        section: _Section | None = None
        for line in lines[1:-1]:
            if line.code == "05":
                self._check_closed(section)
                section = _Section(line)
            elif line.code == "15" and section is not None:
                found += self._deposited(section, line)
                section = None
            elif not self._add(section, line):
                self._wrong(line, 1, 2, "20, 21 or what belongs to them after 05")
        self._check_closed(section)
        self._check_end(lines[-1])
        return found

    def _is_whole(self, lines: Sequence[_Line]) -> bool:
        first, last = (lines[0], lines[-1]) if lines else (_Line(1, ""), _Line(1, ""))
        if first.code != "01" or first.at(3, 22).upper() != "BGMAX":
            self._wrong(first, 1, 22, "01BGMAX")
        elif first.at(23, 24) != "01":
            self._wrong(first, 23, 24, "version 01")
        elif first.at(45, 45) == "T":
            self._wrong(first, 45, 45, "P: this is a test file")
        elif last.code != "70":
            self._wrong(last, 1, 2, "70, the end of the file: it was cut")
        for line in lines:
            if len(line.text) > _WIDTH or "\0" in line.text:
                self.problems.append(_problem(f"line {line.number}", repr(line.text[:90]), f"{_WIDTH} characters"))
        return not self.problems

    def _add(self, section: _Section | None, line: _Line) -> bool:
        """Put a line where it belongs; False when that is nowhere. Codes nobody knows are to be passed over."""
        if line.code in {"20", "21"} and section is not None:
            section.paid.append(_Paid(line, len(section.paid) + 1))
        elif line.code in _PARTS and section is not None and section.paid:
            section.paid[-1].parts.append(line)
        else:
            return line.code not in {*_PARTS, *self._counts, "01", "70"} and line.code.isdigit()
        counted = "22" if line.code == "23" else line.code
        if counted in self._counts:
            self._counts[counted] += 1
        return True

    def _deposited(self, section: _Section, deposit: _Line) -> Iterator[BankPayment]:
        """Payments of a section, all of the day of its deposit."""
        self._counts["15"] += 1
        day = self._day(deposit)
        currency = deposit.at(69, 71) or section.opening.at(23, 25)
        if section.opening.at(23, 25) != currency:
            self._wrong(deposit, 69, 71, f"{section.opening.at(23, 25)}, as in line {section.opening.number}")
        paid_in, whole = self._amount(deposit, 51, 68, currency), Decimal(0)
        for paid in section.paid:
            payment = self._payment(paid, section, deposit, day, currency)
            whole += payment.amount
            yield msgspec.structs.replace(payment, deposit=paid_in)
        if paid_in != whole:
            self._wrong(deposit, 51, 68, f"{whole} {currency}, the sum of its payments")
        if self._count(deposit, 72, 79) != len(section.paid):
            self._wrong(deposit, 72, 79, f"{len(section.paid)}, the number of its payments")

    def _payment(self, paid: _Paid, section: _Section, deposit: _Line, day: date, currency: str) -> BankPayment:
        head, sign = paid.head, -1 if paid.head.code == "21" else 1
        account = section.opening.at(3, 12).lstrip("0") or section.opening.at(13, 22).lstrip("0")
        serial = head.at(58, 69).strip("0")
        place = head.at(58, 69) if serial else f"place {paid.place}"
        named = tuple(self._named(paid, currency))
        return BankPayment(
            bank_id=f"{deposit.at(38, 45)}/{deposit.at(46, 50)}/{place}",
            account=account,
            day=day,
            amount=sign * self._amount(head, 38, 55, currency),
            currency=currency,
            named=named,
            text=" ".join([*([head.at(13, 37)] if _extra(paid) else []), *_texts(paid, "25", 3, 52)]),
            payer=" ".join(_texts(paid, "26", 3, 37) + _texts(paid, "26", 38, 72)),
            payer_account=head.at(3, 12).lstrip("0"),
            payer_number=" ".join(_texts(paid, "29", 3, 14)).lstrip("0"),
            raw="\n".join(line.text.rstrip() for line in (head, *paid.parts)),
            place=f"line {head.number}",
        )

    def _named(self, paid: _Paid, currency: str) -> Iterator[Named]:
        """References of their own (22, 23) stand for that of the payment, which is then all of them as a text."""
        extra = _extra(paid)
        for line in extra:
            amount = self._amount(line, 38, 55, currency) if line.at(38, 55) else Decimal(0)
            if line.at(13, 37):
                yield Named(reference=line.at(13, 37), amount=(-amount if line.code == "23" else amount) or None)
        if not extra and paid.head.at(56, 56) not in _NO_REFERENCE and paid.head.at(13, 37):
            yield Named(reference=paid.head.at(13, 37))

    def _check_closed(self, section: _Section | None) -> None:
        if section is not None:
            self._wrong(section.opening, 1, 2, "a deposit (15) at the end of the section")

    def _check_end(self, end: _Line) -> None:
        for code, first in (("20", 3), ("21", 11), ("22", 19), ("15", 27)):
            if self._count(end, first, first + 7) != self._counts[code]:
                self._wrong(end, first, first + 7, f"{self._counts[code]} records {code}")

    def _day(self, deposit: _Line) -> date:
        try:
            return datetime.strptime(deposit.at(38, 45), "%Y%m%d").date()  # noqa: DTZ007 - a day has no zone
        except ValueError:
            self._wrong(deposit, 38, 45, "a day such as 20261126")
            return date.min

    def _amount(self, line: _Line, first: int, last: int, currency: str) -> Decimal:
        return Decimal(self._count(line, first, last)).scaleb(-HALF_UP.decimals_for(currency))

    def _count(self, line: _Line, first: int, last: int) -> int:
        digits = line.at(first, last)
        if not digits or _NOT_DIGITS.search(digits):
            self._wrong(line, first, last, f"{last - first + 1} digits")
            return 0
        return int(digits)

    def _wrong(self, line: _Line, first: int, last: int, expected: str) -> None:
        where = f"line {line.number}, positions {first}-{last}"
        self.problems.append(_problem(where, repr(line.text[first - 1 : last]), expected))


def _extra(paid: _Paid) -> list[_Line]:
    return [line for line in paid.parts if line.code in {"22", "23"}]


def _texts(paid: _Paid, code: str, first: int, last: int) -> list[str]:
    return [text for line in paid.parts if line.code == code and (text := line.at(first, last))]


def _problem(where: str, found: str, expected: str) -> Problem:
    return Problem(path=where, found=found, expected=expected)
