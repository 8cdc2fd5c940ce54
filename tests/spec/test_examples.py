"""Every JSON example of the standard for our modules is read and written back without loss.

The examples are found by `OCPI_EXAMPLES` and are no part of the project. `FILES` says what each is; `CONTRADICTIONS`
names those that break the tables of the standard, and how.
"""

import os
from fnmatch import fnmatch
from pathlib import Path

import pytest

from ocpilot.base.problem import Severity
from ocpilot.wire import codec, v230
from ocpilot.wire.kinds import guess_kind, guess_version, kind_of
from ocpilot.wire.packages import class_in
from ocpilot.wire.protocol import Version

EXAMPLES = os.environ.get("OCPI_EXAMPLES")
pytestmark = pytest.mark.skipif(not EXAMPLES, reason="OCPI_EXAMPLES is not set")

#: File pattern, class, and where in the file the objects are: `$` the file itself, else a field of it.
FILES = (
    ("cdr_example*", v230.CDR, "$"),
    ("credentials_example*", v230.Credentials, "$"),
    ("location_energymix_example_*", v230.EnergyMix, "energy_mix"),
    ("location_hours_*", v230.Hours, "$"),
    ("location_regularhours_example*", v230.Hours, "opening_times"),
    ("location_put_example_add_evse*", v230.EVSE, "$"),
    ("location_example*", v230.Location, "$"),
    ("session_example_*", v230.Session, "$"),
    ("tariff_*", v230.Tariff, "$"),
    ("tariffrestriction_example_*", v230.Tariff, "$"),
    ("token_example_*", v230.Token, "$"),
    ("token_put_example*", v230.Token, "$"),
    ("transport_and_format_get_token*", v230.Token, "data"),
    ("transport_and_format_version_details_example*", v230.VersionDetails, "data"),
    ("transport_and_format_version_info_example*", v230.VersionInfo, "data"),
    ("type_displaytext_example*", v230.DisplayText, "$"),
    ("version_details_example*", v230.VersionDetails, "$"),
    ("versions_info_example*", v230.VersionInfo, "$"),
)
#: PATCH bodies: the example they are applied to, and the way from it to the object that is patched.
PATCHES = {
    "location_patch_example_location.json": (v230.Location, "location_example.json", ()),
    "location_patch_example_remove_evse.json": (v230.EVSE, "location_example.json", ("evses", 0)),
    "location_patch_example_status.json": (v230.EVSE, "location_example.json", ("evses", 0)),
    "location_patch_example_tariff.json": (v230.Connector, "location_example.json", ("evses", 0, "connectors", 0)),
    "session_patch_example_charging_period.json": (v230.Session, "session_example_1_simple_start.json", ()),
    "session_patch_example_total_cost.json": (v230.Session, "session_example_1_simple_start.json", ()),
    "token_patch_example.json": (v230.Token, "token_example_1_app_user.json", ()),
}
#: Version (None: both), file -> paths of the fields that the tables require and the example leaves out.
CONTRADICTIONS = {
    # Required by the table of Tariff since 2.3.0; the tariff inside this CDR was not brought up to date.
    ("2.3.0", "cdr_example.json"): {"$.tariffs[0].tax_included"},
    # The example shows only some fields of the Connector.
    (None, "location_put_example_add_evse.json"): {
        f"$.connectors[0].{name}" for name in ("power_type", "max_voltage", "max_amperage", "last_updated")
    },
    # Written before `last_updated` became a field of Tariff.
    (None, "tariff_put_example.json"): {"$.last_updated"},
}


def files(wanted):
    """The examples that `wanted(version, path)` is true for, as parameters of a test."""
    found = [(v, path) for v in ("2.2.1", "2.3.0") for path in sorted(Path(EXAMPLES or "/none", v).glob("*.json"))]
    return [
        pytest.param(Version(version), path, id=f"{version}/{path.name}")
        for version, path in found
        if wanted(version, path)
    ]


def is_whole(_version, path):
    return path.name not in PATCHES


def is_right(version, path):
    return is_whole(version, path) and not contradicted(version, path)


def meant(path):
    return next(((cls, where) for pattern, cls, where in FILES if fnmatch(path.name, pattern)), None)


def objects(path, where):
    value = codec.loads(path.read_bytes())
    value = value if where == "$" else value[where]
    return value if isinstance(value, list) else [value]


def contradicted(version, path):
    return CONTRADICTIONS.get((str(version), path.name)) or CONTRADICTIONS.get((None, path.name)) or set()


def with_unknown_fields(value):
    if isinstance(value, dict):
        return {**{key: with_unknown_fields(item) for key, item in value.items()}, "x_own": {"deep": [1, None, {}]}}
    return [with_unknown_fields(item) for item in value] if isinstance(value, list) else value


@pytest.mark.parametrize(("version", "path"), files(is_whole))
def test_every_example_is_what_the_table_says(version, path):
    cls, where = meant(path)
    for body in objects(path, where):
        problems = codec.problems(cls, version, body)
        errors = {problem.path for problem in problems if problem.severity is Severity.ERROR}
        assert errors == contradicted(version, path)


@pytest.mark.parametrize(("version", "path"), files(is_right))
def test_every_example_is_kept_and_written_back_without_loss(version, path):
    cls, where = meant(path)
    for body in objects(path, where):
        received = codec.read(cls, version, with_unknown_fields(body))
        assert codec.loads(codec.dumps(received.body)) == with_unknown_fields(body)
        written = codec.loads(codec.dumps(codec.body_of(received.value)))
        converted = codec.convert(cls, written, Version.V2_3_0, version)
        assert converted.body == body
        assert not converted.losses


@pytest.mark.parametrize(
    ("version", "path"), files(lambda version, path: version == "2.2.1" and is_whole(version, path))
)
def test_every_2_2_1_example_with_unknown_fields_goes_up_and_comes_back(version, path):
    cls, where = meant(path)
    for body in map(with_unknown_fields, objects(path, where)):
        up = codec.convert(cls, body, version, Version.V2_3_0)
        down = codec.convert(cls, up.body, Version.V2_3_0, version)
        assert down.body == body
        assert not up.losses + down.losses


@pytest.mark.parametrize(("version", "path"), files(lambda _version, path: path.name in PATCHES))
def test_every_patch_example_changes_what_it_names(version, path):
    cls, base, way = PATCHES[path.name]
    kept = codec.loads((path.parent / base).read_bytes())
    for step in way:
        kept = kept[step]
    patch = codec.loads(path.read_bytes())
    received = codec.read_patch(cls, version, kept, patch)
    added = ("charging_periods",) if cls is v230.Session else ()
    for name, value in patch.items():
        assert received.body[name] == (kept.get(name, []) + value if name in added else value)
    assert {name: received.body[name] for name in kept if name not in patch} == {
        name: kept[name] for name in kept if name not in patch
    }


@pytest.mark.parametrize(("version", "path"), files(is_whole))
def test_the_kind_of_every_whole_object_is_guessed(version, path):
    cls, where = meant(path)
    fragments = (v230.EnergyMix, v230.Hours, v230.DisplayText)
    for body in objects(path, where):
        kind = guess_kind(body)
        assert kind is (None if cls in fragments else kind_of(cls))
        if kind is not None and not contradicted(version, path) and class_in(cls, version) is not cls:
            guessed = guess_version(kind, body)
            assert not codec.problems(cls, guessed, body)
