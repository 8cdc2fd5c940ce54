"""The OpenAPI document: sound in itself, and in agreement with the route table (http/openapi.py)."""

import re

import jsonschema_rs
import msgspec
import pytest

from ocpilot.http.openapi import document, document_of_everything
from ocpilot.http.routes import TABLE, Router, rows_of
from ocpilot.roaming.offers import OFFERED_BY, offered
from ocpilot.wire.protocol import PROTOCOLS, Version

VERSIONS = tuple(PROTOCOLS)
ROLES = sorted({role for roles in OFFERED_BY.values() for role in roles})
METHODS = {"get", "put", "post", "patch", "delete"}
COMPONENTS = "components"


@pytest.fixture(params=VERSIONS)
def described(request):
    """The document of everything, as another program reads it, for each version."""
    return msgspec.to_builtins(document_of_everything(request.param, "https://example.com"))


def operations(described):
    return [
        (path, method, operation)
        for path, operations in described["paths"].items()
        for method, operation in operations.items()
    ]


def references(value):
    if isinstance(value, dict):
        here = [value["$ref"]] if isinstance(value.get("$ref"), str) else []
        return here + [one for item in value.values() for one in references(item)]
    return [one for item in value for one in references(item)] if isinstance(value, list) else []


def resolved(described, reference):
    found = described
    for step in reference.removeprefix("#/").split("/"):
        found = found[step]
    return found


def test_every_reference_leads_somewhere_and_nothing_is_there_for_nobody(described):
    used = set(references(described))
    assert all(resolved(described, reference) for reference in used)
    listed = {
        f"#/components/{kind}/{name}"
        for kind in ("schemas", "headers", "parameters", "responses")
        for name in described[COMPONENTS][kind]
    }
    assert used <= listed
    assert {one for one in listed - used if "/schemas/" in one or "/responses/" in one} == set()


def test_every_variable_of_a_path_is_declared_and_no_other(described):
    for path, _, operation in operations(described):
        declared = [one["name"] for one in operation["parameters"] if one.get("in") == "path"]
        assert declared == re.findall(r"{(\w+)}", path)


def test_operations_have_names_of_their_own_and_a_summary(described):
    names = [operation["operationId"] for _, _, operation in operations(described)]
    assert len(set(names)) == len(names)
    assert all(operation["summary"] for _, _, operation in operations(described))
    assert not [name for name in names if not re.fullmatch(r"[a-z0-9_]+", name)]


def test_no_two_paths_differ_only_by_the_names_of_their_variables(described):
    paths = [re.sub(r"{\w+}", "{}", path) for path in described["paths"]]
    assert len(set(paths)) == len(paths)


def test_every_schema_is_one(described):
    for schema in described[COMPONENTS]["schemas"].values():
        jsonschema_rs.meta.validate({"$schema": "https://json-schema.org/draft/2020-12/schema", **schema})


def test_every_operation_says_what_openapi_wants(described):
    tags = {tag["name"] for tag in described["tags"]}
    for _, method, operation in operations(described):
        assert method in METHODS
        assert set(operation["tags"]) <= tags
        assert all(answer.get("description") or "$ref" in answer for answer in operation["responses"].values())
        brings = method in {"put", "post", "patch"} and not operation["operationId"].endswith("deactivate")
        assert ("requestBody" in operation) is brings
    assert described["openapi"].startswith("3.1.")
    assert described["security"] == [{"token": []}]


@pytest.mark.parametrize("version", VERSIONS)
def test_every_route_is_described_and_every_description_is_a_route(version):
    router = Router(ROLES)
    found = []
    for path, method, _ in operations(document_of_everything(version, "https://example.com")):
        row, _ = router.match(path)
        assert row.handler(method.upper())
        found.append((row.template, method.upper()))
    assert sorted(found) == sorted(
        (row.template, method) for row in rows_of(version, OFFERED_BY) for method in row.methods
    )


