"""Checks a JSON object against a class: finds ALL problems with their paths, mends what has only one meaning.

`msgspec` stops at the first problem and drops unknown fields; this walks the object by a plan made once per class from
its type hints. Nothing is copied unless something in it is mended, and unknown fields stay.
"""

import re
import types
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import Annotated, Union, get_args, get_origin, get_type_hints

import msgspec
from msgspec.structs import replace

from ocpilot.base.problem import Problem, Severity, has_errors
from ocpilot.wire import leaves
from ocpilot.wire.fields import Implied, InItsVersion, Text, Wire, Words
from ocpilot.wire.jsontext import Body
from ocpilot.wire.leaves import Check

#: A list is not checked further once an object is refused with so many problems: a hostile body must not fill memory.
MAX_PROBLEMS = 1000

#: What was found of a field that is not there.
ABSENT = "nothing"
_SECTION = re.compile(r'\((mod_\w+|types|credentials|version_information_endpoint)(?:, "([^"]+)")?\)')


class FieldPlan(msgspec.Struct, frozen=True):
    """How one field of a class is checked."""

    name: str
    required: bool
    #: A list of cardinality `*` or `+`.
    is_list: bool
    check: Check
    section: str
    implied: Implied | None


class Mended(msgspec.Struct, frozen=True):
    """An object with its leniencies mended, and everything that was wrong with it."""

    body: Body
    problems: tuple[Problem, ...]


def mend(cls: type[Wire], body: object) -> Mended:
    """`body` checked against `cls` itself (a class of any version); paths start with `$`. Never raises."""
    problems: list[Problem] = []
    mended = object_check(cls)(body, problems)
    _prefix(problems, 0, "$")
    return Mended(mended if isinstance(mended, dict) else {}, tuple(problems))


@cache
def field_plans(cls: type[Wire]) -> tuple[FieldPlan, ...]:
    """The plan of each field of `cls`, in the order of the standard's table."""
    hints = get_type_hints(cls, include_extras=True)
    section = _section(cls)
    return tuple(
        FieldPlan(
            name=field.name,
            required=field.required,
            is_list=get_origin(plain_type(hints[field.name])) is tuple,
            check=_check_for(hints[field.name]),
            section=section,
            implied=next((mark for mark in marks_of(hints[field.name]) if isinstance(mark, Implied)), None),
        )
        for field in msgspec.structs.fields(cls)
    )


def _section(cls: type[Wire]) -> str:
    match = _SECTION.search(cls.__doc__ or "")
    return f"{match[1]}, {match[2] or cls.__name__}" if match else cls.__name__


@cache
def object_check(cls: type[Wire]) -> Check:
    """The check of a whole object of `cls`."""
    # What every field of every object is asked for, ready at hand.
    fields = tuple((plan.name, plan.check, plan.required, plan) for plan in field_plans(cls))

    def check(found_here: object, problems: list[Problem]) -> object:
        value = _alone(found_here, cls, problems)
        if not isinstance(value, dict):
            problems.append(leaves.error(value, f"an object ({cls.__name__})"))
            return value
        mended: Body = value
        before = len(problems)
        for name, check_field, required, plan in fields:
            found = value.get(name)
            if found is None:
                if required or name in value:
                    mended = _absent(plan, value, mended, problems)
                    before = len(problems)
                continue
            right = check_field(found, problems)
            if len(problems) > before:
                if found == "" and not required and has_errors(problems[before:]):
                    del problems[before:]
                    mended = _blank(plan, value, mended, problems)
                    before = len(problems)
                    continue
                _prefix(problems, before, f".{name}", plan.section)
                before = len(problems)
            if right is not found:
                mended = dict(value) if mended is value else mended
                mended[name] = right
        return mended

    return check


def _blank(plan: FieldPlan, value: Body, mended: Body, problems: list[Problem]) -> Body:
    """An optional field with an empty text that cannot be its value: left out, as the sender meant."""
    problem = leaves.finding("", "a value, or no such field")
    problems.append(replace(problem, path=f".{plan.name}", section=plan.section))
    mended = dict(value) if mended is value else mended
    del mended[plan.name]
    return mended


def _alone(value: object, cls: type[Wire], problems: list[Problem]) -> object:
    """An object that came as a list of one: what is in it."""
    if not isinstance(value, list) or len(value) != 1 or not isinstance(value[0], dict):
        return value
    problems.append(leaves.finding(value, f"an object ({cls.__name__}), not a list of one"))
    return value[0]


def _implied(plan: FieldPlan, value: Body) -> bool | int | str | None:
    """What a missing field must be, beside what is there."""
    there = plan.implied
    return None if there is None or (there.beside is not None and not value.get(there.beside)) else there.value


