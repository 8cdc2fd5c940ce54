"""The OpenAPI 3.1 document of the API, made from its table of routes and our classes."""

import re
from collections.abc import Iterator

import msgspec

from ocpilot import __version__
from ocpilot.api import problems
from ocpilot.api.examples import example_of
from ocpilot.api.hooks_described import webhooks
from ocpilot.api.table import ENDPOINTS, PREFIX, Endpoint
from ocpilot.app.kept.api_ports import Scope
from ocpilot.app.office.hooks import EVENTS
from ocpilot.wire.fields import Wire
from ocpilot.wire.jsontext import Body
from ocpilot.wire.schema import Definitions

_AT = "#/components/schemas/"
_TEXT: Body = {"type": "string"}
_DESCRIPTION = """\
For back offices: our own Locations, Tariffs and Tokens, Sessions and CDRs, invoices, peers, commands and web hooks.
OCPI objects are those of OCPI 2.3.0, and what is written goes out to peers as everything does. Every request carries an
API key (`ocpilot api-key add`); cookies mean nothing. Errors are RFC 9457 problems; of an object that is not valid
`errors` lists everything that is wrong with it.

First call: `ocpilot api-key add first --scope locations:read` prints a key once, then
`curl -H "Authorization: Bearer ocpi_..." URL/api/v1/locations`. What web hooks are sent and how to check that it is
from here is under `webhooks`."""
_VARIABLES: dict[str, str] = {
    "country_code": "The country of the party that owns the object (ISO 3166-1 alpha-2).",
    "party_id": "The party that owns the object.",
    "id": "The id of the object, percent-encoded.",
    "evse_uid": "The uid of the EVSE in its Location.",
    "name": "The name it was given.",
    "number": "The number of the invoice.",
    "run": "The id of the run.",
    "month": "A month of the operator's calendar, such as 2026-11.",
    "action": "The action of the call, such as `Reset`.",
}
_PROBLEM: Body = {
    "type": "object",
    "description": "What went wrong (RFC 9457).",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": _TEXT,
        "title": _TEXT,
        "status": {"type": "integer"},
        "detail": _TEXT,
        "required_scope": {**_TEXT, "description": "the scope that the key lacks"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["path", "found", "expected"],
                "properties": {"path": _TEXT, "found": _TEXT, "expected": _TEXT},
            },
        },
    },
}
_IF_MATCH: Body = {
    "name": "If-Match",
    "in": "header",
    "required": False,
    "description": "The ETag of the state that is to be changed; 412 when it is another one by now.",
    "schema": _TEXT,
}
#: Parameters whose value is the name of a peer or a customer.
_NAMES = frozenset({"owner", "peer", "customer"})
_ONCE: Body = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "The same key again within a day gets the same answer, and nothing is done twice.",
    "schema": {**_TEXT, "maxLength": 255},
}


def document(base_url: str, title: str = "OCPIlot") -> Body:
    """The document of a platform at `base_url`."""
    described = _Document()
    paths: dict[str, Body] = {}
    for endpoint in ENDPOINTS:
        paths.setdefault(PREFIX + endpoint.path, {})[endpoint.method.lower()] = described.operation(endpoint)
    return {
        "openapi": "3.1.0",
        "info": {"title": f"{title}: API for back offices", "version": __version__, "description": _DESCRIPTION},
        "servers": [{"url": base_url}],
        "security": [{"key": []}],
        "tags": [{"name": tag} for tag in dict.fromkeys(tag_of(endpoint) for endpoint in ENDPOINTS)],
        "paths": paths,
        "webhooks": webhooks(),
        "components": described.components(),
        "x-scopes": [*Scope],
        "x-events": [*EVENTS],
    }


def tag_of(endpoint: Endpoint) -> str:
    """The group a route is listed in."""
    return endpoint.path.split("/")[1]


def variables(endpoint: Endpoint) -> list[str]:
    """The variables in the path of a route."""
    return re.findall(r"{(\w+)}", endpoint.path)


