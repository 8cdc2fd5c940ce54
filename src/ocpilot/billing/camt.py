"""ISO 20022 camt.053, the statement of an account (BankToCustomerStatement), of every version from .02 on.

Namespaces are taken off, for they differ by version. Only what is booked counts. An entry is one payment
(or several, when its details are a transaction each and add up to it); where they do not, it is one payment with
all they name: the money is what was booked.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal
from hashlib import sha256
from xml.etree.ElementTree import Element, ParseError, tostring

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from ocpilot.base.errors import InvalidObject
from ocpilot.base.problem import Problem
from ocpilot.billing.bank_payment import LARGEST_FILE, BankPayment, Named, PaymentFile, numbered

_BOOKED = "BOOK"
#: Said by the standard, and no money yet (ExternalEntryStatus1Code).
_NOT_BOOKED = {"PDNG", "INFO", "FUTR"}
_IN, _OUT = "CRDT", "DBIT"
#: What banks write where there is no reference.
_NONE = {"", "NOTPROVIDED", "NOT PROVIDED", "NONREF"}
_DAYS = ("BookgDt/Dt", "BookgDt/DtTm", "ValDt/Dt", "ValDt/DtTm")
_AMOUNT = re.compile(r"[0-9]{1,18}(\.[0-9]{1,5})?")
#: Elements within each other; statements have a dozen.
_DEEPEST = 50
#: Characters of a bank's id; the standard has 35 for each of two.
_LONGEST_ID = 100
#: Characters of a payment's own text that are kept.
_RAW = 20_000
_OPENING, _CLOSING = {"OPBD", "PRCD"}, {"CLBD"}


def is_camt(data: bytes) -> bool:
    """Whether a file looks like XML of any kind."""
    return data.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] == b"<"


def read(data: bytes, what: str = "file") -> PaymentFile:
    """All booked payments of all statements of a file. InvalidObject with every problem, each with its element."""
    root = _root(data, what)
    reader = _Reader()
    body = root.find("BkToCstmrStmt")
    if root.tag != "Document" or body is None:
        found = " ".join(one.tag for one in (root, *root[:1]))
        raise InvalidObject([_problem("Document", found, "BkToCstmrStmt, a statement (camt.053)")], what)
    payments = [
        payment
        for number, statement in enumerate(body.findall("Stmt"), start=1)
        for payment in reader.statement(statement, f"Stmt[{number}]")
    ]
    if reader.problems:
        raise InvalidObject(reader.problems, what)
    return PaymentFile(format="camt.053", payments=numbered(payments))


def _root(data: bytes, what: str) -> Element:
    """XML without a document type: entities and what lies outside of the file are never looked at."""
    if len(data) > LARGEST_FILE:
        raise InvalidObject([_problem("$", f"{len(data)} bytes", f"at most {LARGEST_FILE}")], what)
    try:
        root: Element = fromstring(data, forbid_dtd=True)
    except DefusedXmlException as error:
        raise InvalidObject([_problem("Document", f"{type(error).__name__}", "XML without a DTD")], what) from error
    except (ParseError, ValueError, LookupError) as error:
        raise InvalidObject([_problem("Document", str(error), "whole XML in the encoding it names")], what) from error
    if _is_deep(root):
        raise InvalidObject([_problem("Document", "elements in elements", f"at most {_DEEPEST} deep")], what)
    for one in root.iter():
        one.tag = one.tag.rpartition("}")[2]
    return root


def _is_deep(root: Element) -> bool:
    level = [root]
    for _ in range(_DEEPEST):
        level = [below for one in level for below in one]
    return bool(level)


class _Reader:
    """Goes through statements and collects what is wrong."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def statement(self, statement: Element, path: str) -> list[BankPayment]:
        """Payments of one statement; its balances are what they add up to."""
        account = _text(statement, "Acct/Id/IBAN") or _text(statement, "Acct/Id/Othr/Id")
        if not account:
            self._wrong(f"{path}/Acct/Id", "nothing", "IBAN or Othr/Id")
        found: list[BankPayment] = []
        moved = Decimal(0)
        for number, entry in enumerate(statement.findall("Ntry"), start=1):
            where = f"{path}/Ntry[{number}]"
            if not self._is_booked(entry, where):
                continue
            payments = self._entry(entry, account, where)
            moved += sum((one.amount for one in payments), Decimal(0))
            found += payments
        self._check_balances(statement, path, moved)
        return found

    def _is_booked(self, entry: Element, path: str) -> bool:
        """A status nobody knows may be money: then it is not passed over."""
        status = _text(entry, "Sts/Cd") or _text(entry, "Sts")
        if status not in {_BOOKED, *_NOT_BOOKED}:
            found = status or _text(entry, "Sts/Prtry") or "nothing"
            self._wrong(f"{path}/Sts", found, f"{_BOOKED}, or {', '.join(sorted(_NOT_BOOKED))} of what is no money yet")
        return status == _BOOKED

    def _entry(self, entry: Element, account: str, path: str) -> list[BankPayment]:
        amount, currency = self._amount(entry, path)
        day = self._day(entry, path)
        details = [one for group in entry.findall("NtryDtls") for one in group.findall("TxDtls")]
        shares = [_share(one, amount, currency) for one in details]
        parted = len(details) > 1 and None not in shares and sum(filter(None, shares)) == amount
        parts: list[tuple[list[Element], Decimal | None]] = [(details, amount)]
        if parted:
            parts = [([one], share) for one, share in zip(details, shares, strict=True)]
        return [
            _payment(entry, part, account=account, day=day, amount=share or Decimal(0), currency=currency, path=path)
            for part, share in parts
        ]

    def _check_balances(self, statement: Element, path: str, moved: Decimal) -> None:
        """Only where both stand there once: a page of a longer statement need not have them."""
        opening, closing = self._balances(statement, path, _OPENING), self._balances(statement, path, _CLOSING)
        if len(opening) == len(closing) == 1 and opening[0] + moved != closing[0]:
            self._wrong(f"{path}/Bal", f"{closing[0]} at the end", f"{opening[0] + moved}, as its entries add up to")

    def _balances(self, statement: Element, path: str, kinds: set[str]) -> list[Decimal]:
        return [
            self._amount(one, f"{path}/Bal[{number}]")[0]
            for number, one in enumerate(statement.findall("Bal"), start=1)
            if _text(one, "Tp/CdOrPrtry/Cd") in kinds
        ]

    def _amount(self, element: Element, path: str) -> tuple[Decimal, str]:
        """With its sign and currency."""
        given, side = element.find("Amt"), _text(element, "CdtDbtInd")
        amount = _decimal(given)
        currency = "" if given is None else given.get("Ccy", "")
        if amount is None:
            self._wrong(f"{path}/Amt", repr(_text(element, "Amt")), "an amount such as 12.50")
        if len(currency) != 3:
            self._wrong(f"{path}/Amt/@Ccy", repr(currency), "a currency such as SEK")
        if side not in (_IN, _OUT):
            self._wrong(f"{path}/CdtDbtInd", repr(side), f"{_IN} or {_OUT}")
        return (amount or Decimal(0)) * (-1 if side == _OUT else 1), currency

    def _day(self, entry: Element, path: str) -> date:
        """Booked, else of value."""
        text = next(filter(None, (_text(entry, path) for path in _DAYS)), "")
        try:
            return datetime.fromisoformat(text.removesuffix("Z")).date()
        except ValueError:
            self._wrong(f"{path}/BookgDt", repr(text), "a day such as 2026-11-26")
            return date.min

    def _wrong(self, where: str, found: str, expected: str) -> None:
        self.problems.append(_problem(where, found, expected))


