"""The OpenAPI document of the API: sound in itself, and in agreement with its table, which is whole."""

import hashlib
import hmac
import inspect
import re
import time
from datetime import UTC, datetime

import jsonschema_rs
import msgspec
import pytest

from ocpilot.api import clearing, commands, hooks, invoices, objects, peers, problems, site_limits, stations
from ocpilot.api.examples import EXAMPLES, PATCHES
from ocpilot.api.openapi import document
from ocpilot.api.router import match
from ocpilot.api.table import ENDPOINTS, PREFIX
from ocpilot.app.kept.api_ports import Scope
from ocpilot.app.office.hooks import EVENTS, SIGNATURE, signature
from ocpilot.base.errors import MethodNotAllowed, NotFound
from ocpilot.wire import codec
from ocpilot.wire.fields import Wire
from ocpilot.wire.protocol import Version

#: What the code in the description of hooks uses.
HAVING = {"hmac": hmac, "hashlib": hashlib, "time": time}
DIALECT = "https://json-schema.org/draft/2020-12/schema"
VALUES = {
    "country_code": "SE",
    "party_id": "LAD",
    "id": "X",
    "evse_uid": "E",
    "name": "N",
    "number": "F-1",
    "run": "7",
    "month": "2026-11",
    "action": "Reset",
}


@pytest.fixture(scope="module")
def described():
    """The document as another program reads it."""
    return msgspec.json.decode(codec.dumps(document("https://example.com")))


def operations(described):
    return [
        (path, method, operation)
        for path, methods in described["paths"].items()
        for method, operation in methods.items()
    ]


def references(value):
    if isinstance(value, dict):
        here = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
        return here + [one for item in value.values() for one in references(item)]
    return [one for item in value for one in references(item)] if isinstance(value, list) else []


def contents(described):
    """(where, schema, example) of every body that has an example."""
    for path, method, operation in operations(described):
        bodies = [operation.get("requestBody", {}), *operation["responses"].values()]
        for body in bodies:
            for media, content in body.get("content", {}).items():
                if media != problems.MEDIA_TYPE and "schema" in content:
                    yield f"{method} {path}", content["schema"], content["example"]


def test_every_route_of_the_table_is_described_and_no_other(described):
    assert {(path, method.upper()) for path, method, _ in operations(described)} == {
        (PREFIX + one.path, one.method) for one in ENDPOINTS
    }


def test_every_function_that_answers_is_in_the_table():
    """A handler nobody reaches would be one that nobody documented."""
    found = {
        function
        for module in (clearing, objects, peers, commands, hooks, invoices, site_limits, stations)
        for name, function in inspect.getmembers(module, inspect.iscoroutinefunction)
        if function.__module__ == module.__name__ and not name.startswith("_")
    }
    assert found == {one.handler for one in ENDPOINTS}


def test_every_scope_opens_something():
    assert {one.scope for one in ENDPOINTS} == set(Scope)


def test_every_route_says_its_scope_its_variables_and_what_it_does(described):
    names = [operation["operationId"] for _, _, operation in operations(described)]
    assert len(set(names)) == len(names)
    for path, _, operation in operations(described):
        declared = [one["name"] for one in operation["parameters"] if one["in"] == "path"]
        assert declared == re.findall(r"{(\w+)}", path)
        assert operation["summary"]
        assert operation["x-scope"] in set(Scope)
        assert {"401", "403", "429"} <= operation["responses"].keys()
        parameters = {parameter["name"] for parameter in operation["parameters"]}
        # A tag or key that is none, and a name nobody has.
        assert "400" in operation["responses"] or not parameters & {"If-Match", "Idempotency-Key"}
        assert "404" in operation["responses"] or not parameters & {"owner", "peer", "customer"}


def test_every_reference_leads_somewhere_and_nothing_is_there_for_nobody(described):
    used = {one.removeprefix("#/components/schemas/") for one in references(described)}
    assert used == described["components"]["schemas"].keys()


def test_every_schema_is_one(described):
    for schema in described["components"]["schemas"].values():
        jsonschema_rs.meta.validate({"$schema": DIALECT, **schema})


def test_every_example_is_as_its_schema_says(described):
    seen = 0
    for where, schema, example in contents(described):
        whole = {"$schema": DIALECT, "components": described["components"], **schema}
        wrong = [str(error) for error in jsonschema_rs.validator_for(whole).iter_errors(example)]
        assert not wrong, f"{where}: {wrong}"
        seen += 1
    assert seen >= len(ENDPOINTS)


@pytest.mark.parametrize("cls", [cls for cls in EXAMPLES if issubclass(cls, Wire)], ids=lambda cls: cls.__name__)
def test_examples_of_objects_are_as_the_standard_says(cls):
    example = codec.loads(codec.dumps(EXAMPLES[cls]))
    assert codec.read(cls, Version.V2_3_0, example).findings == ()
    assert isinstance(codec.read(cls, Version.V2_3_0, example | PATCHES.get(cls, {})).value, cls)


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda one: f"{one.method} {one.path}")
def test_every_route_is_found_by_its_path(endpoint):
    found, variables = match(endpoint.method, PREFIX + endpoint.path.format(**VALUES))
    assert found is endpoint
    assert variables == {name: VALUES[name] for name in re.findall(r"{(\w+)}", endpoint.path)}


def test_variables_are_decoded_and_never_empty():
    assert match("GET", f"{PREFIX}/hooks/a%2Fb%0A")[1] == {"name": "a/b\n"}
    for path in ("", "/", "/nothing", "/hooks//events", "/locations/SE/LAD"):
        with pytest.raises(NotFound):
            match("GET", PREFIX + path)
    with pytest.raises(MethodNotAllowed) as raised:
        match("DELETE", f"{PREFIX}/peers/x")
    assert raised.value.allowed == ("GET",)


def test_what_a_hook_is_sent_is_described_and_its_signature_can_be_checked_as_told(described):
    post = described["webhooks"]["event"]["post"]
    assert {one["name"] for one in post["parameters"]} == {SIGNATURE, "OCPIlot-Event-Id"}
    event = post["requestBody"]["content"]["application/json"]["schema"]
    assert set(event["properties"]["event"]["enum"]) == {*EVENTS, "hook.test"}
    told = "\n".join(line.strip() for line in post["description"].splitlines() if line.startswith("    "))
    body, secret = b"{}", "whsec_x"
    exec(told, {"header": signature(secret, body, datetime.now(UTC)), "body": body, "secret": secret, **HAVING})  # noqa: S102 - it is our own text
