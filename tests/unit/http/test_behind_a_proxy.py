"""Who asks, when a reverse proxy stands before us: by his address sign-ins and starts are slowed down."""

import aiohttp
import msgspec
import pytest
from starlette.responses import PlainTextResponse

from ocpilot.base.settings import Settings, StationSettings
from ocpilot.main.servers import main_server
from servers import running


async def who(scope, receive, send):
    await PlainTextResponse(scope["client"][0])(scope, receive, send)


@pytest.mark.parametrize(("proxy", "seen"), [("127.0.0.2", "203.0.113.9"), ("127.0.0.3", "127.0.0.3")])
async def test_a_proxy_that_is_named_may_say_who_asks_and_nobody_else(proxy, seen):
    settings = msgspec.structs.replace(Settings(), stations=StationSettings(trusted_proxies=("127.0.0.2",)))
    config = main_server(settings, who, None).config
    config.port, config.lifespan = 0, "off"
    connector = aiohttp.TCPConnector(local_addr=(proxy, 0))
    async with running(config) as port, aiohttp.ClientSession(connector=connector) as session:
        headers = {"X-Forwarded-For": "198.51.100.7, 203.0.113.9"}
        async with session.get(f"http://127.0.0.1:{port}/", headers=headers) as answer:
            assert await answer.text() == seen
