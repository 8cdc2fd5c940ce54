"""Pages for what went wrong: what happened and what to do, in the reader's language."""

from collections.abc import Awaitable, Callable

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from ocpilot.base.errors import Conflict, NotAuthorized, NotFound, OcpilotError, PeerError, UserError
from ocpilot.base.texts import mark
from ocpilot.web.reader import reader_of, stranger
from ocpilot.web.site import Site

Page = Callable[[Request, Exception], Awaitable[Response]]

_NOT_FOUND = (404, mark("Not here"), mark("There is no such page, or it is not yours to see."))
_PEER = (502, mark("The operator does not answer"), mark("Their system could not be reached. Try again in a minute."))
_REFUSED = (400, mark("That did not work"), mark("Go back, reload the page and try again."))
_OURS = (500, mark("Something broke on our side"), mark("It has been noted. Try again in a minute."))


def failed(site: Site) -> Page:
    """For errors of ours that were foreseen, and for addresses that lead nowhere."""

    async def show(request: Request, error: Exception) -> Response:
        reader = await reader_of(request, site)
        status, title, advice = _said(error)
        details = str(error) if isinstance(error, UserError | Conflict) else None
        return reader.page("error.html", {"title": title, "advice": advice, "details": details}, status=status)

    return show


def broken(site: Site) -> Page:
    """For what nobody foresaw; asks no database, which may be what is broken."""

    async def show(request: Request, _error: Exception) -> Response:
        status, title, advice = _OURS
        context = {"title": title, "advice": advice, "details": None}
        return stranger(request, site).page("error.html", context, status=status)

    return show


def _said(error: Exception) -> tuple[int, str, str]:
    match error:
        case NotFound() | NotAuthorized():
            return _NOT_FOUND
        case PeerError():
            return _PEER
        case HTTPException(status_code=404):
            return _NOT_FOUND
        case HTTPException(status_code=status) | Conflict(http_status=status):
            return (status, *_REFUSED[1:])
        case OcpilotError(fault="ours"):
            return _OURS
        case _:
            return _REFUSED
