"""The OpenAPI 3.1 document of one OCPI version, made from the route table and our classes; nothing of it is by hand."""

import inspect
import re
from collections.abc import Collection, Iterable, Iterator
from enum import StrEnum

from ocpilot import __version__
from ocpilot.http.contents import Content, content_of, function_of
from ocpilot.http.openapi_parts import (
    ENVELOPES,
    HEADERS,
    MESSAGE_IDS,
    PAGE_HEADERS,
    PARAMETERS,
    PATH_VARIABLES,
    ROUTING,
    refusals,
    security_scheme,
)
from ocpilot.http.routes import Configuration, Resource, rows_of
from ocpilot.roaming import routing
from ocpilot.roaming.offers import OFFERED_BY, Interface
from ocpilot.wire.fields import Wire
from ocpilot.wire.jsontext import Body
from ocpilot.wire.packages import class_in, exists_in
from ocpilot.wire.protocol import PROTOCOLS, ModuleID, Version
from ocpilot.wire.schema import Definitions, enum_schema
from ocpilot.wire.v230 import Terminal

_SECTION = re.compile(r"\s*\((?:mod_\w+|credentials|version_\w+|transport_and_format|status_codes)[^()]*\)")
#: What the method and the tag of an operation say already.
_METHOD = re.compile(r"^[A-Z]+(?: of a (?:Sender|Receiver) interface)?: ")
_DESCRIPTION = """\
What this platform answers partners in OCPI {version}. The schemas say what the tables of the standard say; requests are
read more leniently where the meaning is sure, and fields that the standard does not name are kept. Every answer is an
envelope; a refusal is most often HTTP 200 with a `status_code` of 2000 or more."""


def document_of_everything(version: Version, base_url: str) -> Body:
    """The document of `version` for a platform of all roles."""
    return document(version, frozenset(OFFERED_BY), base_url, "OCPIlot")


def document(version: Version, interfaces: Collection[Interface], base_url: str, title: str) -> Body:
    """The document of `version` for a platform that offers `interfaces` below `base_url`."""
    rows = rows_of(version, interfaces)
    described = _Document(version)
    paths: dict[str, Body] = {}
    for row in rows:
        paths.setdefault(_path(row, version), {}).update(described.operations(row))
    return {
        "openapi": "3.1.0",
        "info": {
            "title": f"{title}: OCPI {version}",
            "version": __version__,
            "description": _DESCRIPTION.format(version=version),
        },
        "servers": [{"url": base_url}],
        "security": [{"token": []}],
        "tags": [_tag(module) for module in dict.fromkeys(row.module for row in rows)],
        "paths": paths,
        "components": described.components(),
    }


def _path(row: Resource, version: Version) -> str:
    """The path as it is asked for."""
    return "/" + "/".join(["ocpi", *row.template]).replace("{version}", version)


def _tag(module: ModuleID) -> Body:
    sides = {side: by for (of, side), by in OFFERED_BY.items() if of is module}
    said = [f"{side.capitalize()}: {', '.join(sorted(by))}." for side, by in sides.items()]
    return {"name": module, "description": " ".join(said) or "Offered by every role."}


