"""JSON text in and out: exact numbers, no duplicate keys, nothing absurd.

Numbers with a fraction or an exponent are `Decimal`, others `int`. The limits keep a hostile body from costing memory
or time out of proportion; no OCPI object comes near them.
"""

import json
import re
from codecs import BOM_UTF8
from collections.abc import Iterable
from decimal import Decimal
from typing import cast

import msgspec

from ocpilot.base.errors import BadJson, TooLarge

#: A JSON object: text keys; values are None, bool, int, Decimal, str, list or Body.
Body = dict[str, object]

#: Bytes of one body.
MAX_BYTES = 16 * 1024 * 1024
#: Objects and lists inside each other.
MAX_DEPTH = 64
#: Digits before or behind the decimal point of a number.
MAX_DIGITS = 40

#: How what gzip packed begins (RFC 1952, 2.3.1).
GZIP = b"\x1f\x8b"
_KEY = re.compile(rb'"\s*:')
#: Every digit as 0, every space as a blank: so the look of a text is found several times as fast as by an expression.
_LOOKS = bytes.maketrans(b"123456789\t\n\r", b"000000000   ")
_LONGER = b"0" * (MAX_DIGITS + 1)


def loads(data: bytes, max_bytes: int = MAX_BYTES) -> object:
    """The JSON value of `data` (UTF-8, a byte order mark before it is passed over). BadJson when it is none or repeats
    a key, TooLarge beyond a limit."""
    if len(data) > max_bytes:
        raise TooLarge(f"body: found {len(data)} bytes, expected at most {max_bytes}")
    try:
        value: object = _DECODER.decode(data)
    except RecursionError:
        raise TooLarge(f"body: found deeper nesting than the {MAX_DEPTH} levels that are allowed") from None
    except (msgspec.DecodeError, UnicodeDecodeError, ValueError) as error:
        if data.startswith(BOM_UTF8):
            return loads(data.removeprefix(BOM_UTF8), max_bytes)
        what = "it is compressed (gzip), expected the text itself" if data.startswith(GZIP) else error
        raise BadJson(f"body is no JSON: {what}") from None
    looks = data.translate(_LOOKS)
    if _LONGER in looks or _may_repeat(looks, _keys(value)):
        _careful(data)
    return value


def _may_repeat(looks: bytes, keys: int) -> bool:
    """Whether an object may hold a key twice, when reading it found so many keys.

    Where no space stands before a colon every key is followed by `":`, so as many of these as keys leave no room for a
    second one of any; text that looks like a key can only add to them.
    """
    if b'\\\\"' in looks:
        return True
    if looks.count(b'":') == keys and b" :" not in looks:
        return False
    return keys != len(_KEY.findall(looks))


def _number(text: str) -> Decimal:
    """An exact number; an exponent or length no amount or meter reading has is refused."""
    if len(text) <= MAX_DIGITS and "e" not in text and "E" not in text:
        return Decimal(text)
    exponent = text.lower().partition("e")[2]
    if len(text) > 2 * MAX_DIGITS or (exponent and abs(int(exponent[:9])) > MAX_DIGITS):
        raise TooLarge(f"body: found the number {_short(text)}, expected at most {MAX_DIGITS} digits")
    number = Decimal(text)
    if number and abs(number.adjusted()) > MAX_DIGITS:
        raise TooLarge(f"body: found the number {_short(text)}, expected at most {MAX_DIGITS} digits")
    return number


def _whole(text: str) -> int:
    if len(text.lstrip("-")) > MAX_DIGITS:
        raise TooLarge(f"body: found the number {_short(text)}, expected at most {MAX_DIGITS} digits")
    return int(text)


def _short(text: str) -> str:
    return text if len(text) <= 20 else f"{text[:17]}..."


def _keys(value: object) -> int:
    """How many keys all objects in `value` have together; TooLarge when they nest too deeply."""
    keys = 0
    level = [value] if type(value) in _NESTS else []
    for _ in range(MAX_DEPTH):
        below: list[object] = []
        for item in level:
            if isinstance(item, dict):
                keys += len(item)
            inside: Iterable[object] = item.values() if isinstance(item, dict) else cast("list[object]", item)
            for inner in inside:
                if type(inner) is dict or type(inner) is list:
                    below.append(inner)
        if not below:
            return keys
        level = below
    raise TooLarge(f"body: found deeper nesting than the {MAX_DEPTH} levels that are allowed")


def _careful(data: bytes) -> None:
    """A second, slower reading where the first may have hidden a repeated key or an absurd number."""
    json.loads(data, object_pairs_hook=_no_repeats, parse_int=_whole, parse_float=_number)


def _no_repeats(pairs: list[tuple[str, object]]) -> Body:
    found = dict(pairs)
    if len(found) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise BadJson(f"body: found the key {_short(twice)!r} more than once in one object, expected each once")
    return found


def dumps(value: object) -> bytes:
    """JSON text; `Decimal`s as plain numbers, never as floats, text or with an exponent."""
    data = _ENCODER.encode(value)
    looks = data.translate(_LOOKS)
    # How `Decimal` writes an exponent: always with a sign.
    if b"0E-" in looks or b"0E+" in looks:
        return _ENCODER.encode(_without_exponents(value))
    return data


def _without_exponents(value: object) -> object:
    if isinstance(value, dict):
        return {key: _without_exponents(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_without_exponents(inner) for inner in value]
    return msgspec.Raw(f"{value:f}".encode()) if isinstance(value, Decimal) else value


_NESTS = (dict, list)
_DECODER = msgspec.json.Decoder(float_hook=_number)
_ENCODER = msgspec.json.Encoder(decimal_format="number")
