"""Texts that somebody filled in, by name (a form, a row of a table, words of a command), and all that is wrong with
them."""

from collections.abc import Callable, Collection, Mapping
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import TypeVar

from babel.numbers import list_currencies

from ocpilot.base.errors import InvalidObject
from ocpilot.base.problem import Problem

W = TypeVar("W", bound=StrEnum)

_YES_NO = {"yes": True, "no": False}
_LONGEST = 200


class FilledIn:
    """Reads texts one by one and keeps the problems it meets. `what` they describe; `fields` are those there are."""

    def __init__(self, what: str, texts: Mapping[str, str], fields: Collection[str]) -> None:
        self._what = what
        self._texts = {name: text.strip() for name, text in texts.items()}
        self.problems = [
            Problem(path=name, found="an unknown field", expected=f"one of {', '.join(fields)}")
            for name in texts
            if name not in fields
        ]

    def wrong(self, name: str, expected: str, found: str | None = None) -> None:
        """One more problem, with what was filled in unless something else was `found`."""
        given = self._texts.get(name, "")
        shown = found or (repr(given) if given else "nothing")
        self.problems.append(Problem(path=name, found=shown, expected=expected))

    def require_right(self) -> None:
        """InvalidObject with all problems so far, if there are any."""
        if self.problems:
            raise InvalidObject(self.problems, self._what)

    def text(self, name: str) -> str:
        """What was filled in, empty when nothing was."""
        given = self._texts.get(name, "")
        if len(given) > _LONGEST:
            self.wrong(name, f"at most {_LONGEST} characters", f"{len(given)} characters")
        return given[:_LONGEST]

    def needed(self, name: str, expected: str) -> str:
        """A text that must be there."""
        if not self._texts.get(name):
            self.wrong(name, expected)
        return self.text(name)

    def checked(self, name: str, check: Callable[[str], str]) -> str:
        """As `check` writes it; its ValueError says what was expected. Empty stays empty."""
        given = self.text(name)
        try:
            return check(given) if given else ""
        except ValueError as error:
            self.wrong(name, str(error))
            return given

    def word(self, name: str, words: type[W], usual: W) -> W:
        """One of these words."""
        given = self.text(name).lower()
        if given in set(words):
            return words(given)
        if given:
            self.wrong(name, " or ".join(words))
        return usual

    def yes(self, name: str, *, usual: bool) -> bool:
        """`yes` or `no`."""
        given = self.text(name).lower()
        if given and given not in _YES_NO:
            self.wrong(name, "yes or no")
        return _YES_NO.get(given, usual)

    def number(self, name: str, least: Decimal, most: Decimal, usual: Decimal = Decimal(0)) -> Decimal:
        """A number within limits."""
        given = self.text(name)
        try:
            value = Decimal(given) if given else usual
        except InvalidOperation:
            value = Decimal("NaN")
        if value.is_finite() and least <= value <= most:
            return value
        self.wrong(name, f"a number from {least} to {most}")
        return usual

    def whole(self, name: str, most: int, usual: int) -> int:
        """A whole number from 0 on."""
        given = self.text(name) or str(usual)
        if given.isascii() and given.isdecimal() and len(given) < 10 and int(given) <= most:
            return int(given)
        self.wrong(name, f"a whole number from 0 to {most}")
        return usual

    def currency(self, name: str) -> str:
        """ISO 4217."""
        return self.checked(name, _currency)


def _currency(text: str) -> str:
    if text.upper() not in list_currencies():
        raise ValueError("a currency such as SEK")
    return text.upper()
