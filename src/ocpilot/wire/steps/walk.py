"""Walks a JSON object by the structure of its 2.3.0 class and applies a step's changes wherever a class differs.

The plan of a class holds only the fields below which anything changes, so what does not differ costs nothing. Bodies
are copied where they change, never changed in place.
"""

from collections.abc import Callable, Mapping
from enum import StrEnum
from functools import cache
from typing import get_args, get_origin, get_type_hints

import msgspec
from msgspec.structs import replace

from ocpilot.wire.check import marks_of, plain_type
from ocpilot.wire.fields import Wire, Words
from ocpilot.wire.jsontext import Body
from ocpilot.wire.steps.context import Context


class Loss(msgspec.Struct, frozen=True):
    """What a conversion could not carry over: where (JSON path) and what, in words."""

    path: str
    lost: str

    def __str__(self) -> str:
        return f"{self.path}: {self.lost}"


class Assumption(Loss, frozen=True):
    """What the new version must say and nobody said: where in the new body, and what was assumed or left out."""


class Notes(list[Loss]):
    """The losses and assumptions so far, with paths relative to the object at hand; and what the caller knows."""

    def __init__(self, context: Context) -> None:
        super().__init__()
        self.context = context


class Converted(msgspec.Struct, frozen=True):
    """A body in its new version, what was lost on the way, and what was assumed as the old version does not say it."""

    body: Body
    losses: tuple[Loss, ...]
    assumptions: tuple[Loss, ...] = ()


#: Changes a copy of an object in place; adds what is lost or assumed, with paths relative to the object.
Change = Callable[[Body, Notes], None]


class WordTable(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of words that the target does not know."""

    known: frozenset[str]
    #: The nearest right word.
    nearest: Mapping[str, str] = {}
    #: For any other word; None leaves the word out.
    otherwise: str | None = None

    def word(self, found: str) -> str | None:
        """The target's word for `found`."""
        return found if found in self.known else self.nearest.get(found, self.otherwise)


class Step(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """All changes between two neighbours in one direction, by 2.3.0 class and by name of the enum.

    `before` is applied to an object before what it holds is converted, `after` afterwards.
    """

    before: Mapping[type[Wire], Change] = {}
    after: Mapping[type[Wire], Change] = {}
    words: Mapping[str, WordTable] = {}


class _Branch(msgspec.Struct, frozen=True):
    """A field below which something changes: `convert` gives the new value, or None to leave it out."""

    name: str
    is_list: bool
    convert: Callable[[object, Notes], object]


def walk(cls: type[Wire], body: Body, step: Step, context: Context) -> Converted:
    """`body` (of the 2.3.0 class `cls`, in the version the step starts from) after the step."""
    notes = Notes(context)
    converted = _converter(cls, step)(body, notes)
    _prefix(notes, 0, "$")
    return Converted(
        converted if isinstance(converted, dict) else body,
        tuple(note for note in notes if not isinstance(note, Assumption)),
        tuple(note for note in notes if isinstance(note, Assumption)),
    )


@cache
def _converter(cls: type[Wire], step: Step) -> Callable[[object, Notes], object]:
    """The conversion of one object of `cls`."""
    before, after = step.before.get(cls), step.after.get(cls)
    branches = _branches(cls, step)

    def convert(value: object, notes: Notes) -> object:
        if not isinstance(value, dict):
            return value
        body = dict(value)
        if before is not None:
            before(body, notes)
        for branch in branches:
            found = body.get(branch.name)
            if found is None:
                continue
            start = len(notes)
            new = _list(found, branch, notes) if branch.is_list else branch.convert(found, notes)
            _prefix(notes, start, f".{branch.name}")
            if new is None:
                del body[branch.name]
            else:
                body[branch.name] = new
        if after is not None:
            after(body, notes)
        return body

    return convert


def _list(found: object, branch: _Branch, notes: Notes) -> object:
    """Every item converted; words left out or met twice disappear."""
    if not isinstance(found, list):
        return found
    new: list[object] = []
    for index, item in enumerate(found):
        start = len(notes)
        converted = branch.convert(item, notes)
        is_word = isinstance(item, str)
        _prefix(notes, start, "" if is_word else f"[{index}]")
        if converted is not None and not (is_word and converted != item and converted in new):
            new.append(converted)
    return new


def _prefix(notes: Notes, start: int, prefix: str) -> None:
    for index in range(start, len(notes)):
        notes[index] = replace(notes[index], path=prefix + notes[index].path)


@cache
def _branches(cls: type[Wire], step: Step) -> tuple[_Branch, ...]:
    """The fields of `cls` below which the step changes anything."""
    hints = get_type_hints(cls, include_extras=True)
    found = (_branch(field.name, hints[field.name], step) for field in msgspec.structs.fields(cls))
    return tuple(branch for branch in found if branch is not None)


def _branch(name: str, hint: object, step: Step) -> _Branch | None:
    inner, is_list = _inner(hint)
    enum = _enum_name(inner)
    if enum in step.words:
        return _Branch(name, is_list, _word_converter(step.words[enum]))
    if isinstance(inner, type) and issubclass(inner, Wire) and _changes(inner, step):
        return _Branch(name, is_list, _converter(inner, step))
    return None


def _enum_name(inner: object) -> str:
    """The name of the enum or OpenEnum a field holds, empty when it holds neither."""
    if isinstance(inner, Words):
        return inner.name
    return inner.__name__ if isinstance(inner, type) and issubclass(inner, StrEnum) else ""


def _changes(cls: type[Wire], step: Step) -> bool:
    return cls in step.before or cls in step.after or bool(_branches(cls, step))


def _word_converter(table: WordTable) -> Callable[[object, Notes], object]:
    def convert(value: object, notes: Notes) -> object:
        if not isinstance(value, str) or value in table.known:
            return value
        word = table.word(value)
        notes.append(Loss("", f"the word {value} " + ("is left out" if word is None else f"becomes {word}")))
        return word

    return convert


def _inner(hint: object) -> tuple[object, bool]:
    """The class, enum or OpenEnum that a field holds, and whether it holds a list of them."""
    plain = plain_type(hint)
    if get_origin(plain) is tuple:
        return _inner(get_args(plain)[0])[0], True
    words = next((mark for mark in marks_of(hint) if isinstance(mark, Words)), None)
    return words or plain, False
