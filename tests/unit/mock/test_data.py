"""Own objects for the mock, in all the shapes that a file may have (mock/data.py)."""

import json

import pytest

from ocpilot.base.errors import UserError
from ocpilot.base.ids import PartyId
from ocpilot.mock.data import read_objects

TOKEN = {
    "uid": "04A1",
    "type": "RFID",
    "auth_id": "SE-MSP-C00000001",
    "issuer": "Ladda",
    "valid": True,
    "whitelist": "NEVER",
    "last_updated": "2026-11-23T08:00:00Z",
}


@pytest.mark.parametrize("value", [TOKEN, [TOKEN], {"status_code": 1000, "data": [TOKEN]}, {"tokens": [TOKEN]}])
def test_an_object_is_found_in_every_shape(value):
    found = read_objects(json.dumps(value).encode(), PartyId("SE", "LAD"))
    assert {module: [body["party_id"] for body in bodies] for module, bodies in found.items()} == {"tokens": ["LAD"]}


@pytest.mark.parametrize(("text", "message"), [("[1]", "no JSON object"), ('{"a": 1}', "in no list of OCPI")])
def test_what_is_no_object_of_a_list_is_wrong_usage(text, message):
    with pytest.raises(UserError, match=message):
        read_objects(text.encode(), PartyId("SE", "LAD"))
