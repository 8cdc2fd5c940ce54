"""The OpenAPI document and the running server agree: what is described is answered, as it is described."""

import re

import aiohttp
import jsonschema_rs
import msgspec
import pytest

from ocpilot.base.settings import PartySettings
from ocpilot.wire.protocol import SUPPORTED, ModuleID, Version

ROLES = ("CPO", "EMSP", "SCSP", "PTP", "HUB", "NSP")
PARTIES = tuple(
    PartySettings(country_code="SE", party_id=f"A{index:02}", role=role, name=role) for index, role in enumerate(ROLES)
)
VALUES = {"country_code": "SE", "party_id": "RES", "command": "START_SESSION", "order": "set"}


async def read(node, path):
    async with aiohttp.ClientSession() as session, session.get(f"{node.base}{path}") as response:
        return response.status, msgspec.json.decode(await response.read())


def filled(path):
    return re.sub(r"{(\w+)}", lambda match: VALUES.get(match[1], "X1"), path)


def operations(described):
    """Every documented operation; the peer leaves last."""
    found = [
        (path, method, operation)
        for path, operations in described["paths"].items()
        for method, operation in operations.items()
    ]
    return sorted(found, key=lambda one: (one[0].endswith("credentials"), one[1] == "delete"))


def answer_schema(described, operation, status):
    answer = operation["responses"][str(status)]
    if "$ref" in answer:
        answer = described["components"]["responses"][answer["$ref"].rsplit("/", 1)[-1]]
    schema = answer["content"]["application/json"]["schema"]
    return jsonschema_rs.validator_for({**schema, "components": {"schemas": described["components"]["schemas"]}})


@pytest.mark.parametrize("version", SUPPORTED)
async def test_every_path_and_method_is_answered_as_described(make_node, register, resa, version):
    async with make_node("Allt", PARTIES) as node:
        connection = await register(node, resa, version)
        status, described = await read(node, f"/openapi.json?version={version}")
        assert status == 200
        for path, method, operation in operations(described):
            body = {} if "requestBody" in operation else None
            reply = await node.ask(method.upper(), node.base + filled(path), connection.resas_token, body)
            asked = f"{method} {path}: {reply.body}"
            assert "no such resource" not in reply.message, asked
            assert "is not defined for" not in reply.message, asked
            assert str(reply.http) in operation["responses"], asked
            assert answer_schema(described, operation, reply.http).is_valid(reply.body), asked


async def test_what_our_roles_do_not_offer_is_neither_described_nor_answered(newest):
    _, described = await read(newest.lade, "/openapi.json")
    _, others = await read(newest.resa, "/openapi.json")
    foreign = [one for one in operations(others) if one[0] not in described["paths"]]
    assert len(foreign) > 10
    for path, method, _ in foreign:
        reply = await newest.lade.ask(method.upper(), newest.lade.base + filled(path), newest.resas_token)
        assert (reply.http, "no such resource" in reply.message) == (404, True)


async def test_objects_are_as_described(connection, bodies):
    version = connection.version
    _, described = await read(connection.lade, f"/ocpi/{version}/openapi.json")
    await connection.lade.keep(ModuleID.TARIFFS, bodies.tariff(Version.V2_3_0))
    await connection.lade.keep(ModuleID.LOCATIONS, bodies.location())
    for module in (ModuleID.TARIFFS, ModuleID.LOCATIONS):
        path = f"/ocpi/{version}/sender/{module}"
        reply = await connection.lade.ask("GET", connection.lade.base + path, connection.resas_token)
        assert len(reply.data) == 1
        operation = described["paths"][path]["get"]
        assert answer_schema(described, operation, 200).is_valid(reply.body)
        assert not answer_schema(described, operation, 200).is_valid({**reply.body, "data": [{}]})
        assert {name.lower() for name in operation["responses"]["200"]["headers"]} >= {
            name.lower() for name in reply.headers if name.lower().startswith(("x-", "ocpi-"))
        }


async def test_the_documents_need_no_token(lade):
    for version in SUPPORTED:
        status, described = await read(lade, f"/ocpi/{version}/openapi.json")
        assert status == 200
        assert described["info"]["title"] == f"Lade: OCPI {version}"
        assert described["servers"] == [{"url": lade.base}]
        assert await read(lade, f"/openapi.json?version={version}") == (200, described)
    assert (await read(lade, "/openapi.json"))[1]["info"]["title"] == f"Lade: OCPI {SUPPORTED[0]}"


@pytest.mark.parametrize("path", ["/openapi.json?version=9.9", "/ocpi/9.9/openapi.json"])
async def test_a_version_we_do_not_speak_has_no_document(lade, path):
    status, body = await read(lade, path)
    assert (status, body["status_code"]) == (404, 2000)
    assert "found '9.9', expected one of 2.3.0" in body["status_message"]
