"""Properties of reading, writing, converting and describing, on generated objects."""

import json
import re
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import get_args, get_origin, get_type_hints

import jsonschema_rs
import msgspec
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from ocpilot.base.ids import PartyId
from ocpilot.base.problem import Severity
from ocpilot.wire import codec, v230
from ocpilot.wire.check import field_plans, marks_of, mend, plain_type
from ocpilot.wire.fields import Text, Wire, Words
from ocpilot.wire.kinds import ALL_KINDS, class_for, versions_of
from ocpilot.wire.packages import class_in
from ocpilot.wire.protocol import Version
from ocpilot.wire.schema import json_schema

OLDEST, OLD, NEW = Version.V2_1_1, Version.V2_2_1, Version.V2_3_0
DIFFERING = (
    v230.Location,
    v230.EVSE,
    v230.Tariff,
    v230.Session,
    v230.CDR,
    v230.AuthorizationInfo,
    v230.ReserveNow,
)
DIFFERING_FROM_2_1_1 = (
    *DIFFERING,
    v230.Connector,
    v230.Token,
    v230.LocationReferences,
    v230.StartSession,
    v230.UnlockConnector,
    v230.CommandResponse,
    v230.CommandResult,
    v230.Credentials,
    v230.VersionDetails,
)
#: All that 2.1.1 does not say, as a platform that knows its peer would know it.
TOKEN = {
    "country_code": "SE",
    "party_id": "MSP",
    "uid": "04A1",
    "type": "RFID",
    "contract_id": "SE-MSP-C00000001",
    "issuer": "Ladda",
    "valid": True,
    "whitelist": "NEVER",
    "last_updated": "2026-11-23T08:00:00Z",
}
KNOWN = codec.Context(party=PartyId("SE", "LAD"), role="CPO", time_zone="Europe/Stockholm", token=TOKEN)
QUICK = settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

printable = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1, max_size=5)
numbers = st.one_of(
    st.integers(-1000, 1000),
    st.decimals(-1000, 1000, allow_nan=False, allow_infinity=False, places=4),
)


def texts(marks):
    meta = next((mark for mark in marks if isinstance(mark, msgspec.Meta)), msgspec.Meta())
    look = next((mark for mark in marks if isinstance(mark, Text)), None)
    if look is not None and look.pattern:
        by_pattern = {
            "printable": "t0ken",
            "a URL": "https://example.com/x",
            "decimal": "50.770774",
            "a time": "13:30",
            "a date": "2015-12-24",
            "a text": "some text",
        }
        return st.just(next(text for start, text in by_pattern.items() if look.shown.startswith(start)))
    return printable.map(lambda text: text[: meta.max_length])


def values(hint, words):
    """JSON values that are right for a field of type `hint`; `words` are unknown words for OpenEnums."""
    plain, marks = plain_type(hint), marks_of(hint)
    if get_origin(plain) is tuple:
        least = next((mark.min_length for mark in marks if isinstance(mark, msgspec.Meta)), 0)
        return st.lists(values(get_args(plain)[0], words), min_size=least, max_size=2)
    known = next((mark for mark in marks if isinstance(mark, Words)), None)
    if known is not None:
        return st.sampled_from([*sorted(known.known), *words])
    if plain is str:
        return texts(marks)
    if issubclass(plain, StrEnum):
        return st.sampled_from([str(word) for word in plain])
    if issubclass(plain, Wire):
        return bodies(plain, words)
    simple = {
        int: st.integers(1, 7),
        Decimal: numbers,
        bool: st.booleans(),
        datetime: st.sampled_from(["2026-11-23T08:00:00Z", "2015-06-29T20:39:09.25Z"]),
    }
    return simple[plain]


def bodies(cls, words=()):
    """JSON objects that are right for `cls`, with a field that the standard does not name."""
    hints = get_type_hints(cls, include_extras=True)
    required = {plan.name: values(hints[plan.name], words) for plan in field_plans(cls) if plan.required}
    optional = {plan.name: values(hints[plan.name], words) for plan in field_plans(cls) if not plan.required}
    return st.fixed_dictionaries(required, optional={**optional, "x_own_field": st.just({"a": [1, None]})})


def leaves(value, path="$"):
    if isinstance(value, dict):
        return {where: leaf for key, item in value.items() for where, leaf in leaves(item, f"{path}.{key}").items()}
    if isinstance(value, list):
        return {where: leaf for i, item in enumerate(value) for where, leaf in leaves(item, f"{path}[{i}]").items()}
    return {path: value}


def changed_paths(before, after):
    before, after = leaves(before), leaves(after)
    return {path for path in before.keys() | after.keys() if before.get(path, "") != after.get(path, "")}


def is_named(path, losses):
    return any(re.match(re.escape(loss.path) + r"($|[.\[])", path) for loss in losses)


def round_trip(cls, body, version, other, context=codec.NOTHING):
    there = codec.convert(cls, body, version, other, context)
    back = codec.convert(cls, there.body, other, version, context)
    return there, back