class _Document:
    def __init__(self) -> None:
        self._definitions = Definitions(_AT)
        self._own: dict[str, Body] = {"Problem": _PROBLEM}

    def operation(self, endpoint: Endpoint) -> Body:
        """What one route takes and answers."""
        sentence, _, more = endpoint.about.partition(". ")
        said: Body = {
            "operationId": endpoint.handler.__name__,
            "tags": [tag_of(endpoint)],
            "summary": sentence.rstrip("."),
            "description": f"{more}\n\nScope: `{endpoint.scope}`.".strip(),
            "x-scope": str(endpoint.scope),
            "parameters": [*self._parameters(endpoint)],
            "responses": self._responses(endpoint),
        }
        if endpoint.request is not None:
            content: Body = {"schema": self._request(endpoint.request, patches=endpoint.patches)}
            content["example"] = example_of(endpoint.request, patches=endpoint.patches)
            media = ["application/json", *(["application/merge-patch+json"] if endpoint.patches else [])]
            said["requestBody"] = {"required": True, "content": dict.fromkeys(media, content)}
        return said

    def components(self) -> Body:
        """What the operations refer to."""
        key: Body = {"type": "http", "scheme": "bearer", "description": "An API key: `Authorization: Bearer ocpi_...`."}
        schemas: dict[str, Body] = {**self._definitions.schemas, **self._own}
        return {"schemas": dict(sorted(schemas.items())), "securitySchemes": {"key": key}}

    def _parameters(self, endpoint: Endpoint) -> Iterator[Body]:
        for name in variables(endpoint):
            yield {"name": name, "in": "path", "required": True, "description": _VARIABLES[name], "schema": _TEXT}
        for parameter in endpoint.query:
            yield parameter.described()
        if _has_states(endpoint):
            yield _IF_MATCH
        if endpoint.method == "POST":
            yield _ONCE

    def _request(self, cls: type[Wire] | type[msgspec.Struct], *, patches: bool) -> Body:
        if not issubclass(cls, Wire):
            return self._struct(cls)
        return self._definitions.patch_of(cls, stamped=False) if patches else self._definitions.of(cls)

    def _responses(self, endpoint: Endpoint) -> Body:
        problem: Body = {problems.MEDIA_TYPE: {"schema": {"$ref": f"{_AT}Problem"}}}
        said: Body = {str(status): self._worked(endpoint, status) for status in endpoint.statuses}
        for status in _refusals(endpoint):
            said[str(status)] = {"description": problems.KINDS[status][1], "content": problem}
        return said

    def _worked(self, endpoint: Endpoint, status: int) -> Body:
        about = {200: "Done.", 201: "Created.", 202: "It goes on in the background.", 204: "Done."}[status]
        if endpoint.media_type is not None:
            return {"description": about, "content": {endpoint.media_type: {}}}
        if endpoint.response is None or status == 204:
            return {"description": about}
        schema, example = self._shape(endpoint.response), example_of(endpoint.response)
        if endpoint.listed:
            schema, example = _page_of(schema), {"items": [example], "next": None}
        return {"description": about, "content": {"application/json": {"schema": schema, "example": example}}}

    def _shape(self, cls: type[msgspec.Struct]) -> Body:
        return self._definitions.of(cls) if issubclass(cls, Wire) else self._struct(cls)

    def _struct(self, cls: type[msgspec.Struct]) -> Body:
        _, found = msgspec.json.schema_components([cls], schema_hook=_anything, ref_template=_AT + "{name}")
        self._own |= found
        return {"$ref": _AT + cls.__name__}


def _anything(kind: type) -> Body:
    """What msgspec does not know by itself."""
    if kind is object:
        return {"description": "any JSON value"}
    raise NotImplementedError


def _page_of(schema: Body) -> Body:
    following: Body = {"type": ["string", "null"], "description": "The `cursor` of the page after this one."}
    properties: Body = {"items": {"type": "array", "items": schema}, "next": following}
    return {"type": "object", "required": ["items", "next"], "properties": properties}


def _has_states(endpoint: Endpoint) -> bool:
    """Whether it changes an object, in a state that If-Match may name."""
    return endpoint.method in ("PUT", "PATCH", "DELETE") and "{country_code}" in endpoint.path


def _names_another(endpoint: Endpoint) -> bool:
    """Whether a list is asked for by the name of something that may not be there."""
    return any(parameter.name in _NAMES for parameter in endpoint.query)


def _refusals(endpoint: Endpoint) -> list[int]:
    """The statuses a route may refuse with."""
    found = {401, 403, 429, 500}
    found |= {404} if variables(endpoint) or endpoint.method == "POST" or _names_another(endpoint) else set()
    found |= (
        {400} if endpoint.query or endpoint.request or endpoint.method == "POST" or _has_states(endpoint) else set()
    )
    found |= {413, 422} if endpoint.request or endpoint.method == "POST" else set()
    found |= {422} if endpoint.media_type is not None else set()
    found |= {409} if endpoint.method in {"POST", "PUT"} else set()
    found |= {412} if _has_states(endpoint) else set()
    found |= {502} if endpoint.method == "POST" and tag_of(endpoint) in ("peers", "commands", "stations") else set()
    found |= {503, 504} if endpoint.method == "POST" and tag_of(endpoint) == "stations" else set()
    return sorted(found)
