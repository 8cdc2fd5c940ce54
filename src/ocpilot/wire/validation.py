"""Checks whole texts: one object, a list, an OCPI envelope or JSON Lines; kind and version given or guessed."""

from collections.abc import Iterator

import msgspec
from msgspec.structs import replace

from ocpilot.base.errors import BadJson, TooLarge
from ocpilot.base.problem import Problem
from ocpilot.wire import codec
from ocpilot.wire.jsontext import Body, loads
from ocpilot.wire.kinds import KINDS, Kind, guess_kind, guess_version
from ocpilot.wire.protocol import READABLE, Version


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """One object of a text: what it was taken for, and everything that is wrong with it.

    `line` is its line in JSON Lines, counted from 1. Paths of problems start at the whole text or line.
    """

    line: int | None = None
    kind: str | None = None
    version: Version | None = None
    problems: tuple[Problem, ...] = ()


def check_text(data: bytes, kind: Kind | None = None, version: Version | None = None) -> tuple[Checked, ...]:
    """Every object in `data`. What is no JSON is a problem like any other; nothing is raised."""
    try:
        return tuple(_check_value(loads(data), kind, version))
    except (BadJson, TooLarge) as error:
        lines = [(number, line) for number, line in enumerate(data.splitlines(), 1) if line.strip()]
        if len(lines) > 1 and _is_json(lines[0][1]):
            return tuple(checked for number, line in lines for checked in _check_line(number, line, kind, version))
        return (Checked(problems=(_unreadable(error),)),)


def _is_json(line: bytes) -> bool:
    try:
        loads(line)
    except (BadJson, TooLarge):
        return False
    return True


def _check_line(number: int, line: bytes, kind: Kind | None, version: Version | None) -> Iterator[Checked]:
    try:
        for checked in _check_value(loads(line), kind, version):
            yield replace(checked, line=number)
    except (BadJson, TooLarge) as error:
        yield Checked(line=number, problems=(_unreadable(error),))


def _unreadable(error: BadJson | TooLarge) -> Problem:
    return Problem(path="$", found=str(error), expected="JSON within the limits")


def _check_value(value: object, kind: Kind | None, version: Version | None) -> Iterator[Checked]:
    """The objects of a JSON value, an envelope opened, a list item by item."""
    root = "$"
    if isinstance(value, dict) and "status_code" in value:
        yield from _check_envelope(value)
        value, root = value.get("data"), "$.data"
        if value is None:
            return
    if isinstance(value, list):
        for index, item in enumerate(value):
            yield _check_object(item, f"{root}[{index}]", kind, version)
    else:
        yield _check_object(value, root, kind, version)


def _check_envelope(envelope: Body) -> Iterator[Checked]:
    """The fields of the envelope itself (transport_and_format, "Response format")."""
    code, stamp = envelope["status_code"], envelope.get("timestamp")
    section = "transport_and_format, Response format"
    found = []
    if not isinstance(code, int):
        expected = "a whole number such as 1000"
        found.append(Problem(path="$.status_code", found=repr(code), expected=expected, section=section))
    if not isinstance(stamp, str):
        expected = "a DateTime"
        found.append(Problem(path="$.timestamp", found=repr(stamp), expected=expected, section=section))
    if found:
        yield Checked(kind="envelope", problems=tuple(found))


def _check_object(value: object, root: str, kind: Kind | None, version: Version | None) -> Checked:
    if not isinstance(value, dict):
        return Checked(problems=(Problem(path=root, found=type(value).__name__, expected="an object"),))
    kind = kind or guess_kind(value, READABLE)
    if kind is None:
        known = ", ".join(known.name for known in KINDS)
        found = f"an object of no known kind, with the fields {', '.join(list(value)[:8])}"
        return Checked(problems=(Problem(path=root, found=found, expected=f"one of {known}"),))
    version = version or guess_version(kind, value, READABLE)
    problems = codec.problems(kind.cls, version, value)
    rooted = tuple(replace(problem, path=root + problem.path.removeprefix("$")) for problem in problems)
    return Checked(kind=kind.name, version=version, problems=rooted)
