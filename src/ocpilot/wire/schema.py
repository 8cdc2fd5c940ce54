"""JSON Schema (draft 2020-12) of a kind of object, built from its class.

The schema says what the tables say: types, lengths, cardinalities, words of closed enums; so it also refuses what our
check mends, such as a number in a string. What the check only counts (an unknown word of an OpenEnum, the look of a
text) is a note in it. Fields it does not name are allowed; null stands for a field that may be left out.
"""

from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import get_args, get_origin, get_type_hints

import msgspec

from ocpilot.base.errors import BadRequest
from ocpilot.wire.check import field_plans, marks_of, plain_type
from ocpilot.wire.fields import Text, Wire, Words
from ocpilot.wire.jsontext import Body
from ocpilot.wire.kinds import Kind, class_for, versions_of
from ocpilot.wire.protocol import Version

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
#: (types, "DateTime": RFC 3339 in UTC, the Z may be left out.) No `format`: that of JSON Schema wants the Z.
_MOMENT = r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3])(:[0-5][0-9]){2}(\.[0-9]{1,4})?Z?$"
_SIMPLE: dict[object, Body] = {
    Decimal: {"type": "number"},
    bool: {"type": "boolean"},
    datetime: {"type": "string", "description": "a UTC time such as 2015-06-29T20:39:09Z", "pattern": _MOMENT},
}


def json_schema(kind: Kind, version: Version) -> Body:
    """The schema of `kind` in `version`, its classes under `$defs`. BadRequest when the version has no such kind."""
    if version not in versions_of(kind):
        raise BadRequest(f"OCPI {version} has no {kind.cls.__name__}")
    cls = class_for(kind, version)
    definitions: dict[str, Body] = {}
    _define(cls, definitions)
    title = f"OCPI {version} {kind.name}"
    return {"$schema": _DIALECT, "title": title, "$ref": _reference(cls), "$defs": definitions}


def _reference(cls: type) -> str:
    return f"#/$defs/{cls.__name__}"


def _define(cls: type[Wire], definitions: dict[str, Body]) -> None:
    """The definition of a class, and of those it holds."""
    if cls.__name__ in definitions:
        return
    definition = definitions[cls.__name__] = {"type": "object"}
    hints = get_type_hints(cls, include_extras=True)
    plans = field_plans(cls)
    if plans:
        definition["description"] = plans[0].section
    definition["properties"] = {
        plan.name: _field(hints[plan.name], definitions, may_be_null=not plan.required) for plan in plans
    }
    definition["required"] = [plan.name for plan in plans if plan.required]


def _field(hint: object, definitions: dict[str, Body], *, may_be_null: bool) -> Body:
    schema = _value(hint, definitions)
    return {"anyOf": [schema, {"type": "null"}]} if may_be_null else schema


def _value(hint: object, definitions: dict[str, Body]) -> Body:
    """The schema of a value of one type hint."""
    plain, marks = plain_type(hint), marks_of(hint)
    meta = next((mark for mark in marks if isinstance(mark, msgspec.Meta)), msgspec.Meta())
    if get_origin(plain) is tuple:
        least: Body = {"minItems": meta.min_length} if meta.min_length else {}
        return {"type": "array", "items": _value(get_args(plain)[0], definitions), **least}
    if plain is str:
        return _text(marks, meta)
    if plain is int:
        bounds = {"minimum": meta.ge, "maximum": meta.le}
        return {"type": "integer", **{name: bound for name, bound in bounds.items() if bound is not None}}
    if isinstance(plain, type) and issubclass(plain, StrEnum):
        return {"type": "string", "enum": [str(word) for word in plain]}
    if isinstance(plain, type) and issubclass(plain, Wire):
        _define(plain, definitions)
        return {"$ref": _reference(plain)}
    return _SIMPLE[plain]


def _text(marks: tuple[object, ...], meta: msgspec.Meta) -> Body:
    schema: Body = {"type": "string"}
    if meta.max_length is not None:
        schema["maxLength"] = meta.max_length
    for mark in marks:
        if isinstance(mark, Words):
            schema |= {"description": f"{mark.name}, open to other words", "examples": sorted(mark.known)}
        elif isinstance(mark, Text) and mark.shown:
            schema["description"] = mark.shown
    return schema
