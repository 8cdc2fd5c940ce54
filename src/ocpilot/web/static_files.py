"""Stylesheet, scripts and what the web build fetched: named by their content, so browsers keep them for good."""

import hashlib
from functools import cache
from pathlib import Path

from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

STATIC = Path(__file__).parent / "static"
_FOR_GOOD = "public, max-age=31536000, immutable"


@cache
def asset(name: str) -> str:
    """The URL of a static file, with a hash of its content."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]
    return f"/static/{name}?v={digest}"


@cache
def has_asset(name: str) -> bool:
    """Was it built? (`python -m ocpilot.web.build`)"""
    return (STATIC / name).is_file()


class KeptFiles(StaticFiles):
    """Static files; one asked for by its hash never changes."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """The file, or 404."""
        response = await super().get_response(path, scope)
        if scope.get("query_string", b"").startswith(b"v=") and response.status_code < 400:
            response.headers["Cache-Control"] = _FOR_GOOD
        return response
