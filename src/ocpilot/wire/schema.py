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
from ocpilot.wire.check import field_plans, marks_of, meta_of, plain_type
from ocpilot.wire.fields import Text, Wire, Words
from ocpilot.wire.jsontext import Body
from ocpilot.wire.kinds import Kind, class_for, versions_of
from ocpilot.wire.protocol import Version

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
#: (types, "DateTime": RFC 3339 in UTC, the Z may be left out.) No `format`: that of JSON Schema wants the Z.
_UTC = r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3])(:[0-5][0-9]){2}(\.[0-9]{1,4})?Z?$"
MOMENT: Body = {"type": "string", "description": "a UTC time such as 2015-06-29T20:39:09Z", "pattern": _UTC}
_SIMPLE: dict[object, Body] = {
    Decimal: {"type": "number"},
    bool: {"type": "boolean"},
    datetime: MOMENT,
}


class Parameter(msgspec.Struct, frozen=True, kw_only=True):
    """A query parameter: what it is for, and the JSON Schema of its value."""

    name: str
    description: str
    schema: Body
    required: bool = False

    def described(self) -> Body:
        """As OpenAPI says it."""
        said = {"name": self.name, "in": "query", "required": self.required, "description": self.description}
        return said | {"schema": self.schema}


def json_schema(kind: Kind, version: Version) -> Body:
    """The schema of `kind` in `version`, its classes under `$defs`. BadRequest when the version has no such kind."""
    if version not in versions_of(kind):
        raise BadRequest(f"OCPI {version} has no {kind.cls.__name__}")
    definitions = Definitions("#/$defs/")
    reference = definitions.of(class_for(kind, version))
    title = f"OCPI {version} {kind.name}"
    return {"$schema": _DIALECT, "title": title, **reference, "$defs": definitions.schemas}


class Definitions:
    """The schemas of classes by name, for a document that keeps them at one place, `at`."""

    def __init__(self, at: str) -> None:
        self._at = at
        self.schemas: dict[str, Body] = {}

    def of(self, cls: type[Wire]) -> Body:
        """A reference to the schema of a class; it is defined, and so are those it holds."""
        if cls.__name__ not in self.schemas:
            definition = self.schemas[cls.__name__] = {"type": "object"}
            plans = field_plans(cls)
            definition |= {"description": plans[0].section} if plans else {}
            definition["properties"] = self._properties(cls)
            definition["required"] = [plan.name for plan in plans if plan.required]
        return {"$ref": self._at + cls.__name__}

    def patch_of(self, cls: type[Wire], *, stamped: bool) -> Body:
        """The same for the body of a PATCH: any of its fields, null clears; a `stamped` one says `last_updated`."""
        name = f"{cls.__name__}Patch"
        if name not in self.schemas:
            required: Body = {"required": ["last_updated"]} if stamped else {}
            self.schemas[name] = {
                "type": "object",
                "properties": self._properties(cls, all_may_be_null=True),
                **required,
            }
        return {"$ref": self._at + name}

    def _properties(self, cls: type[Wire], *, all_may_be_null: bool = False) -> dict[str, Body]:
        hints = get_type_hints(cls, include_extras=True)
        return {
            plan.name: self._field(hints[plan.name], may_be_null=all_may_be_null or not plan.required)
            for plan in field_plans(cls)
        }

    def _field(self, hint: object, *, may_be_null: bool) -> Body:
        schema = self._value(hint)
        return {"anyOf": [schema, {"type": "null"}]} if may_be_null else schema

    def _value(self, hint: object) -> Body:
        """The schema of a value of one type hint."""
        plain, marks = plain_type(hint), marks_of(hint)
        meta = meta_of(marks)
        if get_origin(plain) is tuple:
            least: Body = {"minItems": meta.min_length} if meta.min_length else {}
            return {"type": "array", "items": self._value(get_args(plain)[0]), **least}
        if plain is str:
            return _text(marks, meta)
        if plain is int:
            bounds = {"minimum": meta.ge, "maximum": meta.le}
            return {"type": "integer", **{name: bound for name, bound in bounds.items() if bound is not None}}
        if isinstance(plain, type) and issubclass(plain, StrEnum):
            return enum_schema(plain)
        if isinstance(plain, type) and issubclass(plain, Wire):
            return self.of(plain)
        return _SIMPLE[plain]


def enum_schema(enum: type[StrEnum]) -> Body:
    """The schema of a word of a closed enum."""
    return {"type": "string", "enum": [str(word) for word in enum]}


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
