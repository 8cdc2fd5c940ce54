"""Properties of reading, writing, PATCHing and converting, on generated objects of every class that travels."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from generated import OWN_FIELD, UNKNOWN_WORD, bodies
from ocpilot.base.ids import PartyId
from ocpilot.base.problem import Severity
from ocpilot.wire import codec, v230
from ocpilot.wire.check import mend
from ocpilot.wire.kinds import KINDS
from ocpilot.wire.packages import class_in, exists_in
from ocpilot.wire.protocol import Version

OLDEST, OLD, NEW = Version.V2_1_1, Version.V2_2_1, Version.V2_3_0
#: Every class that travels on its own and is in both versions: those that do not differ cost nothing to try.
IN_OLD = [kind.cls for kind in KINDS if exists_in(kind.cls, OLD)]
IN_OLDEST = [kind.cls for kind in KINDS if exists_in(kind.cls, OLDEST)]
#: The only classes of 2.2.1 that 2.3.0 cannot always say: it has no role HUB.
WITH_HUBS = (v230.Credentials, v230.ClientInfo)
#: Their words were open before 2.3.0 named OpenEnums.
ALWAYS_OPEN = (v230.VersionInfo, v230.VersionDetails)
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
#: Objects per class, step and direction.
MANY = 1000
#: From 2.1.1 to 2.3.0 is two steps, of which each is tried with many.
FEW = 100
ABSENT = object()


def leaves(value, path="$"):
    """Every path of an object with what is there."""
    found, left = {}, [(path, value)]
    while left:
        path, value = left.pop()
        if isinstance(value, dict):
            left += [(f"{path}.{key}", item) for key, item in value.items()]
        elif isinstance(value, list):
            left += [(f"{path}[{index}]", item) for index, item in enumerate(value)]
        else:
            found[path] = value
    return found


def changed_paths(before, after):
    before, after = leaves(before), leaves(after)
    return {path for path in before.keys() | after.keys() if before.get(path, ABSENT) != after.get(path, ABSENT)}


def unnamed(paths, *conversions):
    """The paths that no loss or assumption names."""
    notes = {note.path for one in conversions for note in one.losses + one.assumptions}
    named = re.compile("|".join(re.escape(path) + r"($|[.\[])" for path in sorted(notes)) or r"(?!)")
    return {path for path in paths if not named.match(path)}


def round_trip(cls, body, version, other, context=codec.NOTHING):
    there = codec.convert(cls, body, version, other, context)
    back = codec.convert(cls, there.body, other, version, context)
    return there, back


def errors(cls, version, body):
    found = mend(class_in(cls, version), body).problems
    return {problem.path for problem in found if problem.severity is Severity.ERROR}


@pytest.mark.parametrize("cls", IN_OLD)
def test_a_2_2_1_body_goes_up_and_comes_back_as_it_was(cls):
    for seed, body in bodies(class_in(cls, OLD), MANY):
        up, down = round_trip(cls, body, OLD, NEW)
        assert not mend(cls, up.body).problems, seed
        assert cls in WITH_HUBS or not up.losses, seed
        if not up.losses:
            assert down.body == body, seed
            assert not down.losses, seed
        assert not unnamed(changed_paths(body, down.body), up, down), seed


@pytest.mark.parametrize("cls", IN_OLD)
def test_a_2_3_0_body_loses_only_what_the_losses_name(cls):
    for seed, body in bodies(cls, MANY, words=(UNKNOWN_WORD,)):
        down, up = round_trip(cls, body, NEW, OLD)
        assert cls in ALWAYS_OPEN or not mend(class_in(cls, OLD), down.body).problems, seed
        assert not errors(cls, OLD, down.body), seed
        assert not unnamed(changed_paths(body, up.body), down, up), seed


@pytest.mark.parametrize(("newer", "count"), [(OLD, MANY), (NEW, FEW)])
@pytest.mark.parametrize("cls", IN_OLDEST)
def test_a_2_1_1_body_goes_up_right_and_comes_back_but_for_what_is_named(newer, count, cls):
    for seed, body in bodies(class_in(cls, OLDEST), count):
        up, down = round_trip(cls, body, OLDEST, newer, KNOWN)
        assert not unnamed(errors(cls, newer, up.body), up), seed
        assert not unnamed(changed_paths(body, down.body), up, down), seed


@pytest.mark.parametrize(("newer", "count"), [(OLD, MANY), (NEW, FEW)])
@pytest.mark.parametrize("cls", IN_OLDEST)
def test_a_body_loses_in_2_1_1_only_what_is_named(newer, count, cls):
    for seed, body in bodies(class_in(cls, newer), count, words=(UNKNOWN_WORD,)):
        down, up = round_trip(cls, body, newer, OLDEST, KNOWN)
        assert not unnamed(errors(cls, OLDEST, down.body), down), seed
        assert not unnamed(changed_paths(body, up.body), down, up), seed


@pytest.mark.parametrize("version", Version)
@pytest.mark.parametrize("cls", [kind.cls for kind in KINDS if kind.cls is not v230.VersionDetails])
def test_what_is_read_and_written_reads_the_same(cls, version):
    if not exists_in(cls, version):
        return
    for seed, body in bodies(class_in(cls, version), FEW, words=(UNKNOWN_WORD,)):
        received = codec.read(cls, version, codec.loads(codec.dumps(body)), KNOWN)
        assert received.body == body, seed
        assert all(problem.severity is Severity.FINDING for problem in received.findings), seed
        written = codec.loads(codec.dumps(codec.body_of(received.value)))
        assert version is OLDEST or codec.read(cls, NEW, written).value == received.value, seed
        assert OWN_FIELD not in written, seed


any_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3) | st.decimals(-1000, 1000, places=4),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["id", "evses", "status", "coordinates", "x"]), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(any_json)
def test_no_json_crashes_the_check(value):
    for cls in (v230.Location, v230.EVSE):
        for version in Version:
            assert codec.problems(cls, version, value)
