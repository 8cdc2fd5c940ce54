"""The page about the API: what the table of the API says, in the reader's language, for anybody."""

import aiohttp
import uvicorn
from starlette.applications import Starlette

from ocpilot.api.table import ENDPOINTS
from ocpilot.main.described_api import described
from ocpilot.web.routes import web_routes
from servers import running


async def test_every_route_error_and_event_is_on_the_page(world):
    app = Starlette(routes=web_routes(world.platform, described()))
    swedish = {"Accept-Language": "sv"}
    async with (
        running(uvicorn.Config(app, port=0, log_level="critical", lifespan="off")) as port,
        aiohttp.ClientSession(f"http://127.0.0.1:{port}", headers=swedish) as session,
        session.get("/api") as response,
    ):
        text = await response.text()
    assert response.status == 200
    assert "API för affärssystem" in text
    assert all(f"{one.method} /api/v1{one.path}" in text for one in ENDPOINTS)
    assert 'id="not-found"' in text
    assert "session.updated" in text


async def test_there_is_no_page_where_there_is_no_api(world):
    async with aiohttp.ClientSession(world.base) as session, session.get("/api") as response:
        assert response.status == 404
