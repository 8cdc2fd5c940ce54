"""What a payer names so that his payment is found, and the numbers money is sent to.

An invoice's reference is one number, its OCR as Bankgirot takes it ("OCR-referenskontroll", hard check with variable
length): data, a length digit, a check digit. Abroad the same number travels as an ISO 11649 creditor reference.
"""

from collections.abc import Callable

import msgspec
from stdnum import bic, iban, iso11649, luhn
from stdnum.exceptions import ValidationError
from stdnum.iso7064 import mod_97_10

from ocpilot.base.errors import UserError
from ocpilot.billing.parties import Payee

#: An ISO 11649 reference has room for 21 characters behind `RF` and its two check digits; Bankgirot takes 25.
_MOST_DIGITS = 21
_LONGEST_SERIES = 9
_FIRST_PRINTABLE = 32
_PRINTABLE = range(_FIRST_PRINTABLE, 127)


def ocr_of(number: str) -> str:
    """The OCR of an invoice: that of `F-000123` is `38` `000123` `1` `1` and a check digit.

    Each character of the series is written as two digits (its ASCII code less 32: F is 38), then come the digits of the
    place, how many characters the series has, the length of the whole (last digit of it) and the check digit. So the
    series can be read back from the OCR, and two numbers never have the same one. UserError when it has no room in an
    OCR: a series of more than a few characters, or of others than ASCII.
    """
    series, _, place = number.rpartition("-")
    if not (place.isascii() and place.isdigit()) or not 1 <= len(series) <= _LONGEST_SERIES:
        raise UserError(f"invoice {number!r}: expected a series of 1 to {_LONGEST_SERIES} characters, -, and digits")
    if any(ord(letter) not in _PRINTABLE for letter in series):
        raise UserError(f"invoice series {series!r}: expected letters from A to Z, digits and signs of ASCII only")
    data = "".join(f"{ord(letter) - _FIRST_PRINTABLE:02d}" for letter in series) + place + str(len(series))
    length = len(data) + 2
    if length > _MOST_DIGITS:
        raise UserError(
            f"invoice {number!r}: its OCR has {length} digits, at most {_MOST_DIGITS} fit: shorten the series"
        )
    with_length = data + str(length % 10)
    return with_length + str(luhn.calc_check_digit(with_length))


def is_ocr(text: str) -> bool:
    """Digits with the right check and length digit, without spaces."""
    is_number = text.isascii() and text.isdigit() and 2 < len(text) <= _MOST_DIGITS
    return is_number and int(text[-2]) == len(text) % 10 and luhn.is_valid(text)


def creditor_reference(ocr: str) -> str:
    """The OCR as an ISO 11649 reference: `RF`, two check digits, the OCR."""
    return f"RF{mod_97_10.calc_check_digits(ocr + 'RF')}{ocr}"


def ocr_in(reference: str) -> str | None:
    """The OCR a payer gave, with or without spaces, as it is or as a creditor reference; None when it is neither."""
    plain = reference.replace(" ", "").upper()
    if plain.startswith("RF"):
        plain = plain[4:] if iso11649.is_valid(plain) else ""
    return plain if is_ocr(plain) else None


def grouped(reference: str) -> str:
    """For people: a creditor reference in fours; an OCR as it is, for banks' forms take it so."""
    if not reference.startswith("RF"):
        return reference
    return " ".join(reference[place : place + 4] for place in range(0, len(reference), 4))


def bankgiro(text: str) -> str:
    """As `123-4567` or `1234-5678`. UserError when the check digit is wrong."""
    digits = _digits(text)
    if len(digits) not in (7, 8) or not luhn.is_valid(digits):
        raise UserError(f"bankgiro: found {text!r}, expected 7 or 8 digits, the last of which checks the others")
    return f"{digits[:-4]}-{digits[-4:]}"


def plusgiro(text: str) -> str:
    """As `12 34 56-7`. UserError when the check digit is wrong."""
    digits = _digits(text)
    if not 2 <= len(digits) <= 8 or not luhn.is_valid(digits):
        raise UserError(f"plusgiro: found {text!r}, expected 2 to 8 digits, the last of which checks the others")
    body = digits[:-1]
    odd = len(body) % 2
    pairs = [body[:odd], *(body[place : place + 2] for place in range(odd, len(body), 2))]
    return " ".join(pair for pair in pairs if pair) + f"-{digits[-1]}"


def swish(text: str) -> str:
    """As `123 456 78 90`: a company's number. UserError when it is none."""
    digits = _digits(text)
    if len(digits) != 10 or not digits.startswith("123"):
        raise UserError(f"swish: found {text!r}, expected the 10 digits of a company's number, 123 first")
    return f"{digits[:3]} {digits[3:6]} {digits[6:8]} {digits[8:]}"


def checked(payee: Payee) -> Payee:
    """Where money goes, each number right and as its bank writes it. UserError with all that is wrong."""
    ways: dict[str, Callable[[str], str]] = {
        "bankgiro": bankgiro,
        "plusgiro": plusgiro,
        "iban": _iban,
        "bic": _bic,
        "swish": swish,
    }
    right: dict[str, str] = {}
    wrong: list[str] = []
    for name, written in ways.items():
        text = getattr(payee, name)
        try:
            right[name] = written(text) if text else ""
        except UserError as error:
            wrong.append(str(error))
    if wrong:
        raise UserError("; ".join(wrong))
    return msgspec.convert(right, Payee)


def _iban(text: str) -> str:
    try:
        return iban.validate(text)
    except ValidationError as error:
        raise UserError(f"iban: found {text!r}, which is none: {error}") from error


def _bic(text: str) -> str:
    try:
        return bic.validate(text)
    except ValidationError as error:
        raise UserError(f"bic: found {text!r}, expected 8 or 11 characters such as SWEDSESS") from error


def _digits(text: str) -> str:
    return "".join(letter for letter in text if letter not in " -")
