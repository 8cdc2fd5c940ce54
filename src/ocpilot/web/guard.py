"""The one place that decides who may open a page, and that every POST carries its token."""

from collections.abc import Mapping
from enum import StrEnum

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ocpilot.app.kept.records import AccountRole
from ocpilot.base.errors import NotFound, UserError
from ocpilot.base.texts import mark
from ocpilot.billing.bank_payment import LARGEST_FILE
from ocpilot.web.reader import Handler, Reader, csrf_holds, reader_of, sign_in_path
from ocpilot.web.site import Site


class Who(StrEnum):
    """Whose page it is. What another role may not see does not exist for it."""

    ANYONE = "anyone"
    SIGNED_IN = "signed in"
    DRIVER = "driver"
    OPERATOR = "operator"


_ROLES: Mapping[Who, frozenset[AccountRole]] = {
    Who.SIGNED_IN: frozenset(AccountRole),
    Who.DRIVER: frozenset({AccountRole.DRIVER}),
    Who.OPERATOR: frozenset({AccountRole.OPERATOR}),
}


#: Bytes of a form; of one with a file.
LARGEST_FORM = 1024 * 1024
LARGEST_UPLOAD = LARGEST_FILE + LARGEST_FORM
_LARGE = mark("This is too large. Send less, or use the command line.")
_STALE = mark("This page was open for too long. Go back, reload it and try again.")


def guarded(
    site: Site, path: str, who: Who, handler: Handler, method: str = "GET", *, most: int = LARGEST_FORM
) -> Route:
    """A route whose handler runs only for those it is for, and reads at most so many bytes."""

    async def endpoint(request: Request) -> Response:
        reader = await reader_of(request, site)
        if who is not Who.ANYONE and reader.account is None:
            return reader.go(sign_in_path(_way_back(request)))
        _check_role(who, reader)
        try:
            if method == "POST":
                _check_size(request, most)
                await _check_token(request)
            return await handler(reader)
        finally:
            await request.close()

    return Route(path, endpoint, methods=[method])


def _check_role(who: Who, reader: Reader) -> None:
    if reader.account is not None and who in _ROLES and reader.account.role not in _ROLES[who]:
        raise NotFound(f"no page {reader.request.url.path} for a {reader.account.role}")


def _check_size(request: Request, most: int) -> None:
    """Before anything of the body is read; a browser says how long it is."""
    length = request.headers.get("content-length", "0")
    if "transfer-encoding" in request.headers or not length.isdecimal() or int(length) > most:
        raise UserError(_LARGE)


async def _check_token(request: Request) -> None:
    form = await request.form()
    given = form.get("csrf")
    if not isinstance(given, str) or not csrf_holds(request, given):
        raise UserError(_STALE)


def _way_back(request: Request) -> str:
    if request.method != "GET":
        return "/"
    return request.url.path + (f"?{request.url.query}" if request.url.query else "")