def test_the_rows_of_the_newest_version_are_all_there_are():
    rows = {row.template for version in VERSIONS for row in rows_of(version, OFFERED_BY)}
    assert rows == {row.template for row in TABLE}


def test_a_platform_describes_what_its_roles_offer():
    described = document(Version.V2_3_0, offered(["CPO"]), "https://a.example", "Lade")
    assert described["info"]["title"] == "Lade: OCPI 2.3.0"
    assert described["servers"] == [{"url": "https://a.example"}]
    paths = described["paths"]
    assert "/ocpi/2.3.0/sender/locations" in paths
    assert "/ocpi/2.3.0/receiver/locations/{country_code}/{party_id}/{id}" not in paths
    assert paths["/ocpi/2.3.0/sender/locations"]["get"]["x-ocpi-roles"] == ["CPO", "NAP"]
    assert "Offered by CPO, NAP." in paths["/ocpi/2.3.0/sender/locations"]["get"]["description"]
    assert paths["/ocpi/2.3.0/credentials"]["post"]["x-ocpi-roles"] == []


def schema_of(operation, status="200"):
    return operation["responses"][status]["content"]["application/json"]["schema"]["anyOf"][0]


def test_a_list_comes_in_pages(described):
    version = described["info"]["title"].split()[-1]
    (path,) = (path for path in described["paths"] if path.endswith("sender/tariffs"))
    operation = described["paths"][path]["get"]
    asked = {one["name"] for one in operation["parameters"] if one.get("in") == "query"}
    assert asked == {"date_from", "date_to", "offset", "limit"}
    assert {"Link", "X-Total-Count", "X-Limit"} <= set(operation["responses"]["200"]["headers"])
    data = schema_of(operation)["allOf"][1]["properties"]["data"]
    assert data == {"type": "array", "items": {"$ref": "#/components/schemas/Tariff"}}
    assert version in path


def test_what_a_request_brings_is_the_class_of_its_version():
    old, new = (
        document_of_everything(version, "https://example.com")["components"]["schemas"]
        for version in (Version.V2_2_1, Version.V2_3_0)
    )
    assert "tax_included" in new["Tariff"]["required"]
    assert "tax_included" not in old["Tariff"]["required"]
    assert "Booking" in new
    assert "Booking" not in old
    assert old["LocationPatch"]["required"] == ["last_updated"]
    assert "required" not in new["TerminalPatch"]


@pytest.mark.parametrize(
    ("path", "method", "request_schemas"),
    [
        ("sender/tokens/{id}/authorize", "post", ["LocationReferences"]),
        ("receiver/locations/{country_code}/{party_id}/{id}/{evse_uid}", "patch", ["EVSEPatch"]),
        ("receiver/cdrs", "post", ["CDR"]),
        (
            "receiver/commands/{command}",
            "post",
            ["CancelReservation", "ReserveNow", "StartSession", "StopSession", "UnlockConnector"],
        ),
        ("sender/Booking", "post", ["BookingRequest"]),
        ("sender/payments/terminals/activate", "post", ["TerminalPatch"]),
    ],
)
def test_a_request_names_its_class(path, method, request_schemas):
    described = document_of_everything(Version.V2_3_0, "https://example.com")
    body = described["paths"][f"/ocpi/2.3.0/{path}"][method]["requestBody"]
    assert references(body) == [f"#/components/schemas/{name}" for name in request_schemas]
    assert body["required"] is (path != "sender/tokens/{id}/authorize")


def test_the_refusals_come_from_the_error_tree(described):
    responses = described[COMPONENTS]["responses"]
    assert sorted(responses) == ["HTTP400", "HTTP401", "HTTP404", "HTTP405", "HTTP413", "HTTP500"]
    assert responses["HTTP400"]["description"].startswith("2001: The body is no JSON text")
    codes = described[COMPONENTS]["schemas"]["Refusal"]["properties"]["status_code"]["description"]
    assert {"2001:", "2002:", "2003:", "2004:", "3001:", "3002:", "3003:"} <= set(codes.split())
