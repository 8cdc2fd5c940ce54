"""Payloads checked against the JSON schemas of the standard, tolerantly: what is sure is taken, the rest is recorded.

The schemas are those that the `ocpp` package carries; `jsonschema-rs` checks them. A payload that fits costs one pass.
One that does not is mended error by error:

- keys the schema does not name are left out; words and lengths beyond the standard are kept as they are;
- a number written as text (or the other way round), or `1.0` for `1`, has only one meaning and is rewritten;
- `null`, or a wrong type, in a field that may be absent counts as absent; in an item of a list the item is left out;
- a missing or unreadable `timestamp`, `meterStart` or `meterStop` counts as unknown.

Each of these is a finding. Only a required field that is missing or of a wrong type refuses the message.
"""

import json
from copy import deepcopy
from decimal import Decimal, InvalidOperation
from functools import cache
from importlib.resources import files
from typing import cast

import jsonschema_rs
import msgspec
from jsonschema_rs import ValidationErrorKind as Kind

from ocpilot.app.kept.station_events import Payload
from ocpilot.base.problem import Problem, Severity

_ABSENT = object()
_MAX_DIGITS = 18
#: Registers are whole Wh by the schema; stations send fractions, whose meaning is sure.
_REGISTERS = ("meterStart", "meterStop")
#: What may be unknown though the schema requires it: for want of it a charge would be lost.
_UNKNOWN = frozenset({"timestamp", *_REGISTERS})
_NOTHING = "nothing"
_MAX_FINDINGS = 50

_Path = list[str | int]
_Schema = dict[str, object]


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """The payload as far as it is sure; `findings`: what was mended or is unknown; `errors`: what refuses it.

    `missing`: the first error is a field that is not there.
    """

    payload: Payload
    findings: tuple[Problem, ...] = ()
    errors: tuple[Problem, ...] = ()
    missing: bool = False


def known(package: str, name: str) -> bool:
    """Does the standard name this action? `package` is a sub-package of `ocpp`, as `v16`."""
    return _request(package, name) in _names(package) and not name.endswith(("Request", "Response"))


def actions(package: str) -> tuple[str, ...]:
    """Every action that the standard names."""
    names = {name.removesuffix("Request") for name in _names(package) if not name.endswith("Response")}
    return tuple(sorted(names))


def check_call(package: str, action: str, payload: Payload) -> Checked:
    """Check the payload of a call of an action the standard names."""
    return _check(package, _request(package, action), payload)


def check_answer(package: str, action: str, payload: Payload) -> Checked:
    """Check the payload of the answer to such a call."""
    return _check(package, f"{action}Response", payload)


def _request(package: str, action: str) -> str:
    """The schemas of 1.6 carry the name of the action, those of 2.x say that they are requests."""
    full = f"{action}Request"
    return full if full in _names(package) else action


def _check(package: str, name: str, payload: Payload) -> Checked:
    schema, validator = _schema(package, name)
    try:
        if validator.is_valid(payload):
            return Checked(payload=payload)
        errors = list(validator.iter_errors(payload))
    except ValueError as too_deep:  # nested deeper than the validator goes
        return Checked(payload={}, errors=(Problem(path="$", found=str(too_deep), expected="less nesting"),))
    mending = _Mending(schema, deepcopy(payload))
    for error in errors:
        mending.take(error)
    return mending.outcome()


@cache
def _names(package: str) -> frozenset[str]:
    folder = files("ocpp").joinpath(package, "schemas")
    return frozenset(entry.name.removesuffix(".json") for entry in folder.iterdir())


_Validator = jsonschema_rs.Draft4Validator | jsonschema_rs.Draft6Validator


@cache
def _schema(package: str, name: str) -> tuple[_Schema, _Validator]:
    text = files("ocpp").joinpath(package, "schemas", f"{name}.json").read_text("utf-8-sig")
    schema = json.loads(text)
    # times are read by our own rule, more leniently than `date-time` and in the end more strictly
    draft_4 = "draft-04" in str(schema.get("$schema"))
    validator = jsonschema_rs.Draft4Validator if draft_4 else jsonschema_rs.Draft6Validator
    return schema, validator(schema, validate_formats=False)


