"""The JSON Schema of a class takes what our check takes, on generated objects right and wrong."""

import json
from decimal import Decimal

import jsonschema_rs
import msgspec
import pytest

from generated import UNKNOWN_WORD, Generator
from ocpilot.base.problem import Severity
from ocpilot.wire import codec
from ocpilot.wire.check import mend
from ocpilot.wire.kinds import ALL_KINDS, class_for, versions_of
from ocpilot.wire.schema import json_schema

MANY = 50
WRONG = (None, True, 0, -1, Decimal("0.5"), "", "x" * 600, [], ["x"], {})


def plain(body):
    """The same as the JSON that other programs read, with numbers as floats."""
    return json.loads(codec.dumps(body))


def places(body):
    """Every object or list in `body` with a key or index in it."""
    here = body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ()
    return [place for key, item in here for place in [(body, key), *places(item)]]


def has_errors(cls, body):
    return any(problem.severity is Severity.ERROR for problem in mend(cls, body).problems)


@pytest.mark.parametrize(
    ("kind", "version"),
    [pytest.param(kind, version, id=f"{kind.name}-{version}") for kind in ALL_KINDS for version in versions_of(kind)],
)
def test_the_json_schema_takes_what_is_right_and_only_that(kind, version):
    schema = jsonschema_rs.validator_for(msgspec.to_builtins(json_schema(kind, version)))
    cls = class_for(kind, version)
    for seed in range(MANY):
        generator = Generator(seed, (UNKNOWN_WORD,))
        body = generator.body(cls)
        assert [error.message for error in schema.iter_errors(plain(body))] == [], seed
        found = places(body)
        if found:
            inside, key = generator.random.choice(found)
            inside[key] = generator.random.choice(WRONG)
            assert not schema.is_valid(plain(body)) or not has_errors(cls, body), seed
