"""Every JSON example of the standard for our modules is read and written back without loss.

The examples are found by `OCPI_EXAMPLES` and are no part of the project. `FILES` says what each is; `CONTRADICTIONS`
names those that break the tables of the standard, and how.
"""

import json
import os
from fnmatch import fnmatch
from pathlib import Path

import jsonschema_rs
import msgspec
import pytest
from msgspec.structs import replace

from ocpilot.base.ids import PartyId
from ocpilot.base.problem import Severity
from ocpilot.main.commands import run
from ocpilot.wire import codec, v230
from ocpilot.wire.kinds import guess_kind, guess_version, kind_of
from ocpilot.wire.protocol import Version
from ocpilot.wire.schema import json_schema
from ocpilot.wire.validation import check_text

EXAMPLES = os.environ.get("OCPI_EXAMPLES")
pytestmark = pytest.mark.skipif(not EXAMPLES, reason="OCPI_EXAMPLES is not set")

#: File pattern, class, and where in the file the objects are: `$` the file itself, else a field of it.
FILES = (
    ("booking_example*", v230.Booking, "$"),
    ("booking_location_example*", v230.BookingLocation, "$"),
    ("cdr_example*", v230.CDR, "$"),
    ("cdrs_14*", v230.CDR, "$"),
    ("credentials_example*", v230.Credentials, "$"),
    ("location_energymix_example_*", v230.EnergyMix, "energy_mix"),
    ("location_hours_*", v230.Hours, "$"),
    ("location_regularhours_example*", v230.Hours, "opening_times"),
    ("location_put_example_add_evse*", v230.EVSE, "$"),
    ("location_example*", v230.Location, "$"),
    ("locations_1[012]*", v230.EnergyMix, "$"),
    ("locations_13*", v230.Hours, "$"),
    ("locations_7*", v230.EVSE, "$"),
    ("locations_9*", v230.Location, "$"),
    ("payment_financial_advice_confirmation_*", v230.FinancialAdviceConfirmation, "$"),
    ("payment_terminal_*", v230.Terminal, "$"),
    ("session_example_*", v230.Session, "$"),
    ("sessions_*", v230.Session, "$"),
    ("tariff_*", v230.Tariff, "$"),
    ("tariffrestriction_example_*", v230.Tariff, "$"),
    ("tariffs_*", v230.Tariff, "$"),
    ("token_example_*", v230.Token, "$"),
    ("token_put_example*", v230.Token, "$"),
    ("tokens_*", v230.Token, "$"),
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
    "locations_4.json": (v230.EVSE, "locations_9.json", ("evses", 0)),
    "locations_5.json": (v230.Location, "locations_9.json", ()),
    "locations_6.json": (v230.Connector, "locations_9.json", ("evses", 0, "connectors", 0)),
    "locations_8.json": (v230.EVSE, "locations_9.json", ("evses", 0)),
    "session_patch_example_charging_period.json": (v230.Session, "session_example_1_simple_start.json", ()),
    "session_patch_example_total_cost.json": (v230.Session, "session_example_1_simple_start.json", ()),
    "sessions_1.json": (v230.Session, "sessions_2.json", ()),
    "tariffs_16.json": (v230.Tariff, "tariffs_17.json", ()),
    "token_patch_example.json": (v230.Token, "token_example_1_app_user.json", ()),
    "tokens_23.json": (v230.Token, "tokens_22.json", ()),
}
#: PATCH bodies that cannot be applied to an example.
LOOSE = {
    "booking_location_patch_example_calendar.json": "a space in the names of two fields, a second 99",
    "booking_location_patch_example_terms.json": "terms without three fields that their table requires",
    "booking_patch_example_evse_uid.json": "evse_uid is a field of the BookingOption, not of the Booking",
    "booking_patch_example_status_update.json": "right, for a Booking example that is not",
    "booking_request_patch_example_timeslot.json": "no such field in Booking or BookingRequest, a second 99",
    "booking_request_patch_example_tokens.json": "right, for a BookingRequest, which nothing patches",
    "payment_terminal_location_assignment.json": "without `last_updated`",
}
#: What never travels on its own.
FRAGMENTS = (v230.EnergyMix, v230.Hours, v230.DisplayText)
#: What is mended as it is read: a price in a string, a Tariff in a CDR that was not brought up to date.
MENDED = (("2.1.1", "cdrs_14.json"), ("2.3.0", "cdr_example.json"))
#: One field says too little.
NOT_GUESSED = ("payment_terminal_create_minimal.json",)
#: Whole objects that break the tables of their own version as much as those of a newer one, which is then guessed.
GUESSED_NEWER = {
    ("2.1.1", "locations_7.json"): "a Connector of 2.1.1 without the fields that are called otherwise later",
    ("2.2.1", "location_put_example_add_evse.json"): "a Connector without what both versions require",
}
_SECOND_99 = {"end_before", "available_timeslots[0].end_date_time"}
#: Folder (None: all), file -> paths of the fields that are not as the tables say.
CONTRADICTIONS = {
    # The example shows only some fields of the Connector.
    (None, "location_put_example_add_evse.json"): {
        f"$.connectors[0].{name}" for name in ("power_type", "max_voltage", "max_amperage", "last_updated")
    },
    # Written before `last_updated` became a field of Tariff.
    (None, "tariff_put_example.json"): {"$.last_updated"},
    ("2.1.1", "tariffs_15.json"): {"$.last_updated"},
    # Only some fields of the EVSE and its Connector are shown.
    ("2.1.1", "locations_7.json"): {
        "$.last_updated",
        *(f"$.connectors[0].{name}" for name in ("power_type", "voltage", "amperage", "last_updated")),
    },
    # Party ids of five characters; requests without the BookingLocation they ask for.
    ("2.3.0-bookings", "booking_example.json"): {
        "$.party_id",
        "$.booking_tokens[0].party_id",
        *(
            f"$.booking_requests[{i}].booking_request.{name}"
            for i in (0, 1)
            for name in ("party_id", "booking_location_id")
        ),
    },
    # Times with the second 99.
    ("2.3.0-bookings", "booking_location_example.json"): {
        *(f"$.calendars[{i}].{name}" for i in (0, 1) for name in _SECOND_99),
    },
    # The Price of 2.2.1.
    **{
        ("2.3.0-payments", f"payment_financial_advice_confirmation_{name}.json"): {"$.total_costs.before_taxes"}
        for name in ("create", "example_success")
    },
    # The Price of 2.2.1, and no EFT data where nothing was captured.
    ("2.3.0-payments", "payment_financial_advice_confirmation_example_failure.json"): {
        "$.total_costs.before_taxes",
        "$.eft_data",
    },
    # The text says that the id alone is enough.
    ("2.3.0-payments", "payment_terminal_create_minimal.json"): {"$.last_updated"},
    # The id is only in the URL.
    ("2.3.0-payments", "payment_terminal_put_update.json"): {"$.terminal_id"},
}


