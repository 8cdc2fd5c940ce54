"""tariff_alt_text: empty, or with prices of its own (mod_tariffs, "Tariff object", note on tariff_alt_text)."""

import re
from collections.abc import Iterator
from decimal import Decimal

from babel.numbers import get_currency_symbol

from ocpilot.pricing.lint.findings import Finding, Rule, Severity, Subject
from ocpilot.wire.v230 import Tariff

_SECTION = "mod_tariffs, Tariff object, tariff_alt_text"

EMPTY = Rule(
    code="text.empty",
    severity=Severity.HINT,
    section=_SECTION,
    meaning="Drivers of that language see an empty line in place of the price.",
    mend="Leave the text out, or write one.",
)
OTHER_PRICE = Rule(
    code="text.other_price",
    severity=Severity.HINT,
    section=_SECTION,
    meaning="The driver reads one price and pays another: no element has this one, with or without tax.",
    mend="Correct the text, or the elements; better leave prices out of the text.",
)
REPEATS_PRICE = Rule(
    code="text.repeats_price",
    severity=Severity.HINT,
    section=_SECTION,
    meaning="The text shall only say what the elements do not: a provider with prices of its own shows two prices.",
    mend="Leave prices out of the text.",
)
RULES = (EMPTY, OTHER_PRICE, REPEATS_PRICE)

_NUMBER = re.compile(r"(?<![\d.,:])\d+(?:[.,]\d+)?(?![\d:])")
_CENT_WORDS = ("cent", "ct", "öre", "øre", "ore")
_HUNDRED = 100


def findings(subject: Subject) -> Iterator[Finding]:
    """All of this file."""
    known = _prices(subject.tariff)
    for place, text in enumerate(subject.tariff.tariff_alt_text):
        path = f"$.tariff_alt_text[{place}].text"
        if not text.text.strip():
            yield EMPTY.at(path, "an empty text")
            continue
        named = list(_named(text.text, subject.tariff.currency))
        others = [number for number in named if not _is_known(number, known)]
        if others:
            yield OTHER_PRICE.at(path, ", ".join(map(str, others)))
        elif named:
            yield REPEATS_PRICE.at(path, ", ".join(map(str, named)))


def _named(text: str, currency: str) -> Iterator[Decimal]:
    """Numbers that stand beside the currency."""
    signs = {currency.lower(), get_currency_symbol(currency, locale="en").lower(), "euro", "kr", "€", *_CENT_WORDS}
    for match in _NUMBER.finditer(text):
        before = text[: match.start()].lower().rstrip()
        after = text[match.end() :].lower().lstrip()
        word = re.match(r"[^\W\d_]+|\S", after)
        beside = word is not None and (word.group() in signs or after.startswith(currency.lower()))
        if beside or any(before.endswith(sign) for sign in signs if len(sign) > 1 or not sign.isalpha()):
            yield Decimal(match.group().replace(",", "."))


def _prices(tariff: Tariff) -> list[Decimal]:
    """Every price as somebody may write it: with and without tax, per minute, in cents; limits too."""
    found: list[Decimal] = []
    for element in tariff.elements:
        for component in element.price_components:
            rate = 1 + (component.vat or Decimal(0)) / _HUNDRED
            found += [component.price, component.price * rate]
            if rate:
                found.append(component.price / rate)
    for limit in (tariff.min_price, tariff.max_price):
        if limit is not None:
            found += [limit.before_taxes, *([limit.after_taxes] if limit.after_taxes is not None else [])]
    if tariff.preauthorize_amount is not None:
        found.append(tariff.preauthorize_amount)
    return found


def _is_known(number: Decimal, known: list[Decimal]) -> bool:
    """To the decimals that the text gives."""
    step = Decimal(1).scaleb(int(number.as_tuple().exponent))
    return any(abs(value - number) <= step / 2 for price in known for value in (price, price / 60, price * _HUNDRED))