class _Document:
    """The operations of one version; the schemas they refer to are gathered on the way."""

    def __init__(self, version: Version) -> None:
        self._version = version
        self._protocol = PROTOCOLS[version]
        self._definitions = Definitions("#/components/schemas/")

    def operations(self, row: Resource) -> dict[str, Body]:
        """The operations of a row by method."""
        return {method.lower(): self._operation(row, method) for method in row.methods}

    def components(self) -> Body:
        """What the operations refer to."""
        return {
            "schemas": dict(sorted(self._definitions.schemas.items())) | ENVELOPES,
            "parameters": PARAMETERS,
            "headers": HEADERS,
            "responses": refusals(),
            "securitySchemes": {"token": security_scheme(self._protocol.token_encoding)},
        }

    def _operation(self, row: Resource, method: str) -> Body:
        content = content_of(row, method)
        summary, more = _said_of(row, method, content)
        roles = sorted(OFFERED_BY[row.module, row.interface]) if not isinstance(row, Configuration) else []
        offered = f"Offered by {', '.join(roles)}." if roles else "Offered by every role."
        operation: Body = {
            "operationId": _operation_id(row, method),
            "tags": [row.module],
            "summary": summary,
            "description": f"{more}\n\n{offered}".strip(),
            "x-ocpi-roles": roles,
            "parameters": [
                *self._path_parameters(row),
                *(parameter.described() for parameter in content.query),
                *({"$ref": f"#/components/parameters/{name}"} for name in self._headers(row)),
            ],
            "responses": self._responses(row, content),
        }
        request = self._request(content)
        return operation | ({"requestBody": request} if request else {})

    def _path_parameters(self, row: Resource) -> Iterator[Body]:
        for segment in row.template:
            if segment.startswith("{") and segment != "{version}":
                schema, description = PATH_VARIABLES[segment[1:-1]]
                said = {"name": segment[1:-1], "in": "path", "required": True, "description": description}
                yield said | {"schema": schema}

    def _headers(self, row: Resource) -> list[str]:
        """The headers that requests and answers of the row may carry."""
        names = [*(MESSAGE_IDS if self._protocol.message_ids else ())]
        routed = self._protocol.routing_headers and row.module not in routing.UNROUTED
        return [*names, *(ROUTING if routed else ())]

    def _request(self, content: Content) -> Body:
        found = [self._body(cls, patches=content.patches) for cls in content.request if exists_in(cls, self._version)]
        if not found:
            return {}
        return {"required": not content.may_be_empty, "content": _json(_one_of(found))}

    def _body(self, cls: type[Wire], *, patches: bool) -> Body:
        spoken = class_in(cls, self._version)
        if not patches:
            return self._definitions.of(spoken)
        # When a Terminal was updated is the PTP's to say.
        stamped = self._protocol.stamped_patches and cls is not Terminal
        return self._definitions.patch_of(spoken, stamped=stamped)

    def _responses(self, row: Resource, content: Content) -> Body:
        names = ["HTTP401", "HTTP404", "HTTP500"]
        names += ["HTTP400", "HTTP413"] if content.request else []
        # Who is registered does not register again, who is not has nothing to change (credentials, "POST Method").
        names += ["HTTP405"] if row.module is ModuleID.CREDENTIALS else []
        done = self._answer(row, content)
        created = {"201": done | {"description": "A new object is kept."}} if content.creates else {}
        refused = {name.removeprefix("HTTP"): {"$ref": f"#/components/responses/{name}"} for name in sorted(names)}
        return {"200": done, **created, **refused}

    def _answer(self, row: Resource, content: Content) -> Body:
        """The answer with HTTP 200: what was asked for, or a refusal."""
        success: Body = {"$ref": "#/components/schemas/Success"}
        if content.response is not None:
            data = self._data(content.response)
            data = {"type": "array", "items": data} if content.listed else data
            success = {"allOf": [success, {"required": ["data"], "properties": {"data": data}}]}
        headers = [*(PAGE_HEADERS if content.paged else ()), *(["Location"] if content.located else ())]
        headers += self._headers(row)
        return {
            "description": "What was asked for, or a refusal.",
            "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in headers},
            "content": _json({"anyOf": [success, {"$ref": "#/components/schemas/Refusal"}]}),
        }

    def _data(self, response: type[Wire] | type[StrEnum]) -> Body:
        if issubclass(response, Wire):
            return self._definitions.of(class_in(response, self._version))
        return enum_schema(response)


def _said_of(row: Resource, method: str, content: Content) -> tuple[str, str]:
    """The first sentence of the handler's docstring with what it is about, and the rest of its first paragraph."""
    doc = inspect.getdoc(function_of(row.methods[method])) or ""
    paragraph = _SECTION.sub("", doc.split("\n\n")[0]).replace("\n", " ")
    sentence, _, more = _METHOD.sub("", paragraph).partition(". ")
    about = content.response or (content.request[0] if len(content.request) == 1 else None)
    return f"{about.__name__}: {sentence}".rstrip(". ") if about else sentence.rstrip(". "), more.strip()


def _operation_id(row: Resource, method: str) -> str:
    words = [word.strip("{}") for word in row.template if word != "{version}"] or ["version"]
    return "_".join(re.sub(r"\W+", "_", word) for word in [method, *words]).lower()


def _one_of(schemas: Iterable[Body]) -> Body:
    found = list(schemas)
    return found[0] if len(found) == 1 else {"anyOf": found}


def _json(schema: Body) -> Body:
    return {"application/json": {"schema": schema}}
