"""Who reads a page, in which language, and how a page is made for him."""

import hmac
import secrets
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from ocpilot.app.customers.driver_prices import Paying, paying
from ocpilot.app.kept.records import Account, AccountRole
from ocpilot.app.platform import Platform
from ocpilot.base.errors import NotAuthorized
from ocpilot.web.site import Site, Tongue

LANGUAGE_COOKIE = "ocpilot_language"
#: Who reads these is no driver.
_IN_CONSOLE_LANGUAGES = ("/console", "/api")
_ACCOUNT = "account"
_STAMP = "stamp"
_CSRF = "csrf"
#: Characters of an address that we lead on to: it travels in a header.
_LONGEST_WAY = 2000


@dataclass(frozen=True, kw_only=True)
class Reader:
    """One request's reader. `csrf` must come back with every POST of his."""

    request: Request
    site: Site
    tongue: Tongue
    account: Account | None
    csrf: str

    @property
    def platform(self) -> Platform:
        """What the functions of `app/` want first."""
        return self.site.platform

    @property
    def known(self) -> Account:
        """The account of who signed in; NotAuthorized when nobody did (`guard` does not let it come to that)."""
        if self.account is None:
            raise NotAuthorized("nobody is signed in")
        return self.account

    @property
    def is_driver(self) -> bool:
        """Signed in as a driver?"""
        return self.account is not None and self.account.role == AccountRole.DRIVER

    @property
    def is_operator(self) -> bool:
        """Signed in as an operator?"""
        return self.account is not None and self.account.role == AccountRole.OPERATOR

    @property
    def tongues(self) -> Mapping[str, Tongue]:
        """The languages he may choose from."""
        return self.site.console_tongues if self.is_operator else self.site.tongues

    async def payer(self) -> Paying | None:
        """Who pays for what he charges; None for whoever is no driver, or pays what operators ask."""
        if self.account is None or not self.is_driver:
            return None
        return await paying(self.platform, self.account.token_uids, self.platform.clock())

    @property
    def wants_part(self) -> bool:
        """Does htmx ask for the living part of the page only?"""
        headers = self.request.headers
        return "hx-request" in headers and "hx-history-restore-request" not in headers

    def page(
        self, template: str, context: Mapping[str, object], *, part: str | None = None, status: int = 200
    ) -> Response:
        """The page, or its `part` when htmx asked; both see the same context."""
        name = part if part is not None and self.wants_part else template
        shared = {"reader": self, "site": self.site, "path": self.request.url.path, "now": self.platform.clock()}
        return HTMLResponse(self.tongue.templates.get_template(name).render({**shared, **context}), status)

    def go(self, path: str) -> Response:
        """Take him to another page of ours, whether a form or htmx asked."""
        if self.wants_part:
            return Response(headers={"HX-Redirect": path})
        return RedirectResponse(path, status_code=303)


Handler = Callable[[Reader], Awaitable[Response]]


async def reader_of(request: Request, site: Site) -> Reader:
    """Who this is. A session ends with the password it began with."""
    account = await _account(request, site)
    return Reader(
        request=request, site=site, tongue=_tongue(request, site, account), account=account, csrf=_csrf(request)
    )


def stranger(request: Request, site: Site) -> Reader:
    """Nobody, without asking the database: for the page that says it failed."""
    return Reader(request=request, site=site, tongue=_tongue(request, site, None), account=None, csrf="")


def sign_in(request: Request, account: Account) -> None:
    """Begin a session; nothing of the one before is kept."""
    request.session.clear()
    request.session[_ACCOUNT] = account.id
    request.session[_STAMP] = _stamp(account)


def csrf_holds(request: Request, given: str) -> bool:
    """Is it the token of this session?"""
    kept = request.session.get(_CSRF)
    return isinstance(kept, str) and hmac.compare_digest(kept.encode(), given.encode())


def safe_next(wanted: str) -> str:
    """A path of ours to go on to; `/` for whatever might lead elsewhere, is no address, or is too long for a header."""
    try:
        parts = urlsplit(wanted)
    except ValueError:
        return "/"
    ours = wanted.startswith("/") and not wanted.startswith(("//", "/\\")) and not parts.netloc and not parts.scheme
    return wanted if ours and wanted.isprintable() and len(wanted) <= _LONGEST_WAY else "/"


def sign_in_path(wanted: str) -> str:
    """The sign-in page, which then leads on."""
    return f"/sign-in?next={quote(safe_next(wanted), safe='/')}"


async def _account(request: Request, site: Site) -> Account | None:
    number = request.session.get(_ACCOUNT)
    if not isinstance(number, int):
        return None
    account = await site.platform.store.accounts.get(number)
    same = account is not None and request.session.get(_STAMP) == _stamp(account)
    return account if same else None


def _stamp(account: Account) -> str:
    """The end of the salted hash: it changes with the password, and tells nothing about it."""
    return account.password_hash[-8:]


def _csrf(request: Request) -> str:
    kept = request.session.get(_CSRF)
    if isinstance(kept, str):
        return kept
    fresh = secrets.token_urlsafe(24)
    request.session[_CSRF] = fresh
    return fresh


def _tongue(request: Request, site: Site, account: Account | None) -> Tongue:
    accepted = request.headers.get("accept-language", "")
    wanted = [request.cookies.get(LANGUAGE_COOKIE, ""), *_accepted(accepted)]
    is_operator = account is not None and account.role == AccountRole.OPERATOR
    console = is_operator or request.url.path.startswith(_IN_CONSOLE_LANGUAGES)
    return site.tongue(*([account.language] if account else []), *wanted, console=console)


def _accepted(header: str) -> list[str]:
    """Languages of an Accept-Language header, the most wanted first, without their regions."""
    weighed = []
    for part in header.split(","):
        name, _, quality = part.partition(";q=")
        try:
            weighed.append((float(quality or 1), name.strip().split("-")[0].lower()))
        except ValueError:
            continue
    return [name for _, name in sorted(weighed, key=lambda one: -one[0])]
