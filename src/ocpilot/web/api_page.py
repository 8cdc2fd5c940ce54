"""The page about the JSON API for back offices: its routes, the errors it answers with, the events of web hooks."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from starlette.responses import Response

from ocpilot.web.reader import Reader


class ApiRoute(NamedTuple):
    """One route: what it does in a sentence, which is English only."""

    method: str
    path: str
    scope: str
    about: str


class ApiProblem(NamedTuple):
    """One kind of error: the word its `type` ends with, and its HTTP status."""

    word: str
    status: int
    title: str


@dataclass(frozen=True, kw_only=True)
class ApiDescribed:
    """All that the page tells."""

    routes: Sequence[ApiRoute]
    problems: Sequence[ApiProblem]
    events: Sequence[str]


def api_page(described: ApiDescribed) -> Callable[[Reader], Awaitable[Response]]:
    """The page of an API that is described so."""

    async def show(reader: Reader) -> Response:
        """Every route with its scope."""
        return reader.page("api.html", {"described": described})

    return show
