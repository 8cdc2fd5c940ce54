"""Right objects of every class, made from its type hints; a seed makes the same object again on any machine.

Hypothesis takes minutes for a thousand Locations, this a second. It draws the seed where an object is part of something
it looks for (`seeds`), and then finds the smallest seed instead of the smallest object: objects are small anyway.
"""

import os
import string
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from functools import cache
from random import Random
from typing import get_args, get_origin, get_type_hints

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from ocpilot.base import time
from ocpilot.wire.check import field_plans, marks_of, meta_of, plain_type
from ocpilot.wire.fields import Text, Wire, Words
from ocpilot.wire.jsontext import Body

#: How many times as much is tried as in a build: `OCPILOT_FUZZ=10 pytest tests/interop/test_fuzz.py`.
MORE = int(os.environ.get("OCPILOT_FUZZ", "1"))
#: What hypothesis draws where it needs an object.
seeds = st.integers(0, 2**32)
#: A word no version knows, for OpenEnums.
UNKNOWN_WORD = "SOMETHING_NEW"
#: A field that the standard does not name.
OWN_FIELD = "x_own_field"

_PRINTABLE = string.ascii_letters + string.digits + string.punctuation + " "
_WIDE = _PRINTABLE + "åäöÅÄÖé字🔌"
_BY_PATTERN = {
    "printable": ("t0ken", "!~"),
    "a URL": ("http://127.0.0.1:1/x", "http://127.0.0.1:1/x?y=z"),
    "decimal": ("50.770774", "-0.1234567", "0.12345"),
    "a time": ("13:30", "00:00", "23:59"),
    "a text": ("a", "P 1/2%"),
    "a date": ("2015-12-24", "2024-02-29"),
}
_START = datetime(2015, 6, 29, tzinfo=UTC)
#: How many of the optional fields an object has: none, some, all.
_FULLNESS = (0.0, 0.3, 0.5, 0.7, 1.0)


def fuzz(examples: int) -> settings:
    """Settings of a test that tries so many requests on one platform."""
    return settings(
        max_examples=examples * MORE,
        deadline=None,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
    )


class Generator:
    """Makes right JSON objects; `words` are unknown words that OpenEnums get too."""

    def __init__(self, seed: int, words: Sequence[str] = ()) -> None:
        self.random = Random(seed)
        self._words = tuple(words)
        self._fullness = self.random.choice(_FULLNESS)

    def body(self, cls: type[Wire]) -> Body:
        """A JSON object that is right for `cls`, now and then with a field that the standard does not name."""
        body: Body = {
            name: self._value(hint)
            for name, required, hint in _fields(cls)
            if required or self.random.random() < self._fullness
        }
        if self.random.random() < 0.3:
            body[OWN_FIELD] = {"a": [1, None]}
        return body

    def _value(self, hint: object) -> object:
        plain, marks = plain_type(hint), marks_of(hint)
        if get_origin(plain) is tuple:
            return self._list(get_args(plain)[0], meta_of(marks).min_length or 0)
        known = next((mark for mark in marks if isinstance(mark, Words)), None)
        if known is not None:
            return self.random.choice([*sorted(known.known), *self._words])
        if plain is str:
            return self._text(marks)
        if isinstance(plain, type) and issubclass(plain, Wire):
            return self.body(plain)
        if isinstance(plain, type) and issubclass(plain, StrEnum):
            return self.random.choice([str(word) for word in plain])
        return self._simple(plain)

    def _list(self, item: object, least: int) -> list[object]:
        return [self._value(item) for _ in range(self.random.randint(least, max(least, 2)))]

    def _text(self, marks: Sequence[object]) -> str:
        look = next((mark for mark in marks if isinstance(mark, Text)), Text())
        if look.pattern:
            return self.random.choice(next(t for start, t in _BY_PATTERN.items() if look.shown.startswith(start)))
        longest = meta_of(marks).max_length or 300
        length = longest if self.random.random() < 0.05 else self.random.randint(1, min(5, longest))
        alphabet = _PRINTABLE if look.ascii_only else _WIDE
        return "".join(self.random.choices(alphabet, k=length))

    def _simple(self, plain: object) -> object:
        if plain is bool:
            return self.random.random() < 0.5
        if plain is int:
            return self.random.randint(1, 7)
        if plain is Decimal:
            whole = self.random.randint(-1000, 1000)
            return whole if self.random.random() < 0.5 else Decimal(whole).scaleb(-self.random.randint(1, 4))
        if plain is datetime:
            return time.write(
                _START + timedelta(milliseconds=self.random.choice((1, 1000)) * self.random.randint(0, 10**9))
            )
        raise TypeError(f"{plain!r} is no type of a field")


def bodies(cls: type[Wire], count: int, words: Sequence[str] = ()) -> Iterator[tuple[int, Body]]:
    """`count` objects of `cls`, each with its seed."""
    return ((seed, Generator(seed, words).body(cls)) for seed in range(count))


@cache
def _fields(cls: type[Wire]) -> tuple[tuple[str, bool, object], ...]:
    """Name, whether it is required, and type hint of every field."""
    hints = get_type_hints(cls, include_extras=True)
    return tuple((plan.name, plan.required, hints[plan.name]) for plan in field_plans(cls))
