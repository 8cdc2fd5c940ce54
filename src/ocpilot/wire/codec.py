"""JSON objects <-> classes: read, check, PATCH, write, and conversion between versions.

A body is checked and mended in its own version and kept; the value that other code works on is its 2.3.0 form.
"""

from collections.abc import Collection
from datetime import datetime
from decimal import Decimal
from typing import Generic, TypeVar

import msgspec

from ocpilot.base import time
from ocpilot.base.errors import BadRequest, InvalidObject
from ocpilot.base.problem import Problem, Severity, has_errors
from ocpilot.wire.check import mend
from ocpilot.wire.completing import stamped, with_token_party
from ocpilot.wire.fields import Wire
from ocpilot.wire.jsontext import Body, dumps, loads
from ocpilot.wire.packages import class_in, exists_in
from ocpilot.wire.protocol import CANONICAL, PROTOCOLS, Version
from ocpilot.wire.steps import NOTHING, Context, Converted, convert, word_in
from ocpilot.wire.v230 import Session

__all__ = [
    "NOTHING",
    "Body",
    "Context",
    "Converted",
    "Received",
    "body_of",
    "convert",
    "dumps",
    "loads",
    "merge_patch",
    "problems",
    "read",
    "read_patch",
    "word_in",
]

T = TypeVar("T", bound=Wire)


class Received(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """An object as it came, checked: `body` in `version` with leniencies mended and unknown fields kept; `value` its
    2.3.0 form; `findings` what had to be mended or looked odd."""

    version: Version
    body: Body
    value: T
    findings: tuple[Problem, ...] = ()


def read(
    cls: type[T], version: Version, body: object, context: Context = NOTHING, came_at: datetime | None = None
) -> Received[T]:
    """`body`, which speaks `version`, as the 2.3.0 class `cls`. InvalidObject with ALL problems.

    `context` says what a body of 2.1.1 does not; BadRequest when `version` has no such object. `came_at` is when its
    owner sent it: it is its `last_updated` when that is missing.
    """
    if not exists_in(cls, version):
        raise BadRequest(f"OCPI {version} has no {cls.__name__}")
    left_out: tuple[Problem, ...] = ()
    if context.token is not None and PROTOCOLS[version].owners:
        body, left_out = with_token_party(body, context.token)
    if came_at is not None:
        body, undated = stamped(class_in(cls, version), body, came_at)
        left_out += undated
    mended = mend(class_in(cls, version), body)
    if has_errors(mended.problems):
        # Why it is refused, then what would have been understood.
        raise InvalidObject(sorted(mended.problems, key=lambda one: one.severity is not Severity.ERROR), cls.__name__)
    canonical = convert(cls, mended.body, version, CANONICAL, context).body
    try:
        value = msgspec.convert(canonical, cls)
    except msgspec.ValidationError as error:
        raise InvalidObject([_as_problem(error)], cls.__name__) from None
    return Received(version=version, body=mended.body, value=value, findings=(*left_out, *mended.problems))


def _as_problem(error: msgspec.ValidationError) -> Problem:
    """What the class refused though the check let it pass."""
    text, _, path = str(error).partition(" - at `")
    return Problem(path=path.rstrip("`") or "$", found="a value the class refuses", expected=text)


def problems(cls: type[Wire], version: Version, body: object) -> tuple[Problem, ...]:
    """Everything that is wrong with `body` as `cls` in `version`, errors and findings."""
    if not exists_in(cls, version):
        return (Problem(path="$", found=f"a {cls.__name__}", expected=f"an object that OCPI {version} has"),)
    return mend(class_in(cls, version), body).problems


def merge_patch(kept: Body, patch: Body, appended: Collection[str] = ()) -> Body:
    """The standard's PATCH: a field that is given replaces the kept one whole, also an array or an object; null clears
    it; the others stay (transport_and_format, "PATCH"). Lists named in `appended` only grow, null leaves them."""
    merged = dict(kept)
    for name, new in patch.items():
        if new is None:
            if name not in appended:
                merged.pop(name, None)
        elif name in appended and isinstance(new, list):
            old = merged.get(name)
            merged[name] = _grown(old if isinstance(old, list) else [], new)
        else:
            merged[name] = new
    return merged


def _grown(old: list[object], new: list[object]) -> list[object]:
    """`old` and what is not yet in it: the same period again is the same request sent twice."""
    return old + [item for item in new if item not in old]


def read_patch(cls: type[T], version: Version, kept: Body, patch: object, context: Context = NOTHING) -> Received[T]:
    """`kept` (a body of `version`) with `patch` applied, read whole: nothing half-valid comes out.

    InvalidObject when the patch has no `last_updated` (2.1.1 needs none; the kept one then stays) or the result breaks
    the standard. The charging periods of a Session are added, not replaced (mod_sessions, "PATCH Method").
    """
    if not isinstance(patch, dict):
        raise InvalidObject(
            [Problem(path="$", found=type(patch).__name__, expected="an object")], f"{cls.__name__} PATCH"
        )
    if patch.get("last_updated") is None and PROTOCOLS[version].stamped_patches:
        missing = Problem(path="$.last_updated", found="nothing", expected="a value: every PATCH has one")
        raise InvalidObject([missing], f"{cls.__name__} PATCH")
    appended = ("charging_periods",) if cls is Session else ()
    return read(cls, version, merge_patch(kept, patch, appended), context)


def body_of(value: Wire) -> Body:
    """The JSON object of a 2.3.0 object: no nulls, no empty lists, times as OCPI's DateTime."""
    body = msgspec.to_builtins(value, builtin_types=(Decimal, datetime))
    return _with_written_times(body)


def _with_written_times(body: Body) -> Body:
    for name, item in body.items():
        body[name] = _written(item)
    return body


def _written(item: object) -> object:
    if isinstance(item, datetime):
        return time.write(item)
    if isinstance(item, dict):
        return _with_written_times(item)
    if isinstance(item, list | tuple):
        return [_written(inner) for inner in item]
    return item
