"""Numbers that registers and banks give: looked at by format and check digit, never asked for anywhere.

Each function gives the number as its register writes it, or raises ValueError, whose text says what was expected.
"""

from collections.abc import Callable
from types import ModuleType

from stdnum import bic as bics
from stdnum import iban as ibans
from stdnum import luhn
from stdnum.ch import vat as swiss_vat
from stdnum.dk import cvr
from stdnum.eu import vat as eu_vat
from stdnum.exceptions import ValidationError
from stdnum.fi import ytunnus
from stdnum.gb import vat as british_vat
from stdnum.no import mva
from stdnum.no import orgnr as norwegian
from stdnum.se import orgnr, personnummer

from ocpilot.billing.vat_rates import EU_RATES

Check = Callable[[str], str]

#: VAT numbers outside the EU. Elsewhere a number is kept as it is given.
_VAT_NUMBERS: dict[str, ModuleType] = {"CH": swiss_vat, "GB": british_vat, "NO": mva}
_ORGANISATION_NUMBERS: dict[str, ModuleType] = {"DK": cvr, "FI": ytunnus, "NO": norwegian}
_GREEK = "EL"


def vat_number(text: str, country: str) -> str:
    """Of a country (ISO 3166-1 alpha-2) where it does not say so itself: `SE556732170701`."""
    plain = "".join(text.split()).upper()
    if country in _VAT_NUMBERS and plain[:2] not in {*EU_RATES, _GREEK}:
        return _valid(plain, _VAT_NUMBERS[country].validate, f"a VAT number of {country} with right check digits")
    if country in EU_RATES or plain[:2] in {*EU_RATES, _GREEK}:
        prefixed = plain if plain[:2].isalpha() else (_GREEK if country == "GR" else country) + plain
        found = _valid(prefixed, eu_vat.validate, "a VAT number of the EU such as SE556703748501")
        return _GREEK + found[2:] if found.startswith("GR") else found
    return text.strip()


def organisation_number(text: str, country: str) -> str:
    """Of the register of a country; a Swedish one may be a person's, who has a business of his own."""
    if country == "SE":
        for numbers in (orgnr, personnummer):
            if numbers.is_valid(text):
                return str(numbers.format(numbers.compact(text)))
        raise ValueError("a Swedish organisation number such as 556703-7485")
    if country in _ORGANISATION_NUMBERS:
        return _valid(text, _ORGANISATION_NUMBERS[country].validate, f"an organisation number of {country}")
    return text.strip()


def iban(text: str) -> str:
    """Without spaces."""
    return _valid(text, ibans.validate, "an IBAN with right check digits")


def bic(text: str) -> str:
    """8 or 11 characters."""
    return _valid(text, bics.validate, "a BIC such as SWEDSESS")


def bankgiro(text: str) -> str:
    """`123-4566` or `1234-5678`."""
    digits = _checked(text, range(7, 9), "a bankgiro number such as 5050-1055")
    return f"{digits[:-4]}-{digits[-4:]}"


def plusgiro(text: str) -> str:
    """`12345-6`."""
    digits = _checked(text, range(2, 9), "a plusgiro number such as 410 54 68-5")
    return f"{digits[:-1]}-{digits[-1]}"


def _checked(text: str, lengths: range, expected: str) -> str:
    digits = "".join(ch for ch in text if ch not in "- ")
    if len(digits) not in lengths or not digits.isascii() or not digits.isdecimal() or not luhn.is_valid(digits):
        raise ValueError(expected)
    return digits


def _valid(text: str, validate: Check, expected: str) -> str:
    try:
        return str(validate(text))
    except ValidationError:
        raise ValueError(expected) from None