def unnamed(paths, *conversions):
    """The paths that no loss or assumption names."""
    named = [note for one in conversions for note in one.losses + one.assumptions]
    return {path for path in paths if not is_named(path, named)}


def errors_in(cls, body):
    return {problem.path for problem in mend(cls, body).problems if problem.severity is Severity.ERROR}


def errors(cls, version, body):
    return errors_in(class_in(cls, version), body)


@pytest.mark.parametrize("cls", DIFFERING)
@QUICK
@given(data=st.data())
def test_a_2_2_1_body_goes_up_and_comes_back_as_it_was(cls, data):
    body = data.draw(bodies(class_in(cls, OLD)))
    up, down = round_trip(cls, body, OLD, NEW)
    assert not up.losses
    assert not mend(cls, up.body).problems
    assert down.body == body
    assert not down.losses


@QUICK
@given(body=bodies(class_in(v230.Credentials, OLD)))
def test_credentials_come_back_as_they_were_unless_the_hub_is_ambiguous(body):
    up, down = round_trip(v230.Credentials, body, OLD, NEW)
    assert not mend(v230.Credentials, up.body).problems
    assume(not up.losses)
    assert down.body == body


@pytest.mark.parametrize("cls", [*DIFFERING, v230.Credentials])
@QUICK
@given(data=st.data())
def test_a_2_3_0_body_loses_only_what_the_losses_name(cls, data):
    body = data.draw(bodies(cls, words=("SOMETHING_NEW",)))
    down, up = round_trip(cls, body, NEW, OLD)
    assert not mend(class_in(cls, OLD), down.body).problems
    assert not unnamed(changed_paths(body, up.body), down, up)


@pytest.mark.parametrize("newer", [OLD, NEW])
@pytest.mark.parametrize("cls", DIFFERING_FROM_2_1_1)
@QUICK
@given(data=st.data())
def test_a_2_1_1_body_goes_up_right_and_comes_back_but_for_what_is_named(newer, cls, data):
    body = data.draw(bodies(class_in(cls, OLDEST)))
    up, down = round_trip(cls, body, OLDEST, newer, KNOWN)
    assert not unnamed(errors(cls, newer, up.body), up)
    assert not unnamed(changed_paths(body, down.body), up, down)


@pytest.mark.parametrize("newer", [OLD, NEW])
@pytest.mark.parametrize("cls", DIFFERING_FROM_2_1_1)
@QUICK
@given(data=st.data())
def test_a_body_loses_in_2_1_1_only_what_is_named(newer, cls, data):
    body = data.draw(bodies(class_in(cls, newer), words=("SOMETHING_NEW",)))
    down, up = round_trip(cls, body, newer, OLDEST, KNOWN)
    assert not unnamed(errors(cls, OLDEST, down.body), down)
    assert not unnamed(changed_paths(body, up.body), down, up)


@pytest.mark.parametrize("cls", DIFFERING)
@QUICK
@given(data=st.data())
def test_what_is_read_and_written_reads_the_same(cls, data):
    body = data.draw(bodies(cls, words=("SOMETHING_NEW",)))
    received = codec.read(cls, NEW, codec.loads(codec.dumps(body)))
    assert received.body == body
    assert all(problem.severity is Severity.FINDING for problem in received.findings)
    written = codec.loads(codec.dumps(codec.body_of(received.value)))
    assert codec.read(cls, NEW, written).value == received.value
    assert "x_own_field" not in written


@QUICK
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=3) | numbers,
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["id", "evses", "status", "coordinates", "x"]), inner, max_size=4)
        ),
        max_leaves=12,
    )
)
def test_no_json_crashes_the_check(value):
    for cls in (v230.Location, v230.EVSE):
        for version in (OLD, NEW):
            assert codec.problems(cls, version, value)


def plain(body):
    """The same as the JSON that other programs read, with numbers as floats."""
    return json.loads(codec.dumps(body))


def places(body):
    """Every object or list in `body` with a key or index in it."""
    here = body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ()
    return [place for key, item in here for place in [(body, key), *places(item)]]


@pytest.mark.parametrize(
    ("kind", "version"),
    [pytest.param(kind, version, id=f"{kind.name}-{version}") for kind in ALL_KINDS for version in versions_of(kind)],
)
@QUICK
@given(data=st.data())
def test_the_json_schema_takes_what_is_right_and_only_that(kind, version, data):
    schema = jsonschema_rs.validator_for(msgspec.to_builtins(json_schema(kind, version)))
    cls = class_for(kind, version)
    body = data.draw(bodies(cls, words=("SOMETHING_NEW",)))
    assert [error.message for error in schema.iter_errors(plain(body))] == []
    found = places(body)
    if found:
        inside, key = data.draw(st.sampled_from(found))
        inside[key] = data.draw(st.sampled_from([None, True, 0, -1, Decimal("0.5"), "", "x" * 600, [], ["x"], {}]))
        assert not schema.is_valid(plain(body)) or not errors_in(cls, body)