#: What a platform knows of a 2.1.1 peer.
CONTEXT = codec.Context(party=PartyId("BE", "BEC"), time_zone="Europe/Brussels")
FOLDERS = {
    "2.1.1": Version.V2_1_1,
    "2.2.1": Version.V2_2_1,
    "2.3.0": Version.V2_3_0,
    "2.3.0-bookings": Version.V2_3_0,
    "2.3.0-payments": Version.V2_3_0,
}


def files(wanted):
    """The examples that `wanted(version, path)` is true for, as parameters of a test."""
    found = [(FOLDERS[f], path) for f in FOLDERS for path in sorted(Path(EXAMPLES or "/none", f).glob("*.json"))]
    return [
        pytest.param(version, path, id=f"{path.parent.name}/{path.name}")
        for version, path in found
        if wanted(version, path)
    ]


def is_whole(_version, path):
    return path.name not in PATCHES and path.name not in LOOSE


def is_right(version, path):
    return is_whole(version, path) and not contradicted(path)


def is_as_written(version, path):
    return is_right(version, path) and (path.parent.name, path.name) not in MENDED


def meant(path):
    return next(((cls, where) for pattern, cls, where in FILES if fnmatch(path.name, pattern)), None)


def objects(path, where):
    value = codec.loads(path.read_bytes())
    value = value if where == "$" else value[where]
    return value if isinstance(value, list) else [value]


def contradicted(path):
    return CONTRADICTIONS.get((path.parent.name, path.name)) or CONTRADICTIONS.get((None, path.name)) or set()


def filled(value, without=()):
    """The same without empty lists, and without some fields."""
    if isinstance(value, dict):
        return {key: filled(item, without) for key, item in value.items() if item != [] and key not in without}
    return [filled(item, without) for item in value] if isinstance(value, list) else value


def with_unknown_fields(value):
    if isinstance(value, dict):
        return {**{key: with_unknown_fields(item) for key, item in value.items()}, "x_own": {"deep": [1, None, {}]}}
    return [with_unknown_fields(item) for item in value] if isinstance(value, list) else value


def errors(cls, version, body):
    problems = codec.problems(cls, version, body)
    return {problem.path for problem in problems if problem.severity is Severity.ERROR}


@pytest.mark.parametrize(("version", "path"), files(is_whole))
def test_every_example_is_what_the_table_says(version, path):
    cls, where = meant(path)
    for body in objects(path, where):
        assert errors(cls, version, body) == contradicted(path)