def _payment(
    entry: Element, details: Sequence[Element], *, account: str, day: date, amount: Decimal, currency: str, path: str
) -> BankPayment:
    """An entry, or the one of its transactions that `details` is."""
    other = "Dbtr" if amount > 0 else "Cdtr"
    first = details[0] if details else entry
    named = tuple(name for one in details for name in _named(one))
    raw = "\n".join(tostring(one, encoding="unicode").strip() for one in (details if len(details) == 1 else [entry]))
    return BankPayment(
        bank_id=_bank_id(entry, details, raw),
        account=account,
        day=day,
        amount=amount,
        currency=currency,
        named=named,
        text=" ".join(_free_text(entry, details)),
        payer=_text(first, f"RltdPties/{other}/Pty/Nm") or _text(first, f"RltdPties/{other}/Nm"),
        payer_account=_text(first, f"RltdPties/{other}Acct/Id/IBAN")
        or _text(first, f"RltdPties/{other}Acct/Id/Othr/Id"),
        payer_number=_text(first, f"RltdPties/{other}/Pty/Id/OrgId/Othr/Id")
        or _text(first, f"RltdPties/{other}/Id/OrgId/Othr/Id"),
        is_reversal=_text(entry, "RvslInd").lower() in ("true", "1") or first.find("RtrInf") is not None,
        charges=sum((_charges(one) for one in ([entry] if len(details) != 1 else [entry, *details])), Decimal(0)),
        raw=raw[:_RAW],
        place=path,
    )


