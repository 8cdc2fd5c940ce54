"""Errors as RFC 9457 says them: application/problem+json with a type, what happened, and everything that is wrong."""

import logging
from collections.abc import Mapping

from ocpilot.api.calls import Reply
from ocpilot.base.errors import (
    BadJson,
    BadRequest,
    Forbidden,
    InvalidObject,
    MethodNotAllowed,
    MissingParameter,
    NoMatchingEndpoints,
    NotAuthorized,
    OcpilotError,
    PeerError,
    StationRefused,
    TooLarge,
    TooOften,
    UnsupportedVersion,
    UserError,
)
from ocpilot.wire.codec import Body, dumps

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"
#: HTTP status -> the word its `type` ends with, and a title.
KINDS: Mapping[int, tuple[str, str]] = {
    400: ("bad-request", "The request cannot be understood"),
    401: ("not-authorized", "The API key is missing or does not hold"),
    403: ("forbidden", "The API key may not do this"),
    404: ("not-found", "No such thing, or not yours to see"),
    405: ("method-not-allowed", "The resource has no such method"),
    409: ("conflict", "The thing is in a state that does not allow this"),
    412: ("changed", "Somebody else changed it"),
    413: ("too-large", "The body is too large"),
    422: ("invalid", "What was sent is not valid"),
    429: ("too-often", "More requests than the API key may send"),
    500: ("our-fault", "Something broke on our side"),
    502: ("peer-failed", "The other platform or the station failed"),
    503: ("station-unreachable", "The station cannot be reached"),
    504: ("station-timeout", "The station did not answer in time"),
}


def status_of(error: OcpilotError) -> int:
    """The HTTP status of an error: what OCPI answers with 200 has one of its own here."""
    match error:
        case BadJson() | MissingParameter():
            return 400
        case TooLarge():
            return 413
        case BadRequest() | UserError():
            return 422
        case PeerError() | UnsupportedVersion() | NoMatchingEndpoints():
            return 502
        case _:
            return error.http_status if error.http_status in KINDS else 500


def problem(error: OcpilotError, base_url: str) -> Reply:
    """The answer that an error becomes."""
    status = status_of(error)
    headers: dict[str, str] = {}
    more: Body = {}
    match error:
        case InvalidObject():
            more = {"errors": [{"path": p.path, "found": p.found, "expected": p.expected} for p in error.problems]}
        case Forbidden(scope=str(scope)):
            more = {"required_scope": scope}
        case NotAuthorized():
            headers = {"WWW-Authenticate": 'Bearer realm="ocpilot"'}
        case MethodNotAllowed():
            headers = {"Allow": ", ".join(error.allowed)}
        case StationRefused():
            more = {"ocpp_error": error.code, "ocpp_description": error.description}
        case TooOften():
            headers = {"Retry-After": str(error.retry_after)}
    if status == 500:
        log.error("%s: %s", type(error).__name__, error)
    return said(status, str(error)[:4000], base_url, more, headers)


def said(
    status: int, detail: str, base_url: str, more: Body | None = None, headers: Mapping[str, str] | None = None
) -> Reply:
    """A problem of this status."""
    word, title = KINDS[status]
    body: Body = {"type": f"{base_url}/api#{word}", "title": title, "status": status, "detail": detail}
    return Reply(
        status=status, body=dumps(body | (more or {})), headers={"Content-Type": MEDIA_TYPE, **(headers or {})}
    )