def _absent(plan: FieldPlan, value: Body, mended: Body, problems: list[Problem]) -> Body:
    """A field that is missing or null. Null is the same as missing where a field may be (mod_locations, PUT)."""
    is_null = plan.name in value
    found = "null" if is_null else ABSENT
    meant = _implied(plan, value)
    if meant is not None:
        expected = f"a value; taken as {leaves.show(meant)}"
        problem = Problem(path=f".{plan.name}", found=found, expected=expected, severity=Severity.FINDING)
        problems.append(replace(problem, section=plan.section))
        return mended | {plan.name: meant}
    if plan.required:
        expected = "a list" if plan.is_list else "a value"
        problems.append(Problem(path=f".{plan.name}", found=found, expected=expected, section=plan.section))
        return mended
    if not is_null:
        return mended
    if plan.is_list:
        problem = leaves.finding(None, "a list, or no such field")
        problems.append(replace(problem, path=f".{plan.name}", section=plan.section))
    mended = dict(value) if mended is value else mended
    del mended[plan.name]
    return mended


def _prefix(problems: list[Problem], start: int, prefix: str, section: str | None = None) -> None:
    """Puts `prefix` before the paths of the problems from `start` on."""
    for index in range(start, len(problems)):
        problem = problems[index]
        problems[index] = replace(problem, path=prefix + problem.path, section=problem.section or section)


def _list_check(item: Check, min_length: int) -> Check:
    def check(found_here: object, problems: list[Problem]) -> object:
        value = _listed(found_here, problems)
        if not isinstance(value, list):
            problems.append(leaves.error(value, "a list"))
            return value
        if len(value) < min_length:
            problems.append(leaves.error(value, "a list of at least one"))
        mended = value
        before = len(problems)
        for index, found in enumerate(value):
            right = item(found, problems)
            if right is not found:
                mended = list(value) if mended is value else mended
                mended[index] = right
            if len(problems) > before:
                _prefix(problems, before, f"[{index}]")
                before = len(problems)
                if before > MAX_PROBLEMS and problems[-1].severity is Severity.ERROR:
                    problems.append(leaves.unchecked(MAX_PROBLEMS))
                    break
        return mended

    return check


def _listed(value: object, problems: list[Problem]) -> object:
    """A list of one that came as what is in it."""
    if isinstance(value, list) or not value or not isinstance(value, dict | str):
        return value
    problems.append(leaves.finding(value, "a list, not what is in it alone"))
    return [value]


def plain_type(hint: object) -> object:
    """The type of a hint without `Annotated` and `| None`."""
    if get_origin(hint) in (Union, types.UnionType):
        return plain_type(next(arg for arg in get_args(hint) if arg is not types.NoneType))
    return plain_type(get_args(hint)[0]) if get_origin(hint) is Annotated else hint


def marks_of(hint: object) -> tuple[object, ...]:
    """What stands beside the type in `Annotated`."""
    if get_origin(hint) in (Union, types.UnionType):
        return marks_of(next(arg for arg in get_args(hint) if arg is not types.NoneType))
    return get_args(hint)[1:] if get_origin(hint) is Annotated else ()


def meta_of(marks: Iterable[object]) -> msgspec.Meta:
    """The bounds among the marks of a field."""
    for mark in marks:
        if isinstance(mark, msgspec.Meta):
            return mark
        if isinstance(mark, InItsVersion):
            return mark.meta
    return msgspec.Meta()


def _check_for(hint: object) -> Check:
    """The check of one type hint; TypeError for a type no wire class may have."""
    plain, marks = plain_type(hint), marks_of(hint)
    meta = meta_of(marks)
    if get_origin(plain) is tuple:
        return _list_check(_check_for(get_args(plain)[0]), meta.min_length or 0)
    if plain is str:
        words = next((mark for mark in marks if isinstance(mark, Words)), None)
        look = next((mark for mark in marks if isinstance(mark, Text)), None)
        return leaves.open_word(words) if words else leaves.text(meta.max_length, look)
    if plain is int:
        return leaves.whole(_int(meta.ge), _int(meta.le))
    return _simple_check(plain)


def _int(bound: float | None) -> int | None:
    return None if bound is None else int(bound)


def _simple_check(plain: object) -> Check:
    if plain is Decimal:
        return leaves.number
    if plain is bool:
        return leaves.boolean
    if plain is datetime:
        return leaves.moment
    if isinstance(plain, type) and issubclass(plain, StrEnum):
        return leaves.word(plain)
    if isinstance(plain, type) and issubclass(plain, Wire):
        return object_check(plain)
    raise TypeError(f"{plain!r} is no type of a field")