def _bank_id(entry: Element, details: Sequence[Element], raw: str) -> str:
    """The bank's reference of the entry, with that of the transaction where the entry has several; made of what it says
    where the bank gives none."""
    of_entry = _text(entry, "AcctSvcrRef")
    of_one = ""
    if len(details) == 1:
        names = ("AcctSvcrRef", "TxId", "UETR", "InstrId", "EndToEndId")
        of_one = next((text for name in names if (text := _text(details[0], f"Refs/{name}")) not in _NONE), "")
    both = "/".join(part for part in (of_entry, of_one) if part not in _NONE)
    if both and len(both) <= _LONGEST_ID:
        return both
    return sha256(" ".join((both or raw).split()).encode()).hexdigest()[:32]


def _share(details: Element, whole: Decimal, currency: str) -> Decimal | None:
    """What of an entry is one transaction's, with its sign; None where it is not said in the account's currency."""
    for path in ("Amt", "AmtDtls/TxAmt/Amt"):
        given = details.find(path)
        amount = _decimal(given)
        if given is not None and amount is not None and given.get("Ccy", currency) == currency:
            side = _text(details, "CdtDbtInd")
            is_out = side == _OUT if side else whole < 0
            return -amount if is_out else amount
    return None


def _named(details: Element) -> Iterator[Named]:
    """References of the payer: structured ones with what of the payment is for each, else that from end to end."""
    found = False
    for structured in details.findall("RmtInf/Strd"):
        given = [_decimal(structured.find(f"RfrdDocAmt/{name}")) for name in ("RmtdAmt", "DuePyblAmt")]
        taken_off = _decimal(structured.find("RfrdDocAmt/CdtNoteAmt"))
        amount = -taken_off if taken_off else next((one for one in given if one), None)
        texts = [
            _text(structured, "CdtrRefInf/Ref"),
            *(_text(one, "Nb") for one in structured.findall("RfrdDocInf")),
        ]
        for text in texts:
            if text not in _NONE:
                found = True
                yield Named(reference=text, amount=amount if len(details.findall("RmtInf/Strd")) > 1 else None)
                break
    end_to_end = _text(details, "Refs/EndToEndId")
    if not found and end_to_end not in _NONE:
        yield Named(reference=end_to_end)


def _free_text(entry: Element, details: Sequence[Element]) -> Iterator[str]:
    for one in details:
        for path in ("RmtInf/Ustrd", "RmtInf/Strd/AddtlRmtInf", "AddtlTxInf"):
            yield from (text for found in one.findall(path) if (text := (found.text or "").strip()))
    if text := _text(entry, "AddtlNtryInf"):
        yield text


def _charges(element: Element) -> Decimal:
    """What the bank kept; a total where it gives one."""
    total = _decimal(element.find("Chrgs/TtlChrgsAndTaxAmt"))
    if total is not None:
        return total
    paths = ("Chrgs/Rcrd/Amt", "Chrgs/Amt")
    return sum((amount for path in paths for one in element.findall(path) if (amount := _decimal(one))), Decimal(0))


# ---- elements by their names -----------------------------------------------------------------------------------------


def _text(element: Element, path: str) -> str:
    return (element.findtext(path) or "").strip()


def _decimal(element: Element | None) -> Decimal | None:
    """None for what is no plain number; a sign stands nowhere."""
    text = "" if element is None else (element.text or "").strip()
    return Decimal(text) if _AMOUNT.fullmatch(text) else None


def _problem(where: str, found: str, expected: str) -> Problem:
    return Problem(path=where, found=found, expected=expected)
