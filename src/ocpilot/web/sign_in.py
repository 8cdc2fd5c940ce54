"""Signing in and out, and the choice of language."""

from msgspec.structs import replace
from starlette.datastructures import FormData
from starlette.responses import Response

from ocpilot.app.attempts import Attempts
from ocpilot.app.kept.records import Account, AccountRole
from ocpilot.app.ocpi import accounts
from ocpilot.base.texts import mark
from ocpilot.web.reader import LANGUAGE_COOKIE, Handler, Reader, safe_next, sign_in

_TRIES = 10
_TRIES_OF_ADDRESS = 100
_A_YEAR = 365 * 24 * 3600
_WRONG = mark("Email and password do not fit together.")
_TOO_OFTEN = mark("Too many tries. Wait a quarter of an hour and try again.")


async def sign_in_page(reader: Reader) -> Response:
    """The form; who is signed in already goes on."""
    onward = safe_next(reader.request.query_params.get("next", "/"))
    return reader.go(onward) if reader.account else _form(reader, onward, "", None, 200)


def signing_in() -> Handler:
    """The handler of the form, with its own memory of failures. Many people may share an address."""
    emails, addresses = Attempts(_TRIES), Attempts(_TRIES_OF_ADDRESS)

    async def signing(reader: Reader) -> Response:
        form = await reader.request.form()
        email, onward = text(form, "email").strip(), safe_next(text(form, "next"))
        now, client = reader.platform.clock(), reader.request.client
        address = client.host if client else ""
        if not (emails.allowed(now, email.lower()) and addresses.allowed(now, address)):
            return _form(reader, onward, email, _TOO_OFTEN, 429)
        account = await accounts.sign_in(reader.platform, email, text(form, "password"))
        if account is None:
            emails.failed(now, email.lower())
            addresses.failed(now, address)
            return _form(reader, onward, email, _WRONG, 401)
        sign_in(reader.request, account)
        return reader.go(_first_page(account, onward))

    return signing


def _first_page(account: Account, onward: str) -> str:
    return "/console" if account.role is AccountRole.OPERATOR and onward == "/" else onward


async def sign_out(reader: Reader) -> Response:
    """Ends the session."""
    reader.request.session.clear()
    return reader.go("/")


async def choose_language(reader: Reader) -> Response:
    """Remembers the language in a cookie, and with the account when there is one."""
    form = await reader.request.form()
    language = reader.site.tongue(text(form, "language"), console=reader.is_operator).language
    if reader.account is not None:
        await reader.platform.store.accounts.save(replace(reader.account, language=language))
    response = reader.go(safe_next(text(form, "next")))
    response.set_cookie(LANGUAGE_COOKIE, language, max_age=_A_YEAR, samesite="lax", httponly=True)
    return response


def text(form: FormData, name: str) -> str:
    """A field of a form as text; empty when it is missing or a file."""
    value = form.get(name)
    return value if isinstance(value, str) else ""


def _form(reader: Reader, onward: str, email: str, problem: str | None, status: int) -> Response:
    return reader.page("sign_in.html", {"next": onward, "email": email, "problem": problem}, status=status)
