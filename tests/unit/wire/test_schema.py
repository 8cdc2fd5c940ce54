"""The JSON Schema of every kind in every version is one, and says what the check says."""

import jsonschema_rs
import msgspec
import pytest

from ocpilot.base.errors import BadRequest
from ocpilot.wire import v211, v230
from ocpilot.wire.kinds import ALL_KINDS, kind_named, kind_of, versions_of
from ocpilot.wire.protocol import Version
from ocpilot.wire.schema import json_schema

TOKEN = {
    "uid": "04A1",
    "type": "RFID",
    "auth_id": "SE-MSP-C00000001",
    "issuer": "Ladda",
    "valid": True,
    "whitelist": "NEVER",
    "last_updated": "2026-11-23T08:00:00Z",
}


def validator(kind, version):
    return jsonschema_rs.validator_for(msgspec.to_builtins(json_schema(kind, version)))


@pytest.mark.parametrize(
    ("kind", "version"),
    [pytest.param(kind, version, id=f"{kind.name}-{version}") for kind in ALL_KINDS for version in versions_of(kind)],
)
def test_every_kind_has_a_schema_in_every_version_that_has_it(kind, version):
    schema = json_schema(kind, version)
    jsonschema_rs.meta.validate(schema)
    assert not validator(kind, version).is_valid([])
    assert schema["title"] == f"OCPI {version} {kind.name}"


@pytest.mark.parametrize(
    "wrong",
    [{"uid": 1}, {"uid": "1" * 37}, {"whitelist": "SOMETIMES"}, {"valid": None}, {"valid": "yes"}, {"language": "swe"}],
)
def test_what_breaks_the_table_breaks_the_schema(wrong):
    token = validator(kind_of(v230.Token), Version.V2_1_1)
    assert token.is_valid(TOKEN)
    assert not token.is_valid({**TOKEN, **wrong})


@pytest.mark.parametrize("odd", [{"x_own": 1}, {"language": None}, {"type": "SOMETHING_NEW"}])
def test_what_is_read_leniently_fits_the_schema(odd):
    assert validator(kind_of(v230.Token), Version.V2_1_1).is_valid({**TOKEN, **odd})


def test_a_required_list_must_hold_something():
    evse = json_schema(kind_named("evse"), Version.V2_1_1)["$defs"]["EVSE"]
    assert evse["properties"]["connectors"] == {
        "type": "array",
        "items": {"$ref": "#/$defs/Connector"},
        "minItems": 1,
    }
    assert evse["required"] == [field.name for field in msgspec.structs.fields(v211.EVSE) if field.required]


def test_a_version_without_the_kind_has_no_schema():
    with pytest.raises(BadRequest, match=r"OCPI 2\.2\.1 has no Booking"):
        json_schema(kind_named("booking"), Version.V2_2_1)