@pytest.mark.parametrize(
    ("version", "path"), files(lambda version, path: version != "2.1.1" and is_as_written(version, path))
)
def test_every_example_is_kept_and_written_back_without_loss(version, path):
    cls, where = meant(path)
    for body in objects(path, where):
        received = codec.read(cls, version, with_unknown_fields(body))
        assert codec.loads(codec.dumps(received.body)) == with_unknown_fields(body)
        written = codec.loads(codec.dumps(codec.body_of(received.value)))
        converted = codec.convert(cls, written, Version.V2_3_0, version)
        assert converted.body == filled(body)
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


@pytest.mark.parametrize(
    ("version", "path"), files(lambda version, path: version == "2.1.1" and is_right(version, path))
)
def test_every_2_1_1_example_is_read_and_comes_back(version, path):
    cls, where = meant(path)
    for body in objects(path, where):
        received = codec.read(cls, version, body, CONTEXT)
        written = codec.loads(codec.dumps(codec.body_of(received.value)))
        context = CONTEXT
        if "location" in body:
            whole = codec.convert(v230.Location, body["location"], version, Version.V2_3_0, CONTEXT).body
            context = replace(CONTEXT, location=whole)
        converted = codec.convert(cls, written, Version.V2_3_0, version, context)
        assert filled(converted.body, without=["time_zone"]) == filled(received.body)
        assert [loss.path for loss in converted.losses] == (["$.cdr_token"] if "location" in body else [])


@pytest.mark.parametrize(("version", "path"), files(is_as_written))
def test_every_example_fits_the_json_schema_of_its_kind(version, path):
    cls, where = meant(path)
    schema = jsonschema_rs.validator_for(msgspec.to_builtins(json_schema(kind_of(cls), version)))
    for body in objects(path, where):
        assert [error.message for error in schema.iter_errors(json.loads(codec.dumps(body)))] == []


def test_every_example_is_accounted_for():
    for _, path in (parameter.values for parameter in files(lambda *_: True)):
        assert path.name in PATCHES or path.name in LOOSE or meant(path) is not None


@pytest.mark.parametrize(("version", "path"), files(lambda _version, path: path.name in PATCHES))
def test_every_patch_example_changes_what_it_names(version, path):
    cls, base, way = PATCHES[path.name]
    kept = codec.loads((path.parent / base).read_bytes())
    for step in way:
        kept = kept[step]
    patch = codec.loads(path.read_bytes())
    received = codec.read_patch(cls, version, kept, patch, CONTEXT)
    added = ("charging_periods",) if cls is v230.Session else ()
    for name, value in patch.items():
        assert received.body[name] == (kept.get(name, []) + value if name in added else value)
    assert {name: received.body[name] for name in kept if name not in patch} == {
        name: kept[name] for name in kept if name not in patch
    }


@pytest.mark.parametrize(("version", "path"), files(is_whole))
def test_the_kind_of_every_whole_object_is_guessed(version, path):
    cls, where = meant(path)
    for body in objects(path, where):
        kind = guess_kind(body)
        if path.name not in NOT_GUESSED:
            assert kind is (None if cls in FRAGMENTS else kind_of(cls))
        if kind is not None and not contradicted(path):
            assert not errors(cls, guess_version(kind, body), body)


@pytest.mark.parametrize(("version", "path"), files(is_whole))
def test_the_version_that_is_guessed_is_its_own_or_a_newer_one_that_takes_it_as_well(version, path):
    for checked in check_text(path.read_bytes()):
        if checked.version not in (None, version):
            wrong = [problem for problem in checked.problems if problem.severity is Severity.ERROR]
            assert checked.version > version
            assert not wrong or (path.parent.name, path.name) in GUESSED_NEWER


@pytest.mark.parametrize(("version", "path"), files(lambda _version, path: path.name in PATCHES))
def test_the_kind_of_a_patch_is_among_those_that_are_named(version, path):
    (checked,) = check_text(path.read_bytes())
    (problem,) = checked.problems
    assert (checked.kind, problem.path) == (None, "$")
    assert f" {PATCHES[path.name][0].__name__}" in problem.found


@pytest.mark.parametrize(("version", "path"), files(is_right))
def test_the_command_finds_no_error_in_what_is_right(version, path, capsys):
    cls, where = meant(path)
    if where != "$" and cls in FRAGMENTS:
        return
    named = ["--object", kind_of(cls).name] if cls in FRAGMENTS or path.name in NOT_GUESSED else []
    assert run(["validate", *named, str(path)]) == 0
    assert run(["validate", "--object", kind_of(cls).name, "--version", str(version), str(path)]) == 0
