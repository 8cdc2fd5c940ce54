"""Checks whole texts: one object, a list, an OCPI envelope or JSON Lines; kind and version given or guessed."""

import io
from collections.abc import Iterable, Iterator, Sequence

import msgspec
from msgspec.structs import replace

from ocpilot.base.problem import Problem, Severity
from ocpilot.wire import codec, leaves
from ocpilot.wire.check import field_plans
from ocpilot.wire.completing import PARTY
from ocpilot.wire.jsontext import Body
from ocpilot.wire.kinds import KINDS, NAMES, Kind, class_for, guess_kind, guess_version, kinds_with, versions_of
from ocpilot.wire.protocol import Version
from ocpilot.wire.texts import Value, is_envelope, items_of, objects_in, texts, value_of

_ENVELOPE = "transport_and_format, Response format"
_ENVELOPE_CHECKS = {"status_code": leaves.whole(1000, 9999), "timestamp": leaves.moment}


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """One object of a text: what it was taken for, and everything that is wrong with it.

    `line` is its line in JSON Lines, counted from 1. Paths of problems start at the whole text or line. `owner`
    (`NL/GFX`) and `id` are as far as it says them.
    """

    line: int | None = None
    kind: str | None = None
    version: Version | None = None
    owner: str | None = None
    id: str | None = None
    problems: tuple[Problem, ...] = ()


def check_text(data: bytes, kind: Kind | None = None, version: Version | None = None) -> tuple[Checked, ...]:
    """Every object in `data`. What is no JSON is a problem like any other; nothing is raised."""
    return tuple(check_lines(io.BytesIO(data), kind, version))


def check_lines(lines: Iterable[bytes], kind: Kind | None = None, version: Version | None = None) -> Iterator[Checked]:
    """The same for a text that comes line by line: JSON Lines of any length are checked as they come, a list item by
    item."""
    for line, text in texts(lines):
        items = items_of(text)
        if items is None:
            found = _check_value(value_of(text), kind, version)
        else:
            found = (_check_item(bytes(item), f"$[{index}]", kind, version) for index, item in enumerate(items))
        yield from found if line is None else (replace(checked, line=line) for checked in found)


def _check_item(text: bytes, root: str, kind: Kind | None, version: Version | None) -> Checked:
    item = value_of(text)
    return _check_object(item.value, root, kind, version) if item.wrong is None else _unreadable(item.wrong, root)


def _unreadable(wrong: str, root: str = "$") -> Checked:
    return Checked(problems=(Problem(path=root, found=wrong, expected="JSON within the limits"),))


def _check_value(value: Value, kind: Kind | None, version: Version | None) -> Iterator[Checked]:
    """The objects of a JSON value, and the envelope around them when there is something wrong with it."""
    if value.wrong is not None:
        yield _unreadable(value.wrong)
        return
    if is_envelope(value.value) and isinstance(value.value, dict):
        problems = _envelope_problems(value.value)
        if problems:
            yield Checked(kind="envelope", problems=problems)
    for path, item in objects_in(value.value):
        yield _check_object(item, path, kind, version)


def _envelope_problems(envelope: Body) -> tuple[Problem, ...]:
    """What is wrong with the fields of the envelope itself (transport_and_format, "Response format")."""
    found: list[Problem] = []
    for name, check in _ENVELOPE_CHECKS.items():
        problems: list[Problem] = []
        check(envelope.get(name), problems)
        found += [replace(problem, path=f"$.{name}", section=_ENVELOPE) for problem in problems]
    return tuple(found)


def _check_object(value: object, root: str, kind: Kind | None, version: Version | None) -> Checked:
    if not isinstance(value, dict):
        return Checked(problems=(Problem(path=root, found=leaves.show(value), expected="an object"),))
    known = kind or guess_kind(value)
    if known is None:
        return Checked(problems=(_unknown(value, root),))
    version = version or guess_version(known, value)
    problems = codec.problems(known.cls, version, value)
    if version in versions_of(known) and _is_part(known, version, value):
        problems = (_part_of(known), *problems)
    rooted = tuple(replace(problem, path=root + problem.path.removeprefix("$")) for problem in problems)
    return Checked(kind=known.name, version=version, owner=_owner(value), id=_id(value), problems=rooted)


def _owner(body: Body) -> str | None:
    codes = [body.get(name) for name in PARTY]
    return "/".join(map(str, codes)) if all(isinstance(code, str) and code for code in codes) else None


def _id(body: Body) -> str | None:
    return next((str(body[name]) for name in NAMES if isinstance(body.get(name), str)), None)


def _unknown(body: Body, root: str) -> Problem:
    """An object whose kind is not known: perhaps the part of one that a PATCH has."""
    kinds = kinds_with(body)[:3]
    if kinds:
        expected = f"a whole object; name its kind ({', '.join(kind.name for kind in kinds)}) to check it as one"
        return Problem(path=root, found=_as_part(kinds), expected=expected)
    fields = ", ".join(list(body)[:8]) or "none"
    expected = f"one of {', '.join(kind.name for kind in KINDS)}"
    return Problem(path=root, found=f"an object of no known kind, with the fields {fields}", expected=expected)


def _is_part(kind: Kind, version: Version, body: Body) -> bool:
    """Whether a body has only fields of its kind, and few of those it must have."""
    plans = field_plans(class_for(kind, version))
    required = {plan.name for plan in plans if plan.required}
    return (
        bool(body) and body.keys() <= {plan.name for plan in plans} and 2 * len(required & body.keys()) < len(required)
    )


def _part_of(kind: Kind) -> Problem:
    expected = "a whole one; it is checked as one"
    return Problem(path="$", found=_as_part([kind]), expected=expected, severity=Severity.FINDING)


def _as_part(kinds: Sequence[Kind]) -> str:
    names = [kind.cls.__name__ for kind in kinds]
    named = " or ".join(f"{'an' if name[0] in 'AEIOU' else 'a'} {name}" for name in names)
    return f"what looks like a part of {named}, such as a PATCH has"
