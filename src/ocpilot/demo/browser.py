"""A reader of pages without a screen: opens pages, fills in forms and submits them, as a person would."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Self
from urllib.parse import urljoin

import aiohttp

from ocpilot.base.errors import OcpilotError


@dataclass
class Form:
    """A form of a page: where it goes and what it would send untouched."""

    action: str
    method: str
    fields: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Page:
    """A page as it came, after redirects."""

    url: str
    html: str
    forms: tuple[Form, ...]

    def form(self, *, to: str, **having: str) -> Form:
        """The first form whose action ends with `to` and whose fields have these values."""
        for form in self.forms:
            if form.action.endswith(to) and having.items() <= form.fields.items():
                return form
        raise OcpilotError(f"{self.url} has no form to {to!r} with {having}, only {list(self.forms)}")


class _Forms(HTMLParser):
    def __init__(self, url: str) -> None:
        super().__init__()
        self.found: list[Form] = []
        self._url = url

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.found.append(Form(urljoin(self._url, given.get("action", "")), given.get("method", "get").lower()))
        elif tag in ("input", "button") and "name" in given and self.found:
            self.found[-1].fields.setdefault(given["name"], given.get("value", ""))


class Browser:
    """Keeps its cookies; every answer that is no success is an error with the address."""

    def __init__(self, session: aiohttp.ClientSession, base_url: str) -> None:
        self._session = session
        self._base_url = base_url

    @classmethod
    @asynccontextmanager
    async def at(cls, base_url: str) -> AsyncIterator[Self]:
        """A fresh browser for one site."""
        async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
            yield cls(session, base_url)

    async def open(self, path: str) -> Page:
        """Follow a link; `path` may be absolute."""
        async with self._session.get(urljoin(self._base_url, path)) as answer:
            return await self._page(answer)

    async def submit(self, form: Form, **filled: str) -> Page:
        """Send a form with these fields filled in."""
        async with self._session.request(form.method, form.action, data=form.fields | filled) as answer:
            return await self._page(answer)

    async def download(self, path: str) -> bytes:
        """A file."""
        async with self._session.get(urljoin(self._base_url, path)) as answer:
            data = await answer.read()
            if answer.status != 200:
                raise OcpilotError(f"{answer.url} answered {answer.status}")
            return data

    async def sign_in(self, email: str, password: str) -> Page:
        """Through the site's own page."""
        page = await self.open("/sign-in")
        return await self.submit(page.form(to="/sign-in"), email=email, password=password)

    async def _page(self, answer: aiohttp.ClientResponse) -> Page:
        html = await answer.text()
        if answer.status != 200:
            raise OcpilotError(f"{answer.method} {answer.url} answered {answer.status}")
        forms = _Forms(str(answer.url))
        forms.feed(html)
        return Page(str(answer.url), html, tuple(forms.found))