class _Mending:
    """A payload on its way from broken to sure. What goes is marked first: later errors still name old places."""

    def __init__(self, schema: _Schema, payload: Payload) -> None:
        self._schema = schema
        self._payload = payload
        self._findings: list[Problem] = []
        self._errors: list[Problem] = []

    def take(self, error: jsonschema_rs.ValidationError) -> None:
        """Mend one error of the validator, or note what it is."""
        path, kind = error.instance_path, error.kind
        if isinstance(kind, Kind.AdditionalProperties):
            for key in kind.unexpected:
                self._leave_out([*path, key], "a key the standard does not name", "no such key")
        elif isinstance(kind, Kind.Required):
            self._required(path, kind.property)
        elif isinstance(kind, Kind.Type):
            self._wrong_type(path, kind.types, self._at(path))
        elif not isinstance(kind, Kind.Enum):
            self._note(path, _shown(error.instance), f"{kind.name} {_shown(kind.value)}")
        elif isinstance(error.instance, str):  # else the wrong type is noted already
            self._note(path, _shown(error.instance), "a word of the standard")

    def outcome(self) -> Checked:
        """The mended payload without what was marked."""
        return Checked(
            payload=cast(Payload, _without_marks(self._payload)),
            findings=tuple(self._findings),
            errors=tuple(self._errors),
            missing=bool(self._errors) and self._errors[0].found == _NOTHING,
        )

    def _required(self, path: _Path, key: str) -> None:
        if key in _UNKNOWN:
            self._note([*path, key], _NOTHING, "a required field")
        else:
            self._drop(path, [*path, key], _NOTHING, "a required field")

    def _wrong_type(self, path: _Path, types: list[str], value: object) -> None:
        found, expected = _shown(value), " or ".join(types)
        rewritten = _rewritten(value, types, path[-1]) if path else _ABSENT
        if rewritten is not _ABSENT:
            self._put(path, rewritten)
            self._note(path, found, expected)
        elif path and path[-1] in _UNKNOWN:
            self._leave_out(path, found, expected)
        else:
            self._drop(path if value is None else _innermost_item(path), path, found, expected)

    def _drop(self, path: _Path, where: _Path, found: str, expected: str) -> None:
        """Leave out the smallest part around `path` that may be absent; when there is none the message is refused."""
        while path and isinstance(path[-1], str) and path[-1] in self._required_at(path[:-1]):
            path = path[:-1]
        if path:
            self._leave_out(path, found, expected, where)
        else:
            self._errors.append(_problem(where, found, expected, Severity.ERROR))

    def _required_at(self, path: _Path) -> list[str]:
        schema: _Schema = self._schema
        for step in path:
            inner = schema["items"] if isinstance(step, int) else cast(_Schema, schema["properties"])[step]
            schema = self._meant(cast(_Schema, inner))
        return cast(list[str], schema.get("required", []))

    def _meant(self, schema: _Schema) -> _Schema:
        """The definition that a schema of 2.x refers to."""
        reference = schema.get("$ref")
        if not isinstance(reference, str):
            return schema
        return cast(_Schema, cast(_Schema, self._schema["definitions"])[reference.rpartition("/")[2]])

    def _leave_out(self, path: _Path, found: str, expected: str, where: _Path | None = None) -> None:
        self._put(path, _ABSENT)
        self._note(where or path, found, expected)

    def _at(self, path: _Path) -> object:
        """What stands at `path` now; the validator's own copy of a number may have been rounded."""
        place: object = self._payload
        for step in path:
            if place is _ABSENT:
                break
            place = cast(dict[str | int, object], place)[step]
        return place

    def _put(self, path: _Path, value: object) -> None:
        place = self._at(path[:-1])
        if place is not _ABSENT:
            cast(dict[str | int, object], place)[path[-1]] = value

    def _note(self, path: _Path, found: str, expected: str) -> None:
        if len(self._findings) < _MAX_FINDINGS:
            self._findings.append(_problem(path, found, expected, Severity.FINDING))


def _problem(path: _Path, found: str, expected: str, severity: Severity) -> Problem:
    steps = (f"[{step}]" if isinstance(step, int) else f".{_shown_key(step)}" for step in path)
    return Problem(path="$" + "".join(steps), found=found, expected=expected, severity=severity)


def _shown(value: object) -> str:
    text = repr(value) if isinstance(value, str | int | list) else str(value)
    return text if len(text) <= 80 else text[:77] + "..."


def _shown_key(key: str) -> str:
    """A key may be anything a station invents, a line break too."""
    return key if key.isidentifier() and len(key) <= 80 else _shown(key)


def _innermost_item(path: _Path) -> _Path:
    """The path of the list item that `path` lies in, or `path`: half a sampled value is not sure."""
    items = [index for index, step in enumerate(path) if isinstance(step, int)]
    return path[: items[-1] + 1] if items else path


def _rewritten(value: object, types: list[str], key: str | int) -> object:
    """The same value in the type the schema wants, when there is only one way to read it; else _ABSENT."""
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        return _ABSENT
    if types == ["string"]:
        return str(value)
    number = _number(value)
    if number is None or types not in (["integer"], ["number"]):
        return _ABSENT
    if number == number.to_integral_value():
        return int(number)
    return number if types == ["number"] or key in _REGISTERS else _ABSENT


def _number(value: str | int | Decimal) -> Decimal | None:
    """Only numbers of a sane size: `1e999999999` as a whole number would fill the memory."""
    try:
        number = Decimal(value)
    except InvalidOperation:
        return None
    exponent = number.as_tuple().exponent
    sane = isinstance(exponent, int) and exponent > -_MAX_DIGITS and number.adjusted() < _MAX_DIGITS
    return number if sane else None


def _without_marks(value: object) -> object:
    if isinstance(value, dict):
        return {key: _without_marks(inner) for key, inner in value.items() if inner is not _ABSENT}
    if isinstance(value, list):
        return [_without_marks(inner) for inner in value if inner is not _ABSENT]
    return value
