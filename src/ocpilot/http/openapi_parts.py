"""What all operations of an OpenAPI document share: envelopes, headers, variables of paths, refusals, the token."""

from collections.abc import Iterator, Mapping

from ocpilot.base import errors
from ocpilot.base.errors import CardError, Conflict, MailError, OcpilotError, StationError
from ocpilot.roaming.routing import FROM_COUNTRY, FROM_PARTY, TO_COUNTRY, TO_PARTY
from ocpilot.wire.jsontext import Body
from ocpilot.wire.protocol import TokenEncoding
from ocpilot.wire.schema import MOMENT

_TEXT: Body = {"type": "string"}
_ID: Body = {"type": "string", "minLength": 1}
_COUNTRY: Body = {"type": "string", "minLength": 2, "maxLength": 2, "examples": ["SE"]}
_PARTY: Body = {"type": "string", "minLength": 3, "maxLength": 3, "examples": ["LAD"]}

#: Name of a variable in a path -> its schema and what it is.
PATH_VARIABLES: Mapping[str, tuple[Body, str]] = {
    "country_code": (_COUNTRY, "The country of the party that owns the object (ISO 3166-1 alpha-2)."),
    "party_id": (_PARTY, "The party that owns the object."),
    "id": (_ID, "The id of the object, percent-encoded."),
    "evse_uid": (_ID, "The uid of the EVSE in its Location."),
    "connector_id": (_ID, "The id of the Connector in its EVSE."),
    "calendar_id": (_ID, "The id of the calendar in its BookingLocation."),
    "session_id": (_ID, "The id of the Session."),
    "command": (_ID, "The type of the command, such as START_SESSION."),
    "order": (_ID, "What was ordered, as in the response_url that was given out."),
}

#: (transport_and_format, "Unique message IDs")
MESSAGE_IDS = ("X-Request-ID", "X-Correlation-ID")
#: (transport_and_format, "Message Routing")
ROUTING = (FROM_COUNTRY, FROM_PARTY, TO_COUNTRY, TO_PARTY)
#: (transport_and_format, "Paginated Response")
PAGE_HEADERS = ("Link", "X-Total-Count", "X-Limit")

_SENT: Mapping[str, tuple[Body, str]] = {
    "X-Request-ID": (_TEXT, "Names the request; a new one for every request, also for a retry."),
    "X-Correlation-ID": (_TEXT, "Names what the request belongs to; the same all the way through a hub."),
    FROM_COUNTRY: (_COUNTRY, "The country of the party that the message is from."),
    FROM_PARTY: (_PARTY, "The party that the message is from."),
    TO_COUNTRY: (_COUNTRY, "The country of the party that the message is for."),
    TO_PARTY: (_PARTY, "The party that the message is for."),
}
_ANSWERED: Mapping[str, tuple[Body, str]] = {
    "Link": (_TEXT, 'The URL of the next page, with rel="next"; absent on the last one.'),
    "X-Total-Count": ({"type": "integer"}, "How many objects all pages hold together."),
    "X-Limit": ({"type": "integer"}, "How many objects a page holds at most."),
    "Location": (_TEXT, "Where the object can be read again."),
    **_SENT,
}

PARAMETERS: Mapping[str, Body] = {
    name: {"name": name, "in": "header", "required": False, "description": description, "schema": schema}
    for name, (schema, description) in _SENT.items()
}
HEADERS: Mapping[str, Body] = {
    name: {"description": description, "schema": schema} for name, (schema, description) in _ANSWERED.items()
}


def _envelope(description: str, status_code: Body, **fields: Body) -> Body:
    properties: Body = {"status_code": status_code, "status_message": _TEXT, "timestamp": MOMENT, **fields}
    required = ["status_code", "timestamp"]
    return {"type": "object", "description": description, "properties": properties, "required": required}


def _seen_by_peers(root: type[OcpilotError] = OcpilotError) -> Iterator[type[OcpilotError]]:
    """The errors of the tree that an OCPI peer may be answered with (base/errors.py)."""
    if root.fault == "user" or issubclass(root, (StationError, CardError, MailError)):
        return
    yield root
    for error in root.__subclasses__():
        if error.__module__ == errors.__name__:
            yield from _seen_by_peers(error)


def _by_status() -> dict[int, list[type[OcpilotError]]]:
    found: dict[int, list[type[OcpilotError]]] = {}
    for error in _seen_by_peers():
        status = 200 if error is Conflict else error.http_status
        found.setdefault(status, []).append(error)
    return found


def _listed(found: list[type[OcpilotError]]) -> str:
    said = {(error.ocpi_status, (error.__doc__ or "").split("\n")[0]) for error in found}
    return " ".join(f"{status}: {sentence}" for status, sentence in sorted(said))


_PROBLEM: Body = {
    "type": "object",
    "properties": {"path": _TEXT, "found": _TEXT, "expected": _TEXT},
    "required": ["path", "found", "expected"],
}
#: (transport_and_format, "Response format")
ENVELOPES: dict[str, Body] = {
    "Success": _envelope("It worked.", {"type": "integer", "minimum": 1000, "maximum": 1999}),
    "Refusal": _envelope(
        "It did not work. When the object breaks the standard, `data` lists everything that is wrong with it.",
        {"type": "integer", "minimum": 2000, "maximum": 4999, "description": _listed(_by_status()[200])},
        data={"anyOf": [{"type": "array", "items": _PROBLEM}, {"type": "null"}]},
    ),
}


def refusals() -> dict[str, Body]:
    """The answers with another HTTP status than 200, named HTTP400 and so on."""
    content: Body = {"application/json": {"schema": {"$ref": "#/components/schemas/Refusal"}}}
    return {
        f"HTTP{status}": {"description": _listed(found), "content": content}
        for status, found in sorted(_by_status().items())
        if status != 200
    }


def security_scheme(encoding: TokenEncoding) -> Body:
    """How a request proves whose it is (transport_and_format, "Authorization header")."""
    said = "as it is" if encoding is TokenEncoding.PLAIN else "in Base64"
    description = f"`Authorization: Token ...` with the credentials token {said}."
    return {"type": "apiKey", "in": "header", "name": "Authorization", "description": description}
