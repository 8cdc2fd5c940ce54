"""JSON text in and out: exact numbers, no duplicate keys, nothing absurd.

Numbers with a fraction or an exponent are `Decimal`, others `int`. The limits keep a hostile body from costing memory
or time out of proportion; no OCPI object comes near them.
"""

import json
import re
from decimal import Decimal

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

_KEY = re.compile(rb'"\s*:')
_LONG_NUMBER = re.compile(rb"\d{%d}" % (MAX_DIGITS + 1))
#: How `Decimal` writes an exponent: always with a sign.
_EXPONENT = re.compile(rb"\dE[+-]\d")


def loads(data: bytes, max_bytes: int = MAX_BYTES) -> object:
    """The JSON value of `data` (UTF-8). BadJson when it is none or repeats a key, TooLarge beyond a limit."""
    if len(data) > max_bytes:
        raise TooLarge(f"body: found {len(data)} bytes, expected at most {max_bytes}")
    try:
        value: object = _DECODER.decode(data)
    except RecursionError:
        raise TooLarge(f"body: found deeper nesting than the {MAX_DEPTH} levels that are allowed") from None
    except (msgspec.DecodeError, UnicodeDecodeError, ValueError) as error:
        raise BadJson(f"body is no JSON: {error}") from None
    if _keys(value) != len(_KEY.findall(data)) or b'\\\\"' in data or _LONG_NUMBER.search(data):
        _careful(data)
    return value


def _number(text: str) -> Decimal:
    """An exact number; an exponent or length no amount or meter reading has is refused."""
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
                below += [inner for inner in item.values() if type(inner) in _NESTS]
            elif isinstance(item, list):
                below += [inner for inner in item if type(inner) in _NESTS]
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
    return _ENCODER.encode(_without_exponents(value)) if _EXPONENT.search(data) else data


def _without_exponents(value: object) -> object:
    if isinstance(value, dict):
        return {key: _without_exponents(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_without_exponents(inner) for inner in value]
    return msgspec.Raw(f"{value:f}".encode()) if isinstance(value, Decimal) else value


_NESTS = (dict, list)
_DECODER = msgspec.json.Decoder(float_hook=_number)
_ENCODER = msgspec.json.Encoder(decimal_format="number")
