"""What a payer may have written: payment references with their check digit, and numbers of invoices in any text."""

import re
from collections.abc import Collection, Iterator

from stdnum import iso11649, luhn

from ocpilot.billing.payment_reference import is_ocr, ocr_in

_DIGITS = re.compile(r"(?<![0-9A-Za-z])[0-9]{4,25}(?![0-9A-Za-z])")
_BLANKS = re.compile(r"[\s\-]")


def plain(reference: str) -> str:
    """A reference without what people put between its characters."""
    return _BLANKS.sub("", reference).upper()


def spellings(reference: str) -> tuple[str, ...]:
    """A plain reference as we may have written it: as it is, or the OCR number in a creditor reference (ISO 11649)."""
    within = ocr_in(reference)
    return (reference, within) if within and within != reference else (reference,)


def has_wrong_check_digit(reference: str) -> bool:
    """Whether a reference of digits (OCR) or one that begins with RF (ISO 11649) fails its own check."""
    if reference.isascii() and reference.isdecimal():
        return not luhn.is_valid(reference)
    return reference.startswith("RF") and not iso11649.is_valid(reference)


def references_in(text: str) -> Iterator[str]:
    """Digits in a text that may be an OCR number: those whose check and length digits are right."""
    for found in _DIGITS.findall(text):
        if is_ocr(found):
            yield found


def numbers_in(text: str, series: Collection[str]) -> Iterator[str]:
    """Invoice numbers in a text, as we write them: `F-000123` of `F-000123`, `f-123`, `F0123`, `f 0123`. Without a dash
    they have four digits or more: `lgh F 12` is where somebody lives."""
    words = "|".join(sorted(map(re.escape, filter(None, series)), key=len, reverse=True))
    if not words:
        return
    number = rf"(?<![0-9A-Za-z])({words})(?:\s?-\s?([0-9]{{1,12}})|\s?([0-9]{{4,12}}))(?![0-9A-Za-z])"
    for found in re.finditer(number, text, re.IGNORECASE):
        yield f"{_written(found.group(1), series)}-{int(found.group(2) or found.group(3)):06d}"


def is_like(name: str, other: str) -> bool:
    """Whether two names may be one person's or company's: all words of the shorter one are in the other."""
    one, two = _words(name), _words(other)
    return bool(one and two) and (one <= two or two <= one)


def _written(found: str, series: Collection[str]) -> str:
    return next(one for one in series if one.lower() == found.lower())


def _words(name: str) -> set[str]:
    return {
        word for word in re.findall(r"\w+", name.casefold()) if word not in {"ab", "aktiebolag", "gmbh", "ltd", "as"}
    }
