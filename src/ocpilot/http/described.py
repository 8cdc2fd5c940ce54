"""The OpenAPI documents of a platform, served to anybody: they hold no secret."""

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from ocpilot.app.platform import Platform
from ocpilot.base.errors import NotFound
from ocpilot.http.openapi import document
from ocpilot.http.server import refusal
from ocpilot.roaming.offers import offered
from ocpilot.wire import codec, envelope
from ocpilot.wire.protocol import SUPPORTED, Version


def openapi_routes(platform: Platform) -> list[BaseRoute]:
    """`/openapi.json` for the newest version or the one in `?version=`, and `/ocpi/{version}/openapi.json`.

    They go before the routes of `ocpi_routes`, which want a token for everything.
    """
    described = Described(platform)
    return [Route("/openapi.json", described.answer), Route("/ocpi/{version}/openapi.json", described.answer)]


class Described:
    """The documents of one platform, each made when it is asked for first."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._interfaces = offered(party.role for party in platform.settings.parties)
        self._written: dict[Version, bytes] = {}

    async def answer(self, request: Request) -> Response:
        """The document, or the envelope of a refusal."""
        asked = request.path_params.get("version") or request.query_params.get("version") or SUPPORTED[0]
        version = next((version for version in SUPPORTED if version == asked), None)
        if version is None:
            return self._refused(NotFound(f"version: found {asked[:20]!r}, expected one of {', '.join(SUPPORTED)}"))
        if version not in self._written:
            settings = self._platform.settings
            made = document(version, self._interfaces, settings.server.base_url, settings.name)
            self._written[version] = codec.dumps(made)
        return Response(self._written[version], media_type="application/json")

    def _refused(self, error: NotFound) -> Response:
        answer = refusal(error)
        body = envelope.response(None, answer.status_code, answer.message, now=self._platform.clock())
        return Response(body, answer.http_status, media_type="application/json")
